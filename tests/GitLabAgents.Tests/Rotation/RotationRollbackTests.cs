using System;
using System.Linq;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;
using static GitLabAgents.Tests.Rotation.RotationRequests;

namespace GitLabAgents.Tests.Rotation;

/// <summary>Checks deployments and results that fail, and which tokens are then rolled back.</summary>
public sealed class RotationRollbackTests
{
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
        string action = "Check whether it is used, and revoke it if it is not: "
            + $"Get-GitLabAgentToken -Project 101 -Agent 12 -TokenId {result.NewToken!.Id}";
        Assert.Matches(
            "was not deployed: kubectl failed\\. It may still be active, because it could not be revoked for certain "
                + "\\(Cannot revoke token .+ responded with 404 and HTML\\..*[^.]\\)\\. "
                + $"Kept: token 'staging-1' \\(1004\\)\\. {action}$",
            result.Error!.Message);
        Assert.Equal(action, result.RecommendedAction);
        Assert.Empty(result.RevokedTokens);
        Assert.Equal(2, cluster.Active.Count());
    }

    [Fact]
    public async Task A_new_token_whose_last_use_is_unknown_is_not_rolled_back()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        server.Faults.Add(Fault.Body("""{"id":1012,"name":"x","agent_id":12,"status":"active"}""")
            .On("GET", "/tokens/1012"));
        AgentTokenRotation result = await RotateAsync(server, Fail());
        Assert.EndsWith(
            "It was not revoked, because its last use is unknown. Kept: token 'staging-1' (1004).",
            result.Error!.Message,
            StringComparison.Ordinal);
        Assert.Equal(2, cluster.Active.Count());
    }

    [Fact]
    public async Task A_new_token_that_somebody_else_revoked_is_not_rolled_back()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        AgentTokenRotation result = await RotateAsync(server, Fail(token => server.State.RevokeToken(token.Id)));
        Assert.Contains(" It is no longer active. Kept: ", result.Error!.Message, StringComparison.Ordinal);
        Assert.Empty(result.RevokedTokens);
        Assert.DoesNotContain(server.Requests, sent => sent.Method == "DELETE");
    }

    [Fact]
    public async Task A_deployment_of_the_first_token_that_fails_keeps_none()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.State.RevokeToken(1004);
        AgentTokenRotation result = await RotateAsync(server, Fail());
        Assert.EndsWith(
            " was not deployed: kubectl failed. It was revoked.", result.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deployment_that_fails_without_a_message_has_no_reason()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var request = new RotationRequest { Deploy = _ => throw new InvalidOperationException(" ") };
        AgentTokenRotation result = await RotateAsync(server, request);
        Assert.Contains(
            "was not deployed: no reason was given. It was revoked.", result.Error!.Message, StringComparison.Ordinal);
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
    public async Task A_token_whose_result_cannot_be_written_is_rolled_back_if_nobody_has_it()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: true);
        var request = new RotationRequest { NoWait = true, Write = _ => throw new InvalidOperationException("closed") };
        OperationInterruptedException exception = await Assert.ThrowsAsync<OperationInterruptedException>(
            () => RotateAsync(server, request));
        Assert.Matches(
            $"^Stopped\\. Revoked: token 'spare' \\({cluster.Spare!.Id}\\)\\. Token '.+' \\(1013\\) of agent staging "
                + ".+ was not deployed: the rotation was stopped\\. It was revoked\\. "
                + "Kept: token 'staging-1' \\(1004\\)\\.$",
            exception.Message);
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

    [Theory]
    [InlineData(1, "the rotation ended as Completed\\.$")]
    [InlineData(9, "the rotation ended as TimedOut\\. Token .+ was not seen in use within 25 seconds\\..+ -Resume$")]
    public async Task A_result_that_cannot_be_written_is_part_of_the_error(int polls, string end)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var request = new RotationRequest
        {
            Timeout = TimeSpan.FromSeconds(25),
            Deploy = Deploy(new Cluster(server, spare: false), polls),
            Write = _ => throw new InvalidOperationException("closed"),
        };
        OperationInterruptedException exception = await Assert.ThrowsAsync<OperationInterruptedException>(
            () => RotateAsync(server, request));
        Assert.Matches(end, exception.Message);
    }
}
