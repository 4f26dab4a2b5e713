using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json;

namespace GitLabAgents.FakeGitLab.Control;

/// <summary>Adds to the state what JSON asks for, and writes what was created.</summary>
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
            json.Get("groups").ForEach(AddGroup);
            json.Get("projects").ForEach(AddProject);
            json.Get("moveProjects").ForEach(move =>
                state.MoveProject(move.RequiredText("from"), move.RequiredText("to")));
            json.Get("fleet").ForEach(AddFleet);
            json.Get("agents").ForEach(AddAgents);
            json.Get("tokens").ForEach(token => AddToken(AgentOf(token), token));
            json.Get("connections").ForEach(connection => AddConnection(AgentOf(connection), connection));
            json.Get("disconnectAgents").ForEach(agent => Agent(agent).Connections = []);
            json.Get("urlConfigurations").ForEach(item => AddUrlConfiguration(AgentOf(item), item));
            json.Get("environments").ForEach(AddEnvironment);
            json.Get("accessTokens").ForEach(AddAccessToken);
            json.Get("markUsed").ForEach(MarkUsed);
            json.Get("revokeTokens").ForEach(token => state.RevokeToken(token.GetInt64()));
            json.Get("removeAgents").ForEach(agent => state.RemoveAgent(Agent(agent)));
            Write();
        }
    }

    private void AddGroup(JsonElement json) =>
        state.AddGroup(json.Text("path") ?? json.Text()).IsPublic |= json.Flag("isPublic");

    private void AddProject(JsonElement json)
    {
        Project project = json.ValueKind == JsonValueKind.String
            ? state.AddProject(json.Text())
            : state.AddProject(
                json.RequiredText("path"),
                json.Long("id"),
                json.Text("description"),
                json.Flag("archived"),
                json.Flag("membersOnly"),
                json.Flag("isPublic"));
        project.InfrastructureEnabled = json.Get("infrastructureEnabled")?.GetBoolean() ?? true;
        project.RepositoryEnabled = json.Get("repositoryEnabled")?.GetBoolean() ?? true;
        project.LastActivityAt = json.Time("lastActivityAt") ?? project.LastActivityAt;
        json.Get("sharedWith").ForEach(group => state.ShareProject(project, group.Text()));
        projects.Add(project);
    }

    private void AddFleet(JsonElement json)
    {
        var standard = new Fleet();
        Fleet fleet = standard with
        {
            Group = json.Text("group") ?? standard.Group,
            Projects = json.Integer("projects") ?? standard.Projects,
            Agents = json.Integer("agents") ?? standard.Agents,
            TokensPerAgent = json.Integer("tokensPerAgent") ?? standard.TokensPerAgent,
            ProjectsPerSubgroup = json.Integer("projectsPerSubgroup") ?? standard.ProjectsPerSubgroup,
            ConnectedEvery = json.Integer("connectedEvery") ?? standard.ConnectedEvery,
            ArchivedEvery = json.Integer("archivedEvery") ?? standard.ArchivedEvery,
        };
        state.AddFleet(fleet);
        counted += fleet.Agents;
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
        agent.CreatedAt = json.Time("createdAt") ?? agent.CreatedAt;
        agents.Add(agent);
        json.Get("tokens").ForEach(token => AddToken(agent, token));
        json.Get("connections").ForEach(connection => AddConnection(agent, connection));
        if (json.Get("urlConfiguration") is { } configuration)
        {
            AddUrlConfiguration(agent, configuration);
        }
    }

    private void AddToken(Agent agent, JsonElement json) => tokens.Add(json.ValueKind == JsonValueKind.String
        ? state.AddToken(agent, json.Text())
        : state.AddToken(
            agent,
            json.RequiredText("name"),
            json.Text("description"),
            json.Time("lastUsedAt"),
            json.Text("status") ?? "active",
            json.Text("secret"),
            createdAt: json.Time("createdAt")));

    private void AddConnection(Agent agent, JsonElement json)
    {
        var standard = new AgentConnection();
        agent.Connections =
        [
            .. agent.Connections,
            new AgentConnection
            {
                ConnectedAt = json.Time("connectedAt") ?? state.Now,
                Version = json.Text("version") ?? standard.Version,
                PodName = json.Text("podName") ?? standard.PodName,
                PodNamespace = json.Text("podNamespace") ?? standard.PodNamespace,
                Warnings = json.Get("warnings") is { } warnings
                    ? [.. warnings.EnumerateArray().Select(static warning =>
                        (warning.RequiredText("type"), warning.RequiredText("message")))]
                    : [],
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

    private void AddEnvironment(JsonElement json) => state.AddEnvironment(
        Project(json.RequiredText("project")),
        json.RequiredText("name"),
        json.Get("agent") is { } agent ? Agent(agent) : null,
        json.Text("kubernetesNamespace"),
        json.Text("state") ?? "available");

    private void AddAccessToken(JsonElement json)
    {
        AccessToken token = state.AddAccessToken(
            json.RequiredText("value"),
            json.Text("scopes") ?? "api",
            json.EnumValue<Role>("role") ?? Role.Maintainer,
            json.EnumValue<AccessTokenType>("type") ?? AccessTokenType.Personal,
            json.Text("expiresAt") is { } day ? DateOnly.Parse(day, CultureInfo.InvariantCulture) : null,
            json.Text("name"),
            json.Flag("isAdmin"));
        token.Active = json.Get("active")?.GetBoolean() ?? true;
        token.IsBlocked = json.Flag("isBlocked");
        token.Permissions = [.. json.Get("permissions")?.EnumerateArray().Select(static item => item.Text()) ?? []];
        foreach (JsonProperty role in Properties(json, "roles"))
        {
            state.SetRole(token, Project(role.Name), ParseRole(role.Value));
        }

        foreach (JsonProperty role in Properties(json, "groupRoles"))
        {
            state.SetGroupRole(token, state.AddGroup(role.Name), ParseRole(role.Value));
        }
    }

    private static IEnumerable<JsonProperty> Properties(JsonElement json, string name) =>
        json.Get(name) is { } value ? [.. value.EnumerateObject()] : [];

    private static Role ParseRole(JsonElement json) => Enum.Parse<Role>(json.Text(), ignoreCase: true);

    private void MarkUsed(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Number)
        {
            state.MarkUsed(json.GetInt64());
        }
        else
        {
            state.MarkUsed(json.Long("id") ?? throw new FormatException("'id' is missing."), json.Time("at"));
        }
    }

    private Agent AgentOf(JsonElement json) =>
        Agent(json.Get("agent") ?? throw new FormatException($"'agent' is missing in {json.GetRawText()}"));

    /// <summary>An ID, or <c>group/app:agent</c>.</summary>
    private Agent Agent(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Number)
        {
            return state.FindAgent(json.GetInt64()) ?? throw new KeyNotFoundException($"There is no agent {json}.");
        }

        string[] parts = json.Text().Split(':');
        return state.FindAgent(parts[0], parts[^1])
            ?? throw new KeyNotFoundException($"There is no agent '{json}'.");
    }

    private Project Project(string path) =>
        state.FindProject(path) ?? throw new KeyNotFoundException($"There is no project '{path}'.");

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
