using System;
using System.Linq;
using System.Text.Json.Nodes;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;

namespace GitLabAgents.Tests.FakeServer;

/// <summary>Checks that errors of GraphQL have the texts and the format of GitLab.</summary>
public sealed class GraphQLErrorTests
{
    [Theory]
    [InlineData(
        "query { group(fullPath: \"platform\") { nope } }",
        "Field 'nope' doesn't exist on type 'Group'",
        39,
        "query/group/nope",
        """{"code":"undefinedField","typeName":"Group","fieldName":"nope"}""")]
    [InlineData(
        "query A { p: project(fullPath: \"a\") { ...F } } fragment F on Project { clusterAgents { nodes { nope } } }",
        "Field 'nope' doesn't exist on type 'ClusterAgent'",
        96,
        "fragment F/clusterAgents/nodes/nope",
        """{"code":"undefinedField","typeName":"ClusterAgent","fieldName":"nope"}""")]
    [InlineData(
        "query A { p: project(fullPath: \"a\") { clusterAgents { nodes { tokens(status: ACTIVE) { count } } } } }",
        "Field 'tokens' doesn't accept argument 'status'",
        70,
        "query A/p/clusterAgents/nodes/tokens/status",
        """{"code":"argumentNotAccepted","name":"tokens","typeName":"Field","argumentName":"status"}""")]
    [InlineData(
        "{ project { id } }",
        "Field 'project' is missing required arguments: fullPath",
        3,
        "query/project",
        """{"code":"missingRequiredArguments","className":"Field","name":"project","arguments":"fullPath"}""")]
    [InlineData(
        "{ project(fullPath: \"group/app\") }",
        "Field must have selections (field 'project' returns Project but has no selections. "
            + "Did you mean 'project { ... }'?)",
        3,
        "query/project",
        """{"code":"selectionMismatch","nodeName":"field 'project'","typeName":"Project"}""")]
    [InlineData(
        "{ projects(first: \"a\") { count } }",
        "Argument 'first' on Field 'projects' has an invalid value.",
        12,
        "query/projects/first",
        """{"code":"argumentLiteralsIncompatible","typeName":"Field","argumentName":"first"}""")]
    [InlineData(
        "{ project(fullPath: $path) { id } }",
        "Variable $path is used by anonymous query but not declared",
        21,
        "query/project/fullPath",
        """{"code":"variableNotDefined","variableName":"path"}""")]
    [InlineData(
        "query($path: ID) { currentUser { id } }",
        "Variable $path is declared by anonymous query but not used",
        7,
        "query",
        """{"code":"variableNotUsed","variableName":"path"}""")]
    [InlineData(
        "query($path: String!) { project(fullPath: $path) { id } }",
        "Type mismatch on variable $path and argument fullPath (String! / ID!)",
        7,
        "query/project",
        """{"code":"variableMismatch","variableName":"path","typeName":"String!","""
            + "\"argumentName\":\"fullPath\",\"errorMessage\":\"Type mismatch\"}")]
    [InlineData(
        "query($path: ID!) { project(fullPath: $path) { id } }",
        "Variable $path of type ID! was provided invalid value",
        7,
        null,
        """{"value":null,"problems":[{"path":[],"explanation":"Expected value to not be null"}]}""")]
    public async Task Validation_errors_have_a_location_and_a_code_but_no_data(
        string query,
        string message,
        int column,
        string? path,
        string extensions)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        using var client = new RawClient(server);
        var expected = new JsonObject
        {
            ["message"] = message,
            ["locations"] = new JsonArray(new JsonObject { ["line"] = 1, ["column"] = column }),
        };
        if (path is not null)
        {
            expected["path"] = new JsonArray([.. path.Split('/').Select(part => JsonValue.Create(part))]);
        }

        expected["extensions"] = JsonNode.Parse(extensions);

        RawResponse response = await client.QueryAsync(query);

        Assert.Equal(200, response.Status);
        Assert.Equal(
            new JsonObject { ["errors"] = new JsonArray(expected) }.ToJsonString(),
            response.Json.ToJsonString());
    }

    [Theory]
    [InlineData("{ project(")]
    [InlineData("")]
    public async Task An_invalid_query_is_an_error_without_data(string query)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        using var client = new RawClient(server);
        RawResponse response = await client.QueryAsync(query);
        Assert.Null(response.Data);
        Assert.NotEqual(string.Empty, (string?)response.Error["message"]);
    }

    [Theory]
    [InlineData("bm8")]
    [InlineData("not a cursor")]
    public async Task An_invalid_cursor_is_an_error_with_data(string cursor)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        using var client = new RawClient(server);
        RawResponse response = await client.QueryAsync(
            $"{{ project(fullPath: \"group/app\") {{ clusterAgents(after: \"{cursor}\") {{ nodes {{ id }} }} }} }}");
        Assert.Equal("Please provide a valid cursor", (string?)response.Error["message"]);
        Assert.Equal("""{"project":{"clusterAgents":null}}""", response.Data!.ToJsonString());
    }

    [Theory]
    [InlineData("glpat-wrong", 401, "Invalid token")]
    [InlineData("glpat-noscope", 401, "Invalid token")]
    [InlineData("glpat-expired", 401, "Invalid token")]
    [InlineData("glpat-blocked", 403, "API not accessible for user")]
    public async Task Invalid_tokens_are_rejected(string token, int status, string message)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.Populate += state =>
            state.AddAccessToken("glpat-blocked").IsBlocked = true);
        using var client = new RawClient(server, token);
        RawResponse response = await client.QueryAsync("{ currentUser { id } }");
        Assert.Equal((status, $$"""{"errors":[{"message":"{{message}}"}]}"""), (response.Status, response.Body));
    }

    [Fact]
    public async Task A_public_key_fails_the_whole_query()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        using var client = new RawClient(server);
        string Query(string field) => "{ project(fullPath: \"group/app\") { clusterAgents { nodes "
            + $"{{ urlConfigurations {{ nodes {{ {field} }} }} }} }} }} }}";
        Assert.Equal(500, (await client.QueryAsync(Query("publicKey"))).Status);
        Assert.Contains("staging.example.com", (await client.QueryAsync(Query("url tlsHost"))).Body);
    }

    [Fact]
    public async Task A_query_that_times_out_returns_503()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options =>
        {
            options.LatencyPerComplexityPoint = TimeSpan.FromMilliseconds(20);
            options.GraphQLTimeout = TimeSpan.FromMilliseconds(50);
        });
        using var client = new RawClient(server);
        Assert.Equal(200, (await client.QueryAsync("{ currentUser { id } }")).Status);
        RawResponse response = await client.QueryAsync("{ currentUser { id username } }");
        Assert.Equal(503, response.Status);
        Assert.StartsWith("Request timed out.", (string?)response.Error["message"]);
    }

    [Theory]
    [InlineData(GraphQLAvailability.Off, 404, "application/json")]
    [InlineData(GraphQLAvailability.Html, 200, "text/html")]
    [InlineData(GraphQLAvailability.HtmlNotFound, 404, "text/html")]
    [InlineData(GraphQLAvailability.Forbidden, 403, "text/html")]
    public async Task GraphQL_can_be_blocked(GraphQLAvailability availability, int status, string type)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(
            options => options.GraphQL = availability);
        using var client = new RawClient(server);
        RawResponse response = await client.QueryAsync("{ currentUser { id } }");
        Assert.Equal((status, type), (response.Status, response.ContentType));
        Assert.Equal(200, (await client.GetAsync("/projects/101")).Status);
    }

    [Theory]
    [InlineData("16.0.0-ee", true, "maxAccessLevel isReceptive warnings includeArchived")]
    [InlineData("16.9.0-ee", true, "isReceptive warnings")]
    [InlineData("17.4.0-ee", true, "warnings")]
    [InlineData("17.4.0", false, "isReceptive warnings groupAgents")]
    [InlineData("17.10.0", false, "isReceptive groupAgents")]
    [InlineData("17.10.4", false, "isReceptive")]
    [InlineData("18.9.0-ee", true, "")]
    public async Task Older_servers_lack_fields(string version, bool isEnterprise, string missing)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options =>
            (options.Version, options.IsEnterprise) = (version, isEnterprise));
        using var client = new RawClient(server);
        string Agent(string field) =>
            $"{{ project(fullPath: \"group/app\") {{ clusterAgents {{ nodes {{ {field} }} }} }} }}";
        (string Name, string Query, string Code)[] fields =
        [
            ("maxAccessLevel", "{ group(fullPath: \"group\") { maxAccessLevel { integerValue } } }", "undefinedField"),
            ("isReceptive", Agent("isReceptive"), "undefinedField"),
            ("warnings", Agent("connections { nodes { warnings { version { type } } } }"), "undefinedField"),
            ("groupAgents", "{ group(fullPath: \"group\") { clusterAgents { count } } }", "undefinedField"),
            (
                "includeArchived",
                "{ group(fullPath: \"group\") { projects(includeArchived: true) { count } } }",
                "argumentNotAccepted"),
        ];
        foreach ((string name, string query, string code) in fields)
        {
            RawResponse response = await client.QueryAsync(query);
            bool isMissing = Array.IndexOf(missing.Split(' '), name) >= 0;
            Assert.Equal(isMissing ? code : null, (string?)response.Json["errors"]?[0]?["extensions"]?["code"]);
        }
    }
}
