using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <content>Agents: operations 1 to 4.</content>
public sealed partial class GitLabClient
{
    /// <summary>
    /// Lists the agents of a project, name ascending, as they arrive.
    /// See <see href="https://docs.gitlab.com/api/cluster_agents/#list-the-agents-for-a-project"/>.
    /// </summary>
    /// <param name="project">The project.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <returns>The agents.</returns>
    public IAsyncEnumerable<ClusterAgent> GetAgentsAsync(ProjectReference project, CancellationToken cancellationToken = default)
        => GetAgentsAsync(project, resolvesNotFound: true, cancellationToken);

    private async IAsyncEnumerable<ClusterAgent> GetAgentsAsync(ProjectReference project, bool resolvesNotFound, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IAsyncEnumerable<ClusterAgent> agents = ReadPagesAsync(
            page => ListAgentsRequest(project, page, resolvesNotFound),
            GitLabJson.Default.ListClusterAgent,
            static agent => agent.Id,
            onFirstPage: null,
            cancellationToken);
        await foreach (ClusterAgent agent in agents.ConfigureAwait(false))
        {
            yield return AttachSession(agent, project);
        }
    }

    /// <summary>
    /// Reads one agent.
    /// See <see href="https://docs.gitlab.com/api/cluster_agents/#get-details-about-an-agent"/>.
    /// </summary>
    /// <param name="project">The agent's project.</param>
    /// <param name="agentId">The agent's id.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <returns>The agent.</returns>
    public async Task<ClusterAgent> GetAgentAsync(ProjectReference project, long agentId, CancellationToken cancellationToken = default)
    {
        var call = new ApiRequest(HttpMethod.Get, $"{AgentsPath(project)}/{agentId}", $"read agent {agentId} of project {project}", GitLabErrorKind.AgentNotFound);
        return AttachSession(await ReadAsync(call, GitLabJson.Default.ClusterAgent, static a => a.Id, cancellationToken).ConfigureAwait(false), project);
    }

    /// <summary>Finds an agent by its id or name; a name is looked up in the project's list.</summary>
    /// <param name="project">The agent's project.</param>
    /// <param name="agent">The agent's id or name.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <returns>The agent.</returns>
    public async Task<ClusterAgent> FindAgentAsync(ProjectReference project, AgentReference agent, CancellationToken cancellationToken = default)
    {
        if (agent.Id is { } id)
        {
            return await GetAgentAsync(project, id, cancellationToken).ConfigureAwait(false);
        }

        return await FindAgentByNameAsync(project, agent.Name!, cancellationToken).ConfigureAwait(false)
            ?? throw new GitLabApiException(GitLabErrorKind.AgentNotFound, $"Project {project} on {_session} has no agent named '{agent}'.", $"Check the name, or list the agents with {SuggestedCommand.GetAgent}.");
    }

    /// <summary>
    /// Registers an agent.
    /// See <see href="https://docs.gitlab.com/api/cluster_agents/#register-an-agent-with-a-project"/>.
    /// </summary>
    /// <param name="project">The project that is to hold the agent.</param>
    /// <param name="name">The agent's name, as GitLab takes it: at most 63 lower-case letters, digits and hyphens.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <returns>The agent.</returns>
    public async Task<ClusterAgent> CreateAgentAsync(ProjectReference project, string name, CancellationToken cancellationToken = default)
    {
        var call = new ApiRequest(HttpMethod.Post, AgentsPath(project), $"register agent '{name}' in project {project}", GitLabErrorKind.ProjectNotFound)
        {
            RequiredRole = "Maintainer",
            Body = JsonSerializer.SerializeToUtf8Bytes(new NewAgentBody { Name = name }, GitLabJson.Default.NewAgentBody),
            RecoveryHint = $"Look for agent '{name}' with: {SuggestedCommand.FindAgent(project, name)}",
        };
        try
        {
            return AttachSession(await ReadAsync(call, GitLabJson.Default.ClusterAgent, static a => a.Id, cancellationToken).ConfigureAwait(false), project);
        }
        catch (GitLabApiException e) when (e.IsRuleViolation)
        {
            // Whether the name is taken is decided by looking, since the server's words can be in any language.
            if (await IsNameTakenAsync(project, name, cancellationToken).ConfigureAwait(false))
            {
                throw e.WithKind(GitLabErrorKind.Conflict, $"Project {project} has an agent of that name.", "Choose another name, or use the agent that is there.");
            }

            throw;
        }
    }

    /// <summary>
    /// Removes an agent, with its tokens: its cluster is cut off.
    /// See <see href="https://docs.gitlab.com/api/cluster_agents/#delete-a-registered-agent"/>.
    /// </summary>
    /// <param name="project">The agent's project.</param>
    /// <param name="agentId">The agent's id.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <returns>A task that ends when the agent is gone.</returns>
    public Task DeleteAgentAsync(ProjectReference project, long agentId, CancellationToken cancellationToken = default)
        => SendAsync(
            new ApiRequest(HttpMethod.Delete, $"{AgentsPath(project)}/{agentId}", $"remove agent {agentId} of project {project}", GitLabErrorKind.AgentNotFound)
            {
                RequiredRole = "Maintainer",
                RecoveryHint = $"Look for it with: {SuggestedCommand.ReadAgent(project, agentId)}",
            },
            cancellationToken);

    /// <summary>Removes an agent that its creator cannot receive. Does not throw.</summary>
    /// <param name="agent">The new agent.</param>
    /// <returns>What became of the agent, as a sentence.</returns>
    internal Task<string> RollBackAsync(ClusterAgent agent)
        => RollBackAsync(
            cancellationToken => DeleteAgentAsync(agent.ProjectId, agent.Id, cancellationToken),
            "The agent was removed.",
            $"The agent could not be removed. Remove it with: Remove-GitLabClusterAgent -Project {agent.ProjectId} -Agent {agent.Id}");

    private static string AgentsPath(ProjectReference project) => $"projects/{project.ToPathSegment()}/cluster_agents";

    private static ApiRequest ListAgentsRequest(ProjectReference project, int page, bool resolvesNotFound)
        => new(HttpMethod.Get, $"{AgentsPath(project)}?per_page={PageSize}&page={page}", $"list the agents of project {project}", GitLabErrorKind.ProjectNotFound)
        {
            ResolvesNotFound = resolvesNotFound,
        };

    private async Task<ClusterAgent?> FindAgentByNameAsync(ProjectReference project, string name, CancellationToken cancellationToken)
    {
        await foreach (ClusterAgent agent in GetAgentsAsync(project, cancellationToken).ConfigureAwait(false))
        {
            if (string.Equals(agent.Name, name, StringComparison.OrdinalIgnoreCase))
            {
                return agent;
            }
        }

        return null;
    }

    private async Task<bool> IsNameTakenAsync(ProjectReference project, string name, CancellationToken cancellationToken)
    {
        try
        {
            // Only the exact name is taken: GitLab refuses capitals for another reason.
            ClusterAgent? agent = await FindAgentByNameAsync(project, name, cancellationToken).ConfigureAwait(false);
            return string.Equals(agent?.Name, name, StringComparison.Ordinal);
        }
        catch (GitLabApiException)
        {
            return false; // Then the server's own refusal is all there is to say.
        }
    }

    private ClusterAgent AttachSession(ClusterAgent agent, ProjectReference project)
    {
        agent.Session = _session;
        agent.ProjectId = agent.ConfigProject is { Id: > 0 } config ? config.Id
            : project.Id ?? throw new GitLabApiException(GitLabErrorKind.InvalidResponse, $"{_session} does not tell the project's id with agent {agent.Id}.", "Give the project by its id instead of its path.");
        return agent;
    }
}
