using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Builder;

namespace GitLabAgents.FakeGitLab;

/// <summary>A GitLab server that knows agents, their tokens and their URL configurations, and nothing else.</summary>
public sealed class FakeGitLabServer : IAsyncDisposable
{
    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan ShutdownTime = TimeSpan.FromSeconds(2);

    private readonly FakeGitLabOptions initialOptions;
    private readonly List<RecordedRequest> requests = [];
    private readonly Lock requestsGate = new();
    private readonly CancellationTokenSource stopping = new();
    private WebApplication? application;

    private FakeGitLabServer(FakeGitLabOptions options)
    {
        initialOptions = options;
        Options = options.Copy();
        State = new State(options.SecretSeed);
        options.Populate?.Invoke(State);
    }

    /// <summary>Where it listens, with the prefix and without a slash at the end.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>A copy of the options it was started with. Changes take effect with the next request; <see cref="Reset" /> undoes them.</summary>
    public FakeGitLabOptions Options { get; private set; }

    /// <summary>What it knows.</summary>
    public State State { get; }

    /// <summary>What is to go wrong.</summary>
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

    /// <summary>How many requests are under way.</summary>
    public int InFlight => Counter.Now;

    /// <summary>How many requests were under way at most, since the start or <see cref="ClearRequests" />.</summary>
    public int MaxInFlight => Counter.Most;

    /// <summary>How many connections were opened since the start.</summary>
    public int ConnectionCount => Connections.Opened;

    internal InFlightCounter Counter { get; } = new();

    internal ConnectionList Connections { get; } = new();

    internal CancellationToken Stopping => stopping.Token;

    /// <summary>Starts a server.</summary>
    public static async Task<FakeGitLabServer> StartAsync(FakeGitLabOptions? options = null, CancellationToken ct = default)
    {
        var server = new FakeGitLabServer((options ?? new FakeGitLabOptions()).Copy());
        (server.application, string address) = await Kestrel.StartAsync(server.Options, server.Connections, new Pipeline(server).HandleAsync, ct);
        server.Url = new Uri(address + server.Options.NormalizedPrefix);
        return server;
    }

    /// <summary>Forgets the requests so far; <see cref="MaxInFlight" /> begins anew.</summary>
    public void ClearRequests()
    {
        lock (requestsGate)
        {
            requests.Clear();
        }

        Counter.Reset();
    }

    /// <summary>Back to the start: the state, the options, no faults, no requests.</summary>
    public void Reset()
    {
        Faults.Clear();
        Options = initialOptions.Copy();
        lock (State.Gate)
        {
            State.Clear();
            initialOptions.Populate?.Invoke(State);
        }

        ClearRequests();
    }

    /// <summary>Waits until at least that many requests arrived (for which the condition holds), and returns these.</summary>
    /// <exception cref="TimeoutException">They did not.</exception>
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

    /// <summary>Waits until no request is under way.</summary>
    /// <exception cref="TimeoutException">Some still are.</exception>
    public Task WaitForIdleAsync(TimeSpan? timeout = null, CancellationToken ct = default) =>
        WaitUntilAsync(() => InFlight == 0, timeout, () => $"{InFlight} requests are still under way.", ct);

    /// <summary>Stops at once: breaks all connections, and ends hanging requests.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref application, null) is not { } running)
        {
            return;
        }

        await stopping.CancelAsync();
        Connections.AbortAll();
        using var patience = new CancellationTokenSource(ShutdownTime);
        await running.StopAsync(patience.Token);
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

    private static async Task WaitUntilAsync(Func<bool> condition, TimeSpan? timeout, Func<string> complaint, CancellationToken ct)
    {
        TimeSpan patience = timeout ?? DefaultPatience;
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            if (watch.Elapsed > patience)
            {
                throw new TimeoutException(complaint());
            }

            await Task.Delay(PollInterval, ct);
        }
    }
}
