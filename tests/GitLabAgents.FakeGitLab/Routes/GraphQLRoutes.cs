using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json;

namespace GitLabAgents.FakeGitLab.Routes;

/// <summary>GraphQL: <c>project</c> and <c>group</c> with their <c>clusterAgents</c>, and nothing else.</summary>
internal static class GraphQLRoutes
{
    public static Answer Query(Call call)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(call.Request.Body);
            JsonElement root = document.RootElement;
            string query = root.TryGetProperty("query", out JsonElement text) ? text.GetString() ?? string.Empty : string.Empty;
            JsonElement? variables = root.TryGetProperty("variables", out JsonElement given) ? given : null;
            var errors = new List<Error>();
            object? data = Select(call, new Root(), GraphQLDocument.Parse(query, variables), [], errors);
            return Answer.Json(200, writer =>
            {
                writer.WriteStartObject();
                writer.WritePropertyName("data"u8);
                Write(writer, data);
                WriteErrors(writer, errors);
                writer.WriteEndObject();
            });
        }
        catch (Exception exception) when (exception is FormatException or JsonException)
        {
            return Refuse(200, exception.Message);
        }
    }

    /// <summary>An access token that is none, in the form that GraphQL has for it.</summary>
    public static Answer InvalidToken => Refuse(401, "Invalid token");

    private static Answer Refuse(int status, string message) => Answer.Json(status, writer =>
    {
        writer.WriteStartObject();
        WriteErrors(writer, [new Error(message, [])]);
        writer.WriteEndObject();
    });

    /// <summary>Takes the selected fields of a value; lists are gone through. What fails is null, and an error names its path.</summary>
    private static object? Select(Call call, object? value, IReadOnlyList<GraphQLField> fields, IReadOnlyList<object> path, List<Error> errors)
    {
        if (value is IEnumerable<object> list)
        {
            return list.Select((item, index) => Select(call, item, fields, [.. path, index], errors)).ToList();
        }

        if (value is null || fields.Count == 0)
        {
            return value;
        }

        Dictionary<string, object?> selected = [];
        foreach (GraphQLField field in fields)
        {
            IReadOnlyList<object> own = [.. path, field.Key];
            if ((value, field.Name) is (Agent, "connections") && !call.Options.KasReachable)
            {
                errors.Add(new Error("GRPC::Unavailable", own));
                selected[field.Key] = null;
                continue;
            }

            selected[field.Key] = Select(call, Resolve(call, value, field), field.Fields, own, errors);
        }

        return selected;
    }

    private static object? Resolve(Call call, object parent, GraphQLField field) => (parent, field.Name) switch
    {
        (Root, "project") => FindProject(call, field),
        (Root, "group") => FindGroup(call, field),
        (Found found, "id") => found.Id,
        (Found found, "name") => found.Path[(found.Path.LastIndexOf('/') + 1)..],
        (Found found, "fullPath") => found.Path,
        (Found found, "clusterAgents") => Page(call, found.Agents, field),
        (Found { Project: { } project }, "archived") when call.Options.TellsPermissions => project.Archived,
        (Found { Project: not null } found, "userPermissions") when call.Options.TellsPermissions => new Permissions(found.Project),
        (Permissions permissions, "adminProject") => call.Token.RoleIn(permissions.In) >= Role.Maintainer,
        (Connection connection, "nodes") => connection.Nodes,
        (Connection connection, "count") => connection.Count,
        (Connection connection, "pageInfo") => connection.Info,
        (PageInfo info, "hasNextPage") => info.HasNextPage,
        (PageInfo info, "endCursor") => info.EndCursor,
        (Agent agent, "id") => Gid("Clusters::Agent", agent.Id),
        (Agent agent, "name") => agent.Name,
        (Agent agent, "createdAt") => Moment(agent.CreatedAt),
        (Agent agent, "project") => new Found(Gid("Project", agent.Project.Id), agent.Project.Path, agent.Project, []),
        (Agent agent, "connections") when !call.Options.OldServer => Page(call, Connections(call, agent), field),
        (Agent agent, "tokens") => Page(call, Tokens(call, agent, field), field),
        (AgentConnection connection, "connectedAt") => Moment(connection.ConnectedAt),
        (AgentConnection connection, "metadata") => new Metadata(connection),
        (Metadata metadata, "version") => metadata.Of.Version,
        (Metadata metadata, "podName") => metadata.Of.PodName,
        (Metadata metadata, "podNamespace") => metadata.Of.PodNamespace,
        (StoredToken token, "id") => Gid("Clusters::AgentToken", token.Id),
        (StoredToken token, "name") => token.Name,
        (StoredToken token, "description") => token.Description,
        (StoredToken token, "status") => token.Status.ToUpperInvariant(),
        (StoredToken token, "createdAt") => Moment(token.CreatedAt),
        (StoredToken token, "lastUsedAt") => Moment(token.LastUsedAt),
        (_, "__typename") => parent.GetType().Name,
        _ => throw new FormatException($"Field '{field.Name}' doesn't exist on type '{parent.GetType().Name}'"),
    };

    private static Found? FindProject(Call call, GraphQLField field)
    {
        Project? project = field.Arguments.GetValueOrDefault("fullPath") is { } path && !State.TryId(path, out _) ? call.State.FindProject(path) : null;
        return project is null || call.Token.RoleIn(project) == Role.None
            ? null
            : new Found(Gid("Project", project.Id), project.Path, project, Readable(call, [project]));
    }

    private static Found? FindGroup(Call call, GraphQLField field)
    {
        if (!call.Options.IsEnterprise && field.Fields.Any(static child => child.Name == "clusterAgents"))
        {
            throw new FormatException("Field 'clusterAgents' doesn't exist on type 'Group'");
        }

        return field.Arguments.GetValueOrDefault("fullPath") is { } path && call.State.FindGroup(path) is { } group
            ? new Found(Gid("Group", group.Id), group.Path, null, Readable(call, call.State.ProjectsOf(group, includeSubgroups: true)))
            : null;
    }

    private static List<Agent> Readable(Call call, IReadOnlyList<Project> projects) =>
        [.. projects.Where(project => call.Token.RoleIn(project) >= Role.Developer).SelectMany(static project => project.Agents)];

    /// <summary>To those who may not see them there are none, and in an archived project no one may.</summary>
    private static IReadOnlyList<AgentConnection> Connections(Call call, Agent agent) =>
        call.Token.RoleIn(agent.Project) >= Role.Maintainer && !agent.Project.Archived ? agent.Connections : [];

    private static List<StoredToken> Tokens(Call call, Agent agent, GraphQLField field)
    {
        string? status = field.Arguments.GetValueOrDefault("status") ?? (call.Options.TellsRevokedTokens ? null : "active");
        return [.. agent.Tokens.Where(token => status is null || token.Status.Equals(status, StringComparison.OrdinalIgnoreCase))];
    }

    private static Connection Page<T>(Call call, IReadOnlyList<T> rows, GraphQLField field)
        where T : class
    {
        int start = Number(field.Arguments.GetValueOrDefault("after")) ?? 0;
        int size = Math.Clamp(Number(field.Arguments.GetValueOrDefault("first")) ?? int.MaxValue, 0, call.Options.GraphQLPageSize);
        List<object> nodes = [.. rows.Skip(start).Take(size)];
        int end = start + nodes.Count;
        var info = new PageInfo(end < rows.Count, nodes.Count > 0 ? end.ToString(CultureInfo.InvariantCulture) : null);
        return new Connection(nodes, rows.Count, info);
    }

    private static int? Number(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    private static string Gid(string type, long id) => string.Create(CultureInfo.InvariantCulture, $"gid://gitlab/{type}/{id}");

    private static string? Moment(DateTimeOffset? moment) =>
        moment?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private static void WriteErrors(Utf8JsonWriter writer, IReadOnlyList<Error> errors)
    {
        if (errors.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("errors"u8);
        foreach (Error error in errors)
        {
            writer.WriteStartObject();
            writer.WriteString("message"u8, error.Message);
            if (error.Path.Count > 0)
            {
                writer.WritePropertyName("path"u8);
                Write(writer, error.Path.ToList<object?>());
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case Dictionary<string, object?> fields:
                writer.WriteStartObject();
                foreach ((string key, object? field) in fields)
                {
                    writer.WritePropertyName(key);
                    Write(writer, field);
                }

                writer.WriteEndObject();
                break;
            case List<object?> items:
                writer.WriteStartArray();
                items.ForEach(item => Write(writer, item));
                writer.WriteEndArray();
                break;
            case null:
                writer.WriteNullValue();
                break;
            case bool flag:
                writer.WriteBooleanValue(flag);
                break;
            case int number:
                writer.WriteNumberValue(number);
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
            default:
                throw new FormatException($"Field must have selections (type '{value.GetType().Name}')");
        }
    }

    private sealed record Root;

    private sealed record Permissions(Project In);

    private sealed record Error(string Message, IReadOnlyList<object> Path);

    private sealed record Found(string Id, string Path, Project? Project, IReadOnlyList<Agent> Agents);

    private sealed record Connection(IReadOnlyList<object> Nodes, int Count, PageInfo Info);

    private sealed record PageInfo(bool HasNextPage, string? EndCursor);

    private sealed record Metadata(AgentConnection Of);
}
