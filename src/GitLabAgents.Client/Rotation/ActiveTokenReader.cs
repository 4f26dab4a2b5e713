using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <summary>
/// Reads the active tokens of an agent with their last use, for decisions about what to revoke. A token counts as gone
/// only if GitLab's list no longer has it: that it cannot be read proves nothing.
/// </summary>
internal sealed class ActiveTokenReader(GitLabClient client, ClusterAgent agent)
{
    /// <summary>Reads all active tokens.</summary>
    /// <param name="cancellationToken">Cancels the requests.</param>
    /// <exception cref="GitLabApiException">One of the tokens cannot be read.</exception>
    public async Task<AgentToken[]> ReadAllAsync(CancellationToken cancellationToken)
    {
        List<AgentToken> listed = await ListAsync(cancellationToken).ConfigureAwait(false);
        IEnumerable<Task<AgentToken?>> reads = listed.Select(token => ReadAsync(token, cancellationToken));
        return [.. (await Task.WhenAll(reads).ConfigureAwait(false)).OfType<AgentToken>()];
    }

    /// <summary>Reads one token.</summary>
    /// <param name="token">The token.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    /// <returns>The token, or <see langword="null"/> if it is no longer active.</returns>
    /// <exception cref="GitLabApiException">The token cannot be read.</exception>
    public async Task<AgentToken?> ReadAsync(AgentToken token, CancellationToken cancellationToken)
    {
        try
        {
            AgentToken current = await client.GetTokenAsync(agent.ProjectId, agent.Id, token.Id, cancellationToken)
                .ConfigureAwait(false);
            if (current.Id == token.Id && current.Status != AgentToken.Revoked)
            {
                return current;
            }
        }
        catch (GitLabApiException e) when (e.Kind == GitLabErrorKind.TokenNotFound)
        {
            // The list decides.
        }

        List<AgentToken> listed = await ListAsync(cancellationToken).ConfigureAwait(false);
        return listed.TrueForAll(other => other.Id != token.Id) ? null : throw new GitLabApiException(
            GitLabErrorKind.InvalidResponse,
            $"Cannot read {RotationFormatter.FormatToken(token)} of {RotationFormatter.FormatAgent(agent)}, although "
                + "GitLab lists it as active.",
            "Check the address of the GitLab, and the proxies in between.");
    }

    private async Task<List<AgentToken>> ListAsync(CancellationToken cancellationToken)
    {
        var tokens = new List<AgentToken>();
        await foreach (AgentToken token in client.GetTokensAsync(agent.ProjectId, agent.Id, cancellationToken)
            .ConfigureAwait(false))
        {
            tokens.Add(token);
        }

        return tokens;
    }
}
