using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks that agents that arrive one at a time are read together.</summary>
public sealed class AgentBatchReaderTests
{
    [Fact]
    public async Task The_first_agent_is_read_at_once_and_the_rest_together()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        Agent[] agents =
        [
            .. Enumerable.Range(0, 90).SelectMany(project => server.State.AddAgents($"fleet/p{project}", 3)),
        ];
        GitLabClient client = TestClients.CreateClient(server);
        var batch = new AgentBatchReader(client, AgentParts.Tokens | AgentParts.Connections, CancellationToken.None);
        using var allArrived = new ManualResetEventSlim();
        server.Faults.Add(Fault.Status(500).Where(_ => !allArrived.Wait(TimeSpan.FromSeconds(20))).Always());
        Task<AgentConnection[]> reads = Task.WhenAll(
            agents.Select(agent => batch.GetConnectionAsync(agent.Project.Id, agent.Id, CancellationToken.None)));
        allArrived.Set();
        AgentConnection[] connections = await reads;
        Assert.Equal(agents.Select(agent => agent.Id), connections.Select(connection => connection.AgentId));
        Assert.All(connections, connection => Assert.NotNull(connection.Reason));
        Assert.Equal(2 + 1, server.Requests.Count);
    }

    [Fact]
    public async Task A_query_contains_as_many_projects_as_GitLab_allows()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        Agent[] agents =
        [
            .. Enumerable.Range(0, 250).SelectMany(project => server.State.AddAgents($"fleet/p{project}", 1)),
        ];
        GitLabClient client = TestClients.CreateClient(server);
        foreach ((bool byPath, int queries) in new[] { (false, 3), (true, 5) })
        {
            server.ClearRequests();
            var batch = new AgentBatchReader(client, AgentParts.Tokens, CancellationToken.None);
            BatchedAgent first = await batch.GetAsync(agents[0].Project.Id, agents[0].Id, CancellationToken.None);
            Task<BatchedAgent>[] rest = [.. agents.Skip(1).Select(agent => byPath
                ? batch.GetAsync(agent.Project.Path, agent.Name, CancellationToken.None)
                : batch.GetAsync(agent.Project.Id, agent.Id, CancellationToken.None))];
            Assert.Null(first.Record);
            Assert.Empty(server.Requests);
            first.Dispose();
            BatchedAgent[] read = await Task.WhenAll(rest);
            Assert.Equal(agents.Skip(1).Select(agent => agent.Id), read.Select(item => item.Record!.Agent.Id));
            Assert.Equal(queries, server.Requests.Count);
        }
    }

    [Fact]
    public async Task A_large_project_is_read_as_far_as_needed_and_once()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        IReadOnlyList<Agent> agents = server.State.AddAgents("fleet/all", 250);
        var batch = new AgentBatchReader(TestClients.CreateClient(server), AgentParts.Tokens, CancellationToken.None);
        foreach ((int count, int requests) in new[] { (40, 1), (250, 3) })
        {
            BatchedAgent first = await batch.GetAsync("fleet/all", agents[0].Name, CancellationToken.None);
            Task<BatchedAgent>[] rest =
            [
                .. agents.Take(count)
                    .Skip(1)
                    .Select(agent => batch.GetAsync("fleet/all", agent.Name, CancellationToken.None)),
            ];
            first.Dispose();
            BatchedAgent[] read = await Task.WhenAll(rest);
            Assert.Equal(
                agents.Take(count).Skip(1).Select(agent => agent.Id), read.Select(item => item.Record!.Agent.Id));
            Assert.InRange(server.Requests.Count, requests, requests + 1); // A slow machine reads the first page again.
        }
    }

    [Fact]
    public async Task A_missing_agent_gets_a_slot_to_be_read_individually()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var batch = new AgentBatchReader(
            TestClients.CreateClient(server), AgentParts.Tokens | AgentParts.Connections, CancellationToken.None);
        (object Project, object Agent)[] wanted =
        [
            (101L, 11L),
            (101L, 999L),
            ("group/old-name", "prod"),
            ("nope", "x"),
            (108L, 19L),
            (101L, "staging"),
        ];
        Task<AgentConnection>[] reads = [.. wanted.Select(item => batch.GetConnectionAsync(
            item.Project is long project ? project : (string)item.Project,
            item.Agent is long agent ? agent : (string)item.Agent,
            CancellationToken.None))];
        Assert.Equal(AgentConnectionStatus.Connected, (await reads[0]).Status);
        await TestClients.ThrowsAsync(GitLabErrorKind.AgentNotFound, () => reads[1]);
        Assert.Equal("group/app", (await reads[2]).Project);
        await TestClients.ThrowsAsync(GitLabErrorKind.ProjectNotFound, () => reads[3]);
        Assert.Equal("unicode", (await reads[4]).Agent);
        Assert.Equal(12, (await reads[5]).AgentId);
    }

    [Fact]
    public async Task Without_GraphQL_agents_are_read_individually_within_the_limit_and_in_order()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(
            options => options.GraphQL = GraphQLAvailability.Off);
        IReadOnlyList<Agent> agents = server.State.AddAgents("fleet/all", 50);
        GitLabClient client = TestClients.CreateClient(server, options => options.ThrottleLimit = 2);
        var batch = new AgentBatchReader(client, AgentParts.Tokens, CancellationToken.None);
        Task<BatchedAgent>[] waiting =
        [
            .. agents.Select(agent => batch.GetAsync("fleet/all", agent.Id, CancellationToken.None)),
        ];
        (await waiting[0]).Dispose();
        for (int i = 1; i < waiting.Length; i++)
        {
            await TestClients.WaitUntilAsync(() => waiting[i].IsCompleted, $"slot {i}");
            Assert.DoesNotContain(waiting.Skip(i + client.Session.MaxConcurrentReads), task => task.IsCompleted);
            (await waiting[i]).Dispose();
        }

        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData(500, GitLabErrorKind.ServerError)]
    [InlineData(429, GitLabErrorKind.RateLimited)]
    public async Task The_failure_of_a_batch_is_that_of_each_agent_unless_REST_can_read_it(
        int status, GitLabErrorKind kind)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Status(status).On("POST", "graphql").Always());
        foreach (AgentParts parts in new[] { AgentParts.Tokens, AgentParts.Tokens | AgentParts.Connections })
        {
            GitLabClient client = TestClients.CreateClient(server, options => options.MaximumRetryCount = 0);
            var batch = new AgentBatchReader(client, parts, CancellationToken.None);
            BatchedAgent first = await batch.GetAsync(101, 11, CancellationToken.None);
            Task<BatchedAgent>[] rest =
            [
                batch.GetAsync(101, 11, CancellationToken.None),
                batch.GetAsync(101, 12, CancellationToken.None),
            ];
            first.Dispose();
            foreach (Task<BatchedAgent> task in rest)
            {
                if (parts == AgentParts.Tokens && kind == GitLabErrorKind.ServerError)
                {
                    Assert.Null((await task).Record);
                }
                else
                {
                    await TestClients.ThrowsAsync(kind, () => task);
                }
            }
        }
    }

    [Fact]
    public async Task A_stop_ends_the_wait()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Hang().On("POST", "graphql").Always());
        using var stop = new CancellationTokenSource();
        var batch = new AgentBatchReader(TestClients.CreateClient(server), AgentParts.Tokens, stop.Token);
        BatchedAgent first = await batch.GetAsync(101, 11, stop.Token);
        Task<BatchedAgent>[] waiting =
            [.. new long[] { 11, 12, 11, 12 }.Select(id => batch.GetAsync(101, id, stop.Token))];
        first.Dispose(); // Every agent that arrived until now is read together.
        await TestClients.WaitUntilAsync(() => server.InFlight > 0, "a query");
        await stop.CancelAsync();
        foreach (Task<BatchedAgent> task in waiting)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        }

        await server.WaitForIdleAsync();
    }
}
