using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <content>Connections, which only GraphQL shows.</content>
public sealed partial class GitLabClient
{
    /// <summary>
    /// Reads whether an agent is connected. If GitLab does not say (GraphQL is off, the role does not suffice, the
    /// agent server cannot be reached), that is not an error but a result with an unknown status and the reason.
    /// See <see href="https://docs.gitlab.com/api/graphql/reference/#projectclusteragent"/>.
    /// </summary>
    /// <param name="project">The agent's project.</param>
    /// <param name="agent">The agent's ID or name.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    /// <returns>The agent's connection.</returns>
    public async Task<AgentConnection> GetConnectionAsync(
        ProjectReference project, AgentReference agent, CancellationToken cancellationToken = default)
    {
        ClusterAgent found = await FindAgentAsync(project, agent, cancellationToken).ConfigureAwait(false);
        return new AgentConnection(found, await ReadConnectionAsync(found, cancellationToken).ConfigureAwait(false));
    }

    private async Task<ConnectionReport> ReadConnectionAsync(ClusterAgent agent, CancellationToken cancellationToken)
    {
        if (agent.ProjectPath is not { } path)
        {
            return ConnectionReport.Unknown(
                $"GitLab does not report the path of project {agent.ProjectId}, by which GraphQL finds it.");
        }

        if (agent.Name is not { Length: > 0 } name)
        {
            return ConnectionReport.Unknown("GitLab does not report the agent's name, by which GraphQL finds it.");
        }

        var query = new AgentQuery(_session.GraphQL, AgentParts.Tokens | AgentParts.Connections);
        GraphQLResult result = await QueryAsync(
            QueryDocument.Agent,
            query,
            () => new GraphQLVariables { Project = path, Agent = name },
            $"read the connections of agent '{name}' of project {path}",
            cancellationToken).ConfigureAwait(false);
        if (result.Data is not { } data)
        {
            return ConnectionReport.Unknown(result.Reason!);
        }

        GraphQLErrorScope projectErrors = result.Errors.Enter("project");
        GraphQLErrorScope errors = projectErrors.Enter("clusterAgent");
        var reader = new ProjectNodeReader(this, query, result.ServerTime);
        AgentRecord? record = data.Project is { } node
            ? reader.ReadAgent(node, agent.ProjectId, projectErrors, node.ClusterAgent, errors)
            : null;
        return record?.Agent.Id == agent.Id
            ? record.Connection
            : ConnectionReport.Unknown(QuoteMessages(errors.ToList()) ?? ConnectionReport.NotShown);
    }
}
