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
using static GitLabAgents.Tests.ConnectionResponses;

namespace GitLabAgents.Tests;

/// <summary>Checks the query for the connections of an agent: its requests, retries and errors.</summary>
public sealed class ConnectionQueryTests
{
    [Theory]
    [InlineData("https://gitlab.example.com", "https://gitlab.example.com/api/graphql")]
    [InlineData("https://gitlab.example.com:8443/gitlab/", "https://gitlab.example.com:8443/gitlab/api/graphql")]
    public async Task A_connection_needs_one_read_and_one_query(string server, string address)
    {
        FakeHandler handler = CreateHandler(_ => TestClients.Json(Response(One, Used)));
        using GitLabSession session = TestClients.CreateSession(
            new Uri(server), options => options.PrimaryHandler = handler);
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
    [InlineData(400, """{"errors":["odd",{"message":"end"}]}""", "InvalidRequest", "odd; end")]
    [InlineData(200, "{}", "InvalidResponse", "neither data nor errors")]
    [InlineData(200, """{"message":"hello"}""", "InvalidResponse", "neither data nor errors")]
    [InlineData(200, """{"data":{"proj""", "InvalidResponse", "not the JSON expected")]
    [InlineData(
        200,
        """
        {"data":{"project":{"clusterAgent":{"id":"gid://gitlab/Clusters::Agent/11",
          "tokens":{"nodes":[{"lastUsedAt":"yesterday"}]}}}}}
        """,
        "InvalidResponse",
        "not the JSON expected")]
    [InlineData(302, "", "InvalidResponse", "302")]
    public async Task A_failure_of_the_connection_is_an_error(int status, string body, string kind, string text)
    {
        FakeHandler handler = CreateHandler(_ => TestClients.Json(body, status));
        GitLabClient client = TestClients.CreateClient(handler, options => options.MaximumRetryCount = 0);
        GitLabApiException e = await TestClients.ThrowsAsync(
            Enum.Parse<GitLabErrorKind>(kind), () => client.GetConnectionAsync(101, 11));
        Assert.Contains(text, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("may have", e.Message, StringComparison.Ordinal);
        Assert.Single(handler.Requests, request => request.Method == "POST");
    }

    [Fact]
    public async Task A_redirect_is_not_followed_with_an_empty_body()
    {
        FakeHandler handler = CreateHandler(
            _ => TestClients.Json(string.Empty, 308, ("Location", "https://gitlab.example.com/api/graphql/")));
        await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse, () => TestClients.CreateClient(handler).GetConnectionAsync(101, 11));
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
                : throw new HttpRequestException(
                    "broke", new IOException("broke", new SocketException((int)SocketError.ConnectionReset)));
        });
        GitLabClient client = TestClients.CreateClient(handler, options =>
        {
            options.MaximumRetryCount = 2;
            options.Timeout = failure == "time-out" ? TimeSpan.FromMilliseconds(200) : TimeSpan.FromSeconds(30);
        });
        await TestClients.ThrowsAsync(Enum.Parse<GitLabErrorKind>(kind), () => client.GetConnectionAsync(101, 11));
        List<SentRequest> posts = [.. handler.Requests.Where(request => request.Method == "POST")];
        Assert.Equal(attempts, posts.Count);
        Assert.Single(
            posts.Select(request => Encoding.UTF8.GetString(request.Body)).Distinct(),
            body => body.Contains("group/app", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_retry_after_a_lost_response_succeeds()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Reset().On("POST", "/api/graphql").AfterActing());
        Assert.Equal(
            AgentConnectionStatus.Connected,
            (await TestClients.CreateClient(server).GetConnectionAsync("group/app", "prod")).Status);
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
    public async Task An_older_server_without_connections_is_queried_without_them()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        GitLabClient client = TestClients.CreateClient(server);
        server.Options.OldServer = true;
        var query = new AgentQuery(client.Session.GraphQL, AgentParts.Tokens | AgentParts.Connections);
        GraphQLResult result = await client.QueryAsync(
            QueryDocument.Agent,
            query,
            () => new GraphQLVariables { Project = "group/app", Agent = "prod" },
            "test",
            default);
        Assert.NotNull(result.Data!.Project!.ClusterAgent);
        Assert.Equal(["connections"], client.Session.GraphQL.Refused);
        Assert.Equal(2, server.Requests.Count);
        await client.QueryAsync(
            QueryDocument.Agent,
            query,
            () => new GraphQLVariables { Project = "group/app", Agent = "prod" },
            "test",
            default);
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task A_response_that_echoes_the_token_is_shown_without_it()
    {
        FakeHandler handler = CreateHandler(
            _ => TestClients.Json(
                $$"""{"data":null,"errors":[{"message":"you are {{TestClients.Token}}\u001b[31m"}]}"""));
        AgentConnection connection = await TestClients.CreateClient(handler).GetConnectionAsync(101, 11);
        Assert.Equal("GitLab responds: \"you are [redacted] [31m\"", connection.Reason);
    }
}
