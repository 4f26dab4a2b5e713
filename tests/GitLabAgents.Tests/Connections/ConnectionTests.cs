using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;
using AgentConnectionOf = GitLabAgents.FakeGitLab.AgentConnection;

namespace GitLabAgents.Tests;

/// <summary>Checks how the connections of an agent are read from GraphQL, and that nothing is guessed.</summary>
public sealed class ConnectionTests
{
    private const string One = """{"nodes":[{"connectedAt":"2026-01-02T03:04:05Z","metadata":{"version":"18.5.0","podName":"p","podNamespace":"n"}}]}""";
    private const string None = """{"nodes":[]}""";
    private const string Used = """{"nodes":[{"id":"gid://gitlab/T/1","status":"ACTIVE","lastUsedAt":null},{"id":"gid://gitlab/T/2","status":"ACTIVE","lastUsedAt":"2025-12-01T00:00:00Z"},{"id":"gid://gitlab/T/3","status":"ACTIVE","lastUsedAt":"2025-01-01T00:00:00Z"}]}""";
    private const string Unused = """{"nodes":[{"id":"gid://gitlab/T/1","status":"ACTIVE","lastUsedAt":null}]}""";
    private const string Maintainer = "\"archived\":false,\"userPermissions\":{\"adminProject\":true}";

    [Theory]
    [InlineData("https://gitlab.example.com", "https://gitlab.example.com/api/graphql")]
    [InlineData("https://gitlab.example.com:8443/gitlab/", "https://gitlab.example.com:8443/gitlab/api/graphql")]
    public async Task A_connection_needs_one_read_and_one_query(string server, string address)
    {
        FakeHandler handler = CreateHandler(_ => TestClients.Json(Response(One, Used)));
        using GitLabSession session = TestClients.CreateSession(new Uri(server), options => options.PrimaryHandler = handler);
        AgentConnection connection = await new GitLabClient(session).GetConnectionAsync("group/app", 11);

        Assert.Equal(
            (AgentConnectionStatus.Connected, "a11", 11L, 101L, "group/app"),
            (connection.Status, connection.Agent, connection.AgentId, connection.ProjectId, connection.Project));
        Assert.Same(session, connection.Session);
        SentRequest sent = Assert.Single(handler.Requests, request => request.Method == "POST");
        Assert.Equal(2, handler.Requests.Count);
        Assert.Equal(address, sent.Uri.AbsoluteUri);
        Assert.Contains("PRIVATE-TOKEN: " + TestClients.Token, sent.Headers, StringComparison.Ordinal);
        Assert.Contains("Accept: application/json", sent.Headers, StringComparison.Ordinal);
        var expected = new JsonObject
        {
            ["query"] = QueryDocument.Agent.ToString(),
            ["variables"] = new JsonObject { ["project"] = "group/app", ["agent"] = "a11" },
        };
        Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(sent.Body)), Encoding.UTF8.GetString(sent.Body));
    }

    [Fact]
    public async Task A_name_is_found_with_a_server_prefix_and_an_encoded_path()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.Prefix = "/gitlab");
        AgentConnection connection = await TestClients.CreateClient(server).GetConnectionAsync("Ünïcode/Pröjekt", "unicode");
        Assert.Equal(
            (AgentConnectionStatus.Never, "Ünïcode/Pröjekt", 108L, 19L),
            (connection.Status, connection.Project, connection.ProjectId, connection.AgentId));
        RecordedRequest sent = server.Requests[^1];
        Assert.Equal(("POST", "/gitlab/api/graphql", "application/json"), (sent.Method, sent.RawTarget, sent.Headers["Content-Type"]));
    }

    [Theory]
    [InlineData(One, Used, "Connected", "2025-12-01T00:00:00Z", null)]
    [InlineData(One, "null", "Connected", null, null)]
    [InlineData(None, Used, "Stale", "2025-12-01T00:00:00Z", null)]
    [InlineData(None, Unused, "Never", null, null)]
    [InlineData(None, """{"nodes":[]}""", "Unknown", null, "*no active token*")]
    [InlineData(None, """{"nodes":[{"status":"REVOKED","lastUsedAt":null}]}""", "Unknown", null, "*no active token*")]
    [InlineData(None, """{"nodes":[{"status":"REVOKED","lastUsedAt":"2025-01-01T00:00:00Z"}]}""", "Stale", "2025-01-01T00:00:00Z", null)]
    [InlineData(None, "null", "Unknown", null, "GitLab does not report the agent's tokens. The agent is not connected now; whether it ever was is not known.")]
    [InlineData(None, """{"nodes":null}""", "Unknown", null, "GitLab does not report the agent's tokens.*")]
    [InlineData(None, """{"nodes":[{"lastUsedAt":null},null]}""", "Unknown", null, "GitLab does not report the agent's tokens.*")]
    [InlineData("null", Used, "Unknown", "2025-12-01T00:00:00Z", "GitLab does not report the agent's connections.")]
    [InlineData("""{"nodes":null}""", Used, "Unknown", "2025-12-01T00:00:00Z", "GitLab does not report the agent's connections.")]
    [InlineData("""{"nodes":[null]}""", Used, "Unknown", "2025-12-01T00:00:00Z", "GitLab does not report the agent's connections.")]
    [InlineData("""{"nodes":[{"metadata":null}]}""", "null", "Connected", null, null)]
    public async Task The_status_is_what_was_reported(string connections, string tokens, string status, string? lastUsed, string? reason)
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
    public async Task A_token_used_within_the_last_hour_contradicts_an_empty_list(int minutes, string status, string? reason)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.ClockSkew = TimeSpan.FromDays(-3));
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
    [InlineData("\"archived\":false,\"userPermissions\":{\"adminProject\":null}", "*not say whether the access token may see them.")]
    [InlineData("\"userPermissions\":{\"adminProject\":true}", "*not say whether the access token may see them.")]
    public async Task An_empty_list_is_not_trusted_if_the_user_may_not_see_connections(string permissions, string reason)
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
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.HasProjectPermissions = false);
        GitLabClient client = TestClients.CreateClient(server, token: token);
        AgentConnection connection = await client.GetConnectionAsync("group/app", "staging");
        Assert.Equal((AgentConnectionStatus.Stale, null), (connection.Status, connection.Reason));
        Assert.Equal(2, server.Requests.Count(request => request.Method == "POST"));
        await client.GetConnectionAsync("group/app", "prod");
        Assert.Equal(3, server.Requests.Count(request => request.Method == "POST"));
    }

    [Theory]
    [InlineData("""{"message":"GRPC::Unavailable","path":["project","clusterAgent","connections"]}""", "null", Used, "Unknown")]
    [InlineData("""{"message":"boom","path":["project","clusterAgent","connections"]}""", None, Used, "Unknown")]
    [InlineData("""{"message":"boom","path":["project","clusterAgent","connections","nodes",0,"metadata"]}""", One, Used, "Connected")]
    [InlineData("""{"message":"boom","path":["project","clusterAgent","tokens","nodes",0,"lastUsedAt"]}""", None, Unused, "Unknown")]
    [InlineData("""{"message":"boom","path":["project","clusterAgent","tokens"]}""", None, Used, "Stale")]
    [InlineData("""{"message":"boom","path":["project","clusterAgent"]}""", None, Unused, "Unknown")]
    [InlineData("""{"message":"boom","path":["project","other"]}""", None, Used, "Stale")]
    [InlineData("""{"message":"boom"}""", None, Used, "Unknown")]
    [InlineData("""{"message":"boom","path":null}""", One, Used, "Connected")]
    [InlineData("null", None, Used, "Stale")]
    public async Task An_error_affects_what_its_path_names(string error, string connections, string tokens, string status)
    {
        AgentConnection connection = await ReadAsync(Response(connections, tokens, errors: error));
        Assert.Equal(status, connection.Status.ToString());
        Assert.Equal(connection.Status == AgentConnectionStatus.Unknown, connection.Reason is not null);
    }

    [Theory]
    [InlineData(200, "application/json", """{"errors":[{"message":"Field 'clusterAgent' doesn't exist","extensions":{"code":"undefinedField","fieldName":"clusterAgent"}}]}""", "GitLab responds: \"Field 'clusterAgent' doesn't exist\"", 1)]
    [InlineData(200, "application/json", """{"errors":[{"message":"a\nb"},{"message":"c"},{"message":"c"}]}""", "GitLab responds: \"a b; c\"", 5)]
    [InlineData(200, "application/json", """{"data":{"project":null}}""", "GraphQL does not show the agent to this access token.", 1)]
    [InlineData(200, "application/json", """{"data":{"project":{"clusterAgent":null}},"errors":[{"message":"no right","path":["project","clusterAgent"]}]}""", "GitLab responds: \"no right\"", 1)]
    [InlineData(200, "application/json", """{"data":{"project":{"clusterAgent":{"id":"gid://gitlab/Clusters::Agent/12"}}}}""", "GraphQL does not show the agent to this access token.", 1)]
    [InlineData(200, "application/json", """{"data":{"project":{"clusterAgent":{"id":"gid://gitlab/Clusters::Agent/x"}}}}""", "GraphQL does not show the agent to this access token.", 1)]
    [InlineData(200, "text/html", "<html>sign in</html>", "GraphQL is off or blocked (200 without JSON).", 1)]
    [InlineData(200, "text/plain", "blocked", "GraphQL is off or blocked (200 without JSON).", 1)]
    [InlineData(200, "application/json", "null", "GraphQL is off or blocked (200 without JSON).", 1)]
    [InlineData(404, "application/json", """{"error":"404 Not Found"}""", "GraphQL is off or blocked (404: \"404 Not Found\").", 1)]
    [InlineData(404, "text/html", "<html/>", "GraphQL is off or blocked (404).", 1)]
    [InlineData(403, "application/json", """{"error":"insufficient_scope","error_description":"more, please"}""", "The access token may not use GraphQL (403: \"more, please\").", 1)]
    [InlineData(401, "application/json", """{"errors":[{"message":"Invalid token"}]}""", "GraphQL does not accept the access token (401: \"Invalid token\"); it requires the scope api or read_api.", 1)]
    [InlineData(422, "application/json", """{"errors":[{"message":"Query too large"}]}""", "GitLab responds: \"Query too large\"", 5)]
    public async Task What_is_not_reported_is_unknown_with_the_reason(int status, string type, string body, string reason, int posts)
    {
        FakeHandler handler = CreateHandler(_ => TestClients.Text(body, status, type));
        AgentConnection connection = await TestClients.CreateClient(handler).GetConnectionAsync(101, 11);
        Assert.Equal((AgentConnectionStatus.Unknown, reason), (connection.Status, connection.Reason));
        Assert.Equal(("a11", "group/app", 101L), (connection.Agent, connection.Project, connection.ProjectId));
        Assert.Equal((null, null, null), (connection.ConnectedAt, connection.Version, connection.IsBehind));
        Assert.Equal(posts, handler.Requests.Count(request => request.Method == "POST"));
    }

    [Fact]
    public async Task Blocked_GraphQL_is_not_queried_again_for_a_while()
    {
        var clock = new ImmediateClock();
        FakeHandler handler = CreateHandler(_ => TestClients.Text("<html/>", 404, "text/html"));
        var observer = new RecordingObserver();
        GitLabClient client = TestClients.CreateClient(handler, options => options.Clock = clock, observer);
        await client.GetConnectionAsync(101, 11);
        await client.GetConnectionAsync(101, 11);
        Assert.Single(handler.Requests, request => request.Method == "POST");
        Assert.Single(observer.Messages, line => line.Contains("GraphQL is off or blocked", StringComparison.Ordinal));
        clock.Advance(TimeSpan.FromMinutes(5));
        await client.GetConnectionAsync(101, 11);
        Assert.Equal(2, handler.Requests.Count(request => request.Method == "POST"));
    }

    [Theory]
    [InlineData(429, "Retry later", "RateLimited", "ThrottleLimit")]
    [InlineData(500, """{"errors":[{"message":"Internal server error"}]}""", "ServerError", "Internal server error")]
    [InlineData(502, "{}", "ServerError", "502")]
    [InlineData(400, """{"errors":["odd"]}""", "InvalidRequest", "odd")]
    [InlineData(200, "{}", "InvalidResponse", "neither data nor errors")]
    [InlineData(200, """{"message":"hello"}""", "InvalidResponse", "neither data nor errors")]
    [InlineData(200, """{"data":{"proj""", "InvalidResponse", "not the JSON expected")]
    [InlineData(200, """{"data":{"project":{"clusterAgent":{"id":"gid://gitlab/Clusters::Agent/11","tokens":{"nodes":[{"lastUsedAt":"yesterday"}]}}}}}""", "InvalidResponse", "not the JSON expected")]
    [InlineData(302, "", "InvalidResponse", "302")]
    public async Task A_failure_of_the_connection_is_an_error(int status, string body, string kind, string text)
    {
        FakeHandler handler = CreateHandler(_ => TestClients.Json(body, status));
        GitLabClient client = TestClients.CreateClient(handler, options => options.MaximumRetryCount = 0);
        GitLabApiException e = await TestClients.ThrowsAsync(Enum.Parse<GitLabErrorKind>(kind), () => client.GetConnectionAsync(101, 11));
        Assert.Contains(text, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("may have", e.Message, StringComparison.Ordinal);
        Assert.Single(handler.Requests, request => request.Method == "POST");
    }

    [Fact]
    public async Task A_redirect_is_not_followed_with_an_empty_body()
    {
        FakeHandler handler = CreateHandler(_ => TestClients.Json(string.Empty, 308, ("Location", "https://gitlab.example.com/api/graphql/")));
        await TestClients.ThrowsAsync(GitLabErrorKind.InvalidResponse, () => TestClients.CreateClient(handler).GetConnectionAsync(101, 11));
        Assert.Single(handler.Requests, request => request.Method == "POST");
    }

    [Theory]
    [InlineData("429", 3, "RateLimited")]
    [InlineData("502", 3, "ServerError")]
    [InlineData("504", 3, "ServerError")]
    [InlineData("500", 1, "ServerError")]
    [InlineData("broken", 3, "ConnectionFailed")]
    [InlineData("time-out", 1, "Timeout")]
    public async Task The_query_is_retried_like_a_GET(string failure, int attempts, string kind)
    {
        var handler = new FakeHandler(async (request, stop) =>
        {
            if (request.Method == "GET")
            {
                return TestClients.Json(TestClients.Agent(11));
            }

            if (failure == "time-out")
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, stop);
            }

            return int.TryParse(failure, out int status)
                ? TestClients.Json("""{"message":"no"}""", status)
                : throw new HttpRequestException("broke", new IOException("broke", new SocketException((int)SocketError.ConnectionReset)));
        });
        GitLabClient client = TestClients.CreateClient(handler, options =>
        {
            options.MaximumRetryCount = 2;
            options.Timeout = failure == "time-out" ? TimeSpan.FromMilliseconds(200) : TimeSpan.FromSeconds(30);
        });
        await TestClients.ThrowsAsync(Enum.Parse<GitLabErrorKind>(kind), () => client.GetConnectionAsync(101, 11));
        List<SentRequest> posts = [.. handler.Requests.Where(request => request.Method == "POST")];
        Assert.Equal(attempts, posts.Count);
        Assert.Single(posts.Select(request => Encoding.UTF8.GetString(request.Body)).Distinct(), body => body.Contains("group/app", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_retry_after_a_lost_response_succeeds()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Reset().On("POST", "/api/graphql").AfterActing());
        Assert.Equal(AgentConnectionStatus.Connected, (await TestClients.CreateClient(server).GetConnectionAsync("group/app", "prod")).Status);
        Assert.Equal(2, server.Requests.Count(request => request.Method == "POST"));
    }

    [Fact]
    public async Task A_stop_during_the_query_is_not_an_interrupted_change()
    {
        using var stop = new CancellationTokenSource();
        var handler = new FakeHandler(async (request, token) =>
        {
            if (request.Method == "POST")
            {
                await stop.CancelAsync();
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
            }

            return TestClients.Json(TestClients.Agent(11));
        });
        OperationCanceledException e = await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => TestClients.CreateClient(handler).GetConnectionAsync(101, 11, stop.Token));
        Assert.IsNotType<OperationInterruptedException>(e);
    }

    [Fact]
    public async Task A_moved_project_is_found_under_its_new_path()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        AgentConnection connection = await TestClients.CreateClient(server).GetConnectionAsync("group/old-name", "prod");
        Assert.Equal((AgentConnectionStatus.Connected, "group/app"), (connection.Status, connection.Project));
    }

    [Theory]
    [InlineData("""{"id":11,"name":"a11","config_project":{"id":101}}""", "101", "*path of project 101*")]
    [InlineData("""{"id":11,"config_project":{"id":101,"path_with_namespace":"group/app"}}""", "group/app", "*the agent's name*")]
    public async Task The_status_is_unknown_without_a_path_or_a_name(string agent, string project, string reason)
    {
        var handler = new FakeHandler(_ => TestClients.Json(agent));
        AgentConnection connection = await TestClients.CreateClient(handler).GetConnectionAsync(101, 11);
        Assert.Equal((AgentConnectionStatus.Unknown, project, "a11".Substring(agent.Contains("a11", StringComparison.Ordinal) ? 0 : 1)), (connection.Status, connection.Project, connection.Agent));
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
        string pods = string.Join(",", versions?.Split(',').Select(version => $$$"""{"metadata":{"version":"{{{version}}}"}}""") ?? ["""{"metadata":{"version":null}}"""]);
        GitLabClient client = TestClients.CreateClient(CreateHandler(_ => TestClients.Json(Response($$"""{"nodes":[{{pods}}]}""", Used))));
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
            new AgentConnectionOf { ConnectedAt = first.AddHours(1), Version = "18.10.0", PodName = "b", Warnings = [("outdated", "Update it."), ("x", "Update it.")] },
            new AgentConnectionOf { ConnectedAt = first, Version = "v18.9.1", PodName = "a", PodNamespace = "n", Warnings = [("y", "Soon.")] },
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
            (AgentConnectionStatus.Unknown, "GitLab cannot reach its agent server (KAS). GitLab responds: \"GRPC::Unavailable\""),
            (connection.Status, connection.Reason));
        Assert.NotNull(connection.LastUsedAt);
    }

    [Fact]
    public async Task An_older_server_without_connections_is_queried_without_them()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        GitLabClient client = TestClients.CreateClient(server);
        server.Options.OldServer = true;
        var query = new AgentQuery(client.Session.GraphQL, AgentParts.Tokens | AgentParts.Connections);
        GraphQLResult result = await client.QueryAsync(
            QueryDocument.Agent, query, () => new GraphQLVariables { Project = "group/app", Agent = "prod" }, "test", default);
        Assert.NotNull(result.Data!.Project!.ClusterAgent);
        Assert.Equal(["connections"], client.Session.GraphQL.Refused);
        Assert.Equal(2, server.Requests.Count);
        await client.QueryAsync(QueryDocument.Agent, query, () => new GraphQLVariables { Project = "group/app", Agent = "prod" }, "test", default);
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task A_response_that_echoes_the_token_is_shown_without_it()
    {
        FakeHandler handler = CreateHandler(_ => TestClients.Json($$"""{"data":null,"errors":[{"message":"you are {{TestClients.Token}}\u001b[31m"}]}"""));
        AgentConnection connection = await TestClients.CreateClient(handler).GetConnectionAsync(101, 11);
        Assert.Equal("GitLab responds: \"you are [redacted] [31m\"", connection.Reason);
    }

    private static Task<AgentConnection> ReadAsync(string response)
        => TestClients.CreateClient(CreateHandler(_ => TestClients.Json(response))).GetConnectionAsync(101, 11);

    private static FakeHandler CreateHandler(Func<SentRequest, HttpResponseMessage> respond)
        => new(request => request.Method == "GET" ? TestClients.Json(TestClients.Agent(11)) : respond(request));

    private static string Response(string connections, string tokens, string permissions = Maintainer, string? errors = null)
    {
        string agent = $$"""{"id":"gid://gitlab/Clusters::Agent/11","name":"a11","connections":{{connections}},"tokens":{{tokens}}}""";
        string tail = errors is null ? string.Empty : $""","errors":[{errors}]""";
        return """{"data":{"project":{"id":"gid://gitlab/Project/101",""" + permissions + ",\"clusterAgent\":" + agent + "}}" + tail + "}";
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
