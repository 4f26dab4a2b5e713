using System;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;

namespace GitLabAgents.Tests.Rotation;

/// <summary>Checks a rotation against the fake GitLab, when it succeeds and when it does not.</summary>
public sealed class RotationTests
{
    private const string Tokens = "/api/v4/projects/101/cluster_agents/12/tokens";
    private const string ResumeCommand = "Resume with: Invoke-GitLabAgentTokenRotation -Project 101 -Agent 12 -Resume";

    [Fact]
    public async Task The_old_token_is_revoked_after_the_new_one_is_seen_in_use()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        var clock = new ImmediateClock();
        NewAgentToken? deployed = null;
        var request = new RotationRequest
        {
            Description = "why",
            Deploy = token =>
            {
                deployed = token;
                cluster.Deploy(token, polls: 2);
                return Task.CompletedTask;
            },
        };
        GitLabClient client = TestClients.CreateClient(server, options => options.Clock = clock);
        AgentTokenRotation result = await RotateAsync(client, request);

        Assert.Equal(TokenRotationStatus.Completed, result.Status);
        var created = Assert.IsType<NewAgentToken>(result.NewToken);
        Assert.StartsWith("staging-1-20", created.Name, StringComparison.Ordinal);
        Assert.Equal(("why", "active"), (server.State.FindToken(created.Id)!.Description, created.Status));
        Assert.NotNull(created.LastUsedAt);
        Assert.Equal(server.State.FindToken(created.Id)!.Secret, created.RevealToken());
        Assert.Null(deployed!.LastUsedAt); // The token that was passed before does not change.
        Assert.Equal([1004], result.RevokedTokens.Select(token => token.Id));
        Assert.Equal("revoked", result.RevokedTokens[0].Status);
        Assert.Empty(result.KeptTokens);
        Assert.Null(result.Error);
        Assert.Equal(("group/app", "staging"), (result.Project, result.Agent));
        Assert.Equal((101, 12), (result.ProjectId, result.AgentId));
        Assert.True(result.CompletedAt >= result.StartedAt);
        Assert.Equal([created.Id], cluster.Active.Select(token => token.Id));
        Assert.Empty(cluster.Outages);
        Assert.Equal([TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10)], clock.Waits);
        Assert.Equal(
            [
                "GET /api/v4/projects/101/cluster_agents/12",
                $"GET {Tokens}?per_page=100&page=1",
                $"GET {Tokens}/1004",
                $"POST {Tokens}",
                $"GET {Tokens}/{created.Id}",
                $"GET {Tokens}/{created.Id}",
                $"GET {Tokens}/{created.Id}",
                $"DELETE {Tokens}/1004",
            ],
            server.Requests.Select(request => $"{request.Method} {request.RawTarget}"));
    }

    [Fact]
    public async Task Progress_has_every_phase_and_the_deadline()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        var clock = new ImmediateClock();
        var progress = new System.Collections.Generic.List<RotationProgress>();
        var request = new RotationRequest { Deploy = Deploy(cluster), OnProgress = progress.Add };
        await RotateAsync(TestClients.CreateClient(server, options => options.Clock = clock), request);
        Assert.Equal(
            [RotationPhase.Planning, RotationPhase.Deploying, RotationPhase.WaitingForUse, RotationPhase.Revoking],
            progress.Select(step => step.Phase).Distinct());
        Assert.All(progress, step => Assert.Equal("staging", step.Agent));
        Assert.Null(progress[0].Deadline);
        Assert.Equal(TimeSpan.FromSeconds(890), progress[^1].Deadline - clock.GetUtcNow());
    }

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

    [Fact]
    public async Task A_deployment_that_fails_leaves_the_old_token_alone()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        string secret = string.Empty;
        var request = new RotationRequest
        {
            Deploy = token =>
            {
                secret = token.RevealToken();
                string encoded = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(secret));
                throw new InvalidOperationException($"kubectl said {secret}\n and {encoded} and glpat-maintainer");
            },
        };
        AgentTokenRotation result = await RotateAsync(server, request);
        Assert.Equal(TokenRotationStatus.DeployFailed, result.Status);
        Assert.IsType<InvalidOperationException>(result.Error);
        Assert.Equal(
            $"Token '{result.NewToken}' ({result.NewToken!.Id}) of agent staging of project group/app on "
                + $"{result.Session} was not deployed: kubectl said [redacted]  and [redacted] and [redacted]. "
                + "It was revoked. Kept: token 'staging-1' (1004).",
            result.Error.Message);
        Assert.DoesNotContain(secret, result.Error.ToString(), StringComparison.Ordinal);
        Assert.Equal([result.NewToken.Id], result.RevokedTokens.Select(token => token.Id));
        Assert.Equal("revoked", result.NewToken.Status);
        Assert.Equal([1004], result.KeptTokens.Select(token => token.Id));
        Assert.Equal([1004], cluster.Active.Select(token => token.Id));
        Assert.Null(result.CompletedAt);
        Assert.Empty(cluster.Outages);
    }

    [Fact]
    public async Task A_deployment_that_fails_after_its_token_is_in_use_revokes_nothing()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        AgentTokenRotation result = await RotateAsync(server, Fail(token => cluster.Deploy(token, polls: 0)));
        Assert.Equal(TokenRotationStatus.DeployFailed, result.Status);
        Assert.EndsWith(
            $"It was not revoked, because it is already in use. Kept: token 'staging-1' (1004). {ResumeCommand}",
            result.Error!.Message,
            StringComparison.Ordinal);
        Assert.Equal(ResumeCommand, result.RecommendedAction);
        Assert.Equal(2, cluster.Active.Count());
        Assert.Empty(cluster.Outages);
        cluster.PassTime();
        AgentTokenRotation again = await RotateAsync(server, new RotationRequest { Resume = true });
        Assert.Equal(TokenRotationStatus.Completed, again.Status);
        Assert.Equal([cluster.Current], cluster.Active.Select(token => token.Id));
    }

    [Fact]
    public async Task A_rotation_that_times_out_keeps_all_tokens_and_can_be_resumed()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        var clock = new ImmediateClock();
        var request = new RotationRequest { Timeout = TimeSpan.FromSeconds(25), Deploy = Deploy(cluster, polls: 100) };
        GitLabClient client = TestClients.CreateClient(server, options => options.Clock = clock);
        AgentTokenRotation result = await RotateAsync(client, request);
        Assert.Equal(TokenRotationStatus.TimedOut, result.Status);
        Assert.Equal(GitLabErrorKind.Timeout, KindOf(result));
        Assert.Equal(
            $"Token '{result.NewToken}' ({result.NewToken!.Id}) of agent staging of project group/app on "
                + $"{result.Session} was not seen in use within 25 seconds. "
                + $"Kept: token 'staging-1' (1004). {ResumeCommand}",
            result.Error!.Message);
        Assert.Equal(ResumeCommand, result.RecommendedAction);
        Assert.Empty(result.RevokedTokens);
        Assert.Equal(2, cluster.Active.Count());
        Assert.Equal([10, 10, 5], clock.Waits.Select(wait => wait.TotalSeconds)); // The last poll is at the very end.

        server.State.MarkUsed(result.NewToken!.Id, DateTimeOffset.UtcNow.AddHours(1));
        server.ClearRequests();
        request = Fail();
        request.Resume = true;
        AgentTokenRotation again = await RotateAsync(server, request);
        Assert.Equal(TokenRotationStatus.Completed, again.Status);
        Assert.Equal(result.NewToken.Id, again.NewToken!.Id);
        Assert.Equal([1004], again.RevokedTokens.Select(token => token.Id));
        Assert.Equal([result.NewToken.Id], cluster.Active.Select(token => token.Id));
        Assert.Equal(
            [$"DELETE {Tokens}/1004"],
            server.Requests.Where(sent => sent.Method != "GET").Select(sent => $"{sent.Method} {sent.RawTarget}"));
    }

    [Fact]
    public async Task A_rotation_that_does_not_wait_keeps_all_tokens()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        AgentTokenRotation result = await RotateAsync(server, new RotationRequest { NoWait = true });
        Assert.Equal(TokenRotationStatus.AwaitingUse, result.Status);
        Assert.Null(result.Error);
        Assert.IsType<NewAgentToken>(result.NewToken);
        Assert.Equal([1004], result.KeptTokens.Select(token => token.Id));
        Assert.Equal("POST", server.Requests[^1].Method);

        server.ClearRequests();
        AgentTokenRotation again = await RotateAsync(server, new RotationRequest { NoWait = true, Resume = true });
        Assert.Equal(TokenRotationStatus.AwaitingUse, again.Status);
        Assert.DoesNotContain(server.Requests, sent => sent.Method != "GET");
        Assert.Equal(2, cluster.Active.Count());
    }

    [Fact]
    public async Task A_rotation_of_today_is_not_repeated_by_resume()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        await RotateAsync(server, new RotationRequest { Deploy = Deploy(cluster) });
        server.ClearRequests();
        RotationRequest request = Fail();
        request.Resume = true;
        AgentTokenRotation again = await RotateAsync(server, request);
        Assert.Equal(TokenRotationStatus.Completed, again.Status);
        Assert.Empty(again.RevokedTokens);
        Assert.DoesNotContain(server.Requests, sent => sent.Method != "GET");
    }

    [Theory]
    [InlineData(-120, 0)] // The agent returned to the older token, and GitLab has recorded it.
    [InlineData(0, -10)] // GitLab may not have recorded it yet.
    public async Task Resume_revokes_nothing_that_the_agent_may_have_returned_to(int newMinutes, int oldMinutes)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: true);
        server.State.MarkUsed(cluster.Spare!.Id, DateTimeOffset.UtcNow.AddMinutes(newMinutes));
        server.State.MarkUsed(1004, DateTimeOffset.UtcNow.AddMinutes(oldMinutes));
        AgentTokenRotation result = await RotateAsync(server, new RotationRequest { Resume = true });
        Assert.Equal(TokenRotationStatus.TimedOut, result.Status);
        Assert.Contains("the agent may have returned", result.Error!.Message, StringComparison.Ordinal);
        Assert.Contains(ResumeCommand, result.Error.Message, StringComparison.Ordinal);
        Assert.Equal(2, cluster.Active.Count());
    }

    [Fact]
    public async Task Resume_revokes_nothing_that_the_agent_returned_to_during_the_confirmation()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: true);
        DateTimeOffset earlier = DateTimeOffset.UtcNow.AddHours(-5);
        server.State.MarkUsed(cluster.Spare!.Id, earlier);
        server.State.MarkUsed(1004, earlier.AddHours(-1));
        RotationRequest request = Confirm(() => server.State.MarkUsed(1004), plan =>
            Assert.True(plan.IsInUse(plan.Resumed!, plan.Older)));
        request.Resume = true;
        AgentTokenRotation result = await RotateAsync(server, request);
        Assert.Equal(TokenRotationStatus.TimedOut, result.Status);
        Assert.Equal(2, cluster.Active.Count());
    }

    [Fact]
    public async Task Resume_completes_without_an_older_token_that_somebody_else_revoked()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: true);
        server.State.MarkUsed(cluster.Spare!.Id, DateTimeOffset.UtcNow.AddHours(1));
        RotationRequest request = Confirm(() => server.State.RevokeToken(1004));
        request.Resume = true;
        AgentTokenRotation result = await RotateAsync(server, request);
        Assert.Equal(TokenRotationStatus.Completed, result.Status);
        Assert.Empty(result.RevokedTokens);
        Assert.Empty(result.KeptTokens);
        Assert.Equal([cluster.Spare.Id], cluster.Active.Select(token => token.Id));
    }

    public static TheoryData<string> UnreadableTokens()
        => new("page with 404", "text with 404", "GitLab's 404", "revoked");

    // Only GitLab's list shows that a token is gone.
    [Theory]
    [MemberData(nameof(UnreadableTokens))]
    public async Task Nothing_is_decided_about_a_token_that_is_listed_but_cannot_be_read(string response)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        server.Faults.Add(CreateUnreadable(response).On("GET", "/tokens/1004").Always());
        var request = new RotationRequest { Deploy = Deploy(cluster) };
        GitLabApiException exception = await ThrowsAsync(GitLabErrorKind.InvalidResponse, server, request);
        Assert.Contains("1004", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Requests, sent => sent.Method != "GET");
    }

    [Theory]
    [MemberData(nameof(UnreadableTokens))]
    public async Task Resume_revokes_no_token_that_is_listed_but_cannot_be_read(string response)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: true);
        server.State.MarkUsed(cluster.Spare!.Id);
        RotationRequest request = Confirm(() =>
        {
            cluster.Return();
            server.Faults.Add(CreateUnreadable(response).On("GET", "/tokens/1004").Always());
        });
        request.Resume = true;
        AgentTokenRotation result = await RotateAsync(server, request);
        Assert.Equal(TokenRotationStatus.TimedOut, result.Status);
        Assert.Empty(cluster.Outages);
        Assert.Equal(2, cluster.Active.Count());
    }

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
        Assert.EndsWith(ResumeCommand, result.Error!.Message, StringComparison.Ordinal);
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
        Assert.Equal([1004], cluster.Active.Select(token => token.Id));
    }

    [Theory]
    [InlineData(403, GitLabErrorKind.Forbidden, 0)]
    [InlineData(500, GitLabErrorKind.ServerError, 1)]
    public async Task A_revocation_that_fails_is_reported(int status, GitLabErrorKind kind, int warningCount)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        server.Faults.Add(Fault.Status(status).On("DELETE").Always());
        var warnings = new System.Collections.Generic.List<string>();
        var request = new RotationRequest
        {
            Timeout = TimeSpan.FromSeconds(60),
            Deploy = Deploy(cluster),
            OnWarning = warnings.Add,
        };
        AgentTokenRotation result = await RotateAsync(server, request);
        Assert.Equal(TokenRotationStatus.RevokeFailed, result.Status);
        Assert.Equal(kind, KindOf(result));
        Assert.Equal([1004], result.KeptTokens.Select(token => token.Id));
        Assert.Contains("of agent staging of project group/app on ", result.Error!.Message, StringComparison.Ordinal);
        Assert.EndsWith(ResumeCommand, result.Error.Message, StringComparison.Ordinal);
        Assert.Equal(warningCount, warnings.Count); // Once, however often the attempt is repeated.
        Assert.All(warnings, warning => Assert.Contains("is in use", warning, StringComparison.Ordinal));
        Assert.All(warnings, warning => Assert.Contains("Retrying for 50 seconds", warning, StringComparison.Ordinal));
        server.Faults.Clear();
        cluster.PassTime();
        AgentTokenRotation again = await RotateAsync(server, new RotationRequest { Resume = true });
        Assert.Equal(TokenRotationStatus.Completed, again.Status);
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

    [Fact]
    public async Task A_token_that_cannot_be_read_is_an_error()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: true);
        server.Faults.Add(Fault.Status(500).On("GET", $"/tokens/{cluster.Spare!.Id}").Always());
        await ThrowsAsync(GitLabErrorKind.ServerError, server, new RotationRequest { Deploy = Deploy(cluster) });
        Assert.DoesNotContain(server.Requests, sent => sent.Method != "GET");
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
    public async Task A_rollback_whose_response_was_lost_has_succeeded()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        server.Faults.Add(Fault.Reset().AfterActing().On("DELETE"));
        AgentTokenRotation result = await RotateAsync(server, Fail());
        Assert.Contains("It was revoked.", result.Error!.Message, StringComparison.Ordinal);
        Assert.Equal([result.NewToken!.Id], result.RevokedTokens.Select(token => token.Id));
        Assert.Equal("revoked", result.NewToken.Status);
        Assert.Equal([1004], cluster.Active.Select(token => token.Id));
    }

    [Fact]
    public async Task A_rollback_that_fails_names_the_token()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        server.Faults.Add(Fault.Html(404).On("DELETE").Always());
        AgentTokenRotation result = await RotateAsync(server, Fail());
        Assert.Contains("It may still be active", result.Error!.Message, StringComparison.Ordinal);
        Assert.EndsWith(
            SuggestedCommand.ReadToken(101, 12, result.NewToken!.Id), result.Error.Message, StringComparison.Ordinal);
        Assert.Empty(result.RevokedTokens);
        Assert.Equal(2, cluster.Active.Count());
    }

    [Fact]
    public async Task A_token_that_comes_into_use_before_a_rollback_is_repeated_is_not_revoked()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        server.Faults.Add(Fault.RateLimited(60).On("DELETE"));
        AgentTokenRotation result = await RotateAsync(server, Fail(token => cluster.Deploy(token, polls: 1)));
        Assert.Contains("already in use", result.Error!.Message, StringComparison.Ordinal);
        Assert.Equal(2, cluster.Active.Count());
        Assert.Empty(cluster.Outages);
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
    public async Task Polls_that_hang_do_not_hold_up_other_agents()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Hang().On("GET").Matching("/cluster_agents/(15|16)/tokens/10(1[2-9])$").Always());
        using GitLabSession session = TestClients.CreateSession(server.Url, options => options.Clock = TimeProvider.System);
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

    [Theory]
    [InlineData("""{"id":4711,"name":"x","agent_id":12,"status":"active","last_used_at":"2026-01-01T00:00:00Z"}""")]
    [InlineData("""{"id":1012,"name":"x","agent_id":12,"status":"revoked","last_used_at":"2026-01-01T00:00:00Z"}""")]
    public async Task A_response_about_another_or_a_revoked_token_shows_no_use(string body)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        var request = new RotationRequest
        {
            Timeout = TimeSpan.FromSeconds(30),
            Deploy = token =>
            {
                Assert.Equal(1012, token.Id);
                server.Faults.Add(Fault.Body(body).On("GET", $"/tokens/{token.Id}").Always());
                return Task.CompletedTask;
            },
        };
        AgentTokenRotation result = await RotateAsync(server, request);
        Assert.Equal(TokenRotationStatus.TimedOut, result.Status);
        Assert.Equal(2, cluster.Active.Count());
    }

    [Fact]
    public async Task A_token_is_reported_if_the_deployment_disconnects_the_session()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        using GitLabSession session = TestClients.CreateSession(server.Url);
        var request = new RotationRequest
        {
            Deploy = _ =>
            {
                session.Dispose();
                throw new InvalidOperationException("glpat-maintainer is gone");
            },
        };
        AgentTokenRotation result = await RotateAsync(new GitLabClient(session), request);
        Assert.Equal(TokenRotationStatus.DeployFailed, result.Status);
        Assert.Contains("the reason is not shown", result.Error!.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("glpat", result.Error.ToString(), StringComparison.Ordinal);
        Assert.EndsWith(
            SuggestedCommand.ReadToken(101, 12, result.NewToken!.Id), result.Error.Message, StringComparison.Ordinal);
        Assert.Equal(2, cluster.Active.Count());
    }

    [Fact]
    public async Task A_token_whose_result_cannot_be_written_is_rolled_back_if_nobody_has_it()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: true);
        var request = new RotationRequest { NoWait = true, Write = _ => throw new InvalidOperationException("closed") };
        OperationInterruptedException exception = await Assert.ThrowsAsync<OperationInterruptedException>(
            () => RotateAsync(server, request));
        string revoked = $"Stopped. Revoked: token 'spare' ({cluster.Spare!.Id}).";
        Assert.StartsWith(revoked, exception.Message, StringComparison.Ordinal);
        Assert.Contains("It was revoked.", exception.Message, StringComparison.Ordinal);
        Assert.Equal([1004], cluster.Active.Select(token => token.Id));
    }

    [Fact]
    public async Task A_token_whose_result_cannot_be_written_is_kept_if_it_is_deployed()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        var request = new RotationRequest
        {
            NoWait = true,
            Deploy = Deploy(cluster),
            Write = _ => throw new InvalidOperationException("closed"),
        };
        OperationInterruptedException exception = await Assert.ThrowsAsync<OperationInterruptedException>(
            () => RotateAsync(server, request));
        Assert.Matches("^Stopped. Token '.+' \\(1012\\) of agent staging of ", exception.Message);
        string end = $"the rotation ended as AwaitingUse. {ResumeCommand}";
        Assert.EndsWith(end, exception.Message, StringComparison.Ordinal);
        Assert.Equal(2, cluster.Active.Count());
    }

    [Fact]
    public async Task An_agent_whose_name_consists_of_digits_is_reported_by_its_ID()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        long id = server.State.AddAgent("group/app", "4711").Id;
        AgentTokenRotation? result = await TokenRotator.RotateAsync(
            TestClients.CreateClient(server), 101, id, new RotationRequest { NoWait = true }, CancellationToken.None);
        Assert.Equal(id.ToString(CultureInfo.InvariantCulture), result!.Agent);
    }

    private static Task<AgentTokenRotation> RotateAsync(FakeGitLabServer server, RotationRequest request)
        => RotateAsync(TestClients.CreateClient(server), request);

    private static async Task<AgentTokenRotation> RotateAsync(GitLabClient client, RotationRequest request)
        => (await TokenRotator.RotateAsync(client, 101, 12, request, CancellationToken.None))!;

    private static Task<GitLabApiException> ThrowsAsync(
        GitLabErrorKind kind, FakeGitLabServer server, RotationRequest request)
        => TestClients.ThrowsAsync(kind, () => RotateAsync(server, request));

    private static Func<NewAgentToken, Task> Deploy(Cluster cluster, int polls = 1) => token =>
    {
        cluster.Deploy(token, polls);
        return Task.CompletedTask;
    };

    private static RotationRequest Fail(Action<NewAgentToken>? before = null) => new()
    {
        Deploy = token =>
        {
            before?.Invoke(token);
            throw new InvalidOperationException("kubectl failed");
        },
    };

    private static RotationRequest Confirm(Action meanwhile, Action<RotationPlan>? check = null) => new()
    {
        Confirm = plan =>
        {
            check?.Invoke(plan);
            meanwhile();
            return Task.FromResult(true);
        },
    };

    private static Fault CreateUnreadable(string response) => response switch
    {
        "page with 404" => Fault.Html(404),
        "text with 404" => Fault.Body("default backend - 404", "text/plain", 404),
        "revoked" => Fault.Body("""{"id":1004,"name":"x","agent_id":12,"status":"revoked","last_used_at":null}"""),
        _ => Fault.Status(404),
    };

    private static GitLabErrorKind KindOf(AgentTokenRotation result)
        => Assert.IsType<GitLabApiException>(result.Error).Kind;
}
