using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <summary>Reads the active tokens of an agent with their last use, for decisions about what to revoke.</summary>
internal sealed class ActiveTokenReader(GitLabClient client, ClusterAgent agent)
{
    /// <summary>Reads all active tokens.</summary>
    /// <param name="cancellationToken">Cancels the requests.</param>
    /// <exception cref="GitLabApiException">One of the tokens cannot be read.</exception>
    public async Task<AgentToken[]> ReadAllAsync(CancellationToken cancellationToken)
    {
        var listed = new List<AgentToken>();
        await foreach (AgentToken token in client.GetTokensAsync(agent.ProjectId, agent.Id, cancellationToken)
            .ConfigureAwait(false))
        {
            listed.Add(token);
        }

        IEnumerable<Task<AgentToken?>> reads = listed.Select(token => ReadAsync(token, cancellationToken));
        return [.. (await Task.WhenAll(reads).ConfigureAwait(false)).OfType<AgentToken>()];
    }

    /// <summary>Reads one token.</summary>
    /// <param name="token">The token.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    /// <returns>The token, or <see langword="null"/> if it is no longer active.</returns>
    /// <exception cref="GitLabApiException">The token cannot be read.</exception>
    public Task<AgentToken?> ReadAsync(AgentToken token, CancellationToken cancellationToken)
        => client.GetActiveTokenAsync(agent.ProjectId, token, cancellationToken);
}
