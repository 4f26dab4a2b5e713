using System;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;
using Fake = GitLabAgents.FakeGitLab;

namespace GitLabAgents.Tests.FakeServer;

/// <summary>Checks the order of the checks of the REST API, and the response of each.</summary>
public sealed class RestChecksTests
{
    private const string Forbidden = """{"message":"403 Forbidden"}""";
    private const string NotFound = """{"message":"404 Not found"}""";

    [Theory]
    [InlineData("archived")]
    [InlineData("infrastructure")]
    public async Task Changes_are_forbidden_before_the_agent_is_looked_up(string off)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        Fake.Project project = server.State.FindProject("group/app")!;
        project.Archived = off == "archived";
        project.InfrastructureEnabled = off != "infrastructure";
        using var client = new RawClient(server);
        const string Agent = "/projects/101/cluster_agents/999";

        foreach (Task<RawResponse> request in new[]
        {
            client.PostAsync("/projects/101/cluster_agents", new { name = "new" }),
            client.DeleteAsync(Agent),
            client.PostAsync(Agent + "/tokens", new { name = "ci" }),
            client.DeleteAsync(Agent + "/tokens/1"),
            client.GetAsync(Agent + "/url_configurations"),
            client.GetAsync(Agent + "/url_configurations/1"),
            client.PostAsync(Agent + "/url_configurations", new { url = "grpc://a" }),
            client.DeleteAsync(Agent + "/url_configurations/1"),
        })
        {
            RawResponse response = await request;
            Assert.Equal((403, Forbidden), (response.Status, response.Body));
        }

        foreach (string path in new[] { string.Empty, "/11", "/11/tokens", "/11/tokens/1001" })
        {
            Assert.Equal(200, (await client.GetAsync("/projects/101/cluster_agents" + path)).Status);
        }
    }

    [Fact]
    public async Task A_public_project_hides_its_agents_and_forbids_changes_without_a_role()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.Populate += state =>
            state.AddAgent(state.AddProject("open/one", id: 301, membersOnly: true, isPublic: true), "a"));
        using var client = new RawClient(server);
        const string Agents = "/projects/301/cluster_agents";

        Assert.Equal(200, (await client.GetAsync("/projects/301")).Status);
        RawResponse list = await client.GetAsync(Agents);
        Assert.Equal((404, """{"message":"404 ClusterAgents Not Found"}"""), (list.Status, list.Body));
        RawResponse agent = await client.GetAsync(Agents + "/20");
        Assert.Equal((404, NotFound), (agent.Status, agent.Body));
        Assert.Equal(403, (await client.PostAsync(Agents, new { name = "b" })).Status);
        Assert.Equal(403, (await client.GetAsync(Agents + "/20/url_configurations")).Status);
    }

    [Fact]
    public async Task Parameters_are_checked_before_the_project_but_after_it_for_URL_configurations()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        using var client = new RawClient(server);
        Assert.Equal(400, (await client.PostAsync("/projects/999/cluster_agents", new { })).Status);
        Assert.Equal(
            """{"message":"404 Project Not Found"}""",
            (await client.PostAsync("/projects/999/cluster_agents/1/url_configurations", new { })).Body);
        const string Path = "/projects/101/cluster_agents/999/url_configurations";
        Assert.Equal(400, (await client.PostAsync(Path, new { })).Status);
        server.Options.ReceptiveAgents = ReceptiveAgents.Off;
        Assert.Equal(
            """{"message":"404 Not Found"}""",
            (await client.PostAsync(Path, new { })).Body);
    }

    [Fact]
    public async Task A_moved_project_redirects_to_the_external_address()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options =>
            options.ExternalUrl = "https://gitlab.internal/gitlab");
        using var client = new RawClient(server);
        RawResponse response = await client.GetAsync("/projects/group%2Fold-name/cluster_agents?page=2");
        Assert.Equal(301, response.Status);
        Assert.Equal(
            "https://gitlab.internal/gitlab/api/v4/projects/101/cluster_agents?page=2", response.Header("Location"));
        Assert.Null(response.ContentType);
        Assert.NotEqual(string.Empty, response.Body);
        Assert.Equal(405, (await client.DeleteAsync("/projects/group%2Fold-name/cluster_agents/11")).Status);
    }

    [Fact]
    public async Task The_Link_header_mixes_scheme_and_port_and_repeats_the_path()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options =>
            options.ExternalUrl = "https://gitlab.example.com");
        using var client = new RawClient(server);
        string? link = (await client.GetAsync("/projects/101/cluster_agents?per_page=1")).Header("Link");
        Assert.Contains(
            "<http://gitlab.example.com:443/api/v4/projects/101/cluster_agents?id=101&page=2&per_page=1>; rel=\"next\"",
            link);
    }

    [Theory]
    [InlineData("glpat-expired", "Token is expired. You can either do re-authorization or token refresh.")]
    [InlineData("glpat-revoked", "Token was revoked. You have to re-authorize from the user.")]
    public async Task The_response_to_an_expired_or_revoked_token_has_the_reason(string token, string description)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.Populate += state =>
            state.AddAccessToken("glpat-revoked").Active = false);
        using var client = new RawClient(server, token);
        RawResponse response = await client.GetAsync("/projects/101");
        Assert.Equal(401, response.Status);
        Assert.Equal($$"""{"error":"invalid_token","error_description":"{{description}}"}""", response.Body);
        Assert.Contains("error=\"invalid_token\"", response.Header("WWW-Authenticate"));
        using var unknown = new RawClient(server, "glpat-unknown");
        RawResponse plain = await unknown.GetAsync("/projects/101");
        Assert.Equal((401, """{"message":"401 Unauthorized"}"""), (plain.Status, plain.Body));
        Assert.Null(plain.Header("WWW-Authenticate"));
    }

    [Theory]
    [InlineData("{\"name\":")]
    [InlineData("{\"name\":\"a\\u0000b\"}")]
    public async Task Invalid_JSON_and_NUL_characters_are_a_bad_request(string body)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        using var client = new RawClient(server);
        RawResponse response = await client.SendAsync("POST", "/api/v4/projects/101/cluster_agents", body);
        Assert.Equal((400, "Bad Request", "text/plain"), (response.Status, response.Body, response.ContentType));
    }

    [Fact]
    public async Task The_scopes_of_a_token_limit_what_it_can_read()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.Populate += state =>
            state.AddAccessToken("glpat-fine", "granular").Permissions = ["read_cluster_agent"]);
        using var user = new RawClient(server, "glpat-noscope");
        using var fine = new RawClient(server, "glpat-fine");

        Assert.Equal(200, (await user.GetAsync("/metadata")).Status);
        Assert.Equal(200, (await user.GetAsync("/version")).Status);
        Assert.Equal("insufficient_scope", (string?)(await user.GetAsync("/projects/101")).Json["error"]);
        Assert.Equal(200, (await fine.GetAsync("/projects/101/cluster_agents")).Status);
        RawResponse refused = await fine.GetAsync("/projects/101/cluster_agents/11/tokens");
        Assert.Equal((403, "insufficient_granular_scope"), (refused.Status, (string?)refused.Json["error"]));
    }

    [Theory]
    [InlineData(MaintenanceMode.ReadOnly, 200, 403)]
    [InlineData(MaintenanceMode.Maintenance, 200, 503)]
    [InlineData(MaintenanceMode.Down, 503, 503)]
    public async Task Maintenance_mode_rejects_changes(MaintenanceMode mode, int read, int change)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.Maintenance = mode);
        using var client = new RawClient(server);
        Assert.Equal(read, (await client.GetAsync("/projects/101")).Status);
        RawResponse response = await client.DeleteAsync("/projects/101/cluster_agents/11");
        Assert.Equal(change, response.Status);
        Assert.NotNull(response.Json["message"]);
        Assert.NotNull(server.State.FindAgent(11));
    }

    [Fact]
    public async Task A_rate_limit_is_counted_per_token_and_minute()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options =>
        {
            options.RequestsPerMinute = 2;
            options.Clock = new FixedClock();
        });
        using var client = new RawClient(server);
        using var other = new RawClient(server, "glpat-developer");

        RawResponse first = await client.GetAsync("/projects/101");
        await client.GetAsync("/projects/101");
        RawResponse refused = await client.QueryAsync("{ currentUser { id } }");

        Assert.Equal(("2", "1"), (first.Header("RateLimit-Limit"), first.Header("RateLimit-Remaining")));
        Assert.Equal((429, "Retry later\n"), (refused.Status, refused.Body));
        Assert.Equal(("0", "30", "1767225660"), (
            refused.Header("RateLimit-Remaining"), refused.Header("Retry-After"), refused.Header("RateLimit-Reset")));
        Assert.Equal(200, (await other.GetAsync("/projects/101")).Status);
        server.Options.ClockSkew = TimeSpan.FromMinutes(1);
        Assert.Equal(200, (await client.GetAsync("/projects/101")).Status);
    }

    [Fact]
    public async Task The_Date_header_has_the_time_of_the_server()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options =>
            (options.Clock, options.ClockSkew) = (new FixedClock(), TimeSpan.FromHours(1)));
        using var client = new RawClient(server);
        Assert.Equal("Thu, 01 Jan 2026 01:00:30 GMT", (await client.GetAsync("/projects/101")).Header("Date"));
        RawResponse created = await client.PostAsync("/projects/101/cluster_agents", new { name = "new" });
        Assert.Equal("2026-01-01T01:00:30.000Z", (string?)created.Json["created_at"]);
    }

    /// <summary>Half a minute into 2026.</summary>
    private sealed class FixedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 1, 1, 0, 0, 30, TimeSpan.Zero);
    }
}
