using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Builder;

namespace GitLabAgents.FakeGitLab;

/// <summary>
/// A fake GitLab: agents, their tokens, URL configurations, connections and activity, by REST and GraphQL.
/// </summary>
public sealed class FakeGitLabServer : IAsyncDisposable
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(2);

    private readonly FakeGitLabOptions initialOptions;
    private readonly List<RecordedRequest> requests = [];
    private readonly Lock requestsGate = new();
    private readonly CancellationTokenSource stopping = new();
    private WebApplication? application;

    private FakeGitLabServer(FakeGitLabOptions options)
    {
        initialOptions = options;
        Options = options.Copy();
        Clock = new ServerClock(() => Options);
        RateLimiter = new RateLimiter(Clock);
        State = new State(options.SecretSeed, Clock);
        options.Populate?.Invoke(State);
    }

    /// <summary>The address, with the prefix and without a slash at the end.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>
    /// A copy of the options it was started with. Changes take effect with the next request; <see cref="Reset" />
    /// undoes them.
    /// </summary>
    public FakeGitLabOptions Options { get; private set; }

    /// <summary>What it holds.</summary>
    public State State { get; }

    /// <summary>The faults to come.</summary>
    public FaultList Faults { get; } = new();

    /// <summary>The requests so far, in the order in which they arrived.</summary>
    public IReadOnlyList<RecordedRequest> Requests
    {
        get
        {
            lock (requestsGate)
            {
                return [.. requests];
            }
        }
    }

    /// <summary>The number of requests in flight.</summary>
    public int InFlight => Counter.Current;

    /// <summary>The largest number of requests in flight since the start or <see cref="ClearRequests" />.</summary>
    public int MaxInFlight => Counter.Max;

    /// <summary>The number of connections opened since the start.</summary>
    public int ConnectionCount => Connections.Opened;

    internal ServerClock Clock { get; }

    internal RateLimiter RateLimiter { get; }

    internal InFlightCounter Counter { get; } = new();

    internal ConnectionList Connections { get; } = new();

    internal CancellationToken Stopping => stopping.Token;

    /// <summary>Starts a server.</summary>
    public static async Task<FakeGitLabServer> StartAsync(
        FakeGitLabOptions? options = null,
        CancellationToken ct = default)
    {
        var server = new FakeGitLabServer((options ?? new FakeGitLabOptions()).Copy());
        (server.application, string address) = await Kestrel.StartAsync(
            server.Options, server.Connections, new RequestPipeline(server).HandleAsync, ct);
        server.Url = new Uri(address + server.Options.NormalizedPrefix);
        return server;
    }

    /// <summary>Removes the recorded requests and restarts <see cref="MaxInFlight" />.</summary>
    public void ClearRequests()
    {
        lock (requestsGate)
        {
            requests.Clear();
        }

        Counter.Reset();
    }

    /// <summary>Restores the state and the options of the start, and removes faults and recorded requests.</summary>
    public void Reset()
    {
        Faults.Clear();
        RateLimiter.Clear();
        Options = initialOptions.Copy();
        lock (State.Gate)
        {
            State.Clear();
            initialOptions.Populate?.Invoke(State);
        }

        ClearRequests();
    }

    /// <summary>Waits until at least that many requests (that match) have arrived, and returns them.</summary>
    /// <exception cref="TimeoutException">They did not arrive in time.</exception>
    public async Task<IReadOnlyList<RecordedRequest>> WaitForRequestsAsync(
        int count,
        TimeSpan? timeout = null,
        Func<RecordedRequest, bool>? where = null,
        CancellationToken ct = default)
    {
        IReadOnlyList<RecordedRequest> found = [];
        await WaitUntilAsync(
            () =>
            {
                found = where is null ? Requests : [.. Requests.Where(where)];
                return found.Count >= count;
            },
            timeout,
            () => $"{found.Count} of {count} requests arrived.",
            ct);
        return found;
    }

    /// <summary>Waits until no request is in flight.</summary>
    /// <exception cref="TimeoutException">Some still are in flight.</exception>
    public Task WaitForIdleAsync(TimeSpan? timeout = null, CancellationToken ct = default) =>
        WaitUntilAsync(() => InFlight == 0, timeout, () => $"{InFlight} requests are still in flight.", ct);

    /// <summary>Stops at once: aborts all connections and ends hanging requests.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref application, null) is not { } running)
        {
            return;
        }

        await stopping.CancelAsync();
        Connections.AbortAll();
        using var shutdown = new CancellationTokenSource(ShutdownTimeout);
        await running.StopAsync(shutdown.Token);
        await running.DisposeAsync();
        stopping.Dispose();
    }

    internal void Record(RecordedRequest request)
    {
        lock (requestsGate)
        {
            requests.Add(request);
        }
    }

    private static async Task WaitUntilAsync(
        Func<bool> condition,
        TimeSpan? timeout,
        Func<string> describe,
        CancellationToken ct)
    {
        TimeSpan limit = timeout ?? DefaultTimeout;
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            if (watch.Elapsed > limit)
            {
                throw new TimeoutException(describe());
            }

            await Task.Delay(PollInterval, ct);
        }
    }
}
