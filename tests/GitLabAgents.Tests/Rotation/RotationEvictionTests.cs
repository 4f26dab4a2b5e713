using System;
using System.Globalization;
using System.Linq;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;
using static GitLabAgents.Tests.Rotation.RotationRequests;

namespace GitLabAgents.Tests.Rotation;

/// <summary>Checks the confirmation of a rotation, and the tokens that it revokes to free a slot.</summary>
public sealed class RotationEvictionTests
{
    [Fact]
    public async Task A_plan_that_is_not_confirmed_changes_nothing()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: true);
        RotationPlan? plan = null;
        var request = new RotationRequest
        {
            Deploy = Deploy(cluster),
            Confirm = asked =>
            {
                plan = asked;
                return Task.FromResult(false);
            },
        };
        Assert.Null(await TokenRotator.RotateAsync(TestClients.CreateClient(server), 101, "staging", request, default));
        Assert.Equal([cluster.Spare!.Id], plan!.ToEvict.Select(token => token.Id));
        Assert.DoesNotContain(server.Requests, sent => sent.Method != "GET");
    }

    [Fact]
    public async Task A_token_is_evicted_only_after_it_was_read_again()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: true);
        AgentTokenRotation result = await RotateAsync(server, new RotationRequest { Deploy = Deploy(cluster) });
        Assert.Equal(TokenRotationStatus.Completed, result.Status);
        Assert.Equal([cluster.Spare!.Id, 1004], result.RevokedTokens.Select(token => token.Id));
        Assert.Single(cluster.Active);
        string[] sent = [.. server.Requests.Select(request => request.Method)];
        Assert.Equal(["GET", "GET", "GET", "GET", "GET", "GET", "GET", "DELETE", "POST"], sent.Take(9));
    }

    [Fact]
    public async Task A_token_that_is_used_during_the_confirmation_is_not_evicted()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: true);
        RotationRequest request = Confirm(() => server.State.MarkUsed(cluster.Spare!.Id));
        await ThrowsAsync(GitLabErrorKind.TokenLimitReached, server, request);
        Assert.Equal(2, cluster.Active.Count());
        Assert.DoesNotContain(server.Requests, sent => sent.Method != "GET");
    }

    [Fact]
    public async Task A_token_that_is_gone_after_the_confirmation_need_not_be_evicted()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: true);
        RotationRequest request = Confirm(() => server.State.RevokeToken(cluster.Spare!.Id));
        request.NoWait = true;
        AgentTokenRotation result = await RotateAsync(server, request);
        Assert.Equal([1004, result.NewToken!.Id], cluster.Active.Select(token => token.Id));
        Assert.Empty(result.RevokedTokens);
    }

    [Fact]
    public async Task Nothing_is_changed_if_the_token_in_use_changes_during_the_confirmation()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: true);
        await ThrowsAsync(GitLabErrorKind.Conflict, server, Confirm(() => server.State.RevokeToken(1004)));
        Assert.Equal([cluster.Spare!.Id], cluster.Active.Select(token => token.Id));
    }

    [Fact]
    public async Task A_plan_is_created_again_after_a_long_confirmation()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        var clock = new ImmediateClock();
        var request = new RotationRequest
        {
            Confirm = async _ =>
            {
                await Task.Delay(TimeSpan.FromMinutes(1), clock);
                server.State.AddToken(cluster.Old.Agent, "other", lastUsedAt: DateTimeOffset.UtcNow);
                server.State.RevokeToken(1004);
                return true;
            },
        };
        GitLabClient client = TestClients.CreateClient(server, options => options.Clock = clock);
        await TestClients.ThrowsAsync(GitLabErrorKind.Conflict, () => RotateAsync(client, request));
        Assert.DoesNotContain(server.Requests, sent => sent.Method != "GET");
    }

    // The idle time by the server's clock, which is ahead of this machine's or behind it.
    [Theory]
    [InlineData(30, 25, true)]
    [InlineData(-30, 2, false)]
    public async Task Idle_times_and_dates_are_those_of_the_servers_clock(int skewHours, int idleHours, bool isEvicted)
    {
        var skew = TimeSpan.FromHours(skewHours);
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.ClockSkew = skew);
        var cluster = new Cluster(server, spare: true);
        DateTimeOffset now = DateTimeOffset.UtcNow + skew;
        server.State.MarkUsed(1004, now);
        server.State.MarkUsed(cluster.Spare!.Id, now.AddHours(-idleHours));
        GitLabClient client = TestClients.CreateClient(server, options => options.Clock = TimeProvider.System);
        if (isEvicted)
        {
            AgentTokenRotation result = await RotateAsync(client, new RotationRequest { NoWait = true });
            Assert.Equal([cluster.Spare.Id], result.RevokedTokens.Select(token => token.Id));
            string date = result.StartedAt.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            Assert.EndsWith(date, result.NewToken!.Name, StringComparison.Ordinal);
            Assert.InRange(result.StartedAt, now.AddMinutes(-1), now.AddMinutes(1));
        }
        else
        {
            await TestClients.ThrowsAsync(
                GitLabErrorKind.TokenLimitReached, () => RotateAsync(client, new RotationRequest()));
        }
    }

    [Fact]
    public async Task A_token_that_comes_into_use_before_an_eviction_is_repeated_is_not_revoked()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: true);
        server.Faults.Add(Fault.RateLimited(60).On("DELETE").Where(_ =>
        {
            server.State.MarkUsed(cluster.Spare!.Id);
            return true;
        }));
        await ThrowsAsync(GitLabErrorKind.TokenLimitReached, server, new RotationRequest { Deploy = Deploy(cluster) });
        Assert.Equal(2, cluster.Active.Count());
    }

    [Theory]
    [InlineData(null, 60)] // Longer than the window in which GitLab counts.
    [InlineData(0, 1)]
    [InlineData(7, 7)]
    [InlineData(3600, 300)]
    public async Task An_eviction_is_repeated_after_a_pause(int? retryAfter, int seconds)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: true);
        var clock = new ImmediateClock();
        server.Faults.Add(Fault.RateLimited(retryAfter).On("DELETE"));
        GitLabClient client = TestClients.CreateClient(server, options => options.Clock = clock);
        await RotateAsync(client, new RotationRequest { NoWait = true });
        Assert.Equal([seconds], clock.Waits.Select(static wait => wait.TotalSeconds));
        Assert.DoesNotContain(cluster.Active, token => token.Id == cluster.Spare!.Id);
    }

    [Fact]
    public async Task An_eviction_is_reported_if_the_new_token_is_not_created()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: true);
        server.Faults.Add(Fault.Status(500).On("POST"));
        var request = new RotationRequest { Deploy = Deploy(cluster) };
        GitLabApiException exception = await ThrowsAsync(GitLabErrorKind.ServerError, server, request);
        Assert.StartsWith(
            $"To free a slot, token 'spare' ({cluster.Spare!.Id}) of agent staging of project group/app on ",
            exception.Message,
            StringComparison.Ordinal);
        Assert.Equal([1004], cluster.Active.Select(token => token.Id));
    }
}
