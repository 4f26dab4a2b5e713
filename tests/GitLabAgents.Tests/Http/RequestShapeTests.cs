using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Tasks;
using RichardSzalay.MockHttp;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks each request, byte for byte.</summary>
public sealed class RequestShapeTests
{
    private const string NewToken = """{"id":5,"agent_id":11,"token":"glagent-x"}""";

    private static readonly Dictionary<string, Operation> Operations = new()
    {
        ["list agents"] = new(client => TestClients.ToListAsync(client.GetAgentsAsync(101)), "[]"),
        ["get agent"] = new(client => client.GetAgentAsync(101, 11), TestClients.Agent(11)),
        ["create agent"] = new(client => client.CreateAgentAsync(101, "prod"), TestClients.Agent(11)),
        ["delete agent"] = new(client => client.DeleteAgentAsync(101, 11), string.Empty),
        ["list tokens"] = new(client => TestClients.ToListAsync(client.GetTokensAsync(101, 11)), "[]"),
        ["get token"] = new(client => client.GetTokenAsync(101, 11, 1001), """{"id":1001}"""),
        ["create token"] = new(client => client.CreateTokenAsync(101, 11, "ci"), NewToken),
        ["create token, described"] = new(
            client => client.CreateTokenAsync(101, 11, "Ключ \"1\"", "für <alles> & mehr 🔑"), NewToken),
        ["create token, described as nothing"] = new(
            client => client.CreateTokenAsync(101, 11, "ci", string.Empty), NewToken),
        ["revoke token"] = new(client => client.RevokeTokenAsync(101, 11, 1001), string.Empty),
    };

    [Theory]
    [InlineData("list agents", "GET", "cluster_agents?per_page=100&page=1", null)]
    [InlineData("get agent", "GET", "cluster_agents/11", null)]
    [InlineData("create agent", "POST", "cluster_agents", """{"name":"prod"}""")]
    [InlineData("delete agent", "DELETE", "cluster_agents/11", null)]
    [InlineData("list tokens", "GET", "cluster_agents/11/tokens?per_page=100&page=1", null)]
    [InlineData("get token", "GET", "cluster_agents/11/tokens/1001", null)]
    [InlineData("create token", "POST", "cluster_agents/11/tokens", """{"name":"ci"}""")]
    [InlineData(
        "create token, described",
        "POST",
        "cluster_agents/11/tokens",
        """{"name":"Ключ \"1\"","description":"für <alles> & mehr 🔑"}""")]
    [InlineData(
        "create token, described as nothing", "POST", "cluster_agents/11/tokens", """{"name":"ci","description":""}""")]
    [InlineData("revoke token", "DELETE", "cluster_agents/11/tokens/1001", null)]
    public async Task Each_operation_sends_one_request(string operation, string method, string path, string? body)
    {
        (Func<GitLabClient, Task> act, string response) = Operations[operation];
        Captured sent = Assert.Single(await CaptureAsync(act, response));

        Assert.Equal(method, sent.Method);
        Assert.Equal("https://gitlab.example.com/api/v4/projects/101/" + path, sent.Uri);
        Assert.Equal("application/json", sent.Header("Accept"));
        Assert.StartsWith("GitLabAgents/", sent.Header("User-Agent"), StringComparison.Ordinal);
        if (body is null)
        {
            Assert.Empty(sent.Body);
            Assert.Null(sent.ContentType);
        }
        else
        {
            Assert.Equal("application/json", sent.ContentType);
            string text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(sent.Body);
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(body), JsonNode.Parse(text)), text);
        }
    }

    [Fact]
    public async Task Token_details_are_read_after_the_list()
    {
        var uris = new List<string>();
        var handler = new FakeHandler(request =>
        {
            lock (uris)
            {
                uris.Add(request.Uri.PathAndQuery);
            }

            return TestClients.Json(
                request.Uri.Query.Length > 0
                    ? """[{"id":1,"agent_id":11},{"id":2,"agent_id":11},{"id":3,"agent_id":11}]"""
                    : $$"""{"id":{{request.Uri.Segments[^1]}}}""");
        });

        List<ItemResult<AgentToken>> tokens = await TestClients.ToListAsync(
            TestClients.CreateClient(handler).GetTokenDetailsAsync(101, 11, token => token.Id != 2));

        Assert.Equal([1, 3], tokens.Select(token => token.Value!.Id));
        const string Tokens = "/api/v4/projects/101/cluster_agents/11/tokens";
        Assert.Equal(
            [Tokens + "/1", Tokens + "/3", Tokens + "?per_page=100&page=1"], uris.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(TokenType.PrivateToken, "PRIVATE-TOKEN", TestClients.Token, "Authorization")]
    [InlineData(TokenType.OAuth, "Authorization", "Bearer " + TestClients.Token, "PRIVATE-TOKEN")]
    public async Task The_token_is_sent_in_one_header(TokenType type, string header, string value, string absent)
    {
        foreach ((Func<GitLabClient, Task> act, string response) in Operations.Values)
        {
            Captured sent = Assert.Single(await CaptureAsync(act, response, type: type));
            Assert.Equal(value, sent.Header(header));
            Assert.Null(sent.Header(absent));
        }
    }

    [Theory]
    [InlineData("101", "101")]
    [InlineData("group/app", "group%2Fapp")]
    [InlineData("/group/app/", "group%2Fapp")]
    [InlineData("group/sub/app", "group%2Fsub%2Fapp")]
    [InlineData("Ünïcode/Pröjekt", "%C3%9Cn%C3%AFcode%2FPr%C3%B6jekt")]
    [InlineData("a b/c+d", "a%20b%2Fc%2Bd")]
    [InlineData("group/%2e%2e", "group%2F%252e%252e")]
    [InlineData("../x", "..%2Fx")]
    [InlineData("x/..", "x%2F..")]
    [InlineData("a/b?c=d#e", "a%2Fb%3Fc%3Dd%23e")]
    [InlineData("a\\b", "a%5Cb")]
    [InlineData("🔑/а", "%F0%9F%94%91%2F%D0%B0")]
    [InlineData("42-answers", "42-answers")]
    public async Task A_project_is_one_segment_of_the_path(string project, string segment)
    {
        Captured sent = Assert.Single(
            await CaptureAsync(client => TestClients.ToListAsync(client.GetAgentsAsync(project)), "[]"));
        Assert.Equal(
            $"https://gitlab.example.com/api/v4/projects/{segment}/cluster_agents?per_page=100&page=1", sent.Uri);
    }

    [Theory]
    [InlineData("https://gitlab.example.com/gitlab", "https://gitlab.example.com/gitlab/api/v4/")]
    [InlineData("https://gitlab.example.com/a/b/", "https://gitlab.example.com/a/b/api/v4/")]
    [InlineData("https://gitlab.example.com:8443", "https://gitlab.example.com:8443/api/v4/")]
    public async Task The_path_prefix_of_the_server_is_kept(string server, string api)
    {
        Captured sent = Assert.Single(
            await CaptureAsync(
                client => client.GetAgentAsync("group/app", 11), TestClients.Agent(11), new Uri(server)));
        Assert.Equal(api + "projects/group%2Fapp/cluster_agents/11", sent.Uri);
    }

    [Fact]
    public async Task An_encoded_slash_reaches_the_server_unchanged()
    {
        await using FakeGitLab.FakeGitLabServer server = await TestClients.StartServerAsync(
            options => options.Prefix = "/gitlab");
        ClusterAgent agent = Assert.Single(
            await TestClients.ToListAsync(TestClients.CreateClient(server).GetAgentsAsync("Ünïcode/Pröjekt")));
        Assert.Equal(("unicode", 108L, "Ünïcode/Pröjekt"), (agent.Name, agent.ProjectId, agent.ProjectPath));
        Assert.Equal(
            "/gitlab/api/v4/projects/%C3%9Cn%C3%AFcode%2FPr%C3%B6jekt/cluster_agents?per_page=100&page=1",
            Assert.Single(server.Requests).RawTarget);
    }

    private static async Task<List<Captured>> CaptureAsync(
        Func<GitLabClient, Task> act, string response, Uri? server = null, TokenType type = TokenType.PrivateToken)
    {
        var sent = new List<Captured>();
        using var mock = new MockHttpMessageHandler();
        mock.When("*").Respond(async request =>
        {
            sent.Add(new Captured(
                request.Method.Method,
                request.RequestUri!.AbsoluteUri,
                request.Headers.ToDictionary(
                    header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase),
                request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(),
                request.Content?.Headers.ContentType?.ToString()));
            return request.Method == HttpMethod.Delete
                ? new HttpResponseMessage(System.Net.HttpStatusCode.NoContent)
                : TestClients.Json(response);
        });
        using GitLabSession session = TestClients.CreateSession(
            server ?? TestClients.Unreachable, options => options.PrimaryHandler = mock, type: type);
        await act(new GitLabClient(session));
        return sent;
    }

    private sealed record Operation(Func<GitLabClient, Task> Act, string Response);

    private sealed record Captured(
        string Method, string Uri, Dictionary<string, string> Headers, byte[] Body, string? ContentType)
    {
        public string? Header(string name) => Headers.GetValueOrDefault(name);
    }
}
