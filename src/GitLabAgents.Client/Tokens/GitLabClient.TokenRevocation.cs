using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.Transport;

namespace GitLabAgents;

/// <content>Revocation of tokens: operation 8.</content>
public sealed partial class GitLabClient
{
    /// <summary>
    /// Revokes a token: agents that sign in with it are disconnected. Revoking a revoked token is not an error.
    /// See <see href="https://docs.gitlab.com/api/cluster_agents/#revoke-an-agent-token"/>.
    /// </summary>
    /// <param name="project">The agent's project.</param>
    /// <param name="agentId">The agent's ID.</param>
    /// <param name="tokenId">The token's ID.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>A task that completes when the token is revoked.</returns>
    public Task RevokeTokenAsync(
        ProjectReference project, long agentId, long tokenId, CancellationToken cancellationToken = default)
        => RevokeAsync(project, agentId, tokenId, new RequestContext(), cancellationToken);

    /// <summary>
    /// Revokes a token without retries: before another attempt, the caller must check again whether it is used.
    /// </summary>
    internal Task RevokeTokenOnceAsync(
        ProjectReference project, long agentId, long tokenId, CancellationToken cancellationToken)
        => RevokeAsync(project, agentId, tokenId, new RequestContext { NoRetry = true }, cancellationToken);

    /// <summary>Revokes a token that its creator cannot receive. Does not throw.</summary>
    /// <param name="token">The new token.</param>
    /// <returns>What became of the token, as a sentence.</returns>
    internal Task<string> RollBackAsync(NewAgentToken token)
        => RollBackAsync(
            cancellationToken => RevokeTokenAsync(token.ProjectId!.Value, token.AgentId, token.Id, cancellationToken),
            "The token was revoked.",
            "The token could not be revoked, and nobody knows its secret. Revoke it with: "
                + SuggestedCommand.Revoke(token.ProjectId!.Value, token.AgentId, token.Id));

    private Task RevokeAsync(
        ProjectReference project,
        long agentId,
        long tokenId,
        RequestContext context,
        CancellationToken cancellationToken)
        => SendAsync(
            new ApiRequest(
                HttpMethod.Delete,
                $"{TokensPath(project, agentId)}/{tokenId}",
                $"revoke token {tokenId} of agent {agentId} of project {project}",
                GitLabErrorKind.TokenNotFound)
            {
                RequiredRole = "Maintainer",
                RecoveryHint = $"Look for it with: {SuggestedCommand.ReadToken(project, agentId, tokenId)}",
            },
            cancellationToken,
            context);
}
