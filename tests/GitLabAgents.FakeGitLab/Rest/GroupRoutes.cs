using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;

namespace GitLabAgents.FakeGitLab.Rest;

/// <summary>Groups and their projects.</summary>
internal static class GroupRoutes
{
    public static ApiResponse List(RequestContext context)
    {
        PageRequest page = PageRequest.Of(context);
        int minAccessLevel = context.Parameters.Integer("min_access_level", 0);
        string? search = context.Parameters.Text("search");
        context.Parameters.Check();
        AccessToken token = context.Token;
        Group[] groups = [.. context.State.GroupsById.Values
            .Where(group => context.State.CanSee(token, group)
                && (int)token.MembershipIn(group) >= minAccessLevel
                && (search is null || group.Path.Contains(search, StringComparison.OrdinalIgnoreCase)))
            .OrderBy(static group => group.Name, StringComparer.Ordinal)];
        return page.Respond(context, groups, (writer, group) => Write(writer, group, context));
    }

    public static ApiResponse Get(RequestContext context)
    {
        Group group = Group(context);
        return ApiResponse.Json(200, writer => Write(writer, group, context));
    }

    public static ApiResponse ListProjects(RequestContext context)
    {
        PageRequest page = PageRequest.Of(context);
        bool subgroups = context.Parameters.Flag("include_subgroups") ?? false;
        bool shared = context.Parameters.Flag("with_shared") ?? true;
        ProjectFilter filter = ProjectFilter.Of(context);
        context.Parameters.Check();
        Group group = Group(context);
        IEnumerable<Project> projects = context.State.ProjectsOf(group, subgroups)
            .Concat(shared ? group.SharedProjects : [])
            .Distinct();
        return filter.Respond(context, page, projects);
    }

    private static Group Group(RequestContext context) =>
        context.State.FindGroup(context.Parameters.FromPath("id")) is { } group
        && context.State.CanSee(context.Token, group)
            ? group
            : throw new RequestRejectedException(ApiResponse.Message(404, "404 Group Not Found"));

    private static void Write(Utf8JsonWriter writer, Group group, RequestContext context)
    {
        writer.WriteStartObject();
        writer.WriteNumber("id"u8, group.Id);
        writer.WriteString("web_url"u8, context.ExternalUrl("/groups/" + group.Path));
        writer.WriteString("name"u8, group.Name);
        writer.WriteString("path"u8, group.Name);
        writer.WriteString("full_path"u8, group.Path);
        writer.WriteString("full_name"u8, group.Path.Replace("/", " / ", StringComparison.Ordinal));
        writer.WriteString("visibility"u8, group.IsPublic ? "public" : "private");
        writer.WriteNumberOrNull("parent_id"u8, group.Parent?.Id);
        writer.WriteEndObject();
    }
}
