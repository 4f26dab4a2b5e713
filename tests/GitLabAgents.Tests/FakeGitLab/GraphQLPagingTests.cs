using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;

namespace GitLabAgents.Tests.FakeServer;

public sealed class GraphQLPagingTests
{
    private const string Query =
        "query($first: Int, $last: Int, $after: String, $before: String) { group(fullPath: \"fleet\") { "
        + "clusterAgents(first: $first, last: $last, after: $after, before: $before) { "
        + "count nodes { name project { path } } "
        + "pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }";

    [Fact]
    public async Task The_agents_of_a_group_are_sorted_by_name_and_ID_in_both_directions()
    {
        await using FakeGitLabServer server = await FleetAsync();
        using var client = new RawClient(server);
        List<string> forwards = [];
        string? after = null;
        JsonNode page;
        do
        {
            page = await PageAsync(client, new { first = 100, after });
            forwards.AddRange(Rows(page));
            after = (string?)page["pageInfo"]!["endCursor"];
        }
        while ((bool)page["pageInfo"]!["hasNextPage"]!);

        List<string> backwards = [];
        string? before = null;
        do
        {
            page = await PageAsync(client, new { last = 100, before });
            backwards.InsertRange(0, Rows(page));
            before = (string?)page["pageInfo"]!["startCursor"];
        }
        while ((bool)page["pageInfo"]!["hasPreviousPage"]!);

        Assert.Equal(250, forwards.Count);
        Assert.Equal(forwards, backwards);
        Assert.Equal(["agent-000001 one", "agent-000001 two"], forwards.Take(2));
    }

    [Fact]
    public async Task The_page_size_is_limited_and_first_with_last_is_rejected()
    {
        await using FakeGitLabServer server = await FleetAsync();
        using var client = new RawClient(server);
        JsonNode page = await PageAsync(client, new { first = 1000 });
        Assert.Equal((250, 100), ((int)page["count"]!, Rows(page).Length));
        Assert.Equal(100, Rows(await PageAsync(client, new { })).Length);
        Assert.NotNull((await client.QueryAsync(Query, new { first = 1, last = 1 })).Json["errors"]);
    }

    [Fact]
    public async Task A_cursor_stays_valid_after_its_row_is_deleted()
    {
        await using FakeGitLabServer server = await FleetAsync();
        using var client = new RawClient(server);
        JsonNode first = await PageAsync(client, new { first = 2 });
        server.State.RemoveAgent(server.State.FindAgent("fleet/two", "agent-000001")!);
        JsonNode second = await PageAsync(client, new { first = 1, after = (string?)first["pageInfo"]!["endCursor"] });
        Assert.Equal(["agent-000002 one"], Rows(second));
        Assert.True((bool)second["pageInfo"]!["hasPreviousPage"]!);
    }

    [Fact]
    public async Task Times_have_the_format_of_GitLab_and_tokens_are_sorted_by_last_use()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options =>
            options.ServerUtcOffset = TimeSpan.FromHours(2));
        using var client = new RawClient(server);
        JsonNode agent = (await client.QueryAsync(
            "{ project(fullPath: \"platform/infra\") { clusterAgent(name: \"cluster-eu\") { id createdAt isReceptive "
            + "tokens { count nodes { id name status lastUsedAt createdByUser { id username } } } } } "
            + "app: project(fullPath: \"group/app\") { clusterAgents(first: 1) { nodes { connections { nodes "
            + "{ connectedAt connectionId metadata { version } warnings { version { type } } } } } } } }")).Data!;
        JsonArray tokens = agent["project"]!["clusterAgent"]!["tokens"]!["nodes"]!.AsArray();
        JsonNode connection = agent["app"]!["clusterAgents"]!["nodes"]![0]!["connections"]!["nodes"]![0]!;

        Assert.Equal(["eu-1", "eu-2", "eu-3"], tokens.Select(token => (string)token!["name"]!));
        Assert.Matches("^[0-9-]{10}T[0-9:]{8}Z$", (string)tokens[0]!["lastUsedAt"]!);
        Assert.Equal(("ACTIVE", null), ((string)tokens[2]!["status"]!, (string?)tokens[2]!["lastUsedAt"]));
        Assert.Equal("gid://gitlab/User/7", (string?)tokens[0]!["createdByUser"]!["id"]);
        Assert.Matches(@"^[0-9-]{10}T[0-9:]{8}\+02:00$", (string)connection["connectedAt"]!);
        Assert.Equal("gid://gitlab/Clusters::Agent/13", (string?)agent["project"]!["clusterAgent"]!["id"]);
    }

    [Fact]
    public async Task Only_older_servers_list_revoked_tokens()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        using var client = new RawClient(server);
        const string Tokens =
            "{ project(fullPath: \"group/app\") { clusterAgent(name: \"prod\") { tokens { nodes { status } } } } }";
        Assert.DoesNotContain("REVOKED", (await client.QueryAsync(Tokens)).Body);
        server.Options.ListsRevokedTokens = true;
        Assert.Contains("REVOKED", (await client.QueryAsync(Tokens)).Body);
    }

    private static Task<FakeGitLabServer> FleetAsync()
        => TestClients.StartServerAsync(options => options.Populate += state =>
        {
            state.AddAgents("fleet/one", 125);
            state.AddAgents("fleet/two", 125);
        });

    private static async Task<JsonNode> PageAsync(RawClient client, object variables)
        => (await client.QueryAsync(Query, variables)).Data!["group"]!["clusterAgents"]!;

    private static string[] Rows(JsonNode page)
        => [.. page["nodes"]!.AsArray().Select(node => $"{node!["name"]} {node["project"]!["path"]}")];
}
