using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks that the number of requests in flight is limited per session.</summary>
public sealed class ThrottleTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    public async Task No_more_requests_are_in_flight_than_the_limit(int limit)
    {
        int most = 0;
        var gate = new Lock();
        FakeHandler handler = null!;
        handler = new FakeHandler(async (request, stop) =>
        {
            lock (gate)
            {
                most = Math.Max(most, handler.InFlight);
            }

            await Task.Delay(1, stop);
            return request.Number % 5 == 0 ? TestClients.Json("{}", 503) : TestClients.Json(TestClients.Agent(11));
        });
        GitLabSession session = TestClients.CreateSession(TestClients.Unreachable, options => (options.PrimaryHandler, options.ThrottleLimit, options.MaximumRetryCount) = (handler, limit, 20));

        await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => Task.Run(() => new GitLabClient(session).GetAgentAsync(101, 11))));

        Assert.Equal(limit, most);
        Assert.InRange(handler.Requests.Count, 60, 200);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public async Task Lists_and_details_share_the_limit(int limit)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options =>
        {
            options.Latency = TimeSpan.FromMilliseconds(3);
            options.Populate += state =>
            {
                Agent agent = state.AddAgent("many/tokens", "a");
                for (int i = 0; i < 40; i++)
                {
                    state.AddToken(agent, "t" + i);
                }

                state.AddAgents("many/agents", 900);
            };
        });
        Agent agent = server.State.FindAgent("many/tokens", "a")!;
        using GitLabSession session = TestClients.CreateSession(server.Url, options => options.ThrottleLimit = limit);
        Task<int>[] work =
        [
            .. Enumerable.Range(0, 3).Select(_ => Task.Run(async () => (await TestClients.ToListAsync(new GitLabClient(session).GetAgentsAsync("many/agents"))).Count)),
            .. Enumerable.Range(0, 3).Select(_ => Task.Run(async () => (await TestClients.ToListAsync(new GitLabClient(session).GetTokenDetailsAsync(agent.Project.Id, agent.Id, _ => true))).Count(token => token.Error is null))),
        ];

        int[] counts = await Task.WhenAll(work);
        Assert.Equal([900, 900, 900, 40, 40, 40], counts);
        Assert.Equal(limit, server.MaxInFlight);
    }

    [Fact]
    public async Task Details_are_read_concurrently_in_the_order_of_the_list()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.Populate += state =>
        {
            Agent agent = state.AddAgent("many/tokens", "a");
            for (int i = 0; i < 50; i++)
            {
                state.AddToken(agent, "t" + i, lastUsedAt: DateTimeOffset.UtcNow.AddHours(-i));
            }
        });
        server.Faults.Add(Fault.Delay(TimeSpan.FromMilliseconds(30)).Matching("/tokens/\\d*[05]$").Always());
        Agent agent = server.State.FindAgent("many/tokens", "a")!;
        List<ItemResult<AgentToken>> tokens = await TestClients.ToListAsync(TestClients.CreateClient(server).GetTokenDetailsAsync(agent.Project.Id, agent.Id, _ => true));
        Assert.Equal(Enumerable.Range(0, 50).Select(i => "t" + i), tokens.Select(token => token.Value!.Name));
        Assert.All(tokens, token => Assert.True(token.Value!.IsLastUsedKnown));
        Assert.InRange(server.MaxInFlight, 2, 8);
    }

    [Fact]
    public async Task A_request_that_waits_for_a_retry_takes_no_slot()
    {
        var clock = new FakeTimeProvider();
        var observer = new RecordingObserver();
        var handler = new FakeHandler(request => request.Number == 1
            ? TestClients.Text("Retry later", 429, "text/plain", ("Retry-After", "60"))
            : TestClients.Json(TestClients.Agent(11)));
        GitLabClient client = TestClients.CreateClient(handler, options => (options.ThrottleLimit, options.Clock) = (1, clock), observer);

        Task<ClusterAgent> waiting = client.GetAgentAsync(101, 11);
        await TestClients.WaitUntilAsync(() => observer.Waits.Count == 1, "the first request waits");
        await client.GetAgentAsync(101, 12).WaitAsync(TimeSpan.FromSeconds(10));
        Assert.False(waiting.IsCompleted);

        await TestClients.WaitUntilAsync(
            () =>
            {
                clock.Advance(TimeSpan.FromSeconds(60));
                return waiting.IsCompletedSuccessfully;
            },
            "the first request is retried");
        Assert.Equal(3, handler.Requests.Count);
    }

    [Fact]
    public async Task A_failed_request_releases_its_slot()
    {
        var handler = new FakeHandler((_, _) => throw new HttpRequestException("no"));
        GitLabClient client = TestClients.CreateClient(handler, options => (options.ThrottleLimit, options.MaximumRetryCount) = (1, 1));
        for (int i = 0; i < 5; i++)
        {
            await TestClients.ThrowsAsync(GitLabErrorKind.ConnectionFailed, () => client.GetAgentAsync(101, 11).WaitAsync(TimeSpan.FromSeconds(10)));
        }

        Assert.Equal(10, handler.Requests.Count);
    }
}
