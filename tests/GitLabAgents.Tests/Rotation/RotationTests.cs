using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;

namespace GitLabAgents.Tests.Rotation;

/// <summary>A rotation against the fake GitLab, when it goes well and when it does not.</summary>
public sealed class RotationTests
{
    private const string Tokens = "/api/v4/projects/101/cluster_agents/12/tokens";

    [Fact]
    public async Task The_old_token_is_revoked_after_the_new_one_is_seen_in_use()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cluster = new Cluster(server, spare: false);
        var clock = new ImmediateClock();
        RotationRun run = await RotationRun.RunAsync(TestClients.Client(server, options => options.Clock = clock), new RotationRequest { Description = "why" }, token => cluster.Deploy(token, looks: 2));

        AgentTokenRotation outcome = run.Outcome!;
        Assert.Equal(TokenRotationStatus.Completed, outcome.Status);
        string day = clock.GetUtcNow().ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        var made = Assert.IsType<NewAgentToken>(outcome.NewToken);
        Assert.Equal(($"staging-1-{day}", "why", "active"), (made.Name, server.State.FindToken(made.Id)!.Description, made.Status));
        Assert.NotNull(made.LastUsedAt);
        Assert.Equal([1004], outcome.RevokedTokens.Select(token => token.Id));
        Assert.Equal("revoked", outcome.RevokedTokens[0].Status);
        Assert.Empty(outcome.KeptTokens);
        Assert.Null(outcome.Error);
        Assert.Equal(("group/app", "staging", 101, 12), (outcome.Project, outcome.Agent, outcome.ProjectId, outcome.AgentId));
        Assert.True(outcome.CompletedAt >= outcome.StartedAt);
        Assert.Equal([made.Id], cluster.Active.Select(token => token.Id));
        Assert.Empty(cluster.Outages);
        Assert.Equal([TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10)], clock.Waits);
        Assert.Equal(
            [
                "GET /api/v4/projects/101/cluster_agents/12",
                $"GET {Tokens}?per_page=100&page=1",
                $"GET {Tokens}/1004",
                $"POST {Tokens}",
                $"GET {Tokens}/{made.Id}",
                $"GET {Tokens}/{made.Id}",
                $"GET {Tokens}/{made.Id}",
                $"DELETE {Tokens}/1004",
            ],
            server.Requests.Select(request => $"{request.Method} {request.RawTarget}"));
    }

    [Fact]
    public async Task A_token_is_given_up_only_after_another_look()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cluster = new Cluster(server, spare: true);
        RotationRun run = await RotationRun.RunAsync(TestClients.Client(server), new RotationRequest(), token => cluster.Deploy(token));
        Assert.Equal(TokenRotationStatus.Completed, run.Outcome!.Status);
        Assert.Equal([cluster.Spare!.Id, 1004], run.Outcome.RevokedTokens.Select(token => token.Id));
        Assert.Single(cluster.Active);
        string[] sent = [.. server.Requests.Select(request => request.Method)];
        Assert.Equal(["GET", "GET", "GET", "GET", "GET", "GET", "GET", "DELETE", "POST"], sent.Take(9));
    }

    [Fact]
    public async Task A_token_that_is_used_while_someone_is_asked_is_not_given_up()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cluster = new Cluster(server, spare: true);
        using var looks = new SemaphoreSlim(1);
        TokenRotator rotation = await TokenRotator.PlanAsync(TestClients.Client(server), 101, "staging", new RotationRequest(), looks, CancellationToken.None);
        server.State.MarkUsed(cluster.Spare!.Id);
        await TestClients.ThrowsAsync(GitLabErrorKind.TokenLimitReached, () => rotation.BeginAsync(CancellationToken.None));
        Assert.Equal(2, cluster.Active.Count());
        Assert.DoesNotContain(server.Requests, request => request.Method != "GET");
    }

    [Fact]
    public async Task A_token_that_is_gone_already_needs_not_be_given_up()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cluster = new Cluster(server, spare: true);
        using var looks = new SemaphoreSlim(1);
        TokenRotator rotation = await TokenRotator.PlanAsync(TestClients.Client(server), 101, 12, new RotationRequest(), looks, CancellationToken.None);
        server.State.RevokeToken(cluster.Spare!.Id);
        NewAgentToken made = await rotation.BeginAsync(CancellationToken.None);
        Assert.Equal([1004, made.Id], cluster.Active.Select(token => token.Id));
    }

    [Fact]
    public async Task Where_the_token_in_use_changes_meanwhile_nothing_is_done()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cluster = new Cluster(server, spare: true);
        using var looks = new SemaphoreSlim(1);
        TokenRotator rotation = await TokenRotator.PlanAsync(TestClients.Client(server), 101, 12, new RotationRequest(), looks, CancellationToken.None);
        server.State.RevokeToken(1004);
        await TestClients.ThrowsAsync(GitLabErrorKind.Conflict, () => rotation.BeginAsync(CancellationToken.None));
        Assert.Equal([cluster.Spare!.Id], cluster.Active.Select(token => token.Id));
    }

    [Fact]
    public async Task A_deploy_that_fails_leaves_the_old_token_alone()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cluster = new Cluster(server, spare: false);
        string secret = string.Empty;
        RotationRun run = await RotationRun.RunAsync(TestClients.Client(server), new RotationRequest(), token =>
        {
            secret = token.RevealToken();
            string encoded = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(secret));
            throw new InvalidOperationException($"kubectl said {secret}\n and {encoded} and glpat-maintainer");
        });
        AgentTokenRotation outcome = run.Outcome!;
        Assert.Equal(TokenRotationStatus.DeployFailed, outcome.Status);
        Assert.IsType<InvalidOperationException>(outcome.Error);
        Assert.Contains("kubectl said [redacted]  and [redacted] and [redacted]. It was revoked again. Kept: token 'staging-1' (1004).", outcome.Error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, outcome.Error.ToString(), StringComparison.Ordinal);
        Assert.Equal([outcome.NewToken!.Id], outcome.RevokedTokens.Select(token => token.Id));
        Assert.Equal([1004], outcome.KeptTokens.Select(token => token.Id));
        Assert.Equal([1004], cluster.Active.Select(token => token.Id));
        Assert.Null(outcome.CompletedAt);
        Assert.Empty(cluster.Outages);
    }

    [Fact]
    public async Task A_deploy_that_fails_when_its_token_is_in_use_revokes_nothing()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cluster = new Cluster(server, spare: false);
        RotationRun run = await RotationRun.RunAsync(TestClients.Client(server), new RotationRequest(), token =>
        {
            cluster.Deploy(token, looks: 0);
            throw new InvalidOperationException("too late");
        });
        Assert.Equal(TokenRotationStatus.DeployFailed, run.Outcome!.Status);
        Assert.Contains("it is in use already. Kept: token 'staging-1' (1004). Go on with: Invoke-GitLabAgentTokenRotation -Project 101 -Agent 12 -Resume", run.Outcome.Error!.Message, StringComparison.Ordinal);
        Assert.Equal(2, cluster.Active.Count());
        Assert.Empty(cluster.Outages);
        RotationRun again = await RotationRun.RunAsync(TestClients.Client(server), new RotationRequest { Resume = true }, deploy: null);
        Assert.Equal(TokenRotationStatus.Completed, again.Outcome!.Status);
        Assert.Equal([cluster.Current], cluster.Active.Select(token => token.Id));
    }

    [Fact]
    public async Task On_a_time_out_both_stay_and_it_can_be_gone_on_with()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cluster = new Cluster(server, spare: false);
        var clock = new ImmediateClock();
        var request = new RotationRequest { Timeout = TimeSpan.FromSeconds(25) };
        RotationRun run = await RotationRun.RunAsync(TestClients.Client(server, options => options.Clock = clock), request, token => cluster.Deploy(token, looks: 100));
        AgentTokenRotation outcome = run.Outcome!;
        Assert.Equal(TokenRotationStatus.TimedOut, outcome.Status);
        Assert.Equal(GitLabErrorKind.Timeout, KindOf(outcome));
        Assert.Contains("was not seen in use within 25 seconds. Kept: token 'staging-1' (1004). Go on with: Invoke-GitLabAgentTokenRotation -Project 101 -Agent 12 -Resume", outcome.Error!.Message, StringComparison.Ordinal);
        Assert.Empty(outcome.RevokedTokens);
        Assert.Equal(2, cluster.Active.Count());
        Assert.Equal([10, 10, 5], clock.Waits.Select(wait => wait.TotalSeconds)); // With a look at the very end.

        server.State.MarkUsed(outcome.NewToken!.Id);
        server.ClearRequests();
        RotationRun again = await RotationRun.RunAsync(TestClients.Client(server), new RotationRequest { Resume = true }, _ => Assert.Fail("It was deployed already."));
        Assert.Equal(TokenRotationStatus.Completed, again.Outcome!.Status);
        Assert.Equal(outcome.NewToken.Id, again.Outcome.NewToken!.Id);
        Assert.Equal([1004], again.Outcome.RevokedTokens.Select(token => token.Id));
        Assert.Equal([outcome.NewToken.Id], cluster.Active.Select(token => token.Id));
        Assert.Equal([$"DELETE {Tokens}/1004"], server.Requests.Where(r => r.Method != "GET").Select(r => $"{r.Method} {r.RawTarget}"));
    }

    [Fact]
    public async Task Without_waiting_both_stay()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cluster = new Cluster(server, spare: false);
        RotationRun run = await RotationRun.RunAsync(TestClients.Client(server), new RotationRequest { NoWait = true }, deploy: null);
        Assert.Equal(TokenRotationStatus.AwaitingUse, run.Outcome!.Status);
        Assert.Null(run.Outcome.Error);
        Assert.IsType<NewAgentToken>(run.Outcome.NewToken);
        Assert.Equal([1004], run.Outcome.KeptTokens.Select(token => token.Id));
        Assert.Equal("POST", server.Requests[^1].Method);

        server.ClearRequests();
        RotationRun look = await RotationRun.RunAsync(TestClients.Client(server), new RotationRequest { NoWait = true, Resume = true }, deploy: null);
        Assert.Equal(TokenRotationStatus.AwaitingUse, look.Outcome!.Status);
        Assert.DoesNotContain(server.Requests, request => request.Method != "GET");
        Assert.Equal(2, cluster.Active.Count());
    }

    [Fact]
    public async Task What_was_completed_today_is_not_begun_again()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cluster = new Cluster(server, spare: false);
        await RotationRun.RunAsync(TestClients.Client(server), new RotationRequest(), token => cluster.Deploy(token));
        server.ClearRequests();
        RotationRun again = await RotationRun.RunAsync(TestClients.Client(server), new RotationRequest { Resume = true }, _ => Assert.Fail("It is done."));
        Assert.Equal(TokenRotationStatus.Completed, again.Outcome!.Status);
        Assert.Empty(again.Outcome.RevokedTokens);
        Assert.DoesNotContain(server.Requests, request => request.Method != "GET");
    }

    [Fact]
    public async Task A_found_token_that_the_agent_has_left_again_replaces_nothing()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cluster = new Cluster(server, spare: true);
        server.State.MarkUsed(cluster.Spare!.Id, DateTimeOffset.UtcNow.AddHours(-2));
        RotationRun run = await RotationRun.RunAsync(TestClients.Client(server), new RotationRequest { Resume = true }, deploy: null);
        Assert.Equal(TokenRotationStatus.TimedOut, run.Outcome!.Status);
        Assert.Equal(2, cluster.Active.Count());
    }

    [Fact]
    public async Task Looks_that_fail_in_passing_are_repeated()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cluster = new Cluster(server, spare: false);
        RotationRun run = await RotationRun.RunAsync(TestClients.Client(server), new RotationRequest(), token =>
        {
            cluster.Deploy(token, looks: 8);
            string look = $"/tokens/{token.Id}$";
            server.Faults.Add(Fault.Status(500).On("GET").Matching(look));
            server.Faults.Add(Fault.Body("{").On("GET").Matching(look));
            server.Faults.Add(Fault.Status(409).On("GET").Matching(look));
            server.Faults.Add(Fault.Html(200).On("GET").Matching(look));
            server.Faults.Add(Fault.Status(500).On("DELETE"));
        });
        Assert.Equal(TokenRotationStatus.Completed, run.Outcome!.Status);
        Assert.Single(cluster.Active);
    }

    [Theory]
    [InlineData(401, GitLabErrorKind.AuthenticationFailed)]
    [InlineData(403, GitLabErrorKind.Forbidden)]
    [InlineData(404, GitLabErrorKind.TokenNotFound)]
    public async Task A_look_that_cannot_succeed_ends_the_wait(int status, GitLabErrorKind kind)
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cluster = new Cluster(server, spare: false);
        RotationRun run = await RotationRun.RunAsync(TestClients.Client(server), new RotationRequest(), token =>
        {
            cluster.Deploy(token, looks: 50);
            server.Faults.Add(Fault.Status(status).On("GET", $"/tokens/{token.Id}").Always());
            server.ClearRequests();
        });
        Assert.Equal(TokenRotationStatus.AwaitingUse, run.Outcome!.Status);
        Assert.Equal(kind, KindOf(run.Outcome));
        Assert.Contains("-Resume", run.Outcome.Error!.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests, request => request.RawTarget.Contains("/tokens/", StringComparison.Ordinal));
        Assert.Equal(2, cluster.Active.Count());
    }

    [Theory]
    [InlineData(403, GitLabErrorKind.Forbidden)]
    [InlineData(500, GitLabErrorKind.ServerError)]
    public async Task An_old_token_that_cannot_be_revoked_is_said(int status, GitLabErrorKind kind)
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cluster = new Cluster(server, spare: false);
        server.Faults.Add(Fault.Status(status).On("DELETE").Always());
        RotationRun run = await RotationRun.RunAsync(TestClients.Client(server), new RotationRequest { Timeout = TimeSpan.FromSeconds(60) }, token => cluster.Deploy(token));
        Assert.Equal(TokenRotationStatus.RevokeFailed, run.Outcome!.Status);
        Assert.Equal(kind, KindOf(run.Outcome));
        Assert.Equal([1004], run.Outcome.KeptTokens.Select(token => token.Id));
        Assert.Contains("-Resume", run.Outcome.Error!.Message, StringComparison.Ordinal);
        server.Faults.Clear();
        RotationRun again = await RotationRun.RunAsync(TestClients.Client(server), new RotationRequest { Resume = true }, deploy: null);
        Assert.Equal(TokenRotationStatus.Completed, again.Outcome!.Status);
        Assert.Single(cluster.Active);
    }

    [Fact]
    public async Task What_is_not_made_after_room_was_made_is_said()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cluster = new Cluster(server, spare: true);
        server.Faults.Add(Fault.Status(500).On("POST"));
        RotationRun run = await RotationRun.RunAsync(TestClients.Client(server), new RotationRequest(), token => cluster.Deploy(token));
        GitLabApiException exception = Assert.IsType<GitLabApiException>(run.Error);
        Assert.Equal(GitLabErrorKind.ServerError, exception.Kind);
        Assert.Contains($"token 'spare' ({cluster.Spare!.Id}) of agent staging was revoked, but no new token came about", exception.Message, StringComparison.Ordinal);
        Assert.Equal([1004], cluster.Active.Select(token => token.Id));
    }

    [Fact]
    public async Task Of_a_token_that_cannot_be_read_nothing_is_decided()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cluster = new Cluster(server, spare: true);
        server.Faults.Add(Fault.Status(500).On("GET", $"/tokens/{cluster.Spare!.Id}").Always());
        RotationRun run = await RotationRun.RunAsync(TestClients.Client(server), new RotationRequest(), token => cluster.Deploy(token));
        Assert.Equal(GitLabErrorKind.ServerError, Assert.IsType<GitLabApiException>(run.Error).Kind);
        Assert.DoesNotContain(server.Requests, request => request.Method != "GET");
    }

    [Fact]
    public async Task A_look_that_hangs_ends_with_the_wait()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cluster = new Cluster(server, spare: false);
        server.Faults.Add(Fault.Hang().On("GET").Matching("/tokens/10(0[5-9]|[1-9][0-9])$").Always());
        var request = new RotationRequest { Timeout = TimeSpan.FromMilliseconds(100), PollInterval = TimeSpan.FromMilliseconds(100) };
        RotationRun run = await RotationRun.RunAsync(TestClients.Client(server, options => options.Clock = TimeProvider.System), request, token => cluster.Deploy(token));
        Assert.Equal(TokenRotationStatus.TimedOut, run.Outcome!.Status);
        Assert.Contains("did not answer in time", run.Outcome.Error!.Message, StringComparison.Ordinal);
        Assert.Equal(2, cluster.Active.Count());
        await server.WaitForIdleAsync();
    }

    [Fact]
    public async Task A_withdrawal_whose_answer_was_lost_is_one_all_the_same()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cluster = new Cluster(server, spare: false);
        server.Faults.Add(Fault.Reset().AfterActing().On("DELETE"));
        RotationRun run = await RotationRun.RunAsync(TestClients.Client(server), new RotationRequest(), static _ => throw new InvalidOperationException("no"));
        Assert.Contains("It was revoked again.", run.Outcome!.Error!.Message, StringComparison.Ordinal);
        Assert.Equal([run.Outcome.NewToken!.Id], run.Outcome.RevokedTokens.Select(token => token.Id));
        Assert.Equal("revoked", run.Outcome.NewToken.Status);
        Assert.Equal([1004], cluster.Active.Select(token => token.Id));
    }

    [Fact]
    public async Task A_token_that_comes_into_use_while_its_withdrawal_waits_is_not_revoked()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cluster = new Cluster(server, spare: false);
        server.Faults.Add(Fault.RateLimited(60).On("DELETE"));
        RotationRun run = await RotationRun.RunAsync(TestClients.Client(server), new RotationRequest(), token =>
        {
            cluster.Deploy(token, looks: 1); // The second look finds it in use.
            throw new InvalidOperationException("no");
        });
        Assert.Contains("in use already", run.Outcome!.Error!.Message, StringComparison.Ordinal);
        Assert.Equal(2, cluster.Active.Count());
        Assert.Empty(cluster.Outages);
    }

    [Fact]
    public async Task A_token_that_comes_into_use_while_its_giving_up_waits_is_not_revoked()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cluster = new Cluster(server, spare: true);
        server.Faults.Add(Fault.RateLimited(60).On("DELETE").Where(_ =>
        {
            server.State.MarkUsed(cluster.Spare!.Id);
            return true;
        }));
        RotationRun run = await RotationRun.RunAsync(TestClients.Client(server), new RotationRequest(), token => cluster.Deploy(token));
        Assert.Equal(GitLabErrorKind.TokenLimitReached, Assert.IsType<GitLabApiException>(run.Error).Kind);
        Assert.Equal(2, cluster.Active.Count());
    }

    [Fact]
    public async Task An_old_token_that_the_agent_is_back_with_after_the_plan_is_not_revoked()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cluster = new Cluster(server, spare: true);
        DateTimeOffset earlier = DateTimeOffset.UtcNow.AddHours(-5);
        server.State.MarkUsed(cluster.Spare!.Id, earlier);
        server.State.MarkUsed(1004, earlier.AddHours(-1));
        using var looks = new SemaphoreSlim(1);
        TokenRotator rotation = await TokenRotator.PlanAsync(TestClients.Client(server), 101, 12, new RotationRequest { Resume = true }, looks, CancellationToken.None);
        Assert.True(rotation.Plan.IsInUse(rotation.Plan.Resumed!));
        server.State.MarkUsed(1004); // While someone was asked.
        AgentTokenRotation outcome = await rotation.FinishAsync(CancellationToken.None);
        Assert.Equal(TokenRotationStatus.TimedOut, outcome.Status);
        Assert.Equal(2, cluster.Active.Count());
    }

    [Fact]
    public async Task A_plan_that_is_out_of_date_is_not_carried_out()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cluster = new Cluster(server, spare: false);
        var clock = new ImmediateClock();
        using var looks = new SemaphoreSlim(1);
        TokenRotator rotation = await TokenRotator.PlanAsync(TestClients.Client(server, options => options.Clock = clock), 101, 12, new RotationRequest(), looks, CancellationToken.None);
        await Task.Delay(TimeSpan.FromMinutes(1), clock); // Someone is asked, and someone else rotates.
        server.State.AddToken(cluster.Old.Agent, "other", lastUsedAt: DateTimeOffset.UtcNow);
        server.State.RevokeToken(1004);
        await TestClients.ThrowsAsync(GitLabErrorKind.Conflict, () => rotation.BeginAsync(CancellationToken.None));
        Assert.DoesNotContain(server.Requests, request => request.Method != "GET");
    }

    [Fact]
    public async Task Waits_that_the_server_asks_for_are_kept_between_looks()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cluster = new Cluster(server, spare: false);
        var clock = new ImmediateClock();
        GitLabClient client = TestClients.Client(server, options =>
        {
            options.Clock = clock;
            options.MaximumRetryCount = 0;
        });
        RotationRun run = await RotationRun.RunAsync(client, new RotationRequest(), token =>
        {
            cluster.Deploy(token, looks: 1);
            server.Faults.Add(Fault.RateLimited(60).On("GET", $"/tokens/{token.Id}"));
            server.Faults.Add(Fault.RateLimited(3).On("DELETE"));
        });
        Assert.Equal(TokenRotationStatus.Completed, run.Outcome!.Status);
        Assert.Equal([60, 10], clock.Waits.Select(wait => wait.TotalSeconds));
    }

    [Fact]
    public async Task Looks_that_hang_hold_up_no_other_agent()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        server.Faults.Add(Fault.Hang().On("GET").Matching("/cluster_agents/(15|16)/tokens/10(1[2-9])$").Always());
        using GitLabSession session = TestClients.Session(server.Url, options => options.Clock = TimeProvider.System);
        var client = new GitLabClient(session);
        using var looks = new SemaphoreSlim(3);
        using var stop = new CancellationTokenSource();
        var finishing = new System.Collections.Generic.List<Task<AgentTokenRotation>>();
        foreach ((long project, long agent) in ((long, long)[])[(104, 15), (105, 16), (101, 12), (103, 14)])
        {
            TokenRotator rotation = await TokenRotator.PlanAsync(client, project, agent, new RotationRequest { PollInterval = TimeSpan.FromSeconds(1) }, looks, stop.Token);
            NewAgentToken made = await rotation.BeginAsync(stop.Token);
            server.State.MarkUsed(made.Id);
            finishing.Add(rotation.FinishAsync(stop.Token));
        }

        Assert.Equal(TokenRotationStatus.Completed, (await finishing[2]).Status);
        Assert.Equal(TokenRotationStatus.Completed, (await finishing[3]).Status);
        Assert.False(finishing[0].IsCompleted || finishing[1].IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(finishing));
    }

    [Theory]
    [InlineData("""{"id":4711,"name":"x","agent_id":12,"status":"active","last_used_at":"2026-01-01T00:00:00Z"}""")]
    [InlineData("""{"id":1012,"name":"x","agent_id":12,"status":"revoked","last_used_at":"2026-01-01T00:00:00Z"}""")]
    public async Task An_answer_about_another_token_or_a_revoked_one_is_no_use(string body)
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cluster = new Cluster(server, spare: false);
        RotationRun run = await RotationRun.RunAsync(TestClients.Client(server), new RotationRequest { Timeout = TimeSpan.FromSeconds(30) }, token =>
        {
            Assert.Equal(1012, token.Id);
            server.Faults.Add(Fault.Body(body).On("GET", $"/tokens/{token.Id}").Always());
        });
        Assert.Equal(TokenRotationStatus.TimedOut, run.Outcome!.Status);
        Assert.Equal(2, cluster.Active.Count());
    }

    [Fact]
    public async Task A_session_that_the_deploy_disconnects_leaves_a_token_that_is_told_of()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cluster = new Cluster(server, spare: false);
        using GitLabSession session = TestClients.Session(server.Url);
        RotationRun run = await RotationRun.RunAsync(new GitLabClient(session), new RotationRequest(), _ =>
        {
            session.Dispose();
            throw new InvalidOperationException("glpat-maintainer is gone");
        });
        Assert.Equal(TokenRotationStatus.DeployFailed, run.Outcome!.Status);
        Assert.Contains("its words are not shown", run.Outcome.Error!.Message, StringComparison.Ordinal);
        Assert.Contains($"Get-GitLabAgentToken -Project 101 -Agent 12 -TokenId {run.Outcome.NewToken!.Id}", run.Outcome.Error.Message, StringComparison.Ordinal);
        Assert.Equal(2, cluster.Active.Count());
    }

    [Fact]
    public async Task A_name_of_digits_leads_back_by_its_id()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        server.State.AddAgent("group/app", "4711");
        RotationRequest request = new() { NoWait = true };
        using var looks = new SemaphoreSlim(1);
        long id = server.State.FindAgent("group/app", "4711")!.Id;
        TokenRotator rotation = await TokenRotator.PlanAsync(TestClients.Client(server), 101, id, request, looks, CancellationToken.None);
        await rotation.BeginAsync(CancellationToken.None);
        Assert.Equal(id.ToString(System.Globalization.CultureInfo.InvariantCulture), rotation.FinishWithoutWaiting().Agent);
    }

    private static GitLabErrorKind KindOf(AgentTokenRotation outcome) => Assert.IsType<GitLabApiException>(outcome.Error).Kind;
}
