using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks that a stop ends every wait at once, and leaves no request in flight.</summary>
public sealed class StopTests
{
    // The documented limit is half a second; the rest is for a busy machine.
    private static readonly TimeSpan MaxStopTime = TimeSpan.FromSeconds(1);

    private static readonly Dictionary<string, Operation> Operations = new()
    {
        ["list agents"] = new((client, stop) => TestClients.ToListAsync(client.GetAgentsAsync(101, stop)), null),
        ["get agent"] = new((client, stop) => client.GetAgentAsync(101, 11, stop), null),
        ["create agent"] = new(
            (client, stop) => client.CreateAgentAsync(101, "new", stop),
            "Get-GitLabClusterAgent -Project 101 -Name 'new'"),
        ["delete agent"] = new(
            (client, stop) => client.DeleteAgentAsync(101, 11, stop),
            "Get-GitLabClusterAgent -Project 101 -AgentId 11"),
        ["list tokens"] = new((client, stop) => TestClients.ToListAsync(client.GetTokensAsync(101, 11, stop)), null),
        ["get token"] = new((client, stop) => client.GetTokenAsync(101, 11, 1001, stop), null),
        ["token details"] = new(
            (client, stop) => TestClients.ToListAsync(client.GetTokenDetailsAsync(101, 11, _ => true, stop)), null),
        ["revoke token"] = new(
            (client, stop) => client.RevokeTokenAsync(101, 11, 1001, stop),
            "Get-GitLabAgentToken -Project 101 -Agent 11 -TokenId 1001"),
    };

    public static TheoryData<string> Names() => new(Operations.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task An_operation_that_is_stopped_before_it_begins_sends_nothing(string operation)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Operations[operation].Act(TestClients.CreateClient(server), new CancellationToken(canceled: true)));
        Assert.Empty(server.Requests);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_stop_ends_the_wait_for_a_response(string operation)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Hang().Always());
        OperationCanceledException exception = await StopOperationAsync(
            server, operation, () => server.Requests.Count == 1);
        if (Operations[operation].RecoveryHint is { } recoveryHint)
        {
            Assert.Contains(
                recoveryHint,
                Assert.IsType<OperationInterruptedException>(exception).Message,
                StringComparison.Ordinal);
        }
        else
        {
            Assert.IsNotType<OperationInterruptedException>(exception);
        }
    }

    [Theory]
    [InlineData("list agents")]
    [InlineData("get agent")]
    [InlineData("create agent")]
    [InlineData("list tokens")]
    [InlineData("get token")]
    public async Task A_stop_ends_the_read_of_a_body(string operation)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.SlowBody(TimeSpan.FromSeconds(60)).Always());
        await StopOperationAsync(
            server, operation, () => server.Requests.Count == 1 && server.Requests[0].StatusCode is not null);
    }

    [Fact]
    public async Task A_stop_ends_reads_of_token_details()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Hang().Matching("/tokens/[0-9]+$").Always());
        await StopOperationAsync(server, "token details", () => server.Requests.Count == 3);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_stop_ends_the_wait_for_a_retry(string operation)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.RateLimited(60).Always());
        var observer = new RecordingObserver();
        await StopOperationAsync(
            server,
            operation,
            () => !observer.Waits.IsEmpty,
            options => options.Clock = new FakeTimeProvider(),
            observer);
        Assert.Single(server.Requests);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_stop_ends_the_wait_for_the_throttle(string operation)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Hang().On("GET", "/999/").Always());
        using GitLabSession session = TestClients.CreateSession(server.Url, options => options.ThrottleLimit = 1);
        var client = new GitLabClient(session);
        using var first = new CancellationTokenSource();
        Task hanging = client.GetAgentAsync(999, 1, first.Token);
        await server.WaitForRequestsAsync(1);

        using var stop = new CancellationTokenSource();
        Task queued = Operations[operation].Act(client, stop.Token);
        Assert.False(queued.IsCompleted);
        OperationCanceledException exception = await StopAsync(stop, queued, MaxStopTime);
        Assert.IsNotType<OperationInterruptedException>(exception);

        await StopAsync(first, hanging, MaxStopTime);
        await server.WaitForIdleAsync();
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_stop_between_two_pages_sends_no_other_request()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(
            options => options.Populate += state => state.AddAgents("many/agents", 300));
        using var stop = new CancellationTokenSource();
        int seen = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (ClusterAgent unused in TestClients.CreateClient(server)
                .GetAgentsAsync("many/agents", stop.Token))
            {
                if (++seen == 40)
                {
                    await stop.CancelAsync();
                }
            }
        });
        Assert.InRange(seen, 40, 100);
        await server.WaitForIdleAsync();
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_stop_cancels_prefetched_pages()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(
            options => options.Populate += state => state.AddAgents("many/agents", 900));
        server.Faults.Add(Fault.Hang().Matching("page=([2-9])$").Always());
        using var stop = new CancellationTokenSource();
        Task listing = TestClients.ToListAsync(
            TestClients.CreateClient(server).GetAgentsAsync("many/agents", stop.Token));
        await server.WaitForRequestsAsync(3);
        await StopAsync(stop, listing, MaxStopTime);
        await server.WaitForIdleAsync();
    }

    [Fact]
    public async Task A_stop_ends_the_lookup_after_a_rejected_creation()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Hang().On("GET").Always());
        using var stop = new CancellationTokenSource();
        Task creation = TestClients.CreateClient(server).CreateAgentAsync(101, "prod", stop.Token);
        await server.WaitForRequestsAsync(2);
        await StopAsync(stop, creation, MaxStopTime);
        await server.WaitForIdleAsync();
    }

    [Fact]
    public async Task A_timeout_is_not_a_stop()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Hang().Always());
        GitLabClient client = TestClients.CreateClient(
            server, options => options.Timeout = TimeSpan.FromMilliseconds(60));
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.Timeout, () => client.GetAgentAsync(101, 11));
        Assert.Contains("0.06 seconds", exception.Message, StringComparison.Ordinal);
        await server.WaitForIdleAsync();

        server.Faults.Clear();
        server.Faults.Add(Fault.SlowBody(TimeSpan.FromSeconds(60)).Always());
        await TestClients.ThrowsAsync(GitLabErrorKind.Timeout, () => client.GetAgentAsync(101, 11));
        await server.WaitForIdleAsync();
    }

    internal static async Task<OperationCanceledException> StopAsync(
        CancellationTokenSource stop, Task task, TimeSpan limit)
    {
        var watch = Stopwatch.StartNew();
        await stop.CancelAsync();
        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => task.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, limit);
        return exception;
    }

    private static async Task<OperationCanceledException> StopOperationAsync(
        FakeGitLabServer server,
        string operation,
        Func<bool> when,
        Action<Transport.TransportOptions>? set = null,
        IGitLabObserver? observer = null)
    {
        using GitLabSession session = TestClients.CreateSession(server.Url, set);
        using var stop = new CancellationTokenSource();
        Task task = Operations[operation].Act(new GitLabClient(session, observer), stop.Token);
        await TestClients.WaitUntilAsync(when, operation + " has started");
        OperationCanceledException exception = await StopAsync(stop, task, MaxStopTime);
        await server.WaitForIdleAsync();
        int requests = server.Requests.Count;
        Assert.Equal(requests, server.Requests.Count(request => request.Aborted || request.StatusCode is not null));
        return exception;
    }

    private sealed record Operation(Func<GitLabClient, CancellationToken, Task> Act, string? RecoveryHint);
}
