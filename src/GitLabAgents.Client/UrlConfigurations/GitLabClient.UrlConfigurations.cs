using System.Collections.Generic;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <content>URL configurations of receptive agents: operations 9 to 12.</content>
public sealed partial class GitLabClient
{
    private const string ReceptiveAgentsUnsupported = "This GitLab has no receptive agents: they are part of GitLab Ultimate, self-managed, from version 17.4 on.";
    private const string ReceptiveAgentsDisabled = "Receptive agents are off on this GitLab. An administrator turns them on; they are part of GitLab Ultimate, self-managed.";

    /// <summary>
    /// Lists the URL configurations of an agent: none or one.
    /// See <see href="https://docs.gitlab.com/api/cluster_agents/#list-url-configurations-for-a-receptive-agent"/>.
    /// </summary>
    /// <param name="project">The agent's project, by its id.</param>
    /// <param name="agentId">The agent's id.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <returns>The configurations.</returns>
    public async Task<IReadOnlyList<AgentUrlConfiguration>> GetUrlConfigurationsAsync(ProjectReference project, long agentId, CancellationToken cancellationToken = default)
    {
        try
        {
            List<AgentUrlConfiguration> list = await ReadAsync(ListUrlConfigurationsRequest(project, agentId), GitLabJson.Default.ListAgentUrlConfiguration, cancellationToken).ConfigureAwait(false);
            list.ForEach(configuration => AttachSession(configuration, project, agentId));
            return list;
        }
        catch (GitLabApiException e) when (e.Kind == GitLabErrorKind.UrlConfigurationNotFound)
        {
            throw await ResolveNotFoundAsync(e, project, agentId, named: false, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Reads one URL configuration.
    /// See <see href="https://docs.gitlab.com/api/cluster_agents/#get-a-single-agent-url-configuration"/>.
    /// </summary>
    /// <param name="project">The agent's project, by its id.</param>
    /// <param name="agentId">The agent's id.</param>
    /// <param name="urlConfigurationId">The configuration's id.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <returns>The configuration.</returns>
    public async Task<AgentUrlConfiguration> GetUrlConfigurationAsync(ProjectReference project, long agentId, long urlConfigurationId, CancellationToken cancellationToken = default)
    {
        var call = new ApiRequest(HttpMethod.Get, $"{UrlConfigurationsPath(project, agentId)}/{urlConfigurationId}", $"read URL configuration {urlConfigurationId} of agent {agentId} of project {project}", GitLabErrorKind.UrlConfigurationNotFound) { RequiredRole = "Maintainer" };
        try
        {
            AgentUrlConfiguration configuration = await ReadAsync(call, GitLabJson.Default.AgentUrlConfiguration, static c => c.Id, cancellationToken).ConfigureAwait(false);
            return AttachSession(configuration, project, agentId);
        }
        catch (GitLabApiException e) when (e.Kind == GitLabErrorKind.UrlConfigurationNotFound)
        {
            throw await ResolveNotFoundAsync(e, project, agentId, named: true, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Makes a URL configuration: from then on GitLab connects to the agent. If the server drops the client certificate
    /// that it was given, the configuration is removed again.
    /// See <see href="https://docs.gitlab.com/api/cluster_agents/#create-an-agent-url-configuration"/>.
    /// </summary>
    /// <param name="project">The agent's project, by its id.</param>
    /// <param name="agentId">The agent's id.</param>
    /// <param name="content">What it is to be.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <returns>The configuration.</returns>
    public async Task<AgentUrlConfiguration> CreateUrlConfigurationAsync(ProjectReference project, long agentId, NewUrlConfiguration content, CancellationToken cancellationToken = default)
    {
        var call = new ApiRequest(HttpMethod.Post, UrlConfigurationsPath(project, agentId), $"make URL configuration '{content.Url}' for agent {agentId} of project {project}", GitLabErrorKind.UrlConfigurationNotFound)
        {
            RequiredRole = "Maintainer",
            Body = content.ToJson(),
            Redact = content.Redact,
            RecoveryHint = $"Look for it with: {SuggestedCommand.ListUrlConfigurations(project, agentId)}",
        };
        AgentUrlConfiguration made;
        try
        {
            made = AttachSession(await ReadAsync(call, GitLabJson.Default.AgentUrlConfiguration, static c => c.Id, cancellationToken).ConfigureAwait(false), project, agentId);
        }
        catch (GitLabApiException e) when (e.Kind == GitLabErrorKind.UrlConfigurationNotFound)
        {
            throw await ResolveNotFoundAsync(e, project, agentId, named: false, cancellationToken).ConfigureAwait(false);
        }
        catch (GitLabApiException e) when (e.IsRuleViolation)
        {
            // Whether there is one already is decided by looking, since the server's words can be in any language.
            if (await TryListUrlConfigurationsAsync(project, agentId, cancellationToken).ConfigureAwait(false) is { Count: > 0 } present)
            {
                throw e.WithKind(GitLabErrorKind.Conflict, $"Agent {agentId} has URL configuration {present[0].Id} already, and GitLab allows one.", $"Remove that one first, with {SuggestedCommand.RemoveUrlConfiguration}.");
            }

            throw;
        }

        if (content.IsMutualTls && made.ClientCertificate is null)
        {
            throw await RollBackUrlConfigurationAsync(project, made).ConfigureAwait(false);
        }

        return made;
    }

    /// <summary>
    /// Removes a URL configuration: GitLab no longer connects to the agent.
    /// See <see href="https://docs.gitlab.com/api/cluster_agents/#delete-an-agent-url-configuration"/>.
    /// </summary>
    /// <param name="project">The agent's project.</param>
    /// <param name="agentId">The agent's id.</param>
    /// <param name="urlConfigurationId">The configuration's id.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <returns>A task that ends when the configuration is gone.</returns>
    public async Task DeleteUrlConfigurationAsync(ProjectReference project, long agentId, long urlConfigurationId, CancellationToken cancellationToken = default)
    {
        var call = new ApiRequest(HttpMethod.Delete, $"{UrlConfigurationsPath(project, agentId)}/{urlConfigurationId}", $"remove URL configuration {urlConfigurationId} of agent {agentId} of project {project}", GitLabErrorKind.UrlConfigurationNotFound)
        {
            RequiredRole = "Maintainer",
            RecoveryHint = $"Look for it with: {SuggestedCommand.ListUrlConfigurations(project, agentId)}",
        };
        try
        {
            await SendAsync(call, cancellationToken).ConfigureAwait(false);
        }
        catch (GitLabApiException e) when (e.Kind == GitLabErrorKind.UrlConfigurationNotFound)
        {
            throw await ResolveNotFoundAsync(e, project, agentId, named: true, cancellationToken).ConfigureAwait(false);
        }
    }

    private static string UrlConfigurationsPath(ProjectReference project, long agentId) => $"{AgentsPath(project)}/{agentId}/url_configurations";

    private static ApiRequest ListUrlConfigurationsRequest(ProjectReference project, long agentId)
        => new(HttpMethod.Get, UrlConfigurationsPath(project, agentId), $"list the URL configurations of agent {agentId} of project {project}", GitLabErrorKind.UrlConfigurationNotFound) { RequiredRole = "Maintainer" };

    // The agent exists. Either it does not have the configuration, or this GitLab does not have receptive agents.
    private async Task<GitLabApiException> ResolveNotFoundAsync(GitLabApiException e, ProjectReference project, long agentId, bool named, CancellationToken cancellationToken)
    {
        if (e.IsUnknownRoute)
        {
            return e.WithKind(GitLabErrorKind.UrlConfigurationNotFound, ReceptiveAgentsUnsupported, string.Empty);
        }

        bool isOn = named && await TryListUrlConfigurationsAsync(project, agentId, cancellationToken).ConfigureAwait(false) is not null;
        return isOn
            ? e.WithKind(GitLabErrorKind.UrlConfigurationNotFound, $"Agent {agentId} has no such URL configuration.", $"List what it has with {SuggestedCommand.GetUrlConfiguration}.")
            : e.WithKind(GitLabErrorKind.UrlConfigurationNotFound, ReceptiveAgentsDisabled, string.Empty);
    }

    private async Task<List<AgentUrlConfiguration>?> TryListUrlConfigurationsAsync(ProjectReference project, long agentId, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAsync(ListUrlConfigurationsRequest(project, agentId), GitLabJson.Default.ListAgentUrlConfiguration, cancellationToken).ConfigureAwait(false);
        }
        catch (GitLabApiException)
        {
            return null; // Then the first answer is all there is to say.
        }
    }

    private async Task<GitLabApiException> RollBackUrlConfigurationAsync(ProjectReference project, AgentUrlConfiguration made)
    {
        string ignored = $"{_session} ignored the client certificate and made URL configuration {made.Id} of agent {made.AgentId} with JWT.";
        using var grace = new CancellationTokenSource(RollBackTimeout);
        try
        {
            await DeleteUrlConfigurationAsync(project, made.AgentId, made.Id, grace.Token).ConfigureAwait(false);
            return new GitLabApiException(GitLabErrorKind.InvalidResponse, ignored + " It was removed again.", "Check that the server takes mutual TLS for receptive agents.");
        }
        catch (System.Exception e) when (e is GitLabApiException or System.OperationCanceledException)
        {
            return new GitLabApiException(GitLabErrorKind.InvalidResponse, ignored + " It could not be removed again.", $"Remove it with: {SuggestedCommand.DeleteUrlConfiguration(project, made.AgentId, made.Id)}");
        }
    }

    private AgentUrlConfiguration AttachSession(AgentUrlConfiguration configuration, ProjectReference project, long agentId)
    {
        configuration.Session = _session;
        configuration.ProjectId = project.Id ?? throw new System.ArgumentException("URL configurations carry the id of their project: give the project by its id.", nameof(project));
        if (configuration.AgentId == 0)
        {
            configuration.AgentId = agentId;
        }

        return configuration;
    }
}
