using System.Collections.Concurrent;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <summary>
/// Turns what people give (a path, a name) into ids, and remembers it for one piece of work, so that a long pipeline
/// does not look the same name up again and again. Failures are not remembered.
/// </summary>
internal sealed class AgentIdResolver
{
    private readonly ConcurrentDictionary<(GitLabSession Session, ProjectReference Project, AgentReference Agent), (long ProjectId, long AgentId)> _known = new();

    /// <summary>Gives the ids of an agent and its project. Where both were given as ids nothing is sent.</summary>
    public async Task<(long ProjectId, long AgentId)> ResolveAsync(GitLabClient client, ProjectReference project, AgentReference agent, CancellationToken cancellationToken)
    {
        if (project.Id is { } projectId && agent.Id is { } agentId)
        {
            return (projectId, agentId);
        }

        if (!_known.TryGetValue((client.Session, project, agent), out (long, long) ids))
        {
            ClusterAgent found = await client.FindAgentAsync(project, agent, cancellationToken).ConfigureAwait(false);
            ids = (found.ProjectId, found.Id);
            _known[(client.Session, project, agent)] = ids;
        }

        return ids;
    }
}
