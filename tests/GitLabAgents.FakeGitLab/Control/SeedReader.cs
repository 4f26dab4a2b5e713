using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text.Json;

namespace GitLabAgents.FakeGitLab.Control;

/// <summary>Adds to the state what JSON asks for, and writes what came of it.</summary>
internal sealed class SeedReader(State state, Utf8JsonWriter writer)
{
    private readonly List<Project> projects = [];
    private readonly List<Agent> agents = [];
    private readonly List<StoredToken> tokens = [];
    private readonly List<UrlConfiguration> urlConfigurations = [];
    private int counted;

    public void Read(JsonElement json)
    {
        lock (state.Gate)
        {
            json.Get("groups").ForEach(group => state.AddGroup(group.Text("path") ?? group.Text()));
            json.Get("projects").ForEach(AddProject);
            json.Get("moveProjects").ForEach(move => state.MoveProject(move.RequiredText("from"), move.RequiredText("to")));
            json.Get("agents").ForEach(AddAgents);
            json.Get("tokens").ForEach(token => AddToken(AgentOf(token), token));
            json.Get("connections").ForEach(connection => AddConnection(AgentOf(connection), connection));
            json.Get("urlConfigurations").ForEach(configuration => AddUrlConfiguration(AgentOf(configuration), configuration));
            json.Get("accessTokens").ForEach(AddAccessToken);
            json.Get("markUsed").ForEach(MarkUsed);
            json.Get("revokeTokens").ForEach(token => state.RevokeToken(token.GetInt64()));
            json.Get("removeAgents").ForEach(agent => state.RemoveAgent(Agent(agent)));
            Write();
        }
    }

    private void AddProject(JsonElement json)
    {
        Project project = json.ValueKind == JsonValueKind.String
            ? state.AddProject(json.Text())
            : state.AddProject(
                json.RequiredText("path"), json.Long("id"), json.Text("description"), json.Flag("archived"), json.Flag("membersOnly"));
        json.Get("sharedWith").ForEach(group => state.ShareProject(project, group.Text()));
        projects.Add(project);
    }

    private void AddAgents(JsonElement json)
    {
        string path = json.RequiredText("project");
        if (json.Integer("count") is { } count)
        {
            counted += state.AddAgents(path, count, json.Text("prefix") ?? "agent-").Count;
            return;
        }

        Agent agent = state.AddAgent(path, json.RequiredText("name"));
        agent.CreatedAt = json.Moment("createdAt") ?? agent.CreatedAt;
        agents.Add(agent);
        json.Get("tokens").ForEach(token => AddToken(agent, token));
        json.Get("connections").ForEach(connection => AddConnection(agent, connection));
        if (json.Get("urlConfiguration") is { } configuration)
        {
            AddUrlConfiguration(agent, configuration);
        }
    }

    private void AddToken(Agent agent, JsonElement json)
    {
        StoredToken token = json.ValueKind == JsonValueKind.String
            ? state.AddToken(agent, json.Text())
            : state.AddToken(
                agent, json.RequiredText("name"), json.Text("description"), json.Moment("lastUsedAt"), json.Text("status") ?? "active", json.Text("secret"));
        token.CreatedAt = json.Moment("createdAt") ?? token.CreatedAt;
        tokens.Add(token);
    }

    private static void AddConnection(Agent agent, JsonElement json)
    {
        var usual = new AgentConnection();
        agent.Connections =
        [
            .. agent.Connections,
            new AgentConnection
            {
                ConnectedAt = json.Moment("connectedAt") ?? DateTimeOffset.UtcNow,
                Version = json.Text("version") ?? usual.Version,
                PodName = json.Text("podName") ?? usual.PodName,
                PodNamespace = json.Text("podNamespace") ?? usual.PodNamespace,
            },
        ];
    }

    private void AddUrlConfiguration(Agent agent, JsonElement json) => urlConfigurations.Add(state.AddUrlConfiguration(
        agent,
        json.RequiredText("url"),
        json.Text("clientCertificate"),
        json.Text("clientKey"),
        json.Text("caCertificate"),
        json.Text("tlsHost")));

    private void AddAccessToken(JsonElement json)
    {
        AccessToken token = state.AddAccessToken(
            json.RequiredText("value"),
            json.Text("scopes") ?? "api",
            json.Word<Role>("role") ?? Role.Maintainer,
            json.Word<AccessTokenType>("type") ?? AccessTokenType.Personal,
            json.Text("expiresAt") is { } day ? DateOnly.Parse(day, CultureInfo.InvariantCulture) : null,
            json.Text("name"));
        token.Active = json.Get("active")?.GetBoolean() ?? true;
        if (json.Get("roles") is { } roles)
        {
            foreach (JsonProperty role in roles.EnumerateObject())
            {
                state.SetRole(token, Project(role.Name), Enum.Parse<Role>(role.Value.Text(), ignoreCase: true));
            }
        }
    }

    private void MarkUsed(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Number)
        {
            state.MarkUsed(json.GetInt64());
        }
        else
        {
            state.MarkUsed(json.Long("id") ?? throw new FormatException("'id' is missing."), json.Moment("at"));
        }
    }

    private Agent AgentOf(JsonElement json) => Agent(json.Get("agent") ?? throw new FormatException($"'agent' is missing in {json.GetRawText()}"));

    /// <summary>A number, or <c>group/app:agent</c>.</summary>
    private Agent Agent(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Number)
        {
            return state.FindAgent(json.GetInt64()) ?? throw new KeyNotFoundException($"There is no agent {json}.");
        }

        string[] parts = json.Text().Split(':');
        return state.FindAgent(parts[0], parts[^1]) ?? throw new KeyNotFoundException($"There is no agent '{json}'.");
    }

    private Project Project(string path) => state.FindProject(path) ?? throw new KeyNotFoundException($"There is no project '{path}'.");

    private void Write()
    {
        writer.WriteStartObject();
        StateWriter.WriteProjects(writer, projects);
        StateWriter.WriteAgents(writer, agents);
        StateWriter.WriteTokens(writer, tokens);
        StateWriter.WriteUrlConfigurations(writer, urlConfigurations);
        writer.WriteNumber("countedAgents"u8, counted);
        writer.WriteEndObject();
    }
}
