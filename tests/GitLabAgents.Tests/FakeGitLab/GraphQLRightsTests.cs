using System;
using System.Linq;
using System.Text.Json.Nodes;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;
using Fake = GitLabAgents.FakeGitLab;

namespace GitLabAgents.Tests.FakeServer;

/// <summary>Checks the permissions of GraphQL: hidden objects are missing, without an error.</summary>
public sealed class GraphQLRightsTests
{
    private const string Agents = "clusterAgents { count nodes { name } pageInfo { hasNextPage endCursor } }";

    private const string Details =
        "{ project(fullPath: \"group/app\") { clusterAgent(name: \"prod\") "
        + "{ tokens { nodes { name } } connections { nodes { connectedAt } } activityEvents { nodes { kind } } } } }";

    [Fact]
    public async Task A_project_is_null_without_a_role_and_its_agents_empty_below_developer()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        using var maintainer = new RawClient(server);
        using var reporter = new RawClient(server, "glpat-reporter");
        string query = "{ secret: project(fullPath: \"platform/secret\") { id } "
            + $"app: project(fullPath: \"group/app\") {{ {Agents} }} }}";

        JsonNode seen = (await maintainer.QueryAsync(query)).Data!;
        JsonNode hidden = (await reporter.QueryAsync(query)).Data!;

        Assert.Null(seen["secret"]);
        Assert.Equal(["prod", "staging"], Names(seen["app"]!));
        Assert.Equal(
            """{"clusterAgents":{"count":0,"nodes":[],"pageInfo":{"hasNextPage":false,"endCursor":null}}}""",
            hidden["app"]!.ToJsonString());
    }

    [Fact]
    public async Task A_public_project_is_visible_to_all_and_its_agents_are_not()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.Populate += state =>
        {
            state.AddAgent(state.AddProject("open/one", membersOnly: true, isPublic: true), "a");
        });
        string query = $"{{ project(fullPath: \"open/one\") {{ name {Agents} }} }}";
        foreach (string? token in new[] { "glpat-maintainer", null })
        {
            using var client = new RawClient(server, token);
            JsonNode project = (await client.QueryAsync(query)).Data!["project"]!;
            Assert.Equal("one", (string?)project["name"]);
            Assert.Empty(Names(project));
        }
    }

    [Fact]
    public async Task A_moved_path_and_an_ID_return_null()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        using var client = new RawClient(server);
        JsonNode data = (await client.QueryAsync(
            "{ moved: project(fullPath: \"group/old-name\") { id } id: project(fullPath: \"101\") { id } }")).Data!;
        Assert.Equal("""{"moved":null,"id":null}""", data.ToJsonString());
    }

    [Fact]
    public async Task The_agents_of_a_group_require_a_role_in_the_group()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.Populate += state =>
        {
            Fake.AccessToken member = state.AddAccessToken("glpat-member", role: Role.None);
            state.SetRole(member, state.FindProject("platform/infra")!, Role.Developer);
            Fake.AccessToken group = state.AddAccessToken("glpat-group", role: Role.None);
            state.SetGroupRole(group, state.FindGroup("platform")!, Role.Developer);
            Fake.AccessToken below = state.AddAccessToken("glpat-below", role: Role.None);
            state.SetGroupRole(below, state.FindGroup("platform")!, Role.Reporter);
        });
        string query =
            $"{{ group(fullPath: \"platform\") {{ maxAccessLevel {{ integerValue stringValue }} {Agents} }} }}";
        using var member = new RawClient(server, "glpat-member");
        using var group = new RawClient(server, "glpat-group");
        using var below = new RawClient(server, "glpat-below");
        using var maintainer = new RawClient(server);

        JsonNode none = (await member.QueryAsync(query)).Data!["group"]!;
        JsonNode own = (await group.QueryAsync(query)).Data!["group"]!;

        Assert.Equal("""{"integerValue":0,"stringValue":"NO_ACCESS"}""", none["maxAccessLevel"]!.ToJsonString());
        Assert.Equal((0, 0), ((int)none["clusterAgents"]!["count"]!, Names(none).Length));
        Assert.Equal("""{"integerValue":30,"stringValue":"DEVELOPER"}""", own["maxAccessLevel"]!.ToJsonString());
        Assert.Equal(["api", "cluster-eu", "cluster-us", "retired", "web"], Names(own));
        Assert.Equal(5, Names((await maintainer.QueryAsync(query)).Data!["group"]!).Length);
        JsonNode reporter = (await below.QueryAsync(query)).Data!["group"]!;
        Assert.Equal((0, 0), ((int)reporter["clusterAgents"]!["count"]!, Names(reporter).Length));
    }

    [Fact]
    public async Task Hidden_nodes_are_removed_after_paging()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.Populate += state =>
        {
            Fake.AccessToken token = state.FindAccessToken("glpat-maintainer")!;
            state.AddAgents("fleet/hidden", 2, "a-");
            state.SetRole(token, state.FindProject("fleet/hidden")!, Role.Reporter);
            state.AddAgents("fleet/seen", 1, "b-");
        });
        using var client = new RawClient(server);
        string Query(int first) => $"{{ group(fullPath: \"fleet\") {{ clusterAgents(first: {first}) "
            + "{ count nodes { name } pageInfo { hasNextPage endCursor } } } }";

        JsonNode empty = (await client.QueryAsync(Query(2))).Data!["group"]!["clusterAgents"]!;
        JsonNode all = (await client.QueryAsync(Query(3))).Data!["group"]!["clusterAgents"]!;

        Assert.Equal(
            """{"count":3,"nodes":[],"pageInfo":{"hasNextPage":true,"endCursor":null}}""", empty.ToJsonString());
        Assert.Equal((3, "b-000001"), ((int)all["count"]!, (string?)all["nodes"]!.AsArray().Single()!["name"]));
    }

    [Theory]
    [InlineData("glpat-maintainer", "", true)]
    [InlineData("glpat-developer", "", false)]
    [InlineData("glpat-maintainer", "archived", false)]
    [InlineData("glpat-maintainer", "infrastructure", false)]
    [InlineData("glpat-maintainer", "repository", false)]
    public async Task Connections_and_activity_require_a_Maintainer_and_an_active_project(
        string token, string off, bool isShown)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        Fake.Project project = server.State.FindProject("group/app")!;
        project.Archived = off == "archived";
        project.InfrastructureEnabled = off != "infrastructure";
        project.RepositoryEnabled = off != "repository";
        using var client = new RawClient(server, token);

        RawResponse response = await client.QueryAsync(Details);
        JsonNode agent = response.Data!["project"]!["clusterAgent"]!;

        Assert.Null(response.Json["errors"]);
        Assert.Equal(2, Nodes(agent, "tokens").Count);
        Assert.Equal(isShown, Nodes(agent, "connections").Count == 1);
        Assert.Equal(isShown, Nodes(agent, "activityEvents").Count > 0);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Connections_are_an_error_with_a_path_if_the_agent_server_is_unavailable(
        bool isEnabled, bool isReachable)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options =>
            (options.KasEnabled, options.KasReachable) = (isEnabled, isReachable));
        using var client = new RawClient(server);
        using var developer = new RawClient(server, "glpat-developer");
        const string Query = "{ project(fullPath: \"group/app\") { clusterAgents { nodes "
            + "{ name connections { nodes { connectedAt } } } } } }";

        RawResponse response = await client.QueryAsync(Query);
        JsonArray errors = response.Json["errors"]!.AsArray();

        Assert.Equal(2, errors.Count);
        Assert.Equal("GRPC::Unavailable", (string?)errors[0]!["message"]);
        Assert.Equal("""["project","clusterAgents","nodes",0,"connections"]""", errors[0]!["path"]!.ToJsonString());
        Assert.Null(response.Data!["project"]!["clusterAgents"]!["nodes"]![0]!["connections"]);
        Assert.Null((await developer.QueryAsync(Query)).Json["errors"]);
    }

    [Theory]
    [InlineData("projects(minAccessLevel: DEVELOPER)", "fleet/member")]
    [InlineData("projects(membership: true)", "fleet/member", "fleet/guest")]
    [InlineData("projects(search: \"fleet/\")", "fleet/member", "fleet/guest", "fleet/other")]
    [InlineData("projects(search: \"fleet/\", sort: \"id_asc\")", "fleet/other", "fleet/guest", "fleet/member")]
    [InlineData("projects(fullPaths: [\"fleet/other\", \"nowhere\"])", "fleet/other")]
    [InlineData("projects(ids: [\"gid://gitlab/Project/901\"])", "fleet/other")]
    [InlineData("projects(archived: ONLY)", "platform/old")]
    [InlineData("projects(archived: EXCLUDE, search: \"platform/o\")")]
    public async Task An_administrator_sees_all_projects_and_filters_count_memberships(
        string field, params string[] expected)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.Populate += state =>
        {
            Fake.AccessToken root = state.AddAccessToken("glpat-root", role: Role.None, isAdmin: true);
            state.AddProject("fleet/other", id: 901);
            state.SetRole(root, state.AddProject("fleet/guest", id: 902), Role.Guest);
            state.SetRole(root, state.AddProject("fleet/member", id: 903), Role.Developer);
        });
        using var client = new RawClient(server, "glpat-root");

        JsonNode data = (await client.QueryAsync($"{{ {field} {{ nodes {{ fullPath }} }} }}")).Data!;

        Assert.Equal(expected, data["projects"]!["nodes"]!.AsArray().Select(node => (string)node!["fullPath"]!));
    }

    [Fact]
    public async Task The_projects_of_a_group_are_sorted_by_descending_ID_and_can_be_filtered()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        using var client = new RawClient(server);
        async Task<string> PathsAsync(string arguments)
        {
            JsonNode data = (await client.QueryAsync(
                $"{{ group(fullPath: \"platform\") {{ projects{arguments} {{ nodes {{ path }} }} }} }}")).Data!;
            JsonArray nodes = Nodes(data["group"]!, "projects");
            return string.Join(' ', nodes.Select(node => (string)node!["path"]!));
        }

        Assert.Equal("old infra", await PathsAsync(string.Empty));
        Assert.Equal("old api web infra", await PathsAsync("(includeSubgroups: true)"));
        Assert.Equal("api web infra", await PathsAsync("(includeSubgroups: true, includeArchived: false)"));
        Assert.Equal("old", await PathsAsync("(archivedOnly: true)"));
        Assert.Equal("infra", await PathsAsync("(search: \"NFR\")"));
    }

    [Fact]
    public async Task Each_change_is_recorded_as_activity()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        using var client = new RawClient(server);
        Fake.Agent agent = server.State.AddAgent("group/app", "fresh");
        string tokens = $"/projects/101/cluster_agents/{agent.Id}/tokens";
        RawResponse created = await client.PostAsync(tokens, new { name = "ci" });
        agent.Connections = [new Fake.AgentConnection { ConnectedAt = DateTimeOffset.UtcNow }];
        agent.Connections = [];
        await client.DeleteAsync($"{tokens}/{created.Json["id"]}");
        await client.DeleteAsync($"{tokens}/{created.Json["id"]}");

        JsonNode data = (await client.QueryAsync(
            "{ project(fullPath: \"group/app\") { clusterAgent(name: \"fresh\") { activityEvents { nodes "
            + "{ kind level user { username } agentToken { name } recordedAt } } } } }")).Data!;
        JsonArray events = Nodes(data["project"]!["clusterAgent"]!, "activityEvents");

        Assert.Equal(
            ["token_revoked", "agent_disconnected", "agent_connected", "token_created"],
            events.Select(node => (string)node!["kind"]!));
        Assert.All(events, node => Assert.Equal("info", (string?)node!["level"]));
        Assert.Equal("maintainer", (string?)events[0]!["user"]!["username"]);
        Assert.Equal("ci", (string?)events[3]!["agentToken"]!["name"]);
        Assert.Null(events[1]!["user"]);
    }

    private static JsonArray Nodes(JsonNode parent, string field) => parent[field]!["nodes"]!.AsArray();

    private static string[] Names(JsonNode parent)
        => [.. Nodes(parent, "clusterAgents").Select(node => (string)node!["name"]!)];
}
