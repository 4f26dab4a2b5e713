using System;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;
using AgentConnectionOf = GitLabAgents.FakeGitLab.AgentConnection;
using static GitLabAgents.Tests.ConnectionResponses;

namespace GitLabAgents.Tests;

/// <summary>Checks how the connections of an agent are read from GraphQL, and that nothing is guessed.</summary>
public sealed class ConnectionTests
{
    private const string KasError =
        """{"message":"GRPC::Unavailable","path":["project","clusterAgent","connections"]}""";

    [Fact]
    public async Task A_name_is_found_with_a_server_prefix_and_an_encoded_path()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.Prefix = "/gitlab");
        AgentConnection connection = await TestClients.CreateClient(server)
            .GetConnectionAsync("Ünïcode/Pröjekt", "unicode");
        Assert.Equal(
            (AgentConnectionStatus.Never, "Ünïcode/Pröjekt", 108L, 19L),
            (connection.Status, connection.Project, connection.ProjectId, connection.AgentId));
        RecordedRequest sent = server.Requests[^1];
        Assert.Equal(
            ("POST", "/gitlab/api/graphql", "application/json"),
            (sent.Method, sent.RawTarget, sent.Headers["Content-Type"]));
    }

    [Theory]
    [InlineData(One, Used, "Connected", "2025-12-01T00:00:00Z", null)]
    [InlineData(One, "null", "Connected", null, null)]
    [InlineData(None, Used, "Stale", "2025-12-01T00:00:00Z", null)]
    [InlineData(None, Unused, "Never", null, null)]
    [InlineData(None, """{"nodes":[]}""", "Unknown", null, "*no active token*")]
    [InlineData(None, """{"nodes":[{"status":"REVOKED","lastUsedAt":null}]}""", "Unknown", null, "*no active token*")]
    [InlineData(
        None,
        """{"nodes":[{"status":"REVOKED","lastUsedAt":"2025-01-01T00:00:00Z"}]}""",
        "Stale",
        "2025-01-01T00:00:00Z",
        null)]
    [InlineData(
        None,
        "null",
        "Unknown",
        null,
        "GitLab does not report the agent's tokens. The agent is not connected now; whether it ever was is not known.")]
    [InlineData(None, """{"nodes":null}""", "Unknown", null, "GitLab does not report the agent's tokens.*")]
    [InlineData(
        None,
        """{"nodes":[{"lastUsedAt":null},null]}""",
        "Unknown",
        null,
        "GitLab does not report the agent's tokens.*")]
    [InlineData("null", Used, "Unknown", "2025-12-01T00:00:00Z", "GitLab does not report the agent's connections.")]
    [InlineData(
        """{"nodes":null}""",
        Used,
        "Unknown",
        "2025-12-01T00:00:00Z",
        "GitLab does not report the agent's connections.")]
    [InlineData(
        """{"nodes":[null]}""",
        Used,
        "Unknown",
        "2025-12-01T00:00:00Z",
        "GitLab does not report the agent's connections.")]
    [InlineData("""{"nodes":[{"metadata":null}]}""", "null", "Connected", null, null)]
    public async Task The_status_is_what_was_reported(
        string connections, string tokens, string status, string? lastUsed, string? reason)
    {
        AgentConnection connection = await ReadAsync(Response(connections, tokens));
        Assert.Equal(status, connection.Status.ToString());
        Assert.Equal(
            lastUsed is null ? null : DateTimeOffset.Parse(lastUsed, System.Globalization.CultureInfo.InvariantCulture),
            connection.LastUsedAt);
        AssertLike(reason, connection.Reason);
        Assert.Equal(status == "Connected" ? 1 : 0, connection.Connections.Length);
    }

    [Theory]
    [InlineData(-1, "Unknown", "*less than a minute ago*Infrastructure*")]
    [InlineData(1, "Unknown", "*1 minute ago*Infrastructure*")]
    [InlineData(59, "Unknown", "*59 minutes ago*Infrastructure*")]
    [InlineData(60, "Stale", null)]
    public async Task A_token_used_within_the_last_hour_contradicts_an_empty_list(
        int minutes, string status, string? reason)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(
            options => options.ClockSkew = TimeSpan.FromDays(-3));
        server.State.MarkUsed(1004, server.State.Now.AddMinutes(-minutes).AddSeconds(-1));
        AgentConnection connection = await TestClients.CreateClient(server).GetConnectionAsync(101, 12);
        Assert.Equal(status, connection.Status.ToString());
        AssertLike(reason, connection.Reason);
    }

    [Theory]
    [InlineData("\"archived\":false,\"userPermissions\":{\"adminProject\":false}", "*role Maintainer*")]
    [InlineData("\"userPermissions\":{\"adminProject\":false}", "*role Maintainer*")]
    [InlineData("\"archived\":true,\"userPermissions\":{\"adminProject\":true}", "The project is archived*")]
    [InlineData("\"archived\":true,\"userPermissions\":null", "The project is archived*")]
    [InlineData("\"archived\":false,\"userPermissions\":null", "*not say whether the access token may see them.")]
    [InlineData(
        "\"archived\":false,\"userPermissions\":{\"adminProject\":null}",
        "*not say whether the access token may see them.")]
    [InlineData("\"userPermissions\":{\"adminProject\":true}", "*not say whether the access token may see them.")]
    public async Task An_empty_list_is_not_trusted_if_the_user_may_not_see_connections(
        string permissions, string reason)
    {
        AgentConnection connection = await ReadAsync(Response(None, Used, permissions));
        Assert.Equal(AgentConnectionStatus.Unknown, connection.Status);
        AssertLike(reason, connection.Reason);
        Assert.Equal(AgentConnectionStatus.Connected, (await ReadAsync(Response(One, Used, permissions))).Status);
    }

    [Theory]
    [InlineData("glpat-maintainer")]
    [InlineData("glpat-developer")]
    public async Task An_empty_list_is_trusted_if_GraphQL_has_no_permissions(string token)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(
            options => options.HasProjectPermissions = false);
        GitLabClient client = TestClients.CreateClient(server, token: token);
        AgentConnection connection = await client.GetConnectionAsync("group/app", "staging");
        Assert.Equal((AgentConnectionStatus.Stale, null), (connection.Status, connection.Reason));
        Assert.Equal(2, server.Requests.Count(request => request.Method == "POST"));
        await client.GetConnectionAsync("group/app", "prod");
        Assert.Equal(3, server.Requests.Count(request => request.Method == "POST"));
    }

    [Theory]
    [InlineData(
        """{"message":"GRPC::Unavailable","path":["project","clusterAgent","connections"]}""", "null", Used, "Unknown")]
    [InlineData("""{"message":"boom","path":["project","clusterAgent","connections"]}""", None, Used, "Unknown")]
    [InlineData(
        """{"message":"boom","path":["project","clusterAgent","connections","nodes",0,"metadata"]}""",
        One,
        Used,
        "Connected")]
    [InlineData(
        """{"message":"boom","path":["project","clusterAgent","tokens","nodes",0,"lastUsedAt"]}""",
        None,
        Unused,
        "Unknown")]
    [InlineData("""{"message":"boom","path":["project","clusterAgent","tokens"]}""", None, Used, "Stale")]
    [InlineData("""{"message":"boom","path":["project","clusterAgent"]}""", None, Unused, "Unknown")]
    [InlineData("""{"message":"boom","path":["project","other"]}""", None, Used, "Stale")]
    [InlineData("""{"message":"boom"}""", None, Used, "Unknown")]
    [InlineData("""{"message":"boom","path":null}""", One, Used, "Connected")]
    [InlineData("null", None, Used, "Stale")]
    public async Task An_error_affects_what_its_path_names(
        string error, string connections, string tokens, string status)
    {
        AgentConnection connection = await ReadAsync(Response(connections, tokens, errors: error));
        Assert.Equal(status, connection.Status.ToString());
        Assert.Equal(connection.Status == AgentConnectionStatus.Unknown, connection.Reason is not null);
    }

    [Theory]
    [InlineData(
        200,
        "application/json",
        """
        {"errors":[{"message":"Field 'clusterAgent' doesn't exist",
          "extensions":{"code":"undefinedField","fieldName":"clusterAgent"}}]}
        """,
        "GitLab responds: \"Field 'clusterAgent' doesn't exist\"",
        1)]
    [InlineData(
        200,
        "application/json",
        """{"errors":[{"message":"a\nb"},{"message":"c"},{"message":"c"}]}""",
        "GitLab responds: \"a b; c\"",
        5)]
    [InlineData(
        200,
        "application/json",
        """{"data":{"project":null}}""",
        "GraphQL does not show the agent to this access token.",
        1)]
    [InlineData(
        200,
        "application/json",
        """
        {"data":{"project":{"clusterAgent":null}},
         "errors":[{"message":"no right","path":["project","clusterAgent"]}]}
        """,
        "GitLab responds: \"no right\"",
        1)]
    [InlineData(
        200,
        "application/json",
        """{"data":{"project":{"clusterAgent":{"id":"gid://gitlab/Clusters::Agent/12"}}}}""",
        "GraphQL does not show the agent to this access token.",
        1)]
    [InlineData(
        200,
        "application/json",
        """{"data":{"project":{"clusterAgent":{"id":"gid://gitlab/Clusters::Agent/x"}}}}""",
        "GraphQL does not show the agent to this access token.",
        1)]
    [InlineData(200, "text/html", "<html>sign in</html>", "GraphQL is off or blocked (200 without JSON).", 1)]
    [InlineData(200, "text/plain", "blocked", "GraphQL is off or blocked (200 without JSON).", 1)]
    [InlineData(200, "application/json", "null", "GraphQL is off or blocked (200 without JSON).", 1)]
    [InlineData(
        404,
        "application/json",
        """{"error":"404 Not Found"}""",
        "GraphQL is off or blocked (404: \"404 Not Found\").",
        1)]
    [InlineData(404, "text/html", "<html/>", "GraphQL is off or blocked (404).", 1)]
    [InlineData(
        403,
        "application/json",
        """{"error":"insufficient_scope","error_description":"more, please"}""",
        "The access token may not use GraphQL (403: \"more, please\").",
        1)]
    [InlineData(
        401,
        "application/json",
        """{"errors":[{"message":"Invalid token"}]}""",
        "GraphQL does not accept the access token (401: \"Invalid token\"); it requires the scope api or read_api.",
        1)]
    [InlineData(
        422,
        "application/json",
        """{"errors":[{"message":"Query too large"}]}""",
        "GitLab responds: \"Query too large\"",
        5)]
    public async Task What_is_not_reported_is_unknown_with_the_reason(
        int status, string type, string body, string reason, int posts)
    {
        FakeHandler handler = CreateHandler(_ => TestClients.Text(body, status, type));
        AgentConnection connection = await TestClients.CreateClient(handler).GetConnectionAsync(101, 11);
        Assert.Equal((AgentConnectionStatus.Unknown, reason), (connection.Status, connection.Reason));
        Assert.Equal(("a11", "group/app", 101L), (connection.Agent, connection.Project, connection.ProjectId));
        Assert.Equal((null, null, null), (connection.ConnectedAt, connection.Version, connection.IsBehind));
        Assert.Equal(posts, handler.Requests.Count(request => request.Method == "POST"));
    }

    [Fact]
    public async Task A_moved_project_is_found_under_its_new_path()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        AgentConnection connection = await TestClients.CreateClient(server)
            .GetConnectionAsync("group/old-name", "prod");
        Assert.Equal((AgentConnectionStatus.Connected, "group/app"), (connection.Status, connection.Project));
    }

    [Theory]
    [InlineData("""{"id":11,"name":"a11","config_project":{"id":101}}""", "101", "*path of project 101*")]
    [InlineData(
        """{"id":11,"config_project":{"id":101,"path_with_namespace":"group/app"}}""",
        "group/app",
        "*the agent's name*")]
    public async Task The_status_is_unknown_without_a_path_or_a_name(string agent, string project, string reason)
    {
        var handler = new FakeHandler(_ => TestClients.Json(agent));
        AgentConnection connection = await TestClients.CreateClient(handler).GetConnectionAsync(101, 11);
        Assert.Equal(
            (AgentConnectionStatus.Unknown,
                project,
                "a11".Substring(agent.Contains("a11", StringComparison.Ordinal) ? 0 : 1)),
            (connection.Status, connection.Project, connection.Agent));
        AssertLike(reason, connection.Reason);
        Assert.Single(handler.Requests);
    }

    [Theory]
    [InlineData("4711", "11")]
    [InlineData("4711-a", "4711-a")]
    [InlineData("٣", "٣")]
    public async Task Agent_is_a_reference_that_finds_the_agent_again(string name, string called)
    {
        var handler = new FakeHandler(request => TestClients.Json(request.Method == "GET"
            ? $$$"""{"id":11,"name":"{{{name}}}","config_project":{"id":101,"path_with_namespace":"group/app"}}"""
            : Response(One, Used)));
        Assert.Equal(called, (await TestClients.CreateClient(handler).GetConnectionAsync(101, 11)).Agent);
    }

    [Fact]
    public async Task An_older_server_may_show_revoked_tokens_that_were_used()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        Agent agent = server.State.AddAgent("group/app", "rotated");
        server.State.AddToken(agent, "old", lastUsedAt: DateTimeOffset.UtcNow.AddDays(-9), status: "revoked");
        server.State.AddToken(agent, "new");
        GitLabClient client = TestClients.CreateClient(server);
        Assert.Equal(AgentConnectionStatus.Never, (await client.GetConnectionAsync(101, agent.Id)).Status);
        server.Options.ListsRevokedTokens = true;
        Assert.Equal(AgentConnectionStatus.Stale, (await client.GetConnectionAsync(101, agent.Id)).Status);
    }

    [Theory]
    [InlineData("18.4.9", "18.5.1-ee", true)]
    [InlineData("17.9.0", "18.0.0", true)]
    [InlineData("v17.11.3", "18.5.1", true)]
    [InlineData("18.5.0", "18.5.1-ee", false)]
    [InlineData("18.5.0-rc2", "18.5.1", false)]
    [InlineData("v18.10.0", "18.9.0-pre", false)]
    [InlineData("18.9.0", "v18.10.0-ee", true)]
    [InlineData("18.6", "18.5.1", false)]
    [InlineData(" 18.5.0 ", "18.5.1", false)]
    [InlineData("latest", "18.5.1", null)]
    [InlineData("", "18.5.1", null)]
    [InlineData("18", "18.5.1", null)]
    [InlineData("99999999999.1", "18.5.1", null)]
    [InlineData("18.5.0", "unknown", null)]
    [InlineData("18.5.0", null, null)]
    [InlineData(null, "18.5.1", null)]
    [InlineData("18.6.0,18.4.0", "18.5.1", true)]
    [InlineData("18.6.0,latest", "18.5.1", null)]
    [InlineData("latest,18.4.0", "18.5.1", true)]
    public async Task An_agent_is_behind_if_its_minor_version_is_lower(string? versions, string? server, bool? behind)
    {
        string pods = string.Join(
            ",",
            versions?.Split(',').Select(version => $$$"""{"metadata":{"version":"{{{version}}}"}}""")
                ?? ["""{"metadata":{"version":null}}"""]);
        GitLabClient client = TestClients.CreateClient(
            CreateHandler(_ => TestClients.Json(Response($$"""{"nodes":[{{pods}}]}""", Used))));
        client.Session.Version = server;
        AgentConnection connection = await client.GetConnectionAsync(101, 11);
        Assert.Equal(behind, connection.IsBehind);
        Assert.Equal(server, connection.ServerVersion);
    }

    [Fact]
    public async Task The_earliest_connection_and_the_lowest_version_of_several_pods_are_used()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        DateTimeOffset first = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Agent agent = server.State.FindAgent(12)!;
        agent.Connections =
        [
            new AgentConnectionOf
            {
                ConnectedAt = first.AddHours(1),
                Version = "18.10.0",
                PodName = "b",
                Warnings = [("outdated", "Update it."), ("x", "Update it.")],
            },
            new AgentConnectionOf
            {
                ConnectedAt = first,
                Version = "v18.9.1",
                PodName = "a",
                PodNamespace = "n",
                Warnings = [("y", "Soon.")],
            },
            new AgentConnectionOf { ConnectedAt = first.AddHours(2), Version = "edge", PodName = "c" },
        ];
        AgentConnection connection = await TestClients.CreateClient(server).GetConnectionAsync(101, 12);
        Assert.Equal((first, "v18.9.1"), (connection.ConnectedAt, connection.Version));
        Assert.Equal(["gitlab-agent/b", "n/a", "gitlab-agent/c"], connection.Connections.Select(pod => pod.ToString()));
        Assert.Equal(["Update it.", "Soon."], connection.Warnings);
        Assert.Equal("staging: Connected", connection.ToString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_reason_says_that_the_agent_server_cannot_be_reached(bool enabled)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options =>
        {
            options.KasEnabled = enabled;
            options.KasReachable = false;
        });
        AgentConnection connection = await TestClients.CreateClient(server).GetConnectionAsync("group/app", "prod");
        Assert.Equal(
            (AgentConnectionStatus.Unknown,
                "GitLab cannot reach its agent server (KAS). GitLab responds: \"GRPC::Unavailable\""),
            (connection.Status, connection.Reason));
        Assert.NotNull(connection.LastUsedAt);
    }

    // GitLab can leave out the agent, the project or everything instead of the connections alone.
    [Theory]
    [InlineData("""{"project":{"id":"gid://gitlab/Project/101","clusterAgent":null}}""", KasError)]
    [InlineData("""{"project":null}""", KasError)]
    [InlineData("null", KasError)]
    [InlineData("null", """{"message":"GRPC::Unavailable"}""")]
    [InlineData("""{"project":null}""", """{"message":"GRPC::Unavailable","path":["project"]}""")]
    public async Task The_reason_says_so_without_the_agent_too(string data, string error)
    {
        AgentConnection connection = await ReadAsync($$"""{"data":{{data}},"errors":[{{error}}]}""");
        Assert.Equal(
            (AgentConnectionStatus.Unknown,
                "GitLab cannot reach its agent server (KAS). GitLab responds: \"GRPC::Unavailable\""),
            (connection.Status, connection.Reason));
    }

    [Fact]
    public async Task A_failure_of_another_field_is_not_one_of_the_agent_server()
    {
        AgentConnection connection = await ReadAsync(Response(
            None, "null", errors: """{"message":"Foo::Bar","path":["project","clusterAgent","tokens"]}"""));
        Assert.Equal(
            "GitLab responds: \"Foo::Bar\" The agent is not connected now; whether it ever was is not known.",
            connection.Reason);
    }

    private static void AssertLike(string? pattern, string? text)
    {
        if (pattern is null)
        {
            Assert.Null(text);
        }
        else
        {
            Assert.Matches("^" + Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal) + "$", text);
        }
    }
}
