using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks an inventory of thousands of projects.</summary>
public sealed class InventoryScaleTests
{
    private const int MaxGrowth = 60 * 1024 * 1024;

    [Fact]
    public async Task Ten_thousand_agents_stream_in_few_requests_and_flat_memory()
    {
        var state = new State(secretSeed: 1);
        state.AddAccessToken(TestClients.Token);
        state.AddFleet(new Fleet());
        var handler = new FakeGitLabHandler(state, new FakeGitLabOptions());
        GitLabClient client = TestClients.CreateClient(handler);
        var agents = new HashSet<long>();
        int tokens = 0;
        int connected = 0;
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long most = 0;
        await foreach (ItemResult<AgentInventoryItem> item in client.GetInventoryAsync())
        {
            if (agents.Count == 0)
            {
                Assert.InRange(handler.RequestCount, 1, 2);
            }

            Assert.True(agents.Add(item.Value!.Id));
            tokens += item.Value.Tokens!.Length;
            connected += item.Value.Status == AgentConnectionStatus.Connected ? 1 : 0;
            if (agents.Count % 2_500 == 0)
            {
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true));
            }
        }

        Assert.Equal((10_000, 20_000, 5_000), (agents.Count, tokens, connected));
        Assert.InRange(handler.RequestCount, 1, 130);
        Assert.InRange(most - before, long.MinValue, MaxGrowth);
    }

    [Theory]
    [InlineData(GraphQLAvailability.On)]
    [InlineData(GraphQLAvailability.Off)]
    public async Task A_rate_limit_delays_only_the_REST_path(GraphQLAvailability graphQL)
    {
        var clock = new ImmediateClock();
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options =>
        {
            options.RequestsPerMinute = 2000; // As GitLab.com has it.
            options.Clock = clock;
            options.GraphQL = graphQL;
            options.RecordRequests = false;
            options.Populate = state =>
            {
                state.AddAccessToken(TestClients.Token);
                state.AddFleet(new Fleet { Projects = 300, Agents = 1000 });
            };
        });
        var observer = new RecordingObserver();
        GitLabClient client = TestClients.CreateClient(server, options => options.Clock = clock, observer);
        List<ItemResult<AgentInventoryItem>> items = await TestClients.ToListAsync(
            client.GetGroupInventoryAsync("fleet", recurse: true));
        Assert.All(items, item => Assert.Null(item.Error));
        Assert.Equal((1000, 2000), (items.Count, items.Sum(item => item.Value!.Tokens!.Length)));
        Assert.Equal(graphQL == GraphQLAvailability.On, observer.Waits.IsEmpty);
    }
}
