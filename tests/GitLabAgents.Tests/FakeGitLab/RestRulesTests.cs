using System;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;
using Fake = GitLabAgents.FakeGitLab;

namespace GitLabAgents.Tests.FakeServer;

/// <summary>Checks the rules of the REST API for tokens, URL configurations and related resources.</summary>
public sealed class RestRulesTests
{
    private const string UrlConfigurations = "/projects/101/cluster_agents/11/url_configurations";
    private const string Ed25519Key =
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"
        + "-----END PRIVATE KEY-----\n";

    private static readonly (string Certificate, string Key) Pem = Certificates.CreatePem();

    [Theory]
    [InlineData("18.9.0-ee", false, 201)]
    [InlineData("18.9.0-ee", true, 400)]
    [InlineData("17.4.0-ee", true, 201)]
    [InlineData("17.4.0-ee", false, 400)]
    public async Task The_encoding_of_certificates_depends_on_the_version(string version, bool isBase64, int status)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.Version = version);
        using var client = new RawClient(server);
        string Encode(string pem) => isBase64 ? Convert.ToBase64String(Encoding.UTF8.GetBytes(pem)) : pem;

        RawResponse response = await client.PostAsync(
            UrlConfigurations,
            new { url = "grpcs://a", client_cert = Encode(Pem.Certificate), client_key = Encode(Pem.Key) });

        Assert.Equal(status, response.Status);
        Assert.Equal(status == 201 ? Encode(Pem.Certificate) : null, (string?)response.Json["client_cert"]);
        if (status == 400)
        {
            Assert.Contains("Client cert must be a valid PEM certificate", response.Body);
        }
    }

    [Fact]
    public async Task A_key_is_not_compared_with_its_certificate_and_an_Ed25519_key_is_a_server_error()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        using var client = new RawClient(server);
        using var rsa = RSA.Create(2048);
        Task<RawResponse> Create(string? certificate, string? key) => client.PostAsync(
            UrlConfigurations, new { url = "grpcs://a", client_cert = certificate, client_key = key });

        Assert.Equal(500, (await Create(Pem.Certificate, Ed25519Key)).Status);
        Assert.Equal(500, (await Create(null, Pem.Key)).Status);
        Assert.Equal(500, (await Create(string.Empty, Pem.Key)).Status);
        string indented = Pem.Certificate.Replace("\n", "\n  ", StringComparison.Ordinal);
        Assert.Equal(400, (await Create(indented, Pem.Key)).Status);
        Assert.Equal(400, (await Create(Pem.Certificate, "no key")).Status);
        RawResponse created = await Create(
            "leading text\n" + Pem.Certificate.TrimEnd().ReplaceLineEndings("\r\n"), rsa.ExportRSAPrivateKeyPem());
        Assert.Equal(201, created.Status);
        Assert.Null(created.Json["public_key"]);
    }

    [Fact]
    public async Task A_certificate_without_a_key_is_dropped_silently()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        using var client = new RawClient(server);
        RawResponse created = await client.PostAsync(
            UrlConfigurations, new { url = "grpcs://a", client_cert = Pem.Certificate });
        Assert.Equal(201, created.Status);
        Assert.Null(created.Json["client_cert"]);
        Assert.Equal(32, Convert.FromBase64String((string)created.Json["public_key"]!).Length);
    }

    [Theory]
    [InlineData("a.example.com", 201)]
    [InlineData("a:1", 400)]
    [InlineData("a b", 400)]
    [InlineData("http://a", 400)]
    [InlineData("ünï", 400)]
    public async Task A_TLS_host_must_be_a_host_name(string tlsHost, int status)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        using var client = new RawClient(server);
        RawResponse response = await client.PostAsync(UrlConfigurations, new { url = "grpcs://a", tls_host = tlsHost });
        Assert.Equal(status, response.Status);
        Assert.Equal(
            status == 400, response.Body.Contains("Tls host must be a valid hostname!", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Concurrent_creations_can_exceed_the_limit()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options =>
            options.Latency = TimeSpan.FromMilliseconds(200));
        using var client = new RawClient(server);
        Fake.Agent agent = server.State.AddAgent("group/app", "busy");
        string path = $"/projects/101/cluster_agents/{agent.Id}";

        RawResponse[] tokens = await Task.WhenAll(Enumerable.Range(0, 4)
            .Select(number => client.PostAsync(path + "/tokens", new { name = "t" + number })));
        RawResponse[] configurations = await Task.WhenAll(Enumerable.Range(0, 2)
            .Select(number => client.PostAsync(path + "/url_configurations", new { url = "grpc://a" + number })));

        Assert.All(tokens.Concat(configurations), response => Assert.Equal(201, response.Status));
        Assert.Equal(400, (await client.PostAsync(path + "/tokens", new { name = "t" })).Status);
        RawResponse shown = await client.GetAsync(path + "/url_configurations");
        long id = (long)shown.Json.AsArray().Single()!["id"]!;
        Assert.Equal(204, (await client.DeleteAsync($"{path}/url_configurations/{id}")).Status);
        RawResponse next = await client.GetAsync(path + "/url_configurations");
        Assert.NotEqual(id, (long)next.Json.AsArray().Single()!["id"]!);
    }

    [Theory]
    [InlineData("18.9.0-ee", @"^glagent-[A-Za-z0-9_-]{39}\.01\.[0-9a-z]{9}$")]
    [InlineData("18.4.0-ee", "^glagent-[A-Za-z0-9_-]{50}$")]
    public async Task The_format_of_secrets_depends_on_the_version(string version, string pattern)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.Version = version);
        using var client = new RawClient(server);
        RawResponse created = await client.PostAsync("/projects/101/cluster_agents/12/tokens", new { name = "ci" });
        Assert.Matches(pattern, (string)created.Json["token"]!);
    }

    [Fact]
    public async Task Tokens_can_appear_on_two_pages()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(
            options => options.UnstableTokenOrder = true);
        using var client = new RawClient(server);
        Fake.Agent agent = server.State.AddAgent("group/app", "busy");
        Fake.StoredToken used = server.State.AddToken(agent, "used", lastUsedAt: DateTimeOffset.UtcNow);
        server.State.AddToken(agent, "a");
        server.State.AddToken(agent, "b");
        async Task<string> NamesAsync(int page)
        {
            RawResponse response = await client.GetAsync(
                $"/projects/101/cluster_agents/{agent.Id}/tokens?per_page=2&page={page}");
            return string.Join(' ', response.Json.AsArray().Select(row => (string)row!["name"]!));
        }

        Assert.Equal(("used a", "a"), (await NamesAsync(1), await NamesAsync(2)));
        Assert.Equal("used", used.Name);
    }

    [Fact]
    public async Task A_URL_configuration_changes_updated_at_of_its_agent()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        using var client = new RawClient(server);
        string before = DateTimeOffset.UtcNow.AddDays(-1).ToString("R");
        Task<RawResponse> DeleteAsync(long agent) => client.SendAsync(
            "DELETE", $"/api/v4/projects/101/cluster_agents/{agent}", null, ("If-Unmodified-Since", before));

        RawResponse changed = await DeleteAsync(12);
        Assert.Equal((412, """{"message":"412 Precondition Failed"}"""), (changed.Status, changed.Body));
        Assert.Equal(204, (await DeleteAsync(11)).Status);
    }

    [Fact]
    public async Task Administrators_find_and_revoke_a_token_by_its_secret()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.Populate += state =>
            state.AddAccessToken("glpat-root", role: Role.None, isAdmin: true));
        using var client = new RawClient(server, "glpat-root");
        using var maintainer = new RawClient(server);
        Fake.StoredToken stored = server.State.FindToken(1001)!;
        Task<RawResponse> FindAsync(string token) => client.PostAsync("/admin/token", new { token });

        Assert.Equal(403, (await maintainer.PostAsync("/admin/token", new { token = stored.Secret })).Status);
        RawResponse found = await FindAsync(stored.Secret);
        Assert.Equal((1001, 11), ((int)found.Json["id"]!, (int)found.Json["agent_id"]!));
        Assert.Equal("active", (string?)found.Json["status"]);
        Assert.NotNull(found.Json["last_used_at"]);
        RawResponse revoked = await client.SendAsync(
            "DELETE", "/api/v4/admin/token", $$"""{"token":"{{stored.Secret}}"}""");
        Assert.Equal((204, string.Empty), (revoked.Status, revoked.Body));
        Assert.Equal("revoked", (string?)(await FindAsync(stored.Secret)).Json["status"]);
        RawResponse missing = await FindAsync("glagent-missing");
        Assert.Equal((404, """{"message":{"error":"Not found"}}"""), (missing.Status, missing.Body));
        Assert.Equal(422, (await FindAsync("something")).Status);
        Assert.DoesNotContain(
            server.Requests, request => request.Body.Contains(stored.Secret, StringComparison.Ordinal));
        server.Options.Version = "17.6.0-ee";
        Assert.Equal(404, (await FindAsync(stored.Secret)).Status);
    }

    [Fact]
    public async Task Users_environments_and_projects_are_returned_as_documented()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.Populate += state =>
        {
            state.AddAccessToken("glpat-root", role: Role.None, isAdmin: true);
            Fake.Project app = state.FindProject("group/app")!;
            state.AddEnvironment(app, "production", state.FindAgent(11), "app");
            state.AddEnvironment(app, "review", state: "stopped");
            state.FindProject("platform/infra")!.LastActivityAt = DateTimeOffset.UtcNow.AddDays(1);
        });
        using var client = new RawClient(server);
        using var root = new RawClient(server, "glpat-root");
        using var reporter = new RawClient(server, "glpat-reporter");
        static string Column(RawResponse response, string name) =>
            string.Join(' ', response.Json.AsArray().Select(row => (string)row![name]!));

        Assert.Null((await client.GetAsync("/user")).Json["is_admin"]);
        Assert.True((bool)(await root.GetAsync("/user")).Json["is_admin"]!);
        Assert.Equal("platform", (string?)(await client.GetAsync("/groups/platform")).Json["full_path"]);
        Assert.Equal("platform/infra platform/apps/api platform/apps/web", Column(
            await client.GetAsync("/projects?membership=true&min_access_level=30&archived=false&simple=true"
                + "&search=platform&search_namespaces=true&order_by=last_activity_at"),
            "path_with_namespace"));
        Assert.Equal(
            "platform/apps platform",
            Column(await client.GetAsync("/groups?min_access_level=30&search=PLATF"), "full_path"));
        Assert.Equal(string.Empty, Column(await root.GetAsync("/projects?membership=true"), "path_with_namespace"));
        Assert.Equal(8, (await root.GetAsync("/projects")).Json.AsArray().Count);
        RawResponse environments = await client.GetAsync("/projects/101/environments");
        Assert.Equal("production review", Column(environments, "name"));
        Assert.Equal("prod", (string?)environments.Json[0]!["cluster_agent"]!["name"]);
        Assert.Equal("app", (string?)environments.Json[0]!["kubernetes_namespace"]);
        Assert.Null(environments.Json[1]!["cluster_agent"]);
        Assert.Equal(403, (await reporter.GetAsync("/projects/101/environments")).Status);
    }
}
