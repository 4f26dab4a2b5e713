using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <content>The agents of groups.</content>
public sealed partial class GitLabClient
{
    /// <summary>
    /// Lists the agents of all projects of a group, except archived projects and those that are only shared with it.
    /// Several projects are read at once; they come by descending ID, their agents by name. A project is skipped if
    /// GitLab itself refuses its agents to the access token.
    /// See <see href="https://docs.gitlab.com/api/groups/#list-projects"/> and
    /// <see href="https://docs.gitlab.com/api/cluster_agents/#list-the-agents-for-a-project"/>.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <param name="recurse">Whether to include the projects of its subgroups.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>
    /// The agents, and for each project that could not be read an error whose target is the project's path.
    /// </returns>
    public IAsyncEnumerable<ItemResult<ClusterAgent>> GetGroupAgentsAsync(
        GroupReference group, bool recurse, CancellationToken cancellationToken = default)
    {
        var progress = new GroupProgress();
        return OrderedConcurrency.SelectManyOrdered(
            GetGroupProjectsAsync(
                group,
                recurse,
                cancellationToken,
                response => progress.Total = ReadIntegerHeader(response, "X-Total")),
            _session.MaxConcurrentReads,
            (project, stop) => GetProjectAgentsAsync(project, progress, stop),
            cancellationToken);
    }

    /// <summary>Lists the projects of a group by descending ID.</summary>
    internal IAsyncEnumerable<ProjectInfo> GetGroupProjectsAsync(
        GroupReference group,
        bool recurse,
        CancellationToken cancellationToken,
        Action<ApiResponse>? onFirstPage = null)
        => ReadPagesAsync(
            page => ListProjectsRequest(group, recurse, page),
            GitLabJson.Default.ListProjectInfo,
            static project => project.Id,
            onFirstPage,
            cancellationToken);

    private static ApiRequest ListProjectsRequest(GroupReference group, bool recurse, int page)
        => new(
            HttpMethod.Get,
            $"groups/{group.ToPathSegment()}/projects?include_subgroups={(recurse ? "true" : "false")}"
                + "&with_shared=false&archived=false&simple=true&order_by=id&sort=desc"
                + $"&per_page={PageSize}&page={page}",
            $"list the projects of group {group}",
            GitLabErrorKind.NotFound);

    private async IAsyncEnumerable<ItemResult<ClusterAgent>> GetProjectAgentsAsync(
        ProjectInfo project, GroupProgress progress, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IAsyncEnumerator<ClusterAgent> agents = GetAgentsAsync(project.Id, resolvesNotFound: false, cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        await using (agents.ConfigureAwait(false))
        {
            while (true)
            {
                ItemResult<ClusterAgent> fetched;
                try
                {
                    if (!await agents.MoveNextAsync().ConfigureAwait(false))
                    {
                        break;
                    }

                    fetched = new ItemResult<ClusterAgent>(agents.Current);
                }
                catch (GitLabApiException e)
                    when (e.Kind is GitLabErrorKind.ProjectNotFound or GitLabErrorKind.Forbidden)
                {
                    ReportVerbose(
                        $"Skipped {project}: this access token may not read its agents ({(int?)e.StatusCode}).");
                    break;
                }
                catch (GitLabApiException e)
                {
                    fetched = new ItemResult<ClusterAgent>(e, project.ToString());
                }

                progress.CountAgent(fetched.Error is null);
                yield return fetched;
            }
        }

        (int done, int found) = progress.CountProject();
        _observer?.OnProgress(done, progress.Total, found);
    }

    // Several projects are counted at once.
    private sealed class GroupProgress
    {
        private int _done;
        private int _found;

        public int? Total { get; set; }

        public void CountAgent(bool found)
        {
            if (found)
            {
                Interlocked.Increment(ref _found);
            }
        }

        public (int Done, int Found) CountProject() => (Interlocked.Increment(ref _done), _found);
    }
}
