using System;
using System.Collections.Generic;
using System.Linq;
using GraphQL;
using GraphQL.Utilities;

namespace GitLabAgents.FakeGitLab.GraphQLApi;

/// <summary>Projects and groups.</summary>
internal static class NamespaceResolvers
{
    public static void AddTo(SchemaBuilder builder)
    {
        AddGroup(builder);
        AddProject(builder);
        new ResolverMap<Project>(builder, "ProjectPermissions")
            .Field("adminProject", static (project, context) =>
                context.Query().Token.RoleIn(project) >= Role.Maintainer)
            .Field("readEnvironment", static (project, context) =>
                context.Query().Token.RoleIn(project) >= Role.Reporter);
        new ResolverMap<AccessLevel>(builder, "AccessLevel")
            .Field("integerValue", static level => (int)level.Role)
            .Field("stringValue", static level => level.Role == Role.None ? "NO_ACCESS" : Name(level.Role))
            .Field("humanAccess", static level => level.Role == Role.None ? null : level.Role.ToString());
    }

    /// <summary>Whether a role is at least an access level, which is named as GraphQL does.</summary>
    public static bool IsAtLeast(Role role, string level) => level switch
    {
        "NO_ACCESS" => true,
        "MINIMAL_ACCESS" => role > Role.None,
        "ADMIN" => false,
        _ => role >= Enum.Parse<Role>(level, ignoreCase: true),
    };

    private static void AddGroup(SchemaBuilder builder) => new ResolverMap<Group>(builder, "Group")
        .Field("id", static group => GlobalId.Of("Group", group.Id))
        .Field("name", static group => group.Name)
        .Field("fullPath", static group => group.Path)
        .Field("maxAccessLevel", static (group, context) => new AccessLevel(context.Query().Token.RoleIn(group)))
        .Field("clusterAgents", static (group, context) => context.Query().Token.RoleIn(group) >= Role.Developer
            ? AgentResolvers.Page(context, context.Query().State.IndexOf(group).Agents)
            : ConnectionPage.Empty)
        .Field("projects", static (group, context) => Projects(group, context));

    private static void AddProject(SchemaBuilder builder) => new ResolverMap<Project>(builder, "Project")
        .Field("id", static project => GlobalId.Of("Project", project.Id))
        .Field("name", static project => project.Name)
        .Field("path", static project => project.Name)
        .Field("fullPath", static project => project.Path)
        .Field("nameWithNamespace", static project => project.Path.Replace("/", " / ", StringComparison.Ordinal))
        .Field("description", static project => project.Description)
        .Field("createdAt", static project => GlobalId.Time(project.CreatedAt))
        .Field("archived", static project => project.Archived)
        .Field("webUrl", static (project, context) => context.Query().Request.ExternalUrl("/" + project.Path))
        .Field("maxAccessLevel", static (project, context) =>
            new AccessLevel(context.Query().Token.MembershipIn(project)))
        .Field("userPermissions", static project => project)
        .Field("clusterAgent", static (project, context) => Agents(project, context)
            .FirstOrDefault(agent => agent.Name == context.Text("name")))
        .Field("clusterAgents", static (project, context) => AgentResolvers.Page(context, Agents(project, context)))
        .Field("agentConfigurations", static _ => ConnectionPage.Empty)
        .Field("ciAccessAuthorizedAgents", static _ => ConnectionPage.Empty)
        .Field("userAccessAuthorizedAgents", static _ => ConnectionPage.Empty);

    private static List<Agent> Agents(Project project, IResolveFieldContext context) =>
        context.Query().Token.RoleIn(project) >= Role.Developer ? project.Agents : [];

    private static ConnectionPage Projects(Group group, IResolveFieldContext context)
    {
        QueryContext query = context.Query();
        HashSet<long>? ids = GlobalId.Parse("Project", context.Argument("ids"));
        bool excludesArchived = context.Argument("includeArchived") is false;
        bool archivedOnly = context.Flag("archivedOnly");
        string? search = context.Text("search");
        Project[] projects = [.. query.State.ProjectsOf(group, context.Flag("includeSubgroups")).Where(project =>
            query.Token.CanSee(project)
            && ids?.Contains(project.Id) != false
            && (project.Archived ? !excludesArchived : !archivedOnly)
            && (search is null || project.Name.Contains(search, StringComparison.OrdinalIgnoreCase)))];
        Array.Reverse(projects);
        return ConnectionPage.Create(context, projects, static (project, _) => new SortKey(string.Empty, -project.Id));
    }

    private static string Name(Role role) => role.ToString().ToUpperInvariant();

    private sealed record AccessLevel(Role Role);
}
