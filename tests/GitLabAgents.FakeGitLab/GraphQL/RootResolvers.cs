using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using GitLabAgents.FakeGitLab.Rest;
using GraphQL;
using GraphQL.Utilities;

namespace GitLabAgents.FakeGitLab.GraphQLApi;

/// <summary>The fields of the query itself.</summary>
internal static class RootResolvers
{
    private const int MaxFullPaths = 50;

    public static void AddTo(SchemaBuilder builder)
    {
        new ResolverMap<QueryContext>(builder, "Query")
            .Field("currentUser", static query =>
                query.IsSignedIn ? new User(query.Token.UserId, query.Token.Username) : null)
            .Field("metadata", static query => query.IsSignedIn ? query.Options : null)
            .Field("queryComplexity", static query => query)
            .Field("project", static (query, context) =>
                query.State.FindProjectByPath(context.Text("fullPath") ?? string.Empty) is { } project
                && query.Token.CanSee(project)
                    ? project
                    : null)
            .Field("group", static (query, context) =>
                query.State.FindGroupByPath(context.Text("fullPath") ?? string.Empty) is { } group
                && query.State.CanSee(query.Token, group)
                    ? group
                    : null)
            .Field("projects", static (query, context) => Projects(query, context))
            .Field("groups", static (query, context) => Groups(query, context));
        new ResolverMap<QueryContext>(builder, "QueryComplexity")
            .Field("score", static query => query.Complexity)
            .Field("limit", static query => query.Limit);
        new ResolverMap<User>(builder, "CurrentUser")
            .Field("id", static user => GlobalId.Of("User", user.Id))
            .Field("username", static user => user.Username);
        new ResolverMap<FakeGitLabOptions>(builder, "Metadata")
            .Field("version", static options => options.Version)
            .Field("revision", static _ => ServerRoutes.Revision)
            .Field("enterprise", static options => options.IsEnterprise)
            .Field("kas", static options => options);
        new ResolverMap<FakeGitLabOptions>(builder, "Kas")
            .Field("enabled", static options => options.KasEnabled)
            .Field("version", static options => options.KasEnabled ? ServerRoutes.KasVersion(options) : null)
            .Field("externalUrl", static options => options.KasEnabled ? options.KasExternalUrl : null)
            .Field("externalK8sProxyUrl", static options =>
                options.KasEnabled ? ServerRoutes.K8sProxyUrl(options.KasExternalUrl) : null);
    }

    private static ConnectionPage Projects(QueryContext query, IResolveFieldContext context)
    {
        HashSet<long>? ids = GlobalId.Parse("Project", context.Argument("ids"));
        HashSet<string>? paths = (context.Argument("fullPaths") as IEnumerable<object>)?
            .Select(static path => Convert.ToString(path, CultureInfo.InvariantCulture)!)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (paths?.Count > MaxFullPaths)
        {
            throw new ExecutionError($"fullPaths is too long (maximum is {MaxFullPaths})");
        }

        bool membership = context.Flag("membership");
        string? level = context.Text("minAccessLevel");
        string archived = context.Text("archived") ?? "INCLUDE";
        string? search = context.Text("search");
        AccessToken token = query.Token;

        // The memberships count, for administrators too.
        bool Matches(Project project) =>
            token.CanSee(project)
            && ids?.Contains(project.Id) != false
            && paths?.Contains(project.Path) != false
            && (!membership || token.MembershipIn(project) > Role.None)
            && (level is null || NamespaceResolvers.IsAtLeast(token.MembershipIn(project), level))
            && (archived == "INCLUDE" || project.Archived == (archived == "ONLY"))
            && (search is null || project.Path.Contains(search, StringComparison.OrdinalIgnoreCase));

        Func<Project, SortKey> key = ProjectKey(context.Text("sort") ?? "id_desc");
        Project[] projects = [.. query.State.ProjectsById.Values.Where(Matches).OrderBy(key)];
        return ConnectionPage.Create(context, projects, (project, _) => key(project));
    }

    private static Func<Project, SortKey> ProjectKey(string sort) => sort.ToLowerInvariant() switch
    {
        "id_asc" or "created_asc" => static project => new SortKey(string.Empty, project.Id),
        "name_asc" => static project => new SortKey(project.Name, project.Id),
        "path_asc" => static project => new SortKey(project.Path, project.Id),
        _ => static project => new SortKey(string.Empty, -project.Id),
    };

    private static ConnectionPage Groups(QueryContext query, IResolveFieldContext context)
    {
        HashSet<long>? ids = GlobalId.Parse("Group", context.Argument("ids"));
        bool topLevelOnly = context.Flag("topLevelOnly");
        string? search = context.Text("search");
        Group[] groups = [.. query.State.GroupsById.Values
            .Where(group => query.State.CanSee(query.Token, group)
                && ids?.Contains(group.Id) != false
                && (!topLevelOnly || group.Parent is null)
                && (search is null || group.Path.Contains(search, StringComparison.OrdinalIgnoreCase)))
            .OrderBy(GroupKey)];
        return ConnectionPage.Create(context, groups, static (group, _) => GroupKey(group));
    }

    private static SortKey GroupKey(Group group) => new(group.Name, group.Id);

    internal sealed record User(long Id, string Username);
}
