using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using GitLabAgents.FakeGitLab.GraphQLApi;
using Xunit;

namespace GitLabAgents.Tests.FakeServer;

/// <summary>Checks complexities against the formula of GitLab.</summary>
public sealed class QueryComplexityTests
{
    private const string Tokens = "tokens { nodes { id name description status createdAt lastUsedAt } }";
    private const string Connections =
        "connections { nodes { connectedAt metadata { version podName podNamespace } } }";
    private const string ConnectionsWithWarnings =
        "connections { nodes { connectedAt metadata { version podName podNamespace } "
        + "warnings { version { type message } } } }";

    private const string Project =
        "id name path fullPath nameWithNamespace description createdAt archived userPermissions { adminProject }";

    private const string Page = "pageInfo { hasNextPage endCursor }";

    [Theory]
    [InlineData("{ project(fullPath: \"a\") { id } }", 2)]
    [InlineData("{ currentUser { id } metadata { version kas { enabled } } }", 6)]
    [InlineData("{ projects { nodes { id } } }", 6)]
    [InlineData("{ projects(first: 50) { nodes { id } } }", 4)]
    [InlineData("{ projects(first: 500) { nodes { id } } }", 6)]
    [InlineData("{ projects(last: 10) { nodes { id } } }", 3)]
    [InlineData("{ projects(sort: \"id_asc\") { nodes { id } } }", 8)]
    [InlineData("{ projects(search: \"a\") { nodes { id } } }", 16)]
    [InlineData("{ projects(search: null) { nodes { id } } }", 6)]
    [InlineData("{ group(fullPath: \"a\") { projects { nodes { id } } } }", 27)]
    [InlineData("{ group(fullPath: \"a\") { ...F } } fragment F on Group { projects { nodes { id } } }", 27)]
    [InlineData("{ group(fullPath: \"a\") { id ... on Group { id } id } }", 2)]
    [InlineData("{ group(fullPath: \"a\") { a: id b: id } }", 3)]
    [InlineData("query($n: Int = 50) { projects(first: $n) { nodes { id } } }", 4)]
    public void Each_field_has_the_complexity_of_the_formula(string query, int expected)
        => Assert.Equal(expected, QueryComplexity.Compute(query));

    [Fact]
    public void Variables_change_the_complexity()
        => Assert.Equal(
            4,
            QueryComplexity.Compute(
                "query($n: Int) { projects(first: $n) { nodes { id } } }",
                new Dictionary<string, object?> { ["n"] = 50 }));

    [Theory]
    [InlineData(ConnectionsWithWarnings, 107)]
    [InlineData(Connections, 99)]
    [InlineData("", 77)]
    public void A_page_of_the_agents_of_a_group_has_the_expected_complexity(string connections, int expected)
        => Assert.Equal(
            expected,
            QueryComplexity.Compute(
                "query($path: ID!, $after: String) { group(fullPath: $path) { id fullPath "
                + "maxAccessLevel { integerValue } "
                + $"clusterAgents(first: 100, after: $after) {{ count {Page} "
                + $"nodes {{ id name createdAt project {{ {Project} }} {Tokens} {connections} }} }} }} }}"));

    [Theory]
    [InlineData(ConnectionsWithWarnings, 209)]
    [InlineData(Connections, 193)]
    [InlineData("", 149)]
    public void The_projects_of_a_group_have_the_expected_complexity(string connections, int expected) => Assert.Equal(
        expected,
        QueryComplexity.Compute(
            "query($path: ID!) { group(fullPath: $path) { maxAccessLevel { integerValue } "
            + $"projects(includeSubgroups: true, first: 100) {{ {Page} nodes {{ {Project} "
            + $"clusterAgents(first: 100) {{ {Page} nodes {{ id name createdAt {Tokens} {connections} }} }} "
            + "} } } }"));

    [Fact]
    public void Fifty_projects_with_twenty_agents_each_have_the_expected_complexity() => Assert.Equal(
        109,
        QueryComplexity.Compute(
            "query($path: ID!) { group(fullPath: $path) { maxAccessLevel { integerValue } "
            + $"projects(includeSubgroups: true, first: 50) {{ {Page} nodes {{ {Project} "
            + $"clusterAgents(first: 20) {{ {Page} nodes {{ id name createdAt {Tokens} {ConnectionsWithWarnings} }} }} "
            + "} } } }"));

    [Fact]
    public async Task The_server_reports_score_and_limit()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(
            options => options.Populate += AddAdministrator);
        using var client = new RawClient(server);
        using var administrator = new RawClient(server, "glpat-root");
        using var anonymous = new RawClient(server, token: null);
        const string Query = "{ queryComplexity { score limit } }";

        Assert.Equal(
            """{"queryComplexity":{"score":3,"limit":250}}""", (await client.QueryAsync(Query)).Data!.ToJsonString());
        Assert.Equal(300, (int)(await administrator.QueryAsync(Query)).Data!["queryComplexity"]!["limit"]!);
        Assert.Equal(200, (int)(await anonymous.QueryAsync(Query)).Data!["queryComplexity"]!["limit"]!);
    }

    [Fact]
    public async Task A_query_over_the_limit_is_rejected_without_a_code()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(
            options => options.Populate += AddAdministrator);
        using var client = new RawClient(server);
        using var administrator = new RawClient(server, "glpat-root");
        string query = Aliases(6);

        RawResponse response = await client.QueryAsync(query);

        Assert.Equal(200, response.Status);
        Assert.Equal(
            """{"errors":[{"message":"Query has complexity of 282, which exceeds max complexity of 250"}]}""",
            response.Body);
        Assert.NotNull((await administrator.QueryAsync(query)).Data);
    }

    [Fact]
    public async Task The_complexity_of_an_array_is_the_sum_of_its_queries()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        using var client = new RawClient(server);

        RawResponse fits = await client.SendAsync("POST", "/api/graphql", Array(Aliases(3), Aliases(2)));
        RawResponse refused = await client.SendAsync("POST", "/api/graphql", Array(Aliases(3), Aliases(3)));

        Assert.All(fits.Json.AsArray(), result => Assert.NotNull(result!["data"]));
        Assert.Equal(2, fits.Json.AsArray().Count);
        Assert.All(
            refused.Json.AsArray(),
            result => Assert.Contains("complexity of 282", result!["errors"]!.ToJsonString()));
    }

    [Fact]
    public async Task Depth_and_length_have_limits()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        using var client = new RawClient(server);
        string deep = "{ group(fullPath: \"a\") { clusterAgents(first: 0) { nodes "
            + string.Concat(Enumerable.Repeat("{ tokens(first: 0) { nodes { clusterAgent ", 6)) + "{ id }"
            + string.Concat(Enumerable.Repeat("} } }", 6)) + " } } }";

        Assert.Equal(
            "Query has depth of 22, which exceeds max depth of 20",
            (string?)(await client.QueryAsync(deep)).Error["message"]);
        RawResponse response = await client.QueryAsync(
            "{ currentUser { id } } #" + new string('x', QueryComplexity.MaxQueryLength));
        Assert.Equal((422, "Query too large"), (response.Status, (string?)response.Error["message"]));
    }

    private static void AddAdministrator(State state)
        => state.AddAccessToken("glpat-root", role: Role.None, isAdmin: true);

    /// <summary>Creates a query for a number of projects, each of complexity 47.</summary>
    private static string Aliases(int count) => "{ " + string.Join(' ', Enumerable.Range(0, count).Select(index =>
        $"p{index}: project(fullPath: \"group/app\") {{ clusterAgents(first: 100) {{ nodes {{ id name {Connections} "
        + "tokens { nodes { id lastUsedAt } } } } }")) + " }";

    private static string Array(params string[] queries)
        => JsonSerializer.Serialize(queries.Select(query => new { query }));
}
