using System;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;
using static GitLabAgents.Tests.Rotation.RotationRequests;

namespace GitLabAgents.Tests.Rotation;

/// <summary>Checks rotations that succeed, and revocations that fail.</summary>
public sealed class RotationTests
{
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
        Assert.Equal(TimeSpan.FromSeconds(20), result.CompletedAt - result.StartedAt);
        Assert.Equal((client.Session, "staging: Completed"), (result.Session, result.ToString()));
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
    public async Task A_rotation_that_does_not_wait_keeps_all_tokens()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        AgentTokenRotation? written = null;
        var request = new RotationRequest
        {
            NoWait = true,
            Write = result =>
            {
                written = result;
                return Task.CompletedTask;
            },
        };
        AgentTokenRotation result = await RotateAsync(server, request);
        Assert.Same(result, written);
        Assert.Equal(TokenRotationStatus.AwaitingUse, result.Status);
        Assert.Null(result.Error);
        Assert.Null(result.CompletedAt);
        Assert.IsType<NewAgentToken>(result.NewToken);
        Assert.Equal([1004], result.KeptTokens.Select(token => token.Id));
        Assert.Equal("POST", server.Requests[^1].Method);

        server.ClearRequests();
        AgentTokenRotation again = await RotateAsync(server, new RotationRequest { NoWait = true, Resume = true });
        Assert.Equal(TokenRotationStatus.AwaitingUse, again.Status);
        Assert.DoesNotContain(server.Requests, sent => sent.Method != "GET");
        Assert.Equal(2, cluster.Active.Count());
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
        string token = $"Token '{result.NewToken}' (1012) of agent staging of project group/app on {result.Session}";
        Assert.StartsWith(
            $"{token} is in use, but not every older token could be revoked. Kept: token 'staging-1' (1004). Cannot "
                + $"revoke token 1004 of agent 12 of project 101 on {result.Session}: ",
            result.Error!.Message,
            StringComparison.Ordinal);
        Assert.EndsWith($". {ResumeCommand}", result.Error.Message, StringComparison.Ordinal);
        Assert.Equal(ResumeCommand, result.RecommendedAction);
        Assert.Equal(warningCount, warnings.Count); // Once, however often the attempt is repeated.
        Assert.All(warnings, warning => Assert.StartsWith(
            $"{token} is in use, but not every older token could be revoked. Retrying for 50 seconds: Cannot revoke ",
            warning,
            StringComparison.Ordinal));
        server.Faults.Clear();
        cluster.PassTime();
        AgentTokenRotation again = await RotateAsync(server, new RotationRequest { Resume = true });
        Assert.Equal(TokenRotationStatus.Completed, again.Status);
    }

    [Fact]
    public async Task Without_a_timeout_a_revocation_is_repeated_until_it_succeeds()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        server.Faults.Add(Fault.Status(500).On("DELETE").Repeat(2));
        server.Faults.Add(Fault.Status(503).On("DELETE"));
        var warnings = new System.Collections.Generic.List<string>();
        var request = new RotationRequest
        {
            Timeout = TimeSpan.Zero,
            Deploy = Deploy(cluster),
            OnWarning = warnings.Add,
            OnProgress = static progress => Assert.Null(progress.Deadline),
        };
        AgentTokenRotation result = await RotateAsync(server, request);
        Assert.Equal(TokenRotationStatus.Completed, result.Status);
        Assert.Equal(2, warnings.Count); // One for each reason.
        Assert.Contains("could be revoked. Retrying: Cannot revoke token 1004", warnings[0], StringComparison.Ordinal);
        Assert.Contains(" 500", warnings[0], StringComparison.Ordinal);
        Assert.Contains(" 503", warnings[1], StringComparison.Ordinal);
    }

    // A timer takes at most 49 days.
    [Fact]
    public async Task A_rotation_can_wait_for_months()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var request = new RotationRequest
        {
            Timeout = TimeSpan.FromDays(90),
            Deploy = Deploy(new Cluster(server, spare: false)),
        };
        Assert.Equal(TokenRotationStatus.Completed, (await RotateAsync(server, request)).Status);
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
}
