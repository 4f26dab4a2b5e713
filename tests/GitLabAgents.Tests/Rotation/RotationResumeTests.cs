using System;
using System.Linq;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;
using static GitLabAgents.Tests.Rotation.RotationRequests;

namespace GitLabAgents.Tests.Rotation;

/// <summary>Checks rotations that are resumed.</summary>
public sealed class RotationResumeTests
{
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
    [InlineData(500, "text/plain", GitLabErrorKind.InvalidResponse)]
    [InlineData(500, "application/json", GitLabErrorKind.ServerError)]
    [InlineData(403, "application/json", GitLabErrorKind.Forbidden)]
    public async Task Resume_that_does_not_wait_names_the_token_and_the_command_after_a_failure(
        int status, string contentType, GitLabErrorKind kind)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: true);
        string body = contentType == "text/plain" ? "oops" : """{"message":"oops"}""";
        RotationRequest request = Confirm(() => server.Faults.Add(
            Fault.Body(body, contentType, status).On("GET", $"/tokens/{cluster.Spare!.Id}").Always()));
        request.Resume = true;
        request.NoWait = true;
        AgentTokenRotation result = await RotateAsync(server, request);
        Assert.Equal(TokenRotationStatus.AwaitingUse, result.Status);
        Assert.Equal(kind, KindOf(result));
        Assert.StartsWith(
            $"Cannot tell whether token '{result.NewToken}' ({cluster.Spare!.Id}) of agent staging of project "
                + $"group/app on {result.Session} is in use. Kept: token 'staging-1' (1004). ",
            result.Error!.Message,
            StringComparison.Ordinal);
        Assert.EndsWith(ResumeCommand, result.Error.Message, StringComparison.Ordinal);
        Assert.Equal(2, cluster.Active.Count());
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
        Assert.Equal(
            $"Token 'spare' ({cluster.Spare.Id}) of agent staging of project group/app on {result.Session} was used, "
                + "but the agent may have returned to an older token since. GitLab records a use only every 40 to 55 "
                + "minutes, so it can take two hours to rule that out. All tokens work until then. "
                + $"Kept: token 'staging-1' (1004). {ResumeCommand}",
            result.Error!.Message);
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
}
