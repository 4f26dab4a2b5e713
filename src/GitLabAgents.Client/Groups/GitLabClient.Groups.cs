using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <content>Agents of groups.</content>
public sealed partial class GitLabClient
{
    /// <summary>
    /// Lists the agents of all projects of a group, except archived projects and projects that are only shared with it.
    /// Projects come by descending ID, their agents by name. A project whose agents may not be read is skipped.
    /// See <see href="https://docs.gitlab.com/api/graphql/reference/#groupprojects"/>,
    /// <see href="https://docs.gitlab.com/api/groups/#list-projects"/> and
    /// <see href="https://docs.gitlab.com/api/cluster_agents/#list-the-agents-for-a-project"/>.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <param name="recurse">Whether to include the projects of its subgroups.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>
    /// The agents, or an error for each project that could not be read, whose target is the project's path.
    /// </returns>
    public async IAsyncEnumerable<ItemResult<ClusterAgent>> GetGroupAgentsAsync(
        GroupReference group, bool recurse, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var query = new AgentQuery(_session.GraphQL, AgentParts.None);
        ProjectScope scope = await CreateGroupScopeAsync(group, recurse, includeArchived: false, cancellationToken)
            .ConfigureAwait(false);
        IAsyncEnumerable<ItemResult<AgentRecord>> records = ReadAgentsAsync(scope, query, cancellationToken);
        await foreach (ItemResult<AgentRecord> record in records.ConfigureAwait(false))
        {
            yield return record.Value is { } value
                ? new ItemResult<ClusterAgent>(value.Agent)
                : new ItemResult<ClusterAgent>(record.Error!, record.Target);
        }
    }
}
