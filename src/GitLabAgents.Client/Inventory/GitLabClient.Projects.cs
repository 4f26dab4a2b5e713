using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <content>Projects with their agents: by GraphQL where it can answer, else by REST.</content>
public sealed partial class GitLabClient
{
    /// <summary>Reads the projects of a set, in the order of descending IDs.</summary>
    private async IAsyncEnumerable<ProjectEntry> ReadProjectsAsync(
        ProjectScope scope,
        AgentQuery query,
        FleetProgress progress,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var seen = new HashSet<long>();
        string? after = null;
        while (scope.Document is not null)
        {
            ProjectEntryPage? page = await TryReadProjectPageAsync(scope, query, after, cancellationToken)
                .ConfigureAwait(false);
            if (page is null)
            {
                break;
            }

            progress.Total ??= page.Count;
            foreach (ProjectEntry entry in page.Entries)
            {
                if (seen.Add(entry.Id) && (query.IncludeArchived || entry.IsArchived is not true))
                {
                    yield return entry;
                }
            }

            if (page.Cursor is null)
            {
                yield break;
            }

            after = page.Cursor;
        }

        if (scope.Document is not null && _session.GraphQL.UnavailableReason is null)
        {
            ReportVerbose(
                $"GraphQL does not show all projects of {scope.Description} on {_session}. The REST API lists them.");
        }

        IAsyncEnumerable<ProjectInfo> projects = ReadPagesAsync(
            scope.CreateListRequest,
            GitLabJson.Default.ListProjectInfo,
            static project => project.Id,
            response => progress.Total = ReadIntegerHeader(response, "X-Total"),
            cancellationToken);
        await foreach (ProjectInfo project in projects.ConfigureAwait(false))
        {
            if (seen.Add(project.Id))
            {
                yield return CreateRestEntry(project, query);
            }
        }
    }

    /// <summary>Reads a page of projects by GraphQL; null if it cannot answer, or may hide something.</summary>
    private async Task<ProjectEntryPage?> TryReadProjectPageAsync(
        ProjectScope scope, AgentQuery query, string? after, CancellationToken cancellationToken)
    {
        GraphQLResult? result = await TryQueryAsync(
            scope.Document!,
            query,
            () => scope.CreateVariables(query, after),
            $"read the agents of {scope.Description}",
            cancellationToken).ConfigureAwait(false);
        if (result is null)
        {
            return null;
        }

        (ProjectPage? page, GraphQLErrorScope errors) = scope.GetPage(result);
        if (page is not { Nodes: { } nodes, PageInfo.HasNextPage: { } hasMore })
        {
            return null;
        }

        string? cursor = hasMore ? page.PageInfo.EndCursor : null;
        ProjectEntry?[] entries = ReadNodes(result, query, nodes, errors);
        GraphQLSupport support = _session.GraphQL;
        bool isArchivedUnknown = !query.IncludeArchived
            && support.GetRefusal("archived") is not null
            && (support.GetRefusal("includeArchived:") ?? support.GetRefusal("archived:")) is not null;
        bool canContinue = !hasMore || (!string.IsNullOrEmpty(cursor) && cursor != after);
        bool isUsable = canContinue && !isArchivedUnknown && !entries.Contains(null);
        return isUsable ? new ProjectEntryPage([.. entries.OfType<ProjectEntry>()], page.Count, cursor) : null;
    }

    /// <summary>
    /// Reads projects by their IDs or by their paths; null if GraphQL cannot answer. Those that it hides are missing.
    /// </summary>
    internal async Task<List<ProjectEntry>?> TryReadProjectsAsync(
        IReadOnlyList<ProjectReference> projects, AgentQuery query, CancellationToken cancellationToken)
    {
        bool byId = projects[0].Id is not null;
        var found = new List<ProjectEntry>();
        for (int start = 0; start < projects.Count;)
        {
            string[] page = [];
            GraphQLResult result = await QueryAsync(
                byId ? QueryDocument.ProjectsById : QueryDocument.ProjectsByPath,
                query,
                () =>
                {
                    page = [.. projects.Skip(start).Take(query.Projects).Select(static project => project.Id is { } id
                        ? $"gid://gitlab/Project/{id}"
                        : project.Path!)];
                    return new GraphQLVariables
                    {
                        Ids = byId ? page : null,
                        Paths = byId ? null : page,
                        First = page.Length,
                        Agents = query.AgentsPerProject,
                    };
                },
                "read agents of several projects",
                cancellationToken).ConfigureAwait(false);
            if (result.Data?.Projects?.Nodes is not { } nodes)
            {
                return null;
            }

            found.AddRange(ReadNodes(result, query, nodes, result.Errors.Enter("projects")).OfType<ProjectEntry>());
            start += page.Length;
        }

        return found;
    }

    /// <summary>Reads the next page of a project's agents by GraphQL; null if it cannot answer.</summary>
    internal async Task<ProjectEntry?> TryReadAgentPageAsync(
        ProjectEntry project, string? after, AgentQuery query, CancellationToken cancellationToken)
    {
        GraphQLResult? result = project.Path is null
            ? null
            : await TryQueryAsync(
                QueryDocument.ProjectAgents,
                query,
                () => new GraphQLVariables { Project = project.Path, Agents = query.Agents, After = after },
                $"read the agents of project {project}",
                cancellationToken).ConfigureAwait(false);
        ProjectEntry? page = result is null
            ? null
            : new ProjectNodeReader(this, query, result.ServerTime)
                .Read(result.Data!.Project, result.Errors.Enter("project"));
        return page is { NeedsRest: false } && page.Id == project.Id && page.Cursor != after ? page : null;
    }

    /// <summary>Runs a query; null if there is no data, and the REST API is to be asked.</summary>
    private async Task<GraphQLResult?> TryQueryAsync(
        QueryDocument document,
        AgentQuery query,
        Func<GraphQLVariables> createVariables,
        string action,
        CancellationToken cancellationToken)
    {
        try
        {
            GraphQLResult result = await QueryAsync(document, query, createVariables, action, cancellationToken)
                .ConfigureAwait(false);
            query.FailureReason = result.Reason ?? query.FailureReason;
            return result.Data is null ? null : result;
        }
        catch (GitLabApiException e) when (CanUseRestInstead(e))
        {
            query.FailureReason = e.Problem;
            ReportVerbose($"{e.Problem} The REST API is used instead.");
            return null;
        }
    }

    /// <summary>Returns whether the REST API may answer although GraphQL failed.</summary>
    internal static bool CanUseRestInstead(GitLabApiException e)
        => e.Kind is not (GitLabErrorKind.RateLimited or GitLabErrorKind.NotConnected);

    private ProjectEntry?[] ReadNodes(
        GraphQLResult result, AgentQuery query, List<ProjectNode?> nodes, GraphQLErrorScope errors)
    {
        var reader = new ProjectNodeReader(this, query, result.ServerTime);
        GraphQLErrorScope nodeErrors = errors.Enter("nodes");
        return [.. nodes.Select((node, index) => reader.Read(node, nodeErrors.Enter(index)))];
    }

    private static ProjectEntry CreateRestEntry(ProjectInfo project, AgentQuery query)
        => new(project.Id, project.PathWithNamespace)
        {
            NeedsRest = true,
            IsArchived = query.IncludeArchived ? project.Archived : false,
        };

    private static ApiRequest ListGroupProjectsRequest(
        GroupReference group, bool recurse, bool includeArchived, int page)
        => new(
            HttpMethod.Get,
            $"groups/{group.ToPathSegment()}/projects?include_subgroups={(recurse ? "true" : "false")}"
                + $"&with_shared=false{GetListParameters(includeArchived)}&page={page}",
            $"list the projects of group {group}",
            GitLabErrorKind.NotFound);

    private static ApiRequest ListUserProjectsRequest(bool isAdministrator, bool includeArchived, int page)
        => new(
            HttpMethod.Get,
            $"projects?{(isAdministrator ? string.Empty : $"min_access_level={AccessLevel.Developer}&")}"
                + $"{GetListParameters(includeArchived).TrimStart('&')}&page={page}",
            "list the projects of the user",
            GitLabErrorKind.NotFound);

    // The simple form does not tell whether a project is archived.
    private static string GetListParameters(bool includeArchived)
        => (includeArchived ? string.Empty : "&archived=false&simple=true")
            + $"&order_by=id&sort=desc&per_page={PageSize}";
}
