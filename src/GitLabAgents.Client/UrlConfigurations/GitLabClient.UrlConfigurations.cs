using System.Collections.Generic;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <content>URL configurations of receptive agents: operations 9, 10 and 12.</content>
public sealed partial class GitLabClient
{
    private const string ReceptiveAgentsUnsupported =
        "This GitLab has no receptive agents. They are part of GitLab Ultimate, self-managed, since version 17.4.";

    private const string ReceptiveAgentsDisabled =
        "Receptive agents are disabled on this GitLab. An administrator can enable them; they are part of GitLab "
            + "Ultimate, self-managed.";

    /// <summary>
    /// Lists the URL configurations of an agent: none or one.
    /// See <see href="https://docs.gitlab.com/api/cluster_agents/#list-url-configurations-for-a-receptive-agent"/>.
    /// </summary>
    /// <param name="projectId">The ID of the agent's project.</param>
    /// <param name="agentId">The agent's ID.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The configurations.</returns>
    public async Task<AgentUrlConfiguration[]> GetUrlConfigurationsAsync(
        long projectId, long agentId, CancellationToken cancellationToken = default)
    {
        try
        {
            List<AgentUrlConfiguration> list = await ListUrlConfigurationsAsync(projectId, agentId, cancellationToken)
                .ConfigureAwait(false);
            list.ForEach(configuration => AttachSession(configuration, projectId, agentId));
            return [.. list];
        }
        catch (GitLabApiException e) when (e.Kind == GitLabErrorKind.UrlConfigurationNotFound)
        {
            throw await ResolveNotFoundAsync(e, projectId, agentId, hasId: false, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Reads one URL configuration.
    /// See <see href="https://docs.gitlab.com/api/cluster_agents/#get-a-single-agent-url-configuration"/>.
    /// </summary>
    /// <param name="projectId">The ID of the agent's project.</param>
    /// <param name="agentId">The agent's ID.</param>
    /// <param name="urlConfigurationId">The configuration's ID.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The configuration.</returns>
    public async Task<AgentUrlConfiguration> GetUrlConfigurationAsync(
        long projectId, long agentId, long urlConfigurationId, CancellationToken cancellationToken = default)
    {
        var request = new ApiRequest(
            HttpMethod.Get,
            $"{UrlConfigurationsPath(projectId, agentId)}/{urlConfigurationId}",
            $"read URL configuration {urlConfigurationId} of agent {agentId} of project {projectId}",
            GitLabErrorKind.UrlConfigurationNotFound)
        {
            RequiredRole = "Maintainer",
        };
        try
        {
            AgentUrlConfiguration configuration = await ReadAsync(
                request,
                GitLabJson.Default.AgentUrlConfiguration,
                static c => c.Id,
                cancellationToken).ConfigureAwait(false);
            return AttachSession(configuration, projectId, agentId);
        }
        catch (GitLabApiException e) when (e.Kind == GitLabErrorKind.UrlConfigurationNotFound)
        {
            throw await ResolveNotFoundAsync(e, projectId, agentId, hasId: true, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Removes a URL configuration: GitLab no longer connects to the agent.
    /// See <see href="https://docs.gitlab.com/api/cluster_agents/#delete-an-agent-url-configuration"/>.
    /// </summary>
    /// <param name="project">The agent's project.</param>
    /// <param name="agentId">The agent's ID.</param>
    /// <param name="urlConfigurationId">The configuration's ID.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>A task that completes when the configuration is removed.</returns>
    public async Task DeleteUrlConfigurationAsync(
        ProjectReference project, long agentId, long urlConfigurationId, CancellationToken cancellationToken = default)
    {
        var request = new ApiRequest(
            HttpMethod.Delete,
            $"{UrlConfigurationsPath(project, agentId)}/{urlConfigurationId}",
            $"remove URL configuration {urlConfigurationId} of agent {agentId} of project {project}",
            GitLabErrorKind.UrlConfigurationNotFound)
        {
            RequiredRole = "Maintainer",
            RecoveryHint = $"Look for it with: {SuggestedCommand.ListUrlConfigurations(project, agentId)}",
        };
        try
        {
            await SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (GitLabApiException e) when (e.Kind == GitLabErrorKind.UrlConfigurationNotFound)
        {
            throw await ResolveNotFoundAsync(e, project, agentId, hasId: true, cancellationToken).ConfigureAwait(false);
        }
    }

    private static string UrlConfigurationsPath(ProjectReference project, long agentId)
        => $"{AgentsPath(project)}/{agentId}/url_configurations";

    private async Task<List<AgentUrlConfiguration>> ListUrlConfigurationsAsync(
        ProjectReference project, long agentId, CancellationToken cancellationToken)
    {
        var request = new ApiRequest(
            HttpMethod.Get,
            UrlConfigurationsPath(project, agentId),
            $"list the URL configurations of agent {agentId} of project {project}",
            GitLabErrorKind.UrlConfigurationNotFound)
        {
            RequiredRole = "Maintainer",
        };
        ApiResponse response = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        List<AgentUrlConfiguration> list = Parse(request, response, GitLabJson.Default.ListAgentUrlConfiguration);
        return list.TrueForAll(static configuration => configuration is { Id: > 0 })
            ? list
            : throw ApiExceptionFactory.InvalidResponse(request, response, _session, "an entry has no ID.");
    }

    // The agent exists. Either it does not have the configuration, or this GitLab does not have receptive agents.
    private async Task<GitLabApiException> ResolveNotFoundAsync(
        GitLabApiException e,
        ProjectReference project,
        long agentId,
        bool hasId,
        CancellationToken cancellationToken)
    {
        if (e.IsUnknownRoute)
        {
            return e.WithKind(GitLabErrorKind.UrlConfigurationNotFound, ReceptiveAgentsUnsupported, string.Empty);
        }

        List<AgentUrlConfiguration>? list = hasId
            ? await TryListUrlConfigurationsAsync(project, agentId, cancellationToken).ConfigureAwait(false)
            : null;
        return list is not null
            ? e.WithKind(
                GitLabErrorKind.UrlConfigurationNotFound,
                $"Agent {agentId} has no such URL configuration.",
                $"List the agent's configuration with {SuggestedCommand.GetUrlConfiguration}.")
            : e.WithKind(GitLabErrorKind.UrlConfigurationNotFound, ReceptiveAgentsDisabled, string.Empty);
    }

    private async Task<List<AgentUrlConfiguration>?> TryListUrlConfigurationsAsync(
        ProjectReference project, long agentId, CancellationToken cancellationToken)
    {
        try
        {
            return await ListUrlConfigurationsAsync(project, agentId, cancellationToken).ConfigureAwait(false);
        }
        catch (GitLabApiException)
        {
            return null; // The caller reports the first error.
        }
    }

    private AgentUrlConfiguration AttachSession(AgentUrlConfiguration configuration, long projectId, long agentId)
    {
        configuration.Session = _session;
        configuration.ProjectId = projectId;
        if (configuration.AgentId == 0)
        {
            configuration.AgentId = agentId;
        }

        return configuration;
    }
}
