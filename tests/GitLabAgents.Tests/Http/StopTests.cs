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

/// <summary>Promise 5: a stop ends any wait at once, and leaves no request running.</summary>
public sealed class StopTests
{
    // The promise is half a second; the rest is for a busy machine.
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(1);

    private static readonly Dictionary<string, (Func<GitLabClient, CancellationToken, Task> Act, string? LookFor)> Operations = new()
    {
        ["list agents"] = ((client, stop) => TestClients.ListAsync(client.GetAgentsAsync(101, stop)), null),
        ["get agent"] = ((client, stop) => client.GetAgentAsync(101, 11, stop), null),
        ["create agent"] = ((client, stop) => client.CreateAgentAsync(101, "new", stop), "Get-GitLabClusterAgent -Project 101 -Name 'new'"),
        ["delete agent"] = ((client, stop) => client.DeleteAgentAsync(101, 11, stop), "Get-GitLabClusterAgent -Project 101 -AgentId 11"),
        ["list tokens"] = ((client, stop) => TestClients.ListAsync(client.GetTokensAsync(101, 11, stop)), null),
        ["get token"] = ((client, stop) => client.GetTokenAsync(101, 11, 1001, stop), null),
        ["token details"] = ((client, stop) => TestClients.ListAsync(client.GetTokenDetailsAsync(101, 11, _ => true, stop)), null),
        ["revoke token"] = ((client, stop) => client.RevokeTokenAsync(101, 11, 1001, stop), "Get-GitLabAgentToken -Project 101 -Agent 11 -TokenId 1001"),
    };

    public static TheoryData<string> Names() => new(Operations.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Before_it_begins_nothing_is_sent(string operation)
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Operations[operation].Act(TestClients.Client(server), new CancellationToken(canceled: true)));
        Assert.Empty(server.Requests);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task While_the_answer_is_awaited(string operation)
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        server.Faults.Add(Fault.Hang().Always());
        OperationCanceledException exception = await StoppedAsync(server, operation, () => server.Requests.Count == 1);
        if (Operations[operation].LookFor is { } lookFor)
        {
            Assert.Contains(lookFor, Assert.IsType<OperationInterruptedException>(exception).Message, StringComparison.Ordinal);
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
    public async Task In_the_midst_of_a_body(string operation)
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        server.Faults.Add(Fault.SlowBody(TimeSpan.FromSeconds(60)).Always());
        await StoppedAsync(server, operation, () => server.Requests.Count == 1 && server.Requests[0].StatusCode is not null);
    }

    [Fact]
    public async Task While_details_are_read_singly()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        server.Faults.Add(Fault.Hang().Matching("/tokens/[0-9]+$").Always());
        await StoppedAsync(server, "token details", () => server.Requests.Count == 3);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task While_it_waits_for_the_next_try(string operation)
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        server.Faults.Add(Fault.RateLimited(60).Always());
        var observer = new RecordingObserver();
        await StoppedAsync(server, operation, () => !observer.Waits.IsEmpty, options => options.Clock = new FakeTimeProvider(), observer);
        Assert.Single(server.Requests);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task While_it_queues_for_the_throttle(string operation)
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        server.Faults.Add(Fault.Hang().On("GET", "/999/").Always());
        using GitLabSession session = TestClients.Session(server.Url, options => options.ThrottleLimit = 1);
        var client = new GitLabClient(session);
        using var first = new CancellationTokenSource();
        Task hanging = client.GetAgentAsync(999, 1, first.Token);
        await server.WaitForRequestsAsync(1);

        using var stop = new CancellationTokenSource();
        Task queued = Operations[operation].Act(client, stop.Token);
        Assert.False(queued.IsCompleted);
        OperationCanceledException exception = await StopAsync(stop, queued, AtOnce);
        Assert.IsNotType<OperationInterruptedException>(exception);

        await StopAsync(first, hanging, AtOnce);
        await server.WaitForIdleAsync();
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Between_two_pages()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync(options => options.Populate += state => state.AddAgents("many/agents", 300));
        using var stop = new CancellationTokenSource();
        int seen = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (ClusterAgent unused in TestClients.Client(server).GetAgentsAsync("many/agents", stop.Token))
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
    public async Task With_pages_ahead_under_way()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync(options => options.Populate += state => state.AddAgents("many/agents", 900));
        server.Faults.Add(Fault.Hang().Matching("page=([2-9])$").Always());
        using var stop = new CancellationTokenSource();
        Task listing = TestClients.ListAsync(TestClients.Client(server).GetAgentsAsync("many/agents", stop.Token));
        await server.WaitForRequestsAsync(3);
        await StopAsync(stop, listing, AtOnce);
        await server.WaitForIdleAsync();
    }

    [Fact]
    public async Task While_a_refused_create_looks_for_the_reason()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        server.Faults.Add(Fault.Hang().On("GET").Always());
        using var stop = new CancellationTokenSource();
        Task making = TestClients.Client(server).CreateAgentAsync(101, "prod", stop.Token);
        await server.WaitForRequestsAsync(2);
        await StopAsync(stop, making, AtOnce);
        await server.WaitForIdleAsync();
    }

    [Fact]
    public async Task A_time_out_is_no_stop()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        server.Faults.Add(Fault.Hang().Always());
        GitLabClient client = TestClients.Client(server, options => options.Timeout = TimeSpan.FromMilliseconds(60));
        GitLabApiException exception = await TestClients.ThrowsAsync(GitLabErrorKind.Timeout, () => client.GetAgentAsync(101, 11));
        Assert.Contains("0.06 seconds", exception.Message, StringComparison.Ordinal);
        await server.WaitForIdleAsync();

        server.Faults.Clear();
        server.Faults.Add(Fault.SlowBody(TimeSpan.FromSeconds(60)).Always());
        await TestClients.ThrowsAsync(GitLabErrorKind.Timeout, () => client.GetAgentAsync(101, 11));
        await server.WaitForIdleAsync();
    }

    internal static async Task<OperationCanceledException> StopAsync(CancellationTokenSource stop, Task task, TimeSpan limit)
    {
        var watch = Stopwatch.StartNew();
        await stop.CancelAsync();
        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, limit);
        return exception;
    }

    private static async Task<OperationCanceledException> StoppedAsync(FakeGitLabServer server, string operation, Func<bool> when, Action<Transport.TransportOptions>? set = null, IGitLabObserver? observer = null)
    {
        using GitLabSession session = TestClients.Session(server.Url, set);
        using var stop = new CancellationTokenSource();
        Task task = Operations[operation].Act(new GitLabClient(session, observer), stop.Token);
        await TestClients.UntilAsync(when, operation + " has begun");
        OperationCanceledException exception = await StopAsync(stop, task, AtOnce);
        await server.WaitForIdleAsync();
        int requests = server.Requests.Count;
        Assert.Equal(requests, server.Requests.Count(request => request.Aborted || request.StatusCode is not null));
        return exception;
    }
}
