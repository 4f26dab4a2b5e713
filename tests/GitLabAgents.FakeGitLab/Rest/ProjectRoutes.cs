using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;

namespace GitLabAgents.FakeGitLab.Rest;

/// <summary>Projects.</summary>
internal static class ProjectRoutes
{
    public static ApiResponse Get(RequestContext context)
    {
        Project project = context.Project();
        return ApiResponse.Json(200, writer => Write(writer, project, context, simple: false));
    }

    public static ApiResponse List(RequestContext context)
    {
        PageRequest page = PageRequest.Of(context);
        bool membership = context.Parameters.Flag("membership") ?? false;
        int minAccessLevel = context.Parameters.Integer("min_access_level", 0);
        ProjectFilter filter = ProjectFilter.Of(context);
        context.Parameters.Check();
        AccessToken token = context.Token;
        IEnumerable<Project> projects = context.State.ProjectsById.Values.Where(project =>
            (!membership || token.MembershipIn(project) > Role.None)
            && (int)token.MembershipIn(project) >= minAccessLevel);
        return filter.Respond(context, page, projects);
    }

    /// <summary>A project as its agents show it.</summary>
    public static byte[] ConfigJson(Project project) => Json.Write(writer =>
    {
        writer.WriteStartObject();
        WriteCore(writer, project);
        writer.WriteEndObject();
    }).ToArray();

    public static void Write(Utf8JsonWriter writer, Project project, RequestContext context, bool simple)
    {
        string path = string.Join('/', project.Path.Split('/').Select(Uri.EscapeDataString));
        string url = context.ExternalUrl("/" + path);
        writer.WriteStartObject();
        WriteCore(writer, project);
        writer.WriteString("default_branch"u8, "main");
        writer.WriteString("web_url"u8, url);
        writer.WriteString("http_url_to_repo"u8, url + ".git");
        writer.WriteMoment("last_activity_at"u8, project.LastActivityAt);
        writer.WriteStartObject("namespace"u8);
        writer.WriteNumberOrNull("id"u8, project.Group?.Id);
        writer.WriteString("kind"u8, "group");
        writer.WriteString("full_path"u8, project.Namespace);
        writer.WriteEndObject();
        if (!simple)
        {
            writer.WriteBoolean("archived"u8, project.Archived);
            writer.WriteString("visibility"u8, project.IsPublic ? "public" : "private");
        }

        writer.WriteEndObject();
    }

    private static void WriteCore(Utf8JsonWriter writer, Project project)
    {
        writer.WriteNumber("id"u8, project.Id);
        writer.WriteString("description"u8, project.Description);
        writer.WriteString("name"u8, project.Name);
        writer.WriteString("name_with_namespace"u8, project.Path.Replace("/", " / ", StringComparison.Ordinal));
        writer.WriteString("path"u8, project.Name);
        writer.WriteString("path_with_namespace"u8, project.Path);
        writer.WriteMoment("created_at"u8, project.CreatedAt);
    }
}

/// <summary>The parameters that all lists of projects share.</summary>
internal sealed record ProjectFilter(
    bool? Archived,
    bool Simple,
    string? Search,
    bool SearchNamespaces,
    string Order,
    bool Descending)
{
    public static ProjectFilter Of(RequestContext context) => new(
        context.Parameters.Flag("archived"),
        context.Parameters.Flag("simple") ?? false,
        context.Parameters.Text("search"),
        context.Parameters.Flag("search_namespaces") ?? false,
        context.Parameters.OneOf(
            "order_by",
            "created_at",
            "id",
            "name",
            "path",
            "created_at",
            "updated_at",
            "last_activity_at",
            "similarity",
            "star_count"),
        context.Parameters.OneOf("sort", "desc", "asc", "desc") == "desc");

    public ApiResponse Respond(RequestContext context, PageRequest page, IEnumerable<Project> projects)
    {
        IEnumerable<Project> found = projects.Where(project =>
            context.Token.CanSee(project) && (Archived is null || Archived == project.Archived) && Matches(project));
        return page.Respond(
            context, Sort(found), (writer, project) => ProjectRoutes.Write(writer, project, context, Simple));
    }

    private bool Matches(Project project) => string.IsNullOrEmpty(Search)
        || (SearchNamespaces ? project.Path : project.Name).Contains(Search, StringComparison.OrdinalIgnoreCase);

    private List<Project> Sort(IEnumerable<Project> projects)
    {
        IOrderedEnumerable<Project> sorted = Order switch
        {
            "name" or "path" => projects.OrderBy(static project => project.Name, StringComparer.Ordinal),
            "last_activity_at" => projects.OrderBy(static project => project.LastActivityAt),
            _ => projects.OrderBy(static project => project.Id),
        };
        List<Project> list = [.. sorted.ThenBy(static project => project.Id)];
        if (Descending)
        {
            list.Reverse();
        }

        return list;
    }
}
