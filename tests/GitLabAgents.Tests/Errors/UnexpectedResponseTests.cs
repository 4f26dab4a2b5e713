using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks incomplete responses, and sessions that end during a request.</summary>
public sealed class UnexpectedResponseTests
{
    [Theory]
    [InlineData("""{"id":5,"name":"new"}""", "it has no project ID.")]
    [InlineData("""{"name":"new","config_project":{"id":101}}""", "it has no ID.")]
    public async Task A_created_agent_that_is_incomplete_may_exist(string body, string flaw)
    {
        GitLabClient client = TestClients.CreateClient(TestClients.CreateHandler(() => TestClients.Json(body, 201)));
        GitLabApiException error = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse, () => client.CreateAgentAsync("group/app", "new"));
        Assert.Contains(flaw, error.Message, StringComparison.Ordinal);
        Assert.Contains("may have processed", error.Message, StringComparison.Ordinal);
        Assert.Contains(
            "Get-GitLabClusterAgent -Project 'group/app' -Name 'new'",
            error.RecommendedAction,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(201)]
    public async Task A_created_agent_is_more_than_an_ID(int status)
    {
        GitLabClient client = TestClients.CreateClient(
            TestClients.CreateHandler(() => TestClients.Json("""{"id":11,"status":"ok"}""", status)));
        GitLabApiException error = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse, () => client.CreateAgentAsync(101, "new"));
        Assert.Contains("it has neither a name nor a project.", error.Message, StringComparison.Ordinal);
        Assert.Contains("may have processed", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://[")]
    [InlineData("http://sso.example.com:99999/")]
    [InlineData("https://sso.example.com/sign-in")]
    public async Task A_redirected_creation_may_be_processed(string location)
    {
        GitLabClient client = TestClients.CreateClient(
            TestClients.CreateHandler(() => TestClients.Text(string.Empty, 302, "text/html", ("Location", location))));
        GitLabApiException error = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse, () => client.CreateTokenAsync(101, 12, "ci", null));
        Assert.Contains("may have processed", error.Message, StringComparison.Ordinal);
        Assert.Contains("-Name 'ci'", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://[")]
    [InlineData("http://sso.example.com:99999/")]
    public async Task A_read_with_an_invalid_redirect_is_an_error(string location)
    {
        GitLabClient client = TestClients.CreateClient(
            TestClients.CreateHandler(() => TestClients.Text(string.Empty, 302, "text/html", ("Location", location))));
        await TestClients.ThrowsAsync(GitLabErrorKind.InvalidResponse, () => client.GetAgentAsync("group/app", 11));
    }

    [Fact]
    public async Task A_removal_to_which_a_gateway_responds_may_be_processed()
    {
        GitLabClient client = TestClients.CreateClient(
            TestClients.CreateHandler(() => TestClients.Text("<html>", 504, "text/html")));
        GitLabApiException error = await TestClients.ThrowsAsync(
            GitLabErrorKind.ServerError, () => client.DeleteAgentAsync(101, 11));
        Assert.Contains(
            "a gateway responded with 504 and HTML. GitLab may have processed",
            error.Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[null]")]
    [InlineData("[{}]")]
    public async Task A_list_of_URL_configurations_has_IDs(string body)
    {
        GitLabClient client = TestClients.CreateClient(TestClients.CreateHandler(() => TestClients.Json(body)));
        GitLabApiException error = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse, () => client.GetUrlConfigurationsAsync(103, 14));
        Assert.Contains("an entry has no ID.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_foreign_user_does_not_shorten_the_list_of_all_projects()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Body("""{"status":"ok"}""").On("GET", "/user").Always());
        GitLabClient client = TestClients.CreateClient(server);
        GitLabApiException error = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse,
            () => TestClients.ToListAsync(client.GetInventoryAsync()));
        Assert.Contains("read the user of the access token", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(403)]
    [InlineData(404)]
    public async Task A_project_that_becomes_unreadable_during_its_listing_is_an_error(int status)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(
            static options => options.GraphQL = GraphQLAvailability.Off);
        Project project = server.State.Projects.Single(static project => project.Path == "group/app");
        for (int number = 0; number < 150; number++)
        {
            server.State.AddAgent(project, $"many-{number}");
        }

        server.Faults.Add(Fault.Status(status).On("GET", "/projects/101/cluster_agents?per_page=100&page=2").Always());
        List<ItemResult<ClusterAgent>> agents = await TestClients.ToListAsync(
            TestClients.CreateClient(server).GetGroupAgentsAsync("group", recurse: true));
        Assert.Single(agents, static agent => agent.Error is not null);
        Assert.True(agents.Count(static agent => agent.Value is { ProjectId: 101 }) >= 100);
    }

    [Fact]
    public async Task A_project_that_becomes_unreadable_after_its_first_query_is_an_error()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        Project project = server.State.Projects.Single(static project => project.Path == "group/app");
        for (int number = 0; number < 150; number++)
        {
            server.State.AddAgent(project, $"many-{number}");
        }

        server.Faults.Add(Fault.Status(500).On("POST", "/graphql")
            .Where(static request => request.Body.Contains("query ProjectAgents", StringComparison.Ordinal)).Always());
        server.Faults.Add(Fault.Status(403).On("GET", "/projects/101/cluster_agents").Always());
        List<ItemResult<ClusterAgent>> agents = await TestClients.ToListAsync(
            TestClients.CreateClient(server).GetGroupAgentsAsync("group", recurse: true));
        Assert.Contains(agents, static agent => agent.Value is { ProjectId: 101 });
        ItemResult<ClusterAgent> failed = Assert.Single(agents, static agent => agent.Error is not null);
        Assert.Equal(GitLabErrorKind.Forbidden, failed.Error!.Kind);
    }

    [Fact]
    public async Task The_secret_reaches_the_caller_when_the_session_ends_during_the_request()
    {
        GitLabSession? session = null;
        var observer = new RecordingObserver();
        var network = new FakeHandler(_ =>
        {
            session!.Dispose();
            return TestClients.Json("""{"id":1,"name":"ci","agent_id":12,"token":"glagent-the-secret"}""", 201);
        });
        session = TestClients.CreateSession(TestClients.Unreachable, options => options.PrimaryHandler = network);
        NewAgentToken token = await new GitLabClient(session, observer).CreateTokenAsync(101, 12, "ci", null);
        Assert.Equal("glagent-the-secret", token.RevealToken());
        Assert.DoesNotContain("glagent-", observer.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_outcome_is_unknown_when_the_session_and_the_connection_end_during_the_request()
    {
        GitLabSession? session = null;
        var network = new FakeHandler(_ =>
        {
            session!.Dispose();
            throw new HttpRequestException("The connection was reset; the server said glpat-maintainer.");
        });
        session = TestClients.CreateSession(TestClients.Unreachable, options => options.PrimaryHandler = network);
        GitLabApiException error = await TestClients.ThrowsAsync(
            GitLabErrorKind.OutcomeUnknown, () => new GitLabClient(session).CreateTokenAsync(101, 12, "ci", null));
        Assert.Contains("-Name 'ci'", error.RecommendedAction, StringComparison.Ordinal);
        Assert.DoesNotContain("glpat-", error.ToString(), StringComparison.Ordinal);
        Assert.Single(network.Requests);
    }

    [Fact]
    public async Task A_query_that_was_sent_with_an_unsupported_field_is_repeated_without_it()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(
            static options => options.Version = "17.0.0");
        using var network = new FirstQueriesHandler();
        using GitLabSession session = TestClients.CreateSession(
            server.Url, options => options.PrimaryHandler = network);
        AgentConnection[] connections = await Task.WhenAll(
            Enumerable.Range(0, 2).Select(_ => new GitLabClient(session).GetConnectionAsync("group/app", 11)));
        Assert.All(
            connections,
            static connection => Assert.Equal(
                (AgentConnectionStatus.Connected, null), (connection.Status, connection.Reason)));
    }

    /// <summary>
    /// Sends the first two queries of GraphQL when both are there, so that neither knows of the other's result.
    /// </summary>
    private sealed class FirstQueriesHandler() : DelegatingHandler(new SocketsHttpHandler { UseProxy = false })
    {
        private readonly TaskCompletionSource _both = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _queries;

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.RequestUri!.AbsolutePath.EndsWith("/graphql", StringComparison.Ordinal)
                && Interlocked.Increment(ref _queries) <= 2)
            {
                if (_queries == 2)
                {
                    _both.SetResult();
                }

                await _both.Task.WaitAsync(TimeSpan.FromSeconds(20), cancellationToken);
            }

            return await base.SendAsync(request, cancellationToken);
        }
    }
}
