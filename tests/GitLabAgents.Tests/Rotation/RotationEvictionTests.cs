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
        GitLabApiException exception = await ThrowsAsync(
            GitLabErrorKind.Conflict, server, Confirm(() => server.State.RevokeToken(1004)));
        Assert.Equal(
            $"The tokens of agent staging of project group/app on {server.Url.Authority} changed while the rotation "
                + "was prepared. Check them with Get-GitLabAgentToken, and start again.",
            exception.Message);
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

    [Theory]
    [InlineData(5, 1)]
    [InlineData(6, 2)]
    public async Task The_tokens_are_read_again_after_a_confirmation_of_more_than_5_seconds(int seconds, int reads)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var clock = new ImmediateClock();
        var request = new RotationRequest
        {
            NoWait = true,
            Confirm = async _ =>
            {
                await Task.Delay(TimeSpan.FromSeconds(seconds), clock);
                return true;
            },
        };
        await RotateAsync(TestClients.CreateClient(server, options => options.Clock = clock), request);
        Assert.Equal(reads, server.Requests.Count(sent => sent.RawTarget == $"{Tokens}/1004"));
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
        var observer = new RecordingObserver();
        GitLabClient client = TestClients.CreateClient(server, options => options.Clock = clock, observer);
        await RotateAsync(client, new RotationRequest { NoWait = true });
        Assert.Equal([seconds], clock.Waits.Select(static wait => wait.TotalSeconds));
        Assert.Equal([seconds], observer.Waits.Select(static wait => wait.Delay.TotalSeconds));
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
            $"To free a slot, token 'spare' ({cluster.Spare!.Id}) of agent staging of project group/app on "
                + $"{server.Url.Authority} was revoked. Cannot create token 'staging-1-",
            exception.Message,
            StringComparison.Ordinal);
        Assert.EndsWith(exception.RecommendedAction, exception.Message, StringComparison.Ordinal);
        Assert.Equal([1004], cluster.Active.Select(token => token.Id));
    }

    [Fact]
    public async Task All_evictions_are_reported_if_the_new_token_is_not_created()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: true);
        StoredToken third = server.State.AddToken(cluster.Old.Agent, "third");
        server.Faults.Add(Fault.Status(500).On("POST"));
        GitLabApiException exception = await ThrowsAsync(
            GitLabErrorKind.ServerError, server, new RotationRequest());
        Assert.StartsWith(
            $"To free a slot, tokens 'spare' ({cluster.Spare!.Id}), 'third' ({third.Id}) of agent staging of project "
                + $"group/app on {server.Url.Authority} were revoked. ",
            exception.Message,
            StringComparison.Ordinal);
    }

    // Only GitLab's own refusal shows that the token was not revoked.
    [Theory]
    [InlineData("500", GitLabErrorKind.ServerError, true)]
    [InlineData("page with 403", GitLabErrorKind.InvalidResponse, true)]
    [InlineData("400", GitLabErrorKind.InvalidRequest, false)]
    [InlineData("403", GitLabErrorKind.Forbidden, false)]
    public async Task An_eviction_that_fails_is_reported_if_the_token_may_be_revoked(
        string response, GitLabErrorKind kind, bool mayBeRevoked)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: true);
        Fault fault = response == "page with 403"
            ? Fault.Html(403)
            : Fault.Status(int.Parse(response, CultureInfo.InvariantCulture));
        server.Faults.Add(fault.On("DELETE").Always());
        GitLabApiException exception = await ThrowsAsync(kind, server, new RotationRequest());
        string start = mayBeRevoked
            ? $"To free a slot, token 'spare' ({cluster.Spare!.Id}) of agent staging of project group/app on "
                + $"{server.Url.Authority} may have been revoked. "
            : string.Empty;
        Assert.StartsWith(
            $"{start}Cannot revoke token {cluster.Spare!.Id} of agent 12 ",
            exception.Message,
            StringComparison.Ordinal);
        Assert.DoesNotContain(server.Requests, sent => sent.Method == "POST");
    }

    [Fact]
    public async Task An_eviction_whose_response_was_lost_has_succeeded_if_the_token_is_gone()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: true);
        var clock = new ImmediateClock();
        server.Faults.Add(Fault.Reset().AfterActing().On("DELETE"));
        GitLabClient client = TestClients.CreateClient(server, options => options.Clock = clock);
        AgentTokenRotation result = await RotateAsync(client, new RotationRequest { NoWait = true });
        Assert.Equal([TimeSpan.FromSeconds(1)], clock.Waits);
        Assert.Equal([(cluster.Spare!.Id, "revoked")], result.RevokedTokens.Select(token => (token.Id, token.Status)));
        Assert.Single(server.Requests, sent => sent.Method == "DELETE");
    }
}
