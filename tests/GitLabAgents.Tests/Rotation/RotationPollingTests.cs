using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;
using static GitLabAgents.Tests.Rotation.RotationRequests;

namespace GitLabAgents.Tests.Rotation;

/// <summary>Checks the polls with which a rotation waits until the new token is in use.</summary>
public sealed class RotationPollingTests
{
    [Fact]
    public async Task Polls_that_fail_with_a_transient_error_are_repeated()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        var request = new RotationRequest
        {
            Deploy = token =>
            {
                cluster.Deploy(token, polls: 8);
                string poll = $"/tokens/{token.Id}$";
                server.Faults.Add(Fault.Status(500).On("GET").Matching(poll));
                server.Faults.Add(Fault.Body("{").On("GET").Matching(poll));
                server.Faults.Add(Fault.Status(404).On("GET").Matching(poll));
                server.Faults.Add(Fault.Status(409).On("GET").Matching(poll));
                server.Faults.Add(Fault.Html(200).On("GET").Matching(poll));
                server.Faults.Add(Fault.Status(500).On("DELETE"));
                return Task.CompletedTask;
            },
        };
        AgentTokenRotation result = await RotateAsync(server, request);
        Assert.Equal(TokenRotationStatus.Completed, result.Status);
        Assert.Single(cluster.Active);
    }

    [Theory]
    [InlineData(401, GitLabErrorKind.AuthenticationFailed)]
    [InlineData(403, GitLabErrorKind.Forbidden)]
    public async Task A_poll_that_cannot_succeed_ends_the_wait(int status, GitLabErrorKind kind)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        var request = new RotationRequest
        {
            Deploy = token =>
            {
                cluster.Deploy(token, polls: 50);
                server.Faults.Add(Fault.Status(status).On("GET", $"/tokens/{token.Id}").Always());
                server.ClearRequests();
                return Task.CompletedTask;
            },
        };
        AgentTokenRotation result = await RotateAsync(server, request);
        Assert.Equal(TokenRotationStatus.AwaitingUse, result.Status);
        Assert.Equal(kind, KindOf(result));
        Assert.StartsWith(
            $"Cannot tell whether token '{result.NewToken}' (1012) of agent staging of project group/app on "
                + $"{result.Session} is in use. Kept: token 'staging-1' (1004). Cannot read token 1012 ",
            result.Error!.Message,
            StringComparison.Ordinal);
        Assert.EndsWith($". {ResumeCommand}", result.Error.Message, StringComparison.Ordinal);
        Assert.EndsWith(result.RecommendedAction, result.Error.Message, StringComparison.Ordinal);
        Assert.NotEqual(ResumeCommand, result.RecommendedAction); // Before it, what to do about the failure.
        Assert.Single(server.Requests, request => request.RawTarget.Contains("/tokens/", StringComparison.Ordinal));
        Assert.Equal(2, cluster.Active.Count());
    }

    [Fact]
    public async Task A_new_token_that_somebody_revokes_ends_the_wait()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        var request = new RotationRequest
        {
            Deploy = token =>
            {
                server.State.RevokeToken(token.Id);
                return Task.CompletedTask;
            },
        };
        AgentTokenRotation result = await RotateAsync(server, request);
        Assert.Equal(TokenRotationStatus.AwaitingUse, result.Status);
        Assert.Equal(GitLabErrorKind.TokenNotFound, KindOf(result));
        Assert.EndsWith(
            $" is in use. Kept: token 'staging-1' (1004). It is no longer active. {ResumeCommand}",
            result.Error!.Message,
            StringComparison.Ordinal);
        Assert.Equal([1004], cluster.Active.Select(token => token.Id));
    }

    [Fact]
    public async Task A_poll_that_hangs_ends_at_the_deadline()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        server.Faults.Add(Fault.Hang().On("GET").Matching("/tokens/10(0[5-9]|[1-9][0-9])$").Always());
        var request = new RotationRequest
        {
            Timeout = TimeSpan.FromMilliseconds(100),
            PollInterval = TimeSpan.FromMilliseconds(100),
            Deploy = Deploy(cluster),
        };
        GitLabClient client = TestClients.CreateClient(server, options => options.Clock = TimeProvider.System);
        AgentTokenRotation result = await RotateAsync(client, request);
        Assert.Equal(TokenRotationStatus.TimedOut, result.Status);
        Assert.Contains("did not respond in time", result.Error!.Message, StringComparison.Ordinal);
        Assert.Equal(2, cluster.Active.Count());
        await server.WaitForIdleAsync();
    }

    [Fact]
    public async Task Retry_After_is_honored_between_polls()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        var clock = new ImmediateClock();
        GitLabClient client = TestClients.CreateClient(server, options =>
        {
            options.Clock = clock;
            options.MaximumRetryCount = 0;
        });
        var request = new RotationRequest
        {
            Deploy = token =>
            {
                cluster.Deploy(token, polls: 1);
                server.Faults.Add(Fault.RateLimited(60).On("GET", $"/tokens/{token.Id}"));
                server.Faults.Add(Fault.RateLimited(3).On("DELETE"));
                return Task.CompletedTask;
            },
        };
        AgentTokenRotation result = await RotateAsync(client, request);
        Assert.Equal(TokenRotationStatus.Completed, result.Status);
        Assert.Equal([60, 10], clock.Waits.Select(wait => wait.TotalSeconds));
    }

    [Fact]
    public async Task The_last_poll_is_at_the_deadline_even_if_the_server_asks_for_a_longer_wait()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        var clock = new ImmediateClock();
        GitLabClient client = TestClients.CreateClient(server, options =>
        {
            options.Clock = clock;
            options.MaximumRetryCount = 0;
        });
        server.Faults.Add(Fault.RateLimited(60).On("GET", "/tokens/1012").Always());
        var request = new RotationRequest { Timeout = TimeSpan.FromSeconds(25), Deploy = Deploy(cluster, polls: 9) };
        AgentTokenRotation result = await RotateAsync(client, request);
        Assert.Equal(TokenRotationStatus.TimedOut, result.Status);
        Assert.Equal([25], clock.Waits.Select(wait => wait.TotalSeconds));
        Assert.Contains(
            " was not seen in use within 25 seconds. Kept: token 'staging-1' (1004). The last poll failed: Cannot "
                + "read token 1012 ",
            result.Error!.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Polls_that_hang_do_not_hold_up_other_agents()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Hang().On("GET").Matching("/cluster_agents/(15|16)/tokens/10(1[2-9])$").Always());
        using GitLabSession session = TestClients.CreateSession(
            server.Url, options => options.Clock = TimeProvider.System);
        var client = new GitLabClient(session);
        using var slots = new SemaphoreSlim(3);
        using var stop = new CancellationTokenSource();
        (long Project, long Agent)[] agents = [(104, 15), (105, 16), (101, 12), (103, 14)];
        Task<AgentTokenRotation?>[] rotations =
        [
            .. agents.Select(
                agent => TokenRotator.RotateAsync(client, agent.Project, agent.Agent, CreateRequest(), stop.Token)),
        ];
        Assert.Equal(TokenRotationStatus.Completed, (await rotations[2])!.Status);
        Assert.Equal(TokenRotationStatus.Completed, (await rotations[3])!.Status);
        Assert.False(rotations[0].IsCompleted || rotations[1].IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(rotations));

        RotationRequest CreateRequest() => new()
        {
            PollInterval = TimeSpan.FromSeconds(1),
            PollSlots = slots,
            Deploy = token =>
            {
                server.State.MarkUsed(token.Id);
                return Task.CompletedTask;
            },
        };
    }
}
