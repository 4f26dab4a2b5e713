using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;
using AgentConnectionOf = GitLabAgents.FakeGitLab.AgentConnection;

namespace GitLabAgents.Tests;

/// <summary>What GraphQL tells of connections, and what is made of it: nothing is guessed.</summary>
public sealed class ConnectionTests
{
    private const string One = """{"nodes":[{"connectedAt":"2026-01-02T03:04:05Z","metadata":{"version":"18.5.0","podName":"p","podNamespace":"n"}}]}""";
    private const string None = """{"nodes":[]}""";
    private const string Used = """{"nodes":[{"lastUsedAt":null},{"lastUsedAt":"2026-01-01T00:00:00Z"},{"lastUsedAt":"2025-01-01T00:00:00Z"}]}""";
    private const string Unused = """{"nodes":[{"lastUsedAt":null}]}""";

    private const string Query =
        "query($path: ID!, $after: String) { project(fullPath: $path) { "
        + "clusterAgents(first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes { id name "
        + "connections { nodes { connectedAt metadata { version podName podNamespace } } } tokens { nodes { id lastUsedAt } } } } } }";

    private const string RoleQuery = "query($path: ID!) { project(fullPath: $path) { archived userPermissions { adminProject } } }";
    private const string Maintainer = """{"data":{"project":{"archived":false,"userPermissions":{"adminProject":true}}}}""";

    [Theory]
    [InlineData("https://gitlab.example.com", "https://gitlab.example.com/api/graphql")]
    [InlineData("https://gitlab.example.com:8443/gitlab/", "https://gitlab.example.com:8443/gitlab/api/graphql")]
    public async Task It_is_one_post_of_one_query(string server, string address)
    {
        FakeHandler wire = Wire(_ => TestClients.Json(Answer(Node(11, One, Used))));
        using GitLabSession session = TestClients.Session(new Uri(server), options => options.PrimaryHandler = wire);
        AgentConnection connection = await new GitLabClient(session).GetConnectionAsync("group/app", 11);

        Assert.Equal((AgentConnectionStatus.Connected, "a11", 11L, 101L, "group/app"), (connection.Status, connection.Agent, connection.AgentId, connection.ProjectId, connection.Project));
        Assert.Same(session, connection.Session);
        SentRequest sent = Assert.Single(wire.Requests, request => request.Method == "POST");
        Assert.Equal(2, wire.Requests.Count);
        Assert.Equal(address, sent.Uri.AbsoluteUri);
        Assert.Contains("PRIVATE-TOKEN: " + TestClients.Token, sent.Headers, StringComparison.Ordinal);
        Assert.Contains("Accept: application/json", sent.Headers, StringComparison.Ordinal);
        var expected = new JsonObject { ["query"] = Query, ["variables"] = new JsonObject { ["path"] = "group/app" } };
        Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(sent.Body)), Encoding.UTF8.GetString(sent.Body));
    }

    [Fact]
    public async Task A_server_that_checks_takes_the_query_and_the_path()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync(options => options.Prefix = "/gitlab");
        AgentConnection connection = await TestClients.Client(server).GetConnectionAsync("Ünïcode/Pröjekt", "unicode");
        Assert.Equal((AgentConnectionStatus.Never, "Ünïcode/Pröjekt", 108L, 19L), (connection.Status, connection.Project, connection.ProjectId, connection.AgentId));
        RecordedRequest sent = server.Requests[^1];
        Assert.Equal(("POST", "/gitlab/api/graphql", "application/json"), (sent.Method, sent.RawTarget, sent.Headers["Content-Type"]));
    }

    [Theory]
    [InlineData(One, Used, "Connected", "2026-01-01T00:00:00Z", null)]
    [InlineData(One, "null", "Connected", null, null)]
    [InlineData(None, Used, "Stale", "2026-01-01T00:00:00Z", null)]
    [InlineData(None, Unused, "Never", null, null)]
    [InlineData(None, """{"nodes":[]}""", "Never", null, null)]
    [InlineData(None, "null", "Unknown", null, "GitLab does not tell of the agent's tokens. The agent is not connected now; whether it ever was is not known.")]
    [InlineData(None, """{"nodes":null}""", "Unknown", null, "GitLab does not tell of the agent's tokens.*")]
    [InlineData(None, """{"nodes":[{"lastUsedAt":null},null]}""", "Unknown", null, "GitLab does not tell of the agent's tokens.*")]
    [InlineData("null", Used, "Unknown", "2026-01-01T00:00:00Z", "GitLab does not tell of the agent's connections.")]
    [InlineData("null", Unused, "Unknown", null, "GitLab does not tell of the agent's connections.")]
    [InlineData("""{"nodes":null}""", Used, "Unknown", "2026-01-01T00:00:00Z", "GitLab does not tell of the agent's connections.")]
    [InlineData("""{"nodes":[null]}""", Used, "Unknown", "2026-01-01T00:00:00Z", "GitLab does not tell of the agent's connections.")]
    [InlineData("""{"nodes":[{"metadata":null}]}""", "null", "Connected", null, null)]
    public async Task The_status_is_what_was_told(string connections, string tokens, string status, string? lastUsed, string? reason)
    {
        AgentConnection connection = await TestClients.Client(Wire(_ => TestClients.Json(Answer(Node(11, connections, tokens))))).GetConnectionAsync(101, 11);
        Assert.Equal(status, connection.Status.ToString());
        Assert.Equal(lastUsed is null ? null : DateTimeOffset.Parse(lastUsed, System.Globalization.CultureInfo.InvariantCulture), connection.LastUsedAt);
        AssertLike(reason, connection.Reason);
        Assert.Equal(status == "Connected" ? 1 : 0, connection.Connections.Length);
    }

    [Theory]
    [InlineData("""{"data":{"project":{"archived":false,"userPermissions":{"adminProject":false}}}}""", "It takes the role Maintainer*")]
    [InlineData("""{"data":{"project":{"userPermissions":{"adminProject":false}}}}""", "It takes the role Maintainer*")]
    [InlineData("""{"data":{"project":{"archived":true,"userPermissions":{"adminProject":false}}},"errors":[{"message":"odd"}]}""", "It takes the role Maintainer*")]
    [InlineData("""{"data":{"project":{"archived":true,"userPermissions":{"adminProject":true}}}}""", "The project is archived*")]
    [InlineData("""{"data":{"project":{"archived":true,"userPermissions":null}}}""", "The project is archived*")]
    [InlineData("""{"data":{"project":{"archived":false,"userPermissions":null}}}""", "*not whether the access token may see them.")]
    [InlineData("""{"data":{"project":{"archived":false,"userPermissions":{"adminProject":null}}}}""", "*not whether the access token may see them.")]
    [InlineData("""{"data":{"project":{"userPermissions":{"adminProject":true}}}}""", "*not whether the access token may see them.")]
    [InlineData("""{"data":{"project":null}}""", "*not whether the access token may see them.")]
    [InlineData("""{"data":{"project":{"archived":false,"userPermissions":null}},"errors":[{"message":"boom","path":["project","userPermissions"]}]}""", "GitLab answers: \"boom\"")]
    public async Task That_there_are_none_is_not_believed_of_who_may_not_see_them(string role, string reason)
    {
        FakeHandler wire = Wire(_ => TestClients.Json(Answer(Node(11, None, Used) + "," + Node(12, One, Used) + "," + Node(13, None, None))), _ => TestClients.Json(role));
        GitLabClient client = TestClients.Client(wire);
        var cache = new ConnectionCache();
        foreach (long id in new long[] { 11, 13 })
        {
            AgentConnection connection = await client.GetConnectionAsync(101, id, cache);
            Assert.Equal(AgentConnectionStatus.Unknown, connection.Status);
            AssertLike(reason, connection.Reason);
        }

        Assert.Equal(AgentConnectionStatus.Connected, (await client.GetConnectionAsync(101, 12, cache)).Status);
        Assert.Equal([Query, RoleQuery], QueriesOf(wire));
    }

    [Theory]
    [InlineData(Maintainer)]
    [InlineData("""{"data":{"project":{"archived":false,"userPermissions":{"adminProject":true}}},"errors":[{"message":"odd"}]}""")]
    [InlineData("""{"errors":[{"message":"Field 'adminProject' doesn't exist on type 'ProjectPermissions'"}]}""")]
    [InlineData("""{"data":null,"errors":[{"message":"Field 'userPermissions' doesn't exist on type 'Project'"}]}""")]
    public async Task That_there_are_none_is_believed_of_who_may_see_them_and_where_it_cannot_be_asked(string role)
    {
        FakeHandler wire = Wire(_ => TestClients.Json(Answer(Node(11, None, Used) + "," + Node(12, None, Unused) + "," + Node(13, None, None))), _ => TestClients.Json(role));
        GitLabClient client = TestClients.Client(wire);
        var cache = new ConnectionCache();
        AgentConnection[] read = [await client.GetConnectionAsync(101, 11, cache), await client.GetConnectionAsync(101, 12, cache), await client.GetConnectionAsync(101, 13, cache)];
        Assert.Equal([AgentConnectionStatus.Stale, AgentConnectionStatus.Never, AgentConnectionStatus.Never], read.Select(connection => connection.Status));
        Assert.All(read, connection => Assert.Null(connection.Reason));
        Assert.Equal([Query, RoleQuery], QueriesOf(wire));
    }

    [Theory]
    [InlineData(One, null)]
    [InlineData("null", null)]
    [InlineData("""{"nodes":null}""", null)]
    [InlineData("""{"nodes":[null]}""", null)]
    [InlineData(None, """{"message":"boom","path":["project","clusterAgents","nodes",1,"connections"]}""")]
    public async Task The_role_is_not_asked_for_where_it_does_not_matter(string connections, string? error)
    {
        FakeHandler wire = Wire(_ => TestClients.Json(Answer(Node(11, One, Used) + "," + Node(12, connections, Used), errors: error)));
        GitLabClient client = TestClients.Client(wire);
        var cache = new ConnectionCache();
        await client.GetConnectionAsync(101, 11, cache);
        await client.GetConnectionAsync(101, 12, cache);
        Assert.Equal([Query], QueriesOf(wire));
    }

    [Fact]
    public async Task The_role_is_asked_for_in_a_query_of_its_own()
    {
        FakeHandler wire = Wire(_ => TestClients.Json(Answer(Node(11, None, Used))));
        using GitLabSession session = TestClients.Session(new Uri("https://gitlab.example.com/gitlab"), options => options.PrimaryHandler = wire);
        await new GitLabClient(session).GetConnectionAsync("group/app", 11);
        Assert.Equal(3, wire.Requests.Count);
        SentRequest sent = wire.Requests.Last();
        Assert.Equal(("POST", "https://gitlab.example.com/gitlab/api/graphql"), (sent.Method, sent.Uri.AbsoluteUri));
        Assert.Contains("PRIVATE-TOKEN: " + TestClients.Token, sent.Headers, StringComparison.Ordinal);
        var expected = new JsonObject { ["query"] = RoleQuery, ["variables"] = new JsonObject { ["path"] = "group/app" } };
        Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(sent.Body)), Encoding.UTF8.GetString(sent.Body));
    }

    [Theory]
    [InlineData(401, """{"errors":[{"message":"Invalid token"}]}""", "AuthenticationFailed", "Invalid token")]
    [InlineData(429, "Retry later", "RateLimited", "ThrottleLimit")]
    [InlineData(500, """{"errors":[{"message":"Internal server error"}]}""", "ServerError", "Internal server error")]
    [InlineData(502, "{}", "ServerError", "502")]
    [InlineData(400, """{"errors":["odd"]}""", "InvalidRequest", "odd")]
    [InlineData(302, "", "InvalidResponse", "302")]
    [InlineData(200, "{}", "InvalidResponse", "neither data nor errors")]
    [InlineData(200, """{"data":null,"errors":[]}""", "InvalidResponse", "neither data nor errors")]
    [InlineData(200, """{"data":{"proj""", "InvalidResponse", "not the JSON expected")]
    [InlineData(200, """{"data":{"project":{"archived":"no"}}}""", "InvalidResponse", "not the JSON expected")]
    public async Task A_real_failure_to_ask_for_the_role_is_an_error_and_not_kept(int status, string body, string kind, string words)
    {
        bool fails = true;
        FakeHandler wire = Wire(_ => TestClients.Json(Answer(Node(11, None, Used))), _ => fails ? TestClients.Json(body, status) : TestClients.Json(Maintainer));
        GitLabClient client = TestClients.Client(wire, options => options.MaximumRetryCount = 0);
        var cache = new ConnectionCache();
        GitLabApiException e = await TestClients.ThrowsAsync(Enum.Parse<GitLabErrorKind>(kind), () => client.GetConnectionAsync(101, 11, cache));
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
        Assert.Contains("read the access token's role in project group/app", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("may have", e.Message, StringComparison.Ordinal);
        Assert.Equal([Query, RoleQuery], QueriesOf(wire));

        fails = false;
        Assert.Equal(AgentConnectionStatus.Stale, (await client.GetConnectionAsync(101, 11, cache)).Status);
        Assert.Equal([Query, RoleQuery, Query, RoleQuery], QueriesOf(wire));
    }

    [Theory]
    [InlineData(403, "application/json", """{"message":"403 Forbidden"}""", "The access token may not use GraphQL; it answers 403: \"403 Forbidden\"")]
    [InlineData(404, "text/html", "<html/>", "GraphQL is off or blocked; it answers 404.")]
    [InlineData(200, "text/html", "<html>blocked</html>", "GraphQL is off or blocked; it answers 200 without JSON.")]
    public async Task Where_the_role_is_not_told_what_is_not_connected_is_unknown(int status, string type, string body, string reason)
    {
        FakeHandler wire = Wire(_ => TestClients.Json(Answer(Node(11, None, Used) + "," + Node(12, One, Used))), _ => TestClients.Text(body, status, type));
        GitLabClient client = TestClients.Client(wire);
        var cache = new ConnectionCache();
        AgentConnection connection = await client.GetConnectionAsync(101, 11, cache);
        Assert.Equal((AgentConnectionStatus.Unknown, reason), (connection.Status, connection.Reason));
        Assert.Equal(AgentConnectionStatus.Connected, (await client.GetConnectionAsync(101, 12, cache)).Status);
        Assert.Equal([Query, RoleQuery], QueriesOf(wire));
    }

    [Fact]
    public async Task The_role_is_asked_for_again_like_a_get()
    {
        int tries = 0;
        FakeHandler wire = Wire(_ => TestClients.Json(Answer(Node(11, None, Used))), _ => ++tries < 3 ? TestClients.Json("{}", 502) : TestClients.Json(Maintainer));
        Assert.Equal(AgentConnectionStatus.Stale, (await TestClients.Client(wire, options => options.MaximumRetryCount = 2).GetConnectionAsync(101, 11)).Status);
        Assert.Equal([Query, RoleQuery, RoleQuery, RoleQuery], QueriesOf(wire));
    }

    [Theory]
    [InlineData("glpat-maintainer")]
    [InlineData("glpat-developer")]
    public async Task A_server_that_tells_no_permissions_is_taken_at_its_word(string token)
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync(options => options.HasProjectPermissions = false);
        server.State.AddAgent("group/app", "fresh");
        GitLabClient client = TestClients.Client(server, token: token);
        var cache = new ConnectionCache();
        AgentConnection[] read = [await client.GetConnectionAsync("group/app", "staging", cache), await client.GetConnectionAsync("group/app", "fresh", cache)];
        Assert.Equal([AgentConnectionStatus.Stale, AgentConnectionStatus.Never], read.Select(connection => connection.Status));
        Assert.All(read, connection => Assert.Null(connection.Reason));
        Assert.Equal(2, server.Requests.Count(request => request.Method == "POST"));
    }

    [Theory]
    [InlineData("""{"message":"GRPC::Unavailable","path":["project","clusterAgents","nodes",0,"connections"]}""", "null", Used, "Unknown", "Never")]
    [InlineData("""{"message":"boom","path":["project","clusterAgents","nodes",0,"connections"]}""", None, Used, "Unknown", "Never")]
    [InlineData("""{"message":"boom","path":["project","clusterAgents","nodes",0,"connections","nodes",0,"metadata"]}""", One, Used, "Connected", "Never")]
    [InlineData("""{"message":"boom","path":["project","clusterAgents","nodes",0,"tokens","nodes",0,"lastUsedAt"]}""", None, Unused, "Unknown", "Never")]
    [InlineData("""{"message":"boom","path":["project","clusterAgents","nodes",0,"tokens"]}""", None, Used, "Stale", "Never")]
    [InlineData("""{"message":"boom","path":["project","clusterAgents","nodes",0]}""", None, Unused, "Unknown", "Never")]
    [InlineData("""{"message":"boom","path":["project","clusterAgents","nodes",1,"connections"]}""", None, Used, "Stale", "Unknown")]
    [InlineData("""{"message":"boom","path":["project","clusterAgents"]}""", None, Used, "Unknown", "Unknown")]
    [InlineData("""{"message":"boom","path":["project","other"]}""", None, Used, "Stale", "Never")]
    [InlineData("""{"message":"boom"}""", None, Used, "Unknown", "Unknown")]
    [InlineData("""{"message":"boom","path":null}""", One, Used, "Connected", "Unknown")]
    [InlineData("null", None, Used, "Stale", "Never")]
    public async Task An_error_concerns_what_its_path_names(string error, string connections, string tokens, string first, string second)
    {
        FakeHandler wire = Wire(_ => TestClients.Json(Answer(Node(11, connections, tokens) + "," + Node(12, None, Unused), errors: error)));
        GitLabClient client = TestClients.Client(wire);
        var cache = new ConnectionCache();
        AgentConnection[] read = [await client.GetConnectionAsync(101, 11, cache), await client.GetConnectionAsync(101, 12, cache)];
        Assert.Equal([first, second], read.Select(connection => connection.Status.ToString()));
        Assert.All(read, connection => Assert.Equal(connection.Status == AgentConnectionStatus.Unknown, connection.Reason is not null));
    }

    [Theory]
    [InlineData(200, "application/json", """{"data":null,"errors":[{"message":"Field 'connections' doesn't exist on type 'ClusterAgent'"}]}""", "GitLab answers: \"Field 'connections' doesn't exist on type 'ClusterAgent'\"")]
    [InlineData(200, "application/json", """{"errors":[{"message":"a\nb"},{"message":"c"},{"message":"c"}]}""", "GitLab answers: \"a b; c\"")]
    [InlineData(200, "application/json", """{"data":{"project":null}}""", "GraphQL does not show the agents of the project to this access token.")]
    [InlineData(200, "application/json", """{"data":{"project":{"clusterAgents":null}},"errors":[{"message":"no right","path":["project","clusterAgents"]}]}""", "GitLab answers: \"no right\"")]
    [InlineData(200, "application/json", """{"data":{"project":{"clusterAgents":{"nodes":[]}}}}""", "GraphQL does not show the agent to this access token.")]
    [InlineData(200, "application/json", """{"data":{"project":{"clusterAgents":{"nodes":[null]}}}}""", "GraphQL does not show the agent to this access token.")]
    [InlineData(200, "text/html", "<html>sign in</html>", "GraphQL is off or blocked; it answers 200 without JSON.")]
    [InlineData(200, "text/plain", "blocked", "GraphQL is off or blocked; it answers 200 without JSON.")]
    [InlineData(200, "application/json", "null", "GraphQL is off or blocked; it answers 200 without JSON.")]
    [InlineData(404, "application/json", """{"error":"404 Not Found"}""", "GraphQL is off or blocked; it answers 404: \"404 Not Found\"")]
    [InlineData(404, "text/html", "<html/>", "GraphQL is off or blocked; it answers 404.")]
    [InlineData(403, "application/json", """{"error":"insufficient_scope","error_description":"more, please"}""", "The access token may not use GraphQL; it answers 403: \"more, please\"")]
    [InlineData(403, "application/json", """{"errors":[{"message":"API not accessible for user","locations":[]}]}""", "The access token may not use GraphQL; it answers 403: \"API not accessible for user\"")]
    public async Task What_is_not_told_is_unknown_with_the_reason(int status, string type, string body, string reason)
    {
        FakeHandler wire = Wire(_ => TestClients.Text(body, status, type));
        var cache = new ConnectionCache();
        GitLabClient client = TestClients.Client(wire);
        AgentConnection connection = await client.GetConnectionAsync(101, 11, cache);
        Assert.Equal((AgentConnectionStatus.Unknown, reason), (connection.Status, connection.Reason));
        Assert.Equal(("a11", "group/app", 101L), (connection.Agent, connection.Project, connection.ProjectId));
        Assert.Equal((null, null, null), (connection.ConnectedAt, connection.Version, connection.IsBehind));

        await client.GetConnectionAsync(101, 11, cache);
        Assert.Single(wire.Requests, request => request.Method == "POST");
    }

    [Theory]
    [InlineData(401, """{"errors":[{"message":"Invalid token"}]}""", "AuthenticationFailed", "Invalid token")]
    [InlineData(429, "Retry later", "RateLimited", "ThrottleLimit")]
    [InlineData(500, """{"errors":[{"message":"Internal server error"}]}""", "ServerError", "Internal server error")]
    [InlineData(502, "{}", "ServerError", "502")]
    [InlineData(400, """{"errors":["odd"]}""", "InvalidRequest", "odd")]
    [InlineData(200, "{}", "InvalidResponse", "neither data nor errors")]
    [InlineData(200, """{"message":"hello"}""", "InvalidResponse", "neither data nor errors")]
    [InlineData(200, """{"data":{"proj""", "InvalidResponse", "not the JSON expected")]
    [InlineData(200, """{"data":{"project":{"clusterAgents":{"nodes":[{"id":"gid://gitlab/Clusters::Agent/x"}]}}}}""", "InvalidResponse", "no id")]
    [InlineData(200, """{"data":{"project":{"clusterAgents":{"nodes":[{"id":null}]}}}}""", "InvalidResponse", "no id")]
    [InlineData(200, """{"data":{"project":{"clusterAgents":{"nodes":[],"pageInfo":{"hasNextPage":true}}}}}""", "InvalidResponse", "cursor")]
    [InlineData(200, """{"data":{"project":{"clusterAgents":{"nodes":[{"id":"gid://gitlab/Clusters::Agent/11","tokens":{"nodes":[{"lastUsedAt":"yesterday"}]}}]}}}}""", "InvalidResponse", "not the JSON expected")]
    [InlineData(302, "", "InvalidResponse", "302")]
    public async Task A_real_failure_is_an_error(int status, string body, string kind, string words)
    {
        FakeHandler wire = Wire(_ => TestClients.Json(body, status));
        GitLabApiException e = await TestClients.ThrowsAsync(Enum.Parse<GitLabErrorKind>(kind), () => TestClients.Client(wire, options => options.MaximumRetryCount = 0).GetConnectionAsync(101, 11));
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("may have", e.Message, StringComparison.Ordinal);
        Assert.Single(wire.Requests, request => request.Method == "POST");
    }

    [Fact]
    public async Task A_redirect_is_not_followed_with_an_empty_body()
    {
        FakeHandler wire = Wire(_ => TestClients.Json(string.Empty, 308, ("Location", "https://gitlab.example.com/api/graphql/")));
        await TestClients.ThrowsAsync(GitLabErrorKind.InvalidResponse, () => TestClients.Client(wire).GetConnectionAsync(101, 11));
        Assert.Single(wire.Requests, request => request.Method == "POST");
    }

    [Theory]
    [InlineData("429", 3, "RateLimited")]
    [InlineData("502", 3, "ServerError")]
    [InlineData("503", 3, "ServerError")]
    [InlineData("504", 3, "ServerError")]
    [InlineData("500", 1, "ServerError")]
    [InlineData("broken", 3, "ConnectionFailed")]
    [InlineData("time-out", 1, "Timeout")]
    public async Task The_query_is_tried_again_like_a_get(string failure, int tries, string kind)
    {
        var wire = new FakeHandler(async (request, stop) =>
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
        GitLabClient client = TestClients.Client(wire, options =>
        {
            options.MaximumRetryCount = 2;
            options.Timeout = failure == "time-out" ? TimeSpan.FromMilliseconds(200) : TimeSpan.FromSeconds(30);
        });
        await TestClients.ThrowsAsync(Enum.Parse<GitLabErrorKind>(kind), () => client.GetConnectionAsync(101, 11));
        List<SentRequest> posts = [.. wire.Requests.Where(request => request.Method == "POST")];
        Assert.Equal(tries, posts.Count);
        Assert.Single(posts.Select(request => Encoding.UTF8.GetString(request.Body)).Distinct(), body => body.Contains("group/app", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_try_that_succeeds_after_a_lost_answer_is_the_answer()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        server.Faults.Add(Fault.Reset().On("POST", "/api/graphql").AfterActing());
        Assert.Equal(AgentConnectionStatus.Connected, (await TestClients.Client(server).GetConnectionAsync("group/app", "prod")).Status);
        Assert.Equal(3, server.Requests.Count(request => request.Method == "POST"));
    }

    [Fact]
    public async Task A_stop_while_the_query_is_under_way_leaves_nothing_to_say()
    {
        using var stop = new CancellationTokenSource();
        var wire = new FakeHandler(async (request, token) =>
        {
            if (request.Method == "POST")
            {
                await stop.CancelAsync();
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
            }

            return TestClients.Json(TestClients.Agent(11));
        });
        OperationCanceledException e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => TestClients.Client(wire).GetConnectionAsync(101, 11, cancellationToken: stop.Token));
        Assert.IsNotType<OperationInterruptedException>(e);
    }

    [Fact]
    public async Task Pages_are_read_as_far_as_they_are_needed_and_kept()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        IReadOnlyList<Agent> agents = server.State.AddAgents("fleet/all", 250);
        GitLabClient client = TestClients.Client(server);
        var cache = new ConnectionCache();
        int Posts() => server.Requests.Count(request => request.Method == "POST");

        await client.GetConnectionAsync("fleet/all", agents[0].Id, cache);
        Assert.Equal((2, 3), (Posts(), server.Requests.Count));
        await client.GetConnectionAsync("fleet/all", agents[99].Id, cache);
        Assert.Equal((2, 3), (Posts(), server.Requests.Count));
        Assert.Equal(agents[249].Id, (await client.GetConnectionAsync("fleet/all", "AGENT-000250", cache)).AgentId);
        Assert.Equal((4, 5), (Posts(), server.Requests.Count));
        await client.GetConnectionAsync("fleet/all", agents[150].Id, cache);
        Assert.Equal((4, 5), (Posts(), server.Requests.Count));
        Assert.Equal(4, server.Requests.Where(request => request.Method == "POST").Select(request => request.Body).Distinct(StringComparer.Ordinal).Count());

        // One that came later is not among those kept; that it exists is known from its own read.
        Agent late = server.State.AddAgent("fleet/all", "zz");
        Assert.Equal((AgentConnectionStatus.Unknown, "zz"), Told(await client.GetConnectionAsync("fleet/all", late.Id, cache)));
        await TestClients.ThrowsAsync(GitLabErrorKind.AgentNotFound, () => client.GetConnectionAsync("fleet/all", 999_999, cache));
        await TestClients.ThrowsAsync(GitLabErrorKind.AgentNotFound, () => client.GetConnectionAsync("fleet/all", "nope", cache));
        Assert.Equal(4, Posts());

        static (AgentConnectionStatus Status, string Agent) Told(AgentConnection connection) => (connection.Status, connection.Agent);
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(249, 4)]
    [InlineData(-1, 4)]
    public async Task Of_pages_where_not_all_are_connected_the_first_asks_for_the_role(int apart, int posts)
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        IReadOnlyList<Agent> agents = server.State.AddAgents("fleet/all", 250);
        foreach (Agent agent in agents.Where((_, index) => apart < 0 ? index % 2 == 0 : apart == 0 || index != apart))
        {
            agent.Connections = [new AgentConnectionOf { ConnectedAt = DateTimeOffset.UnixEpoch, Version = "18.5.0" }];
        }

        GitLabClient client = TestClients.Client(server);
        var cache = new ConnectionCache();
        int connected = 0;
        foreach (Agent agent in agents)
        {
            connected += (await client.GetConnectionAsync("fleet/all", agent.Id, cache)).Status == AgentConnectionStatus.Connected ? 1 : 0;
        }

        Assert.Equal(agents.Count(agent => agent.Connections.Count > 0), connected);
        Assert.Equal(posts, server.Requests.Count(request => request.Method == "POST"));
        Assert.Equal(posts - 3, server.Requests.Count(request => request.Body.Contains("adminProject", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Pages_that_go_in_a_circle_end()
    {
        FakeHandler wire = Wire(_ => TestClients.Json(Answer(Node(12, One, Used), pageInfo: """{"hasNextPage":true,"endCursor":"same"}""")));
        await TestClients.ThrowsAsync(GitLabErrorKind.InvalidResponse, () => TestClients.Client(wire).GetConnectionAsync(101, 11));
        Assert.Equal(2, wire.Requests.Count(request => request.Method == "POST"));
    }

    [Fact]
    public async Task A_failure_is_not_kept()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        server.Faults.Add(Fault.Status(500).On("POST", "/api/graphql"));
        GitLabClient client = TestClients.Client(server);
        var cache = new ConnectionCache();
        await TestClients.ThrowsAsync(GitLabErrorKind.ServerError, () => client.GetConnectionAsync(101, 11, cache));
        Assert.Equal(AgentConnectionStatus.Connected, (await client.GetConnectionAsync(101, 11, cache)).Status);
    }

    [Fact]
    public async Task What_one_session_was_told_is_not_another_s()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cache = new ConnectionCache();
        AgentConnection[] read =
        [
            await TestClients.Client(server).GetConnectionAsync("group/app", "prod", cache),
            await TestClients.Client(server, token: "glpat-developer").GetConnectionAsync("group/app", "prod", cache),
        ];
        Assert.Equal([AgentConnectionStatus.Connected, AgentConnectionStatus.Unknown], read.Select(connection => connection.Status));
        Assert.Equal(4, server.Requests.Count(request => request.Method == "POST"));
    }

    [Fact]
    public async Task Of_many_projects_the_latest_are_kept()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        Agent[] agents = [.. Enumerable.Range(0, 65).Select(number => server.State.AddAgent($"fleet/p{number}", "a"))];
        GitLabClient client = TestClients.Client(server);
        var cache = new ConnectionCache();
        foreach (Agent agent in agents)
        {
            await client.GetConnectionAsync(agent.Project.Id, agent.Id, cache);
        }

        await client.GetConnectionAsync(agents[64].Project.Id, agents[64].Id, cache);
        Assert.Equal(130, server.Requests.Count(request => request.Method == "POST"));
        await client.GetConnectionAsync(agents[0].Project.Id, agents[0].Id, cache);
        Assert.Equal(132, server.Requests.Count(request => request.Method == "POST"));
    }

    [Fact]
    public async Task Many_at_once_ask_each_query_once()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        IReadOnlyList<Agent> agents = server.State.AddAgents("fleet/all", 60);
        GitLabClient client = TestClients.Client(server);
        var cache = new ConnectionCache();
        AgentConnection[] read = await Task.WhenAll(agents.Select(agent => client.GetConnectionAsync("fleet/all", agent.Id, cache)));
        Assert.Equal(agents.Select(agent => agent.Id), read.Select(connection => connection.AgentId));
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task A_moved_project_is_found_under_its_new_path()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        AgentConnection connection = await TestClients.Client(server).GetConnectionAsync("group/old-name", "prod");
        Assert.Equal((AgentConnectionStatus.Connected, "group/app"), (connection.Status, connection.Project));
    }

    [Fact]
    public async Task Without_a_path_it_is_unknown()
    {
        var wire = new FakeHandler(_ => TestClients.Json("""{"id":11,"name":"a11","config_project":{"id":101}}"""));
        AgentConnection connection = await TestClients.Client(wire).GetConnectionAsync(101, 11);
        Assert.Equal((AgentConnectionStatus.Unknown, "101"), (connection.Status, connection.Project));
        AssertLike("*path of project 101*", connection.Reason);
        Assert.Single(wire.Requests);
    }

    [Theory]
    [InlineData("null", "11")]
    [InlineData("\"\"", "11")]
    [InlineData("\"4711\"", "11")]
    [InlineData("\"4711-a\"", "4711-a")]
    [InlineData("\"٣\"", "٣")]
    public async Task The_agent_is_called_by_what_leads_back_to_it(string name, string called)
    {
        FakeHandler wire = Wire(_ => TestClients.Json(Answer($$"""{"id":"gid://gitlab/Clusters::Agent/11","name":{{name}},"connections":{{One}},"tokens":{{Used}}}""")));
        Assert.Equal(called, (await TestClients.Client(wire).GetConnectionAsync(101, 11)).Agent);
    }

    [Fact]
    public async Task Of_revoked_tokens_that_were_used_the_server_may_tell()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        Agent agent = server.State.AddAgent("group/app", "rotated");
        server.State.AddToken(agent, "old", lastUsedAt: DateTimeOffset.UtcNow.AddDays(-9), status: "revoked");
        server.State.AddToken(agent, "new");
        GitLabClient client = TestClients.Client(server);
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
    public async Task It_is_behind_by_its_minor_version(string? versions, string? server, bool? behind)
    {
        string pods = string.Join(",", versions?.Split(',').Select(version => $$$"""{"metadata":{"version":"{{{version}}}"}}""") ?? ["""{"metadata":{"version":null}}"""]);
        GitLabClient client = TestClients.Client(Wire(_ => TestClients.Json(Answer(Node(11, $$"""{"nodes":[{{pods}}]}""", Used)))));
        client.Session.Version = server;
        AgentConnection connection = await client.GetConnectionAsync(101, 11);
        Assert.Equal(behind, connection.IsBehind);
        Assert.Equal(server, connection.ServerVersion);
    }

    [Fact]
    public async Task Of_several_pods_the_earliest_and_the_lowest_count()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        DateTimeOffset first = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Agent agent = server.State.FindAgent(12)!;
        agent.Connections =
        [
            new AgentConnectionOf { ConnectedAt = first.AddHours(1), Version = "18.10.0", PodName = "b" },
            new AgentConnectionOf { ConnectedAt = first, Version = "v18.9.1", PodName = "a", PodNamespace = "n" },
            new AgentConnectionOf { ConnectedAt = first.AddHours(2), Version = "edge", PodName = "c" },
        ];
        AgentConnection connection = await TestClients.Client(server).GetConnectionAsync(101, 12);
        Assert.Equal((first, "v18.9.1"), (connection.ConnectedAt, connection.Version));
        Assert.Equal(["gitlab-agent/b", "n/a", "gitlab-agent/c"], connection.Connections.Select(pod => pod.ToString()));
        Assert.Equal("staging: Connected", connection.ToString());
    }

    [Fact]
    public async Task The_server_says_what_it_cannot_reach()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync(options => options.KasReachable = false);
        AgentConnection connection = await TestClients.Client(server).GetConnectionAsync("group/app", "prod");
        Assert.Equal((AgentConnectionStatus.Unknown, "GitLab answers: \"GRPC::Unavailable\""), (connection.Status, connection.Reason));
        Assert.NotNull(connection.LastUsedAt);
    }

    [Fact]
    public async Task An_answer_that_echoes_the_token_is_shown_without_it()
    {
        FakeHandler wire = Wire(_ => TestClients.Json($$"""{"data":null,"errors":[{"message":"you are {{TestClients.Token}}\u001b[31m"}]}"""));
        AgentConnection connection = await TestClients.Client(wire).GetConnectionAsync(101, 11);
        Assert.Equal("GitLab answers: \"you are [redacted] [31m\"", connection.Reason);
    }

    private static FakeHandler Wire(Func<SentRequest, HttpResponseMessage> answer, Func<SentRequest, HttpResponseMessage>? role = null)
        => new(request => request.Method == "GET" ? TestClients.Json(TestClients.Agent(11))
            : QueryOf(request) == RoleQuery ? (role ?? (_ => TestClients.Json(Maintainer)))(request)
            : answer(request));

    private static string? QueryOf(SentRequest request) => (string?)JsonNode.Parse(request.Body)!["query"];

    private static IEnumerable<string?> QueriesOf(FakeHandler wire) => wire.Requests.Where(request => request.Method == "POST").Select(QueryOf);

    private static string Node(long id, string connections, string tokens)
        => $$"""{"id":"gid://gitlab/Clusters::Agent/{{id}}","name":"a{{id}}","connections":{{connections}},"tokens":{{tokens}}}""";

    private static string Answer(string nodes, string pageInfo = """{"hasNextPage":false,"endCursor":null}""", string? errors = null)
    {
        string agents = $$$"""{"clusterAgents":{"pageInfo":{{{pageInfo}}},"nodes":[{{{nodes}}}]}}""";
        string tail = errors is null ? string.Empty : $""","errors":[{errors}]""";
        return """{"data":{"project":""" + agents + "}" + tail + "}";
    }

    private static void AssertLike(string? pattern, string? text)
    {
        if (pattern is null)
        {
            Assert.Null(text);
        }
        else
        {
            Assert.Matches("^" + System.Text.RegularExpressions.Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal) + "$", text);
        }
    }
}
