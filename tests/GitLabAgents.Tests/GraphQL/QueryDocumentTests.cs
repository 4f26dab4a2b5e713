using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using GitLabAgents.FakeGitLab.GraphQLApi;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>
/// Checks that each query, with and without its removable parts, is valid and within the limits of GitLab.
/// </summary>
public sealed class QueryDocumentTests
{
    private const int MaxComplexity = 200;

    private static readonly string[] Operations =
    [
        "GroupProjects", "AllProjects", "ProjectsById", "ProjectsByPath", "ProjectAgents", "Agent", "AgentActivity",
    ];

    private static readonly string[] Removable =
    [
        "isReceptive", "connections", "warnings", "createdByUser", "tokens", "archived", "userPermissions",
        "adminProject",
        "maxAccessLevel", "integerValue", "count", "includeArchived:", "archived:", "minAccessLevel:",
    ];

    public static TheoryData<string> Documents => new(Operations);

    [Fact]
    public void Each_file_is_a_query_or_a_fragment_of_one()
    {
        string folder = Repository.PathOf("src", "GitLabAgents.Client", "GraphQL");
        string all = string.Concat(Operations.Select(name => QueryDocument.Load(name).ToString()));
        foreach (string file in Directory.GetFiles(folder, "*.graphql"))
        {
            string name = Path.GetFileNameWithoutExtension(file);
            Assert.True(
                Operations.Contains(name) || all.Contains($"fragment {name} on", StringComparison.Ordinal), file);
        }
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task A_query_is_valid_without_any_removable_part(string name)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        foreach (string[] excluded in Removable.Select(part => new[] { part }).Append([]).Append(Removable))
        {
            string query = QueryDocument.Load(name).Without(excluded);
            Assert.DoesNotContain("{\n}", query, StringComparison.Ordinal);
            JsonNode response = await PostAsync(server, query, Variables(name));
            Assert.True(response["errors"] is null, $"{string.Join(", ", excluded)}: {response}\n{query}");
            Assert.NotNull(response["data"]);
        }
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void A_query_stays_below_the_limits_of_complexity_and_length(string name)
    {
        foreach (AgentParts parts in new[]
        {
            AgentParts.None,
            AgentParts.Tokens,
            AgentParts.Tokens | AgentParts.Connections,
        })
        {
            var query = new AgentQuery(new GraphQLSupport(TimeProvider.System), parts);
            string text = QueryDocument.Load(name).Without(query.Excluded);
            Assert.InRange(text.Length, 1, 10_000);
            var variables = new Dictionary<string, object?>
            {
                ["first"] = query.Projects,
                ["agents"] = name == "ProjectAgents" ? query.Agents : query.AgentsPerProject,
            };
            Assert.InRange(QueryComplexity.Compute(text, variables), 1, MaxComplexity);
        }
    }

    [Fact]
    public void A_reduced_query_is_less_complex_at_each_step()
    {
        var query = new AgentQuery(new GraphQLSupport(TimeProvider.System), AgentParts.Tokens | AgentParts.Connections);
        var complexities = new List<int>();
        do
        {
            string text = QueryDocument.GroupProjects.Without(query.Excluded);
            complexities.Add(QueryComplexity.Compute(
                text,
                new Dictionary<string, object?> { ["first"] = query.Projects, ["agents"] = query.AgentsPerProject }));
        }
        while (query.TryReduce(query.Level, GraphQLResult.TooExpensive("too much", isTooComplex: true)) is not null);

        Assert.Equal(5, complexities.Count);
        Assert.Equal(complexities.OrderDescending(), complexities);
        Assert.Equal("too much", query.ConnectionsReason);
        Assert.InRange(complexities[^1], 1, MaxComplexity / 2);
    }

    [Fact]
    public void An_argument_can_be_removed_alone()
    {
        string query = QueryDocument.GroupProjects.Without(["includeArchived:"]);
        Assert.Contains(
            "projects(includeSubgroups: $recurse, first: $first, after: $after) {", query, StringComparison.Ordinal);
        Assert.Contains("\narchived\n", query, StringComparison.Ordinal);
    }

    private static object Variables(string name) => name switch
    {
        "GroupProjects" => new { group = "platform", recurse = true, first = 100, agents = 75 },
        "AllProjects" => new { first = 100, agents = 75 },
        "ProjectsById" => new { ids = new[] { "gid://gitlab/Project/101" }, first = 1, agents = 75 },
        "ProjectsByPath" => new { paths = new[] { "group/app" }, first = 1, agents = 75 },
        "ProjectAgents" => new { project = "group/app", agents = 100 },
        "AgentActivity" => new { project = "group/app", agent = "prod", first = 100 },
        _ => new { project = "group/app", agent = "prod" },
    };

    private static async Task<JsonNode> PostAsync(FakeGitLabServer server, string query, object variables)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var request = new HttpRequestMessage(
            HttpMethod.Post, server.Url.AbsoluteUri.TrimEnd('/') + "/api/graphql");
        request.Headers.Add("PRIVATE-TOKEN", TestClients.Token);
        request.Content = new StringContent(
            JsonSerializer.Serialize(new { query, variables }), Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await http.SendAsync(request);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
    }
}
