using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <content>Whole groups.</content>
public sealed partial class GitLabClient
{
    /// <summary>
    /// Lists the agents of all projects of a group: no archived ones, none that are only shared with it. Projects are
    /// read several at once, and come in the order of their ids, their agents by name. A project whose agents may not
    /// be read is passed over.
    /// See <see href="https://docs.gitlab.com/api/groups/#list-projects"/> and
    /// <see href="https://docs.gitlab.com/api/cluster_agents/#list-the-agents-for-a-project"/>.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <param name="recurse">Whether to take the projects of its subgroups too.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <returns>The agents, or for each project that could not be read the reason; its subject is the project's path.</returns>
    public IAsyncEnumerable<ItemResult<ClusterAgent>> GetGroupAgentsAsync(GroupReference group, bool recurse, CancellationToken cancellationToken = default)
    {
        var progress = new GroupProgress();
        return OrderedConcurrency.SelectManyOrdered(
            GetGroupProjectsAsync(group, recurse, cancellationToken, answer => progress.Total = ReadIntegerHeader(answer, "X-Total")),
            _session.MaxConcurrentReads,
            (project, stop) => GetProjectAgentsAsync(project, progress, stop),
            cancellationToken);
    }

    /// <summary>Lists the projects of a group, in the order of their ids.</summary>
    internal IAsyncEnumerable<ProjectInfo> GetGroupProjectsAsync(GroupReference group, bool recurse, CancellationToken cancellationToken, Action<ApiResponse>? onFirstPage = null)
        => ReadPagesAsync(page => ListProjectsRequest(group, recurse, page), GitLabJson.Default.ListProjectInfo, static project => project.Id, onFirstPage, cancellationToken);

    private static ApiRequest ListProjectsRequest(GroupReference group, bool recurse, int page)
        => new(
            HttpMethod.Get,
            $"groups/{group.ToPathSegment()}/projects?include_subgroups={(recurse ? "true" : "false")}&with_shared=false&archived=false&simple=true&order_by=id&sort=asc&per_page={PageSize}&page={page}",
            $"list the projects of group {group}",
            GitLabErrorKind.NotFound);

    private async IAsyncEnumerable<ItemResult<ClusterAgent>> GetProjectAgentsAsync(ProjectInfo project, GroupProgress progress, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IAsyncEnumerator<ClusterAgent> agents = GetAgentsAsync(project.Id, cancellationToken).GetAsyncEnumerator(cancellationToken);
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
                catch (GitLabApiException e) when (e.Kind is GitLabErrorKind.ProjectNotFound or GitLabErrorKind.Forbidden)
                {
                    _observer?.OnVerbose($"Passed over {project}: its agents may not be read ({(int?)e.StatusCode}).");
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

    // Several projects count at once.
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
