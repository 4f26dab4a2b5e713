using System;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;

namespace GitLabAgents.Tests.Rotation;

/// <summary>Requests and results of rotations of agent 12, which most tests of rotations share.</summary>
internal static class RotationRequests
{
    public const string Tokens = "/api/v4/projects/101/cluster_agents/12/tokens";
    public const string ResumeCommand = "Resume with: Invoke-GitLabAgentTokenRotation -Project 101 -Agent 12 -Resume";

    /// <summary>Rotates agent 12 with the client of the tests.</summary>
    public static Task<AgentTokenRotation> RotateAsync(FakeGitLabServer server, RotationRequest request)
        => RotateAsync(TestClients.CreateClient(server), request);

    /// <summary>Rotates agent 12 with a client.</summary>
    public static async Task<AgentTokenRotation> RotateAsync(GitLabClient client, RotationRequest request)
        => (await TokenRotator.RotateAsync(client, 101, 12, request, CancellationToken.None))!;

    /// <summary>Asserts that a rotation fails with an error of a kind.</summary>
    public static Task<GitLabApiException> ThrowsAsync(
        GitLabErrorKind kind, FakeGitLabServer server, RotationRequest request)
        => TestClients.ThrowsAsync(kind, () => RotateAsync(server, request));

    /// <summary>Creates a deployment after which the cluster switches to the new token.</summary>
    public static Func<NewAgentToken, Task> Deploy(Cluster cluster, int polls = 1) => token =>
    {
        cluster.Deploy(token, polls);
        return Task.CompletedTask;
    };

    /// <summary>Creates a request whose deployment fails.</summary>
    public static RotationRequest Fail(Action<NewAgentToken>? before = null) => new()
    {
        Deploy = token =>
        {
            before?.Invoke(token);
            throw new InvalidOperationException("kubectl failed");
        },
    };

    /// <summary>Creates a request that is confirmed after an action.</summary>
    public static RotationRequest Confirm(Action meanwhile, Action<RotationPlan>? check = null) => new()
    {
        Confirm = plan =>
        {
            check?.Invoke(plan);
            meanwhile();
            return Task.FromResult(true);
        },
    };

    /// <summary>Gets the kind of the error of a result.</summary>
    public static GitLabErrorKind KindOf(AgentTokenRotation result)
        => Assert.IsType<GitLabApiException>(result.Error).Kind;
}
