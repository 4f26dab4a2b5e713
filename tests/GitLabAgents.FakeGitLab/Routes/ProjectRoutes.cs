using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;

namespace GitLabAgents.FakeGitLab.Routes;

/// <summary>Projects, singly and of a group.</summary>
internal static class ProjectRoutes
{
    public static Answer Get(Call call)
    {
        Project project = call.Project();
        return Answer.Json(200, writer => Write(writer, project, call, simple: false));
    }

    public static Answer ListOfGroup(Call call)
    {
        PageRequest page = PageRequest.Of(call);
        bool subgroups = call.Parameters.Flag("include_subgroups") ?? false;
        bool shared = call.Parameters.Flag("with_shared") ?? true;
        bool? archived = call.Parameters.Flag("archived");
        bool simple = call.Parameters.Flag("simple") ?? false;
        string order = call.Parameters.OneOf(
            "order_by", "created_at", "id", "name", "path", "created_at", "updated_at", "last_activity_at", "similarity", "star_count");
        bool descending = call.Parameters.OneOf("sort", "desc", "asc", "desc") == "desc";
        call.Parameters.Check();
        if (call.State.FindGroup(call.Parameters.FromPath("id")) is not { } group)
        {
            return Answer.Message(404, "404 Group Not Found");
        }

        IEnumerable<Project> projects = call.State.ProjectsOf(group, subgroups)
            .Concat(shared ? group.SharedProjects : [])
            .Distinct()
            .Where(project => call.Token.RoleIn(project) > Role.None && (archived is null || archived == project.Archived));
        return page.Answer(call, Sort(projects, order, descending), (writer, project) => Write(writer, project, call, simple));
    }

    /// <summary>A project as its agents show it.</summary>
    public static byte[] ConfigJson(Project project) => Json.Write(writer =>
    {
        writer.WriteStartObject();
        WriteCore(writer, project);
        writer.WriteEndObject();
    }).ToArray();

    private static List<Project> Sort(IEnumerable<Project> projects, string order, bool descending)
    {
        List<Project> sorted = [.. order is "name" or "path"
            ? projects.OrderBy(static project => project.Name, StringComparer.Ordinal).ThenBy(static project => project.Id)
            : projects.OrderBy(static project => project.Id)];
        if (descending)
        {
            sorted.Reverse();
        }

        return sorted;
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

    private static void Write(Utf8JsonWriter writer, Project project, Call call, bool simple)
    {
        string url = call.ExternalUrl("/" + string.Join('/', project.Path.Split('/').Select(Uri.EscapeDataString)));
        writer.WriteStartObject();
        WriteCore(writer, project);
        writer.WriteString("default_branch"u8, "main");
        writer.WriteString("web_url"u8, url);
        writer.WriteString("http_url_to_repo"u8, url + ".git");
        writer.WriteMoment("last_activity_at"u8, project.CreatedAt);
        writer.WriteStartObject("namespace"u8);
        writer.WriteNumberOrNull("id"u8, call.State.FindGroup(project.Namespace)?.Id);
        writer.WriteString("kind"u8, "group");
        writer.WriteString("full_path"u8, project.Namespace);
        writer.WriteEndObject();
        if (!simple)
        {
            writer.WriteBoolean("archived"u8, project.Archived);
            writer.WriteString("visibility"u8, "private");
        }

        writer.WriteEndObject();
    }
}
