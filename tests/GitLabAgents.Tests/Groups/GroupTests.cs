using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks the agents of groups.</summary>
public sealed class GroupTests
{
    [Theory]
    [InlineData(GraphQLAvailability.On, 3)]
    [InlineData(GraphQLAvailability.Off, 1 + 3 + 250)]
    public async Task Projects_are_sorted_by_descending_ID_and_their_agents_by_name(
        GraphQLAvailability graphQL, int requests)
    {
        await using FakeGitLabServer server = await StartServerAsync(projects: 250, agents: 3);
        server.Options.GraphQL = graphQL;
        List<ItemResult<ClusterAgent>> agents = await TestClients.ToListAsync(
            TestClients.CreateClient(server).GetGroupAgentsAsync("fleet", recurse: true));
        Assert.Equal(750, agents.Count);
        Assert.Equal(
            agents.Select(a => (-a.Value!.ProjectId, a.Value.Name)).Order(),
            agents.Select(a => (-a.Value!.ProjectId, a.Value.Name)));
        Assert.Equal(requests, server.Requests.Count);
        Assert.All(
            server.Requests.Where(r => r.RawTarget.Contains("/groups/", StringComparison.Ordinal)),
            r => Assert.Matches(
                @"^/api/v4/groups/fleet/projects\?include_subgroups=true&with_shared=false&archived=false&simple=true"
                    + @"&order_by=id&sort=desc&per_page=100&page=[123]$",
                r.RawTarget));
    }

    [Theory]
    [InlineData(GraphQLAvailability.On)]
    [InlineData(GraphQLAvailability.Off)]
    public async Task Subgroups_are_read_only_with_recursion(GraphQLAvailability graphQL)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.GraphQL = graphQL);
        GitLabClient client = TestClients.CreateClient(server);
        Assert.Equal(
            ["hidden", "cluster-eu", "cluster-us"],
            await NamesAsync(
                TestClients.CreateClient(server, token: "glpat-admin")
                    .GetGroupAgentsAsync("platform", recurse: false)));
        Assert.Equal(
            ["cluster-eu", "cluster-us"], await NamesAsync(client.GetGroupAgentsAsync("platform", recurse: false)));
        Assert.Equal(
            ["api", "web", "cluster-eu", "cluster-us"],
            await NamesAsync(client.GetGroupAgentsAsync("platform", recurse: true)));
        Assert.Equal(["api", "web"], await NamesAsync(client.GetGroupAgentsAsync("platform/apps", recurse: false)));
    }

    [Fact]
    public async Task The_objects_are_the_same_from_GraphQL_and_REST()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        GitLabClient client = TestClients.CreateClient(server);
        ClusterAgent graphQL =
            (await TestClients.ToListAsync(client.GetGroupAgentsAsync("group", recurse: false)))[1].Value!;
        ClusterAgent rest = await client.GetAgentAsync(101, 12);
        Assert.Equal(
            (rest.Id,
                rest.Name,
                rest.ProjectId,
                rest.ProjectPath,
                rest.CreatedByUserId,
                rest.IsReceptive,
                rest.ConfigProject!.Description,
                rest.ConfigProject.NameWithNamespace,
                rest.ConfigProject.Path),
            (graphQL.Id,
                graphQL.Name,
                graphQL.ProjectId,
                graphQL.ProjectPath,
                graphQL.CreatedByUserId,
                graphQL.IsReceptive,
                graphQL.ConfigProject!.Description,
                graphQL.ConfigProject.NameWithNamespace,
                graphQL.ConfigProject.Path));
        Assert.Same(client.Session, graphQL.Session);
        Assert.InRange((rest.CreatedAt - graphQL.CreatedAt)!.Value.TotalSeconds, 0, 0.999);
    }

    [Theory]
    [InlineData(403)]
    [InlineData(404)]
    public async Task A_project_whose_agents_GitLab_hides_is_skipped_with_a_message(int status)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(
            options => options.GraphQL = GraphQLAvailability.Off);
        server.Faults.Add(Fault.Status(status).On("GET", "/projects/104/cluster_agents").Always());
        var observer = new RecordingObserver();
        Assert.Equal(
            ["api", "cluster-eu", "cluster-us"],
            await NamesAsync(
                TestClients.CreateClient(server, observer: observer).GetGroupAgentsAsync("platform", recurse: true)));
        Assert.Contains(
            observer.Messages,
            line => line.Contains("platform/apps/web", StringComparison.Ordinal)
                && line.Contains($"({status})", StringComparison.Ordinal));
        Assert.DoesNotContain(server.Requests, r => r.RawTarget.EndsWith("/projects/104", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(403, "text/plain", "Forbidden\n")]
    [InlineData(403, "text/html", "<!DOCTYPE html><title>Attention</title>")]
    [InlineData(403, "application/json", """{"status":"blocked"}""")]
    [InlineData(404, "text/plain", "default backend - 404")]
    [InlineData(404, "text/html", "<html>404</html>")]
    public async Task A_foreign_response_for_a_project_is_an_error(int status, string contentType, string body)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(
            options => options.GraphQL = GraphQLAvailability.Off);
        server.Faults.Add(Fault.Body(body, contentType, status).On("GET", "/projects/104/cluster_agents").Always());
        List<ItemResult<ClusterAgent>> agents = await TestClients.ToListAsync(
            TestClients.CreateClient(server).GetGroupAgentsAsync("platform", recurse: true));
        Assert.Equal(["api", null, "cluster-eu", "cluster-us"], agents.Select(a => a.Value?.Name));
        Assert.Equal((GitLabErrorKind.InvalidResponse, "platform/apps/web"), (agents[1].Error!.Kind, agents[1].Target));
        Assert.Equal(status, (int)agents[1].Error!.StatusCode!);
    }

    [Fact]
    public async Task A_403_with_an_error_code_is_not_a_missing_role()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(
            options => options.GraphQL = GraphQLAvailability.Off);
        const string Body = """{"status":403,"error":"Forbidden","path":"/api/v4/projects/104/cluster_agents"}""";
        server.Faults.Add(Fault.Status(403, Body).On("GET", "/projects/104/cluster_agents").Always());
        List<ItemResult<ClusterAgent>> agents = await TestClients.ToListAsync(
            TestClients.CreateClient(server).GetGroupAgentsAsync("platform", recurse: true));
        Assert.Equal(["api", null, "cluster-eu", "cluster-us"], agents.Select(a => a.Value?.Name));
        Assert.Equal((GitLabErrorKind.Forbidden, "platform/apps/web"), (agents[1].Error!.Kind, agents[1].Target));
    }

    [Fact]
    public async Task An_endpoint_that_GitLab_does_not_have_is_an_error()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(
            options => options.GraphQL = GraphQLAvailability.Off);
        server.Faults.Add(Fault.Status(404, """{"error":"404 Not Found"}""").On("GET", "/cluster_agents").Always());
        List<ItemResult<ClusterAgent>> agents = await TestClients.ToListAsync(
            TestClients.CreateClient(server).GetGroupAgentsAsync("platform", recurse: false));
        ItemResult<ClusterAgent> failure = Assert.Single(agents);
        Assert.Equal((GitLabErrorKind.NotSupported, "platform/infra"), (failure.Error!.Kind, failure.Target));
    }

    [Fact]
    public async Task A_failure_names_its_project_and_does_not_stop_the_others()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(
            options => options.GraphQL = GraphQLAvailability.Off);
        server.Faults.Add(Fault.Status(500).On("GET", "/projects/103/cluster_agents").Always());
        List<ItemResult<ClusterAgent>> results = await TestClients.ToListAsync(
            TestClients.CreateClient(server).GetGroupAgentsAsync("platform", recurse: true));
        Assert.Equal(["api", "web"], results.Take(2).Select(f => f.Value!.Name));
        Assert.Equal("platform/infra", results[2].Target);
        Assert.Equal(GitLabErrorKind.ServerError, results[2].Error!.Kind);
    }

    [Theory]
    [InlineData(GraphQLAvailability.On)]
    [InlineData(GraphQLAvailability.Off)]
    public async Task A_missing_group_is_GroupNotFound(GraphQLAvailability graphQL)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.GraphQL = graphQL);
        GitLabApiException e = await TestClients.ThrowsAsync(
            GitLabErrorKind.NotFound,
            () => TestClients.ToListAsync(
                TestClients.CreateClient(server).GetGroupAgentsAsync("nope", recurse: false)));
        Assert.Contains("group nope", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Projects_are_read_concurrently_within_the_throttle_limit()
    {
        await using FakeGitLabServer server = await StartServerAsync(projects: 40, agents: 1);
        server.Options.GraphQL = GraphQLAvailability.Off;
        server.Options.Latency = TimeSpan.FromMilliseconds(10);
        await TestClients.ToListAsync(
            TestClients.CreateClient(server, o => o.ThrottleLimit = 5).GetGroupAgentsAsync("fleet", recurse: true));
        Assert.InRange(server.MaxInFlight, 2, 5);
    }

    [Fact]
    public async Task A_reader_that_stops_early_leaves_no_request_in_flight()
    {
        await using FakeGitLabServer server = await StartServerAsync(projects: 60, agents: 1);
        server.Options.GraphQL = GraphQLAvailability.Off;
        string first = $"/projects/{server.State.Projects.Max(project => project.Id)}/";
        server.Faults.Add(Fault.Hang()
            .Where(r => r.RawTarget.Contains("cluster_agents", StringComparison.Ordinal)
                && !r.RawTarget.Contains(first, StringComparison.Ordinal))
            .Always());
        await foreach (ItemResult<ClusterAgent> agent in TestClients.CreateClient(server)
            .GetGroupAgentsAsync("fleet", recurse: true))
        {
            Assert.Null(agent.Error);
            break;
        }

        await server.WaitForIdleAsync();
        Assert.InRange(server.Requests.Count, 3, 19);
    }

    [Fact]
    public async Task A_stop_cancels_the_requests()
    {
        await using FakeGitLabServer server = await StartServerAsync(projects: 60, agents: 1);
        server.Options.GraphQL = GraphQLAvailability.Off;
        server.Faults.Add(
            Fault.Hang().Where(r => r.RawTarget.Contains("cluster_agents", StringComparison.Ordinal)).Always());
        using var stop = new CancellationTokenSource();
        Task<List<ItemResult<ClusterAgent>>> work = TestClients.ToListAsync(
            TestClients.CreateClient(server).GetGroupAgentsAsync("fleet", recurse: true, stop.Token));
        await TestClients.WaitUntilAsync(() => server.InFlight > 1, "requests under way");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work);
        await server.WaitForIdleAsync();
    }

    [Fact]
    public async Task Progress_counts_projects_and_agents()
    {
        await using FakeGitLabServer server = await StartServerAsync(projects: 5, agents: 2);
        var observer = new RecordingObserver();
        await TestClients.ToListAsync(
            TestClients.CreateClient(server, observer: observer).GetGroupAgentsAsync("fleet", recurse: true));
        Assert.Contains("progress 5/5 10", observer.Messages);
    }

    private static Task<FakeGitLabServer> StartServerAsync(int projects, int agents)
        => TestClients.StartServerAsync(options => options.Populate = state =>
        {
            Seed.Demo(state);
            for (int i = 0; i < projects; i++)
            {
                state.AddAgents($"fleet/{(i % 2 == 0 ? "even" : "odd")}/p{i}", agents);
            }
        });

    private static async Task<IEnumerable<string?>> NamesAsync(IAsyncEnumerable<ItemResult<ClusterAgent>> agents)
        => (await TestClients.ToListAsync(agents)).Select(agent => agent.Value!.Name);
}
