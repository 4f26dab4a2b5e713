using System.Collections.Concurrent;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <summary>
/// Resolves project paths and agent names to IDs, and caches the results, so that a long pipeline does not look up the
/// same name repeatedly. Failures are not cached.
/// </summary>
internal sealed class AgentIdResolver
{
    private readonly ConcurrentDictionary<(GitLabSession, ProjectReference, AgentReference), (long, long)> _ids = new();

    /// <summary>Returns the IDs of an agent and its project. Sends nothing if both were given as IDs.</summary>
    public async Task<(long ProjectId, long AgentId)> ResolveAsync(
        GitLabClient client, ProjectReference project, AgentReference agent, CancellationToken cancellationToken)
    {
        if (project.Id is { } projectId && agent.Id is { } agentId)
        {
            return (projectId, agentId);
        }

        if (!_ids.TryGetValue((client.Session, project, agent), out (long, long) ids))
        {
            ClusterAgent found = await client.FindAgentAsync(project, agent, cancellationToken).ConfigureAwait(false);
            ids = (found.ProjectId, found.Id);
            _ids[(client.Session, project, agent)] = ids;
        }

        return ids;
    }
}
