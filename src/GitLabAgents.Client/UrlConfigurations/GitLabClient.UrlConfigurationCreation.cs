using System.Collections.Generic;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <content>Creation of URL configurations: operation 11.</content>
public sealed partial class GitLabClient
{
    /// <summary>
    /// Creates a URL configuration: from then on GitLab connects to the agent. If the server ignores the client
    /// certificate, the configuration is removed again.
    /// See <see href="https://docs.gitlab.com/api/cluster_agents/#create-an-agent-url-configuration"/>.
    /// </summary>
    /// <param name="projectId">The ID of the agent's project.</param>
    /// <param name="agentId">The agent's ID.</param>
    /// <param name="content">The content of the configuration.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The configuration.</returns>
    public async Task<AgentUrlConfiguration> CreateUrlConfigurationAsync(
        long projectId, long agentId, NewUrlConfiguration content, CancellationToken cancellationToken = default)
    {
        AgentUrlConfiguration created;
        try
        {
            created = AttachSession(
                await PostUrlConfigurationAsync(projectId, agentId, content, cancellationToken).ConfigureAwait(false),
                projectId,
                agentId);
        }
        catch (GitLabApiException e) when (e.Kind == GitLabErrorKind.UrlConfigurationNotFound)
        {
            throw await ResolveNotFoundAsync(e, projectId, agentId, hasId: false, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (GitLabApiException e) when (e.IsRuleViolation)
        {
            // The list shows whether there already is one. The server's message can be in any language.
            List<AgentUrlConfiguration>? existing =
                await TryListUrlConfigurationsAsync(projectId, agentId, cancellationToken).ConfigureAwait(false);
            if (existing is { Count: > 0 })
            {
                throw e.WithKind(
                    GitLabErrorKind.Conflict,
                    $"Agent {agentId} already has URL configuration {existing[0].Id}, and GitLab allows only one.",
                    $"Remove it first with {SuggestedCommand.RemoveUrlConfiguration}.");
            }

            throw;
        }

        if (content.IsMutualTls && created.ClientCertificate is null)
        {
            throw new GitLabApiException(
                GitLabErrorKind.InvalidResponse,
                $"{_session} ignored the client certificate and created URL configuration {created.Id} of agent "
                    + $"{agentId} with JWT. {await RollBackAsync(created).ConfigureAwait(false)}",
                "Check that the server supports mutual TLS for receptive agents.");
        }

        return created;
    }

    /// <summary>Removes a new URL configuration that could not be returned to its creator. Does not throw.</summary>
    /// <param name="configuration">The new configuration.</param>
    /// <returns>What became of the configuration, as a sentence.</returns>
    internal Task<string> RollBackAsync(AgentUrlConfiguration configuration)
        => RollBackAsync(
            cancellationToken => DeleteUrlConfigurationAsync(
                configuration.ProjectId, configuration.AgentId, configuration.Id, cancellationToken),
            "The URL configuration was removed.",
            "The URL configuration could not be removed. Remove it with: "
                + SuggestedCommand.DeleteUrlConfiguration(
                    configuration.ProjectId, configuration.AgentId, configuration.Id));

    // GitLab 18.9 accepts PEM and rejects base64 of it; 17.4 does the reverse, and which release changed is not known.
    // A response of 400 means that nothing was created.
    private async Task<AgentUrlConfiguration> PostUrlConfigurationAsync(
        long projectId,
        long agentId,
        NewUrlConfiguration content,
        CancellationToken cancellationToken)
    {
        bool? takesBase64 = content.HasCertificates ? _session.TakesBase64Certificates : false;
        try
        {
            return await PostAsync(takesBase64 ?? false).ConfigureAwait(false);
        }
        catch (GitLabApiException asPem) when (takesBase64 is null && IsRefusal(asPem))
        {
            try
            {
                return await PostAsync(useBase64: true).ConfigureAwait(false);
            }
            catch (GitLabApiException asBase64) when (IsRefusal(asBase64))
            {
                throw asPem.ServerMessage == asBase64.ServerMessage
                    ? asPem
                    : asPem.WithKind(
                        asPem.Kind,
                        $"The server refused the certificates in base64 (\"{asBase64.ServerMessage}\") and as PEM.",
                        asPem.RecommendedAction);
            }
        }

        static bool IsRefusal(GitLabApiException e) => e.IsRuleViolation;

        async Task<AgentUrlConfiguration> PostAsync(bool useBase64)
        {
            var request = new ApiRequest(
                HttpMethod.Post,
                UrlConfigurationsPath(projectId, agentId),
                $"create URL configuration '{content.Url}' for agent {agentId} of project {projectId}",
                GitLabErrorKind.UrlConfigurationNotFound)
            {
                RequiredRole = "Maintainer",
                Body = content.ToJson(useBase64),
                Redact = content.Redact,
                RecoveryHint = $"Look for it with: {SuggestedCommand.ListUrlConfigurations(projectId, agentId)}",
            };
            ApiResponse response = await SendAsync(request, cancellationToken).ConfigureAwait(false);
            AgentUrlConfiguration created = Parse(request, response, GitLabJson.Default.AgentUrlConfiguration);
            string? flaw = created switch
            {
                { Id: <= 0 } => "it has no ID.",
                { ClientCertificate: null } when content.IsMutualTls && created.AgentId != agentId
                    => "it has neither the certificate nor the agent's ID.",
                _ => null,
            };
            if (flaw is not null)
            {
                // Without the certificate it is removed. So it must not be one that something other than GitLab names.
                throw ApiExceptionFactory.InvalidResponse(request, response, _session, flaw);
            }

            _session.TakesBase64Certificates = content.HasCertificates ? useBase64 : _session.TakesBase64Certificates;
            return created;
        }
    }
}
