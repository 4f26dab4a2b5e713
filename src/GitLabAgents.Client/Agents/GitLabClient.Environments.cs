using System.Collections.Generic;
using System.Net.Http;
using System.Threading;

namespace GitLabAgents;

/// <content>Environments that use an agent.</content>
public sealed partial class GitLabClient
{
    /// <summary>
    /// Lists the environments of a project.
    /// See <see href="https://docs.gitlab.com/api/environments/#list-environments"/>.
    /// </summary>
    /// <param name="project">The project.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    /// <returns>The environments, with the agents that they use.</returns>
    internal IAsyncEnumerable<ProjectEnvironment> GetEnvironmentsAsync(
        ProjectReference project, CancellationToken cancellationToken)
        => ReadPagesAsync(
            page => new ApiRequest(
                HttpMethod.Get,
                $"projects/{project.ToPathSegment()}/environments?per_page={PageSize}&page={page}",
                $"list the environments of project {project}",
                GitLabErrorKind.ProjectNotFound),
            GitLabJson.Default.ListProjectEnvironment,
            static environment => environment.Id,
            onFirstPage: null,
            cancellationToken);
}
