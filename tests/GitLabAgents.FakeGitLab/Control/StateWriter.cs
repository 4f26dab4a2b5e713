using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json;

namespace GitLabAgents.FakeGitLab.Control;

/// <summary>Writes what the server holds, for another process to read.</summary>
internal static class StateWriter
{
    public static void WriteState(Utf8JsonWriter writer, State state)
    {
        lock (state.Gate)
        {
            writer.WriteStartObject();
            WriteList(writer, "groups", state.Groups, static (writer, group) =>
            {
                writer.WriteNumber("id"u8, group.Id);
                writer.WriteString("path"u8, group.Path);
            });
            WriteProjects(writer, state.Projects);
            writer.WriteStartObject("movedProjects"u8);
            foreach ((string from, string to) in state.MovedProjects)
            {
                writer.WriteString(from, to);
            }

            writer.WriteEndObject();
            WriteAgents(writer, state.Agents);
            WriteTokens(writer, state.Tokens);
            WriteUrlConfigurations(writer, state.UrlConfigurations);
            WriteEnvironments(writer, state.Projects);
            WriteList(writer, "accessTokens", state.AccessTokens, WriteAccessToken);
            writer.WriteEndObject();
        }
    }

    public static void WriteProjects(Utf8JsonWriter writer, IReadOnlyList<Project> projects) =>
        WriteList(writer, "projects", projects, static (writer, project) =>
        {
            writer.WriteNumber("id"u8, project.Id);
            writer.WriteString("path"u8, project.Path);
            writer.WriteBoolean("archived"u8, project.Archived);
            writer.WriteBoolean("membersOnly"u8, project.MembersOnly);
            writer.WriteBoolean("isPublic"u8, project.IsPublic);
            writer.WriteBoolean("infrastructureEnabled"u8, project.InfrastructureEnabled);
            writer.WriteNumber("agents"u8, project.Agents.Count);
        });

    public static void WriteAgents(Utf8JsonWriter writer, IReadOnlyList<Agent> agents) =>
        WriteList(writer, "agents", agents, static (writer, agent) =>
        {
            writer.WriteNumber("id"u8, agent.Id);
            writer.WriteString("name"u8, agent.Name);
            writer.WriteString("project"u8, agent.Project.Path);
            writer.WriteNumber("projectId"u8, agent.Project.Id);
            writer.WriteNumberOrNull("createdByUserId"u8, agent.CreatedByUserId);
            writer.WriteNumber("connections"u8, agent.Connections.Count);
        });

    public static void WriteTokens(Utf8JsonWriter writer, IReadOnlyList<StoredToken> tokens) =>
        WriteList(writer, "tokens", tokens, static (writer, token) =>
        {
            writer.WriteNumber("id"u8, token.Id);
            writer.WriteString("name"u8, token.Name);
            writer.WriteString("description"u8, token.Description);
            writer.WriteNumber("agentId"u8, token.Agent.Id);
            writer.WriteString("status"u8, token.Status);
            writer.WriteMoment("createdAt"u8, token.CreatedAt);
            writer.WriteMoment("lastUsedAt"u8, token.LastUsedAt);
            writer.WriteString("secret"u8, token.Secret);
        });

    public static void WriteUrlConfigurations(Utf8JsonWriter writer, IReadOnlyList<UrlConfiguration> configurations) =>
        WriteList(writer, "urlConfigurations", configurations, static (writer, configuration) =>
        {
            writer.WriteNumber("id"u8, configuration.Id);
            writer.WriteNumber("agentId"u8, configuration.Agent.Id);
            writer.WriteString("url"u8, configuration.Url);
            writer.WriteString("publicKey"u8, configuration.PublicKey is { } key ? Convert.ToBase64String(key) : null);
            writer.WriteString("clientCertificate"u8, configuration.ClientCertificate);
            writer.WriteString("clientKey"u8, configuration.ClientKey);
            writer.WriteString("caCertificate"u8, configuration.CaCertificate);
            writer.WriteString("tlsHost"u8, configuration.TlsHost);
        });

    public static void WriteRequests(Utf8JsonWriter writer, IReadOnlyList<RecordedRequest> requests)
    {
        writer.WriteStartArray();
        foreach (RecordedRequest request in requests)
        {
            writer.WriteStartObject();
            writer.WriteString("method"u8, request.Method);
            writer.WriteString("rawTarget"u8, request.RawTarget);
            writer.WriteStartObject("headers"u8);
            foreach ((string name, string value) in request.Headers)
            {
                writer.WriteString(name, value);
            }

            writer.WriteEndObject();
            writer.WriteString("body"u8, request.Body);
            writer.WriteMoment("receivedAt"u8, request.ReceivedAt);
            writer.WriteNumberOrNull("statusCode"u8, request.StatusCode);
            writer.WriteString("requestId"u8, request.RequestId);
            writer.WriteBoolean("aborted"u8, request.Aborted);
            writer.WriteString("connectionId"u8, request.ConnectionId);
            writer.WriteString("protocol"u8, request.Protocol);
            writer.WriteString("clientCertificateThumbprint"u8, request.ClientCertificateThumbprint);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    public static void WriteFaults(Utf8JsonWriter writer, IEnumerable<Fault> faults)
    {
        writer.WriteStartArray();
        foreach (Fault fault in faults)
        {
            writer.WriteStartObject();
            writer.WriteString("kind"u8, fault.Kind.ToString());
            writer.WriteString("method"u8, fault.Method);
            writer.WriteString("pathContains"u8, fault.PathContains);
            writer.WriteString("pathMatches"u8, fault.PathMatches);
            writer.WriteNumber("times"u8, fault.Times);
            writer.WriteNumber("hits"u8, fault.Hits);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    public static void WriteInFlight(Utf8JsonWriter writer, FakeGitLabServer server)
    {
        writer.WriteStartObject();
        writer.WriteNumber("inFlight"u8, server.InFlight);
        writer.WriteNumber("maxInFlight"u8, server.MaxInFlight);
        writer.WriteNumber("connections"u8, server.ConnectionCount);
        writer.WriteEndObject();
    }

    private static void WriteEnvironments(Utf8JsonWriter writer, IReadOnlyList<Project> projects)
    {
        var environments = projects.SelectMany(static project =>
            project.Environments.Select(environment => (Project: project, Environment: environment))).ToList();
        WriteList(writer, "environments", environments, static (writer, item) =>
        {
            writer.WriteNumber("id"u8, item.Environment.Id);
            writer.WriteString("project"u8, item.Project.Path);
            writer.WriteString("name"u8, item.Environment.Name);
            writer.WriteNumberOrNull("agentId"u8, item.Environment.Agent?.Id);
        });
    }

    private static void WriteAccessToken(Utf8JsonWriter writer, AccessToken token)
    {
        writer.WriteNumber("id"u8, token.Id);
        writer.WriteString("value"u8, token.Value);
        writer.WriteString("name"u8, token.Name);
        writer.WriteString("type"u8, token.Type.ToString());
        writer.WriteString("scopes"u8, string.Join(' ', token.Scopes));
        writer.WriteString("role"u8, token.DefaultRole.ToString());
        writer.WriteBoolean("isAdmin"u8, token.IsAdmin);
        writer.WriteBoolean("active"u8, token.Active);
        writer.WriteString("expiresAt"u8, token.ExpiresAt?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
    }

    private static void WriteList<T>(
        Utf8JsonWriter writer,
        string name,
        IReadOnlyList<T> items,
        Action<Utf8JsonWriter, T> write)
    {
        writer.WriteStartArray(name);
        foreach (T item in items)
        {
            writer.WriteStartObject();
            write(writer, item);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
