using System;
using System.Net.Http;
using System.Text.Json.Serialization.Metadata;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <content>Finds out which of the resources in a request's path a 404 is about.</content>
public sealed partial class GitLabClient
{
    private const string AgentsUnsupported = "This GitLab does not have the endpoint: "
        + "its API has agents from version 14.10 on, and their tokens from 15.0 on.";

    // GitLab's text is the same for most of them, and can be translated. So this reads what should contain it.
    private async Task<GitLabApiException> ResolveNotFoundAsync(
        ApiRequest request, GitLabApiException error, CancellationToken cancellationToken)
    {
        if (request.ProjectPath is not { } projectPath)
        {
            return error;
        }

        // Before anything else: a group whose projects have no such endpoint is not a group without agents.
        if (error.IsUnknownRoute)
        {
            return request.NotFoundKind == GitLabErrorKind.UrlConfigurationNotFound
                ? error
                : error.WithKind(GitLabErrorKind.NotSupported, AgentsUnsupported, "Upgrade the GitLab.");
        }

        if (!request.ResolvesNotFound)
        {
            return error;
        }

        GitLabErrorKind kind = request.NotFoundKind;
        if (kind is GitLabErrorKind.TokenNotFound or GitLabErrorKind.UrlConfigurationNotFound)
        {
            bool? agentExists = await ExistsAsync(
                request.AgentPath!,
                GitLabJson.Default.ClusterAgent,
                static agent => agent.Id,
                cancellationToken).ConfigureAwait(false);
            if (agentExists is not false)
            {
                error.IsConfirmedMissing = agentExists is true;
                return error;
            }

            kind = GitLabErrorKind.AgentNotFound;
        }

        bool? projectExists = await ExistsAsync(
            projectPath,
            GitLabJson.Default.ProjectInfo,
            static project => project.Id,
            cancellationToken).ConfigureAwait(false);
        string? finding = null;
        if (projectExists is false)
        {
            kind = GitLabErrorKind.ProjectNotFound;
            finding = $"Project {request.Project} does not exist, or this access token cannot see it.";
        }
        else if (kind == GitLabErrorKind.AgentNotFound)
        {
            finding = $"Project {request.Project} does not have the agent.";
        }
        else if (projectExists is true)
        {
            kind = GitLabErrorKind.AgentNotFound;
            finding = $"Project {request.Project} exists, but GitLab does not show its agents to this access token.";
        }

        return finding is null ? error : error.WithKind(kind, finding, RecommendedActions.For(kind, request));
    }

    // Returns null if it is not known, because the lookup failed.
    private async Task<bool?> ExistsAsync<T>(
        string path, JsonTypeInfo<T> type, Func<T, long> idOf, CancellationToken cancellationToken)
        where T : class
    {
        var lookup = new ApiRequest(HttpMethod.Get, path, "find out what is missing", GitLabErrorKind.NotFound)
        {
            ResolvesNotFound = false,
        };
        try
        {
            await ReadAsync(lookup, type, idOf, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (GitLabApiException e)
        {
            return e.Kind == GitLabErrorKind.NotFound ? false : null;
        }
    }
}
