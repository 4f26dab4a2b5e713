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
    /// Lists the agents of a project in the order of their names, page by page.
    /// See <see href="https://docs.gitlab.com/api/cluster_agents/#list-the-agents-for-a-project"/>.
    /// </summary>
    /// <param name="project">The project.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The agents.</returns>
    public IAsyncEnumerable<ClusterAgent> GetAgentsAsync(
        ProjectReference project, CancellationToken cancellationToken = default)
        => GetAgentsAsync(project, resolvesNotFound: true, cancellationToken);

    private async IAsyncEnumerable<ClusterAgent> GetAgentsAsync(
        ProjectReference project,
        bool resolvesNotFound,
        [EnumeratorCancellation] CancellationToken cancellationToken)
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
    /// <param name="agentId">The agent's ID.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The agent.</returns>
    public async Task<ClusterAgent> GetAgentAsync(
        ProjectReference project, long agentId, CancellationToken cancellationToken = default)
    {
        var request = new ApiRequest(
            HttpMethod.Get,
            $"{AgentsPath(project)}/{agentId}",
            $"read agent {agentId} of project {project}",
            GitLabErrorKind.AgentNotFound);
        ClusterAgent agent = await ReadAsync(
            request, GitLabJson.Default.ClusterAgent, static a => a.Id, cancellationToken).ConfigureAwait(false);
        return AttachSession(agent, project);
    }

    /// <summary>Finds an agent by its ID or name. A name is looked up in the project's list of agents.</summary>
    /// <param name="project">The agent's project.</param>
    /// <param name="agent">The agent's ID or name.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <returns>The agent.</returns>
    public async Task<ClusterAgent> FindAgentAsync(
        ProjectReference project, AgentReference agent, CancellationToken cancellationToken = default)
    {
        if (agent.Id is { } id)
        {
            return await GetAgentAsync(project, id, cancellationToken).ConfigureAwait(false);
        }

        return await FindAgentByNameAsync(project, agent.Name!, cancellationToken).ConfigureAwait(false)
            ?? throw new GitLabApiException(
                GitLabErrorKind.AgentNotFound,
                $"Project {project} on {_session} has no agent named '{agent}'.",
                $"Check the name, or list the agents with {SuggestedCommand.GetAgent}.");
    }

    /// <summary>
    /// Registers an agent.
    /// See <see href="https://docs.gitlab.com/api/cluster_agents/#register-an-agent-with-a-project"/>.
    /// </summary>
    /// <param name="project">The project in which to register the agent.</param>
    /// <param name="name">The agent's name: at most 63 lower-case letters, digits and hyphens.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The agent.</returns>
    public async Task<ClusterAgent> CreateAgentAsync(
        ProjectReference project, string name, CancellationToken cancellationToken = default)
    {
        var body = new NewAgentBody { Name = name };
        var request = new ApiRequest(
            HttpMethod.Post,
            AgentsPath(project),
            $"register agent '{name}' in project {project}",
            GitLabErrorKind.ProjectNotFound)
        {
            RequiredRole = "Maintainer",
            Body = JsonSerializer.SerializeToUtf8Bytes(body, GitLabJson.Default.NewAgentBody),
            RecoveryHint = $"Look for agent '{name}' with: {SuggestedCommand.FindAgent(project, name)}",
        };
        try
        {
            ApiResponse response = await SendAsync(request, cancellationToken).ConfigureAwait(false);
            ClusterAgent agent = Parse(request, response, GitLabJson.Default.ClusterAgent);
            string? flaw = agent switch
            {
                { Id: <= 0 } => "it has no ID.",
                { ConfigProject: not { Id: > 0 } } when project.Id is null => "it has no project ID.",
                { Name: null, ConfigProject: null } => "it has neither a name nor a project.",
                _ => null,
            };
            return flaw is null
                ? AttachSession(agent, project)
                : throw ApiExceptionFactory.InvalidResponse(request, response, _session, flaw);
        }
        catch (GitLabApiException e) when (e.IsRuleViolation)
        {
            // The list shows whether the name is taken. The server's message can be in any language.
            if (await IsNameTakenAsync(project, name, cancellationToken).ConfigureAwait(false))
            {
                throw e.WithKind(
                    GitLabErrorKind.Conflict,
                    $"Project {project} already has an agent with that name.",
                    "Choose another name, or use the existing agent.");
            }

            throw;
        }
    }

    /// <summary>
    /// Removes an agent and its tokens, which disconnects its cluster.
    /// See <see href="https://docs.gitlab.com/api/cluster_agents/#delete-a-registered-agent"/>.
    /// </summary>
    /// <param name="project">The agent's project.</param>
    /// <param name="agentId">The agent's ID.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>A task that completes when the agent is removed.</returns>
    public Task DeleteAgentAsync(ProjectReference project, long agentId, CancellationToken cancellationToken = default)
    {
        var request = new ApiRequest(
            HttpMethod.Delete,
            $"{AgentsPath(project)}/{agentId}",
            $"remove agent {agentId} of project {project}",
            GitLabErrorKind.AgentNotFound)
        {
            RequiredRole = "Maintainer",
            RecoveryHint = $"Look for it with: {SuggestedCommand.ReadAgent(project, agentId)}",
        };
        return SendAsync(request, cancellationToken);
    }

    /// <summary>Removes a new agent that could not be returned to its creator. Does not throw.</summary>
    /// <param name="agent">The new agent.</param>
    /// <returns>What became of the agent, as a sentence.</returns>
    internal Task<string> RollBackAsync(ClusterAgent agent)
        => RollBackAsync(
            cancellationToken => DeleteAgentAsync(agent.ProjectId, agent.Id, cancellationToken),
            "The agent was removed.",
            "The agent could not be removed. Remove it with: "
                + SuggestedCommand.Remove(agent.ProjectId, agent.Id));

    private static string AgentsPath(ProjectReference project) => $"projects/{project.ToPathSegment()}/cluster_agents";

    private static ApiRequest ListAgentsRequest(ProjectReference project, int page, bool resolvesNotFound) => new(
        HttpMethod.Get,
        $"{AgentsPath(project)}?per_page={PageSize}&page={page}",
        $"list the agents of project {project}",
        GitLabErrorKind.ProjectNotFound)
    {
        ResolvesNotFound = resolvesNotFound,
    };

    private async Task<ClusterAgent?> FindAgentByNameAsync(
        ProjectReference project, string name, CancellationToken cancellationToken)
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

    private async Task<bool> IsNameTakenAsync(
        ProjectReference project, string name, CancellationToken cancellationToken)
    {
        try
        {
            // The case must match, because GitLab rejects capital letters for another reason.
            ClusterAgent? agent = await FindAgentByNameAsync(project, name, cancellationToken).ConfigureAwait(false);
            return string.Equals(agent?.Name, name, StringComparison.Ordinal);
        }
        catch (GitLabApiException)
        {
            return false; // The caller reports the server's own error.
        }
    }

    private ClusterAgent AttachSession(ClusterAgent agent, ProjectReference project)
    {
        agent.Session = _session;
        agent.ProjectId = agent.ConfigProject is { Id: > 0 } config
            ? config.Id
            : project.Id ?? throw new GitLabApiException(
                GitLabErrorKind.InvalidResponse,
                $"{_session} does not report the project ID of agent {agent.Id}.",
                "Specify the project by its ID instead of its path.");
        return agent;
    }
}
