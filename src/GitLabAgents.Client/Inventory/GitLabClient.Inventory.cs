using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <content>The inventory: everything about the agents of many projects.</content>
public sealed partial class GitLabClient
{
    /// <summary>
    /// Reads everything about the agents of a project, archived or not.
    /// See <see href="https://docs.gitlab.com/api/graphql/reference/#projectclusteragents"/>.
    /// </summary>
    /// <param name="project">The project.</param>
    /// <param name="filter">The agents that are wanted; null for all. It may be called from several threads.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The agents, or an error for each part that could not be read.</returns>
    public async IAsyncEnumerable<ItemResult<AgentInventoryItem>> GetProjectInventoryAsync(
        ProjectReference project,
        Func<ClusterAgent, bool>? filter = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        AgentQuery query = CreateInventoryQuery(filter, includeArchived: true);
        ProjectEntry entry = await FindProjectAsync(project, query, cancellationToken).ConfigureAwait(false);
        IAsyncEnumerable<ItemResult<AgentRecord>> records = ReadAgentsAsync(entry, query, cancellationToken);
        await foreach (ItemResult<AgentRecord> record in records.ConfigureAwait(false))
        {
            yield return ToItem(record);
        }
    }

    /// <summary>
    /// Reads everything about the agents of a group.
    /// See <see href="https://docs.gitlab.com/api/graphql/reference/#groupprojects"/>.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <param name="recurse">Whether to include the projects of subgroups.</param>
    /// <param name="includeArchived">Whether to include archived projects.</param>
    /// <param name="filter">The agents that are wanted; null for all. It may be called from several threads.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The agents, or an error for each part that could not be read.</returns>
    public async IAsyncEnumerable<ItemResult<AgentInventoryItem>> GetGroupInventoryAsync(
        GroupReference group,
        bool recurse,
        bool includeArchived = false,
        Func<ClusterAgent, bool>? filter = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        AgentQuery query = CreateInventoryQuery(filter, includeArchived);
        ProjectScope scope = await CreateGroupScopeAsync(group, recurse, includeArchived, cancellationToken)
            .ConfigureAwait(false);
        IAsyncEnumerable<ItemResult<AgentRecord>> records = ReadAgentsAsync(scope, query, cancellationToken);
        await foreach (ItemResult<AgentRecord> record in records.ConfigureAwait(false))
        {
            yield return ToItem(record);
        }
    }

    /// <summary>
    /// Reads everything about the agents of all projects in which the user is at least Developer; for administrators,
    /// of all projects.
    /// See <see href="https://docs.gitlab.com/api/graphql/reference/#queryprojects"/>.
    /// </summary>
    /// <param name="includeArchived">Whether to include archived projects.</param>
    /// <param name="filter">The agents that are wanted; null for all. It may be called from several threads.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The agents, or an error for each part that could not be read.</returns>
    public async IAsyncEnumerable<ItemResult<AgentInventoryItem>> GetInventoryAsync(
        bool includeArchived = false,
        Func<ClusterAgent, bool>? filter = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        AgentQuery query = CreateInventoryQuery(filter, includeArchived);
        query.IsAdministrator = await IsAdministratorAsync(cancellationToken).ConfigureAwait(false);
        var scope = new ProjectScope(
            "the user", page => ListUserProjectsRequest(query.IsAdministrator, includeArchived, page))
        {
            Document = QueryDocument.AllProjects,
        };
        IAsyncEnumerable<ItemResult<AgentRecord>> records = ReadAgentsAsync(scope, query, cancellationToken);
        await foreach (ItemResult<AgentRecord> record in records.ConfigureAwait(false))
        {
            yield return ToItem(record);
        }
    }

    /// <summary>Creates the set of a group's projects. GraphQL needs the full path of the group.</summary>
    private async Task<ProjectScope> CreateGroupScopeAsync(
        GroupReference group, bool recurse, bool includeArchived, CancellationToken cancellationToken)
    {
        var scope = new ProjectScope(
            $"group {group}", page => ListGroupProjectsRequest(group, recurse, includeArchived, page))
        {
            GroupPath = group.Path,
            Recurse = recurse,
        };
        if (_session.GraphQL.UnavailableReason is null)
        {
            scope.GroupPath ??= (await ReadGroupAsync(group, cancellationToken).ConfigureAwait(false)).FullPath;
            scope.Document = scope.GroupPath is null ? null : QueryDocument.GroupProjects;
        }

        return scope;
    }

    private Task<GroupInfo> ReadGroupAsync(GroupReference group, CancellationToken cancellationToken)
        => ReadAsync(
            new ApiRequest(
                HttpMethod.Get,
                $"groups/{group.ToPathSegment()}?with_projects=false",
                $"list the projects of group {group}",
                GitLabErrorKind.NotFound),
            GitLabJson.Default.GroupInfo,
            static found => found.Id,
            cancellationToken);

    // Memberships alone count in GitLab's lists, even for administrators, who see every project.
    private async Task<bool> IsAdministratorAsync(CancellationToken cancellationToken)
    {
        try
        {
            var request = new ApiRequest(
                HttpMethod.Get, "user", "read the user of the access token", GitLabErrorKind.NotFound);
            UserInfo user = await ReadAsync(
                request, GitLabJson.Default.UserInfo, static u => u.Id, cancellationToken).ConfigureAwait(false);
            return user.IsAdmin is true;
        }
        catch (GitLabApiException e)
            when (e.Kind is GitLabErrorKind.Forbidden or GitLabErrorKind.InsufficientScope or GitLabErrorKind.NotFound)
        {
            ReportVerbose($"{e.Problem} The projects are listed by membership.");
            return false;
        }
    }

    private AgentQuery CreateInventoryQuery(Func<ClusterAgent, bool>? filter, bool includeArchived)
        => new(_session.GraphQL, AgentParts.Tokens | AgentParts.Connections)
        {
            Filter = filter,
            IncludeArchived = includeArchived,
        };

    private static ItemResult<AgentInventoryItem> ToItem(ItemResult<AgentRecord> record)
        => record.Value is { } value
            ? new ItemResult<AgentInventoryItem>(new AgentInventoryItem(value))
            : new ItemResult<AgentInventoryItem>(record.Error!, record.Target);
}
