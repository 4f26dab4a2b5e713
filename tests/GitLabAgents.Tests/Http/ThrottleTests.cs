using System;
using System.Collections.Generic;
using System.Globalization;
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
        var handler = new FakeHandler(request => request.Number % 5 == 0
            ? TestClients.Json("{}", 503)
            : TestClients.Json(TestClients.Agent(11)));
        using var gate = new GateHandler(handler, limit);
        using GitLabSession session = TestClients.CreateSession(TestClients.Unreachable, options =>
        {
            options.PrimaryHandler = gate;
            options.ThrottleLimit = limit;
            options.MaximumRetryCount = 20;
        });

        await Task.WhenAll(
            Enumerable.Range(0, 60).Select(_ => Task.Run(() => new GitLabClient(session).GetAgentAsync(101, 11))));

        Assert.Equal(limit, gate.MaxInFlight);
        Assert.InRange(handler.Requests.Count, 60, 200);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public async Task Lists_and_details_share_the_limit(int limit)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.Populate += state =>
        {
            AddAgentWithTokens(state, 40);
            state.AddAgents("many/agents", 900);
        });
        Agent agent = server.State.FindAgent("many/tokens", "a")!;
        using var gate = new GateHandler(new SocketsHttpHandler(), limit);
        using GitLabSession session = TestClients.CreateSession(
            server.Url, options => (options.PrimaryHandler, options.ThrottleLimit) = (gate, limit));
        async Task<int> CountAgentsAsync()
        {
            var client = new GitLabClient(session);
            return (await TestClients.ToListAsync(client.GetAgentsAsync("many/agents"))).Count;
        }

        async Task<int> CountTokensAsync()
        {
            List<ItemResult<AgentToken>> tokens = await TestClients.ToListAsync(
                new GitLabClient(session).GetTokenDetailsAsync(agent.Project.Id, agent.Id, _ => true));
            return tokens.Count(token => token.Error is null);
        }

        int[] counts = await Task.WhenAll(
        [
            .. Enumerable.Range(0, 3).Select(_ => Task.Run(CountAgentsAsync)),
            .. Enumerable.Range(0, 3).Select(_ => Task.Run(CountTokensAsync)),
        ]);
        Assert.Equal([900, 900, 900, 40, 40, 40], counts);
        Assert.Equal(limit, gate.MaxInFlight);
        Assert.InRange(server.MaxInFlight, 1, limit);
    }

    [Fact]
    public async Task Details_are_read_concurrently_in_the_order_of_the_list()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(
            options => options.Populate += state => AddAgentWithTokens(state, 50));
        Agent agent = server.State.FindAgent("many/tokens", "a")!;
        using var handler = new ReorderingHandler(server.State.Tokens.Max(token => token.Id));
        GitLabClient client = TestClients.CreateClient(server, options => options.PrimaryHandler = handler);
        List<ItemResult<AgentToken>> tokens = await TestClients.ToListAsync(
            client.GetTokenDetailsAsync(agent.Project.Id, agent.Id, _ => true));
        Assert.Equal(Enumerable.Range(0, 50).Select(i => "t" + i), tokens.Select(token => token.Value!.Name));
        Assert.All(tokens, token => Assert.True(token.Value!.IsLastUsedKnown));
        Assert.InRange(handler.HeldCount, 9, 10);
        Assert.InRange(server.MaxInFlight, 1, 8);
    }

    [Fact]
    public async Task A_request_that_waits_for_a_retry_takes_no_slot()
    {
        var clock = new FakeTimeProvider();
        var observer = new RecordingObserver();
        var handler = new FakeHandler(request => request.Number == 1
            ? TestClients.Text("Retry later", 429, "text/plain", ("Retry-After", "60"))
            : TestClients.Json(TestClients.Agent(11)));
        GitLabClient client = TestClients.CreateClient(
            handler, options => (options.ThrottleLimit, options.Clock) = (1, clock), observer);

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
        GitLabClient client = TestClients.CreateClient(
            handler, options => (options.ThrottleLimit, options.MaximumRetryCount) = (1, 1));
        for (int i = 0; i < 5; i++)
        {
            await TestClients.ThrowsAsync(
                GitLabErrorKind.ConnectionFailed,
                () => client.GetAgentAsync(101, 11).WaitAsync(TimeSpan.FromSeconds(10)));
        }

        Assert.Equal(10, handler.Requests.Count);
    }

    private static void AddAgentWithTokens(State state, int tokens)
    {
        Agent agent = state.AddAgent("many/tokens", "a");
        for (int i = 0; i < tokens; i++)
        {
            state.AddToken(agent, "t" + i, lastUsedAt: DateTimeOffset.UtcNow.AddHours(-i));
        }
    }

    /// <summary>Holds the first requests until the limit is in flight, and records the maximum.</summary>
    private sealed class GateHandler(HttpMessageHandler inner, int limit) : DelegatingHandler(inner)
    {
        private readonly TaskCompletionSource _full = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Lock _lock = new();
        private int _inFlight;

        public int MaxInFlight { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            lock (_lock)
            {
                MaxInFlight = Math.Max(MaxInFlight, ++_inFlight);
                if (_inFlight == limit)
                {
                    _full.TrySetResult();
                }
            }

            try
            {
                await _full.Task.WaitAsync(TimeSpan.FromSeconds(10), cancellationToken);
                return await base.SendAsync(request, cancellationToken);
            }
            finally
            {
                lock (_lock)
                {
                    _inFlight--;
                }
            }
        }
    }

    /// <summary>Holds every fifth token until a later one has been returned.</summary>
    private sealed class ReorderingHandler(long lastId) : DelegatingHandler(new SocketsHttpHandler())
    {
        private readonly Lock _lock = new();
        private readonly List<(long Id, TaskCompletionSource Completion)> _held = [];
        private long _latest;

        public int HeldCount { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
            if (long.TryParse(request.RequestUri!.Segments[^1], CultureInfo.InvariantCulture, out long id))
            {
                if (id % 5 == 0 && id < lastId)
                {
                    await WaitForLaterAsync(id).WaitAsync(TimeSpan.FromSeconds(10), cancellationToken);
                }
                else
                {
                    ReleaseEarlier(id);
                }
            }

            return response;
        }

        private Task WaitForLaterAsync(long id)
        {
            lock (_lock)
            {
                HeldCount++;
                var completion = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                if (_latest > id)
                {
                    completion.SetResult();
                }

                _held.Add((id, completion));
                return completion.Task;
            }
        }

        private void ReleaseEarlier(long id)
        {
            lock (_lock)
            {
                _latest = Math.Max(_latest, id);
                _held.FindAll(held => held.Id < id).ForEach(static held => held.Completion.TrySetResult());
            }
        }
    }
}
