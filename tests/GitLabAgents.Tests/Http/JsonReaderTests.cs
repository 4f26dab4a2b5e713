using System;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using RichardSzalay.MockHttp;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks how the JSON of a server is read.</summary>
public sealed class JsonReaderTests
{
    [Fact]
    public async Task Every_property_of_an_agent_is_read()
    {
        ClusterAgent agent = await ReadAgentAsync("""
            {"id":1,"name":"agent-1","surprise":{"a":[1,{"b":null}]},
             "config_project":{"id":20,"description":"","name":"test","name_with_namespace":"Administrator / test",
              "path":"test",
              "path_with_namespace":"root/test","created_at":"2022-03-20T20:42:40.221Z","topics":["x"]},
             "created_at":"2022-04-20T20:42:40.221Z","created_by_user_id":42,"is_receptive":true}
            """);

        Assert.Equal(
            (1L, 1L, "agent-1", 20L, "root/test", (long?)42, (bool?)true),
            (agent.Id,
                agent.AgentId,
                agent.Name,
                agent.ProjectId,
                agent.ProjectPath,
                agent.CreatedByUserId,
                agent.IsReceptive));
        Assert.Equal(Date("2022-04-20T20:42:40.2210000Z"), agent.CreatedAt);
        ConfigProject project = agent.ConfigProject!;
        Assert.Equal(
            (20L, string.Empty, "test", "Administrator / test", "test", "root/test"),
            (project.Id,
                project.Description,
                project.Name,
                project.NameWithNamespace,
                project.Path,
                project.PathWithNamespace));
        Assert.Equal(Date("2022-03-20T20:42:40.2210000Z"), project.CreatedAt);
    }

    [Theory]
    [InlineData("""{"id":1}""")]
    [InlineData(
        """
        {"id":1,"name":null,"config_project":null,"created_at":null,"created_by_user_id":null,"is_receptive":null}
        """)]
    public async Task Null_and_absent_properties_are_null(string json)
    {
        ClusterAgent agent = await ReadAgentAsync(json);
        Assert.Null(agent.Name);
        Assert.Null(agent.ConfigProject);
        Assert.Null(agent.ProjectPath);
        Assert.Null(agent.CreatedAt);
        Assert.Null(agent.CreatedByUserId);
        Assert.Null(agent.IsReceptive);
        Assert.Equal((101L, "1"), (agent.ProjectId, agent.ToString()));
    }

    [Fact]
    public async Task Every_property_of_a_token_is_read()
    {
        AgentToken token = await ReadTokenAsync(
            """
            {"id":"7","name":"abcd","description":"Some token","agent_id":"5","status":"active",
             "created_at":"2022-03-25T14:12:11.497Z","created_by_user_id":"1","last_used_at":"2022-04-01T00:00:00Z"}
            """);
        Assert.Equal(
            (7L, 7L, "abcd", "Some token", 5L, "active", (long?)1, true),
            (token.Id,
                token.TokenId,
                token.Name,
                token.Description,
                token.AgentId,
                token.Status,
                token.CreatedByUserId,
                token.IsLastUsedKnown));
        Assert.Equal(Date("2022-04-01T00:00:00Z"), token.LastUsedAt);
    }

    [Theory]
    [InlineData("12", 12L)]
    [InlineData("\"12\"", 12L)]
    [InlineData("null", null)]
    [InlineData("\"\"", null)]
    [InlineData("\"root\"", null)]
    [InlineData("-1.5", null)]
    [InlineData("1e400", null)]
    [InlineData("99999999999999999999", null)]
    [InlineData("{\"id\":3}", null)]
    [InlineData("[3]", null)]
    [InlineData("true", null)]
    public async Task A_user_ID_is_a_number_or_unknown(string json, long? expected)
    {
        AgentToken token = await ReadTokenAsync($$"""{"created_by_user_id":{{json}},"id":7,"agent_id":11}""");
        Assert.Equal((expected, 7L, 11L), (token.CreatedByUserId, token.Id, token.AgentId));
    }

    [Theory]
    [InlineData("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.0000000Z")]
    [InlineData("2026-01-02T03:04:05.6Z", "2026-01-02T03:04:05.6000000Z")]
    [InlineData("2026-01-02T03:04:05.123456Z", "2026-01-02T03:04:05.1234560Z")]
    [InlineData("2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05.0000000Z")]
    [InlineData("2026-01-02T03:04:05.5-05:30", "2026-01-02T08:34:05.5000000Z")]
    [InlineData("2026-01-02T03:04:05", "2026-01-02T03:04:05.0000000Z")]
    [InlineData("2026-01-02T03:04:05.25", "2026-01-02T03:04:05.2500000Z")]
    [InlineData("2026-01-02 03:04:05 UTC", "2026-01-02T03:04:05.0000000Z")]
    [InlineData("2026-01-02 03:04:05", "2026-01-02T03:04:05.0000000Z")]
    [InlineData("2026-01-02 03:04:05 +0100", "2026-01-02T02:04:05.0000000Z")]
    [InlineData("2026-01-02", "2026-01-02T00:00:00.0000000Z")]
    [InlineData("2026-01-02T03:04:05\\u005a", "2026-01-02T03:04:05.0000000Z")]
    public async Task A_date_is_read_in_each_format(string text, string utc)
    {
        AgentToken token = await ReadTokenAsync($$"""{"id":7,"last_used_at":"{{text}}"}""");
        Assert.True(token.IsLastUsedKnown);
        Assert.Equal(Date(utc), token.LastUsedAt);
    }

    [Theory]
    [InlineData("\"never\"")]
    [InlineData("\"\"")]
    [InlineData("\" \"")]
    [InlineData("\"2026-13-45T00:00:00Z\"")]
    [InlineData("\"0000-00-00\"")]
    [InlineData("\"yesterday at noon\"")]
    [InlineData("\"12:30\"")]
    [InlineData("1767322745")]
    [InlineData("0")]
    [InlineData("false")]
    [InlineData("{}")]
    [InlineData("[]")]
    public async Task An_invalid_date_is_an_error(string json)
        => await ThrowsInvalidResponseAsync(
            client => client.GetTokenAsync(101, 11, 7), $$"""{"id":7,"agent_id":11,"last_used_at":{{json}}}""");

    [Fact]
    public async Task Null_means_never_and_an_absent_property_means_unknown()
    {
        AgentToken never = await ReadTokenAsync("""{"id":7,"last_used_at":null}""");
        Assert.Equal((true, null), (never.IsLastUsedKnown, never.LastUsedAt));
        AgentToken unknown = await ReadTokenAsync("""{"id":7,"agent_id":11,"status":"active"}""");
        Assert.Equal((false, null), (unknown.IsLastUsedKnown, unknown.LastUsedAt));
    }

    [Theory]
    [InlineData("\"active\"", "active")]
    [InlineData("\"revoked\"", "revoked")]
    [InlineData("\"quarantined\"", "quarantined")]
    [InlineData("null", null)]
    public async Task A_status_is_kept_unchanged(string json, string? expected)
        => Assert.Equal(expected, (await ReadTokenAsync($$"""{"id":7,"status":{{json}}}""")).Status);

    [Fact]
    public async Task The_last_of_two_equal_keys_is_used()
        => Assert.Equal("b", (await ReadAgentAsync("""{"id":1,"name":"a","name":"b"}""")).Name);

    [Theory]
    [InlineData("utf-8", false, "application/json")]
    [InlineData("utf-8", true, "application/json; charset=utf-8")]
    [InlineData("utf-8", true, null)]
    [InlineData("utf-8", false, "text/plain")]
    [InlineData("utf-8", false, "application/octet-stream")]
    [InlineData("utf-8", false, "application/json; charset=\"UTF-8\"")]
    [InlineData("utf-8", false, "application/json; charset=nonsense")]
    [InlineData("utf-16", true, "application/json")]
    [InlineData("utf-16", false, "application/json; charset=utf-16")]
    [InlineData("utf-16BE", true, "application/json")]
    [InlineData("utf-16BE", false, "application/json; charset=utf-16be")]
    public async Task The_encoding_is_detected(string encoding, bool hasByteOrderMark, string? contentType)
    {
        Encoding writer = Encoding.GetEncoding(encoding);
        byte[] text = writer.GetBytes("""{"id":1,"name":"größe-🔑"}""");
        byte[] body = hasByteOrderMark ? [.. writer.GetPreamble(), .. text] : text;
        using MockHttpMessageHandler handler = TestClients.CreateHandler(
            () => TestClients.Response(body, 200, contentType));
        Assert.Equal("größe-🔑", (await TestClients.CreateClient(handler).GetAgentAsync(101, 1)).Name);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("1")]
    [InlineData("{}")]
    [InlineData("""{"id":null}""")]
    [InlineData("""{"id":0}""")]
    [InlineData("""{"id":-1}""")]
    [InlineData("""{"id":1.5}""")]
    [InlineData("""{"id":"one"}""")]
    [InlineData("""{"id":9223372036854775808}""")]
    [InlineData("""{"id":1,"name":{"a":1}}""")]
    [InlineData("""{"id":1,"name":5}""")]
    [InlineData("""{"id":1,"name":"\ud800"}""")]
    [InlineData("""{"id":1,"\ud800":1,"name":"\udc00\ud800"}""")]
    [InlineData("""{"id":1,"config_project":"group/app"}""")]
    [InlineData("""{"id":1,"is_receptive":"perhaps"}""")]
    [InlineData("""{"id":1,"name":"a" """)]
    [InlineData("""{"id":1,"name":"a"}}""")]
    [InlineData("""{"id":1}{"id":2}""")]
    [InlineData("<html><body>Sign in</body></html>")]
    [InlineData("Retry later")]
    public async Task An_invalid_agent_is_an_error(string body)
    {
        await ThrowsInvalidResponseAsync(client => client.GetAgentAsync(101, 1), body);
        await ThrowsInvalidResponseAsync(client => client.CreateAgentAsync(101, "a"), body);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"id":0,"agent_id":11}""")]
    [InlineData("""{"id":-1,"agent_id":11}""")]
    public async Task A_token_without_an_ID_is_an_error(string body)
        => await ThrowsInvalidResponseAsync(client => client.GetTokenAsync(101, 11, 7), body);

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"message":"welcome"}""")]
    [InlineData("[1]")]
    [InlineData("[null]")]
    [InlineData("[[]]")]
    [InlineData("[{}]")]
    [InlineData("""[{"id":0}]""")]
    [InlineData("""[{"id":-5}]""")]
    [InlineData("""[{"id":1},{"id":""")]
    [InlineData("")]
    public async Task An_invalid_list_is_an_error(string body)
    {
        await ThrowsInvalidResponseAsync(client => TestClients.ToListAsync(client.GetAgentsAsync(101)), body);
        await ThrowsInvalidResponseAsync(client => TestClients.ToListAsync(client.GetTokensAsync(101, 11)), body);
    }

    [Fact]
    public async Task Deep_nesting_is_an_error()
    {
        string deep = string.Concat(Enumerable.Repeat("[", 100_000));
        await ThrowsInvalidResponseAsync(client => client.GetAgentAsync(101, 1), $$"""{"id":1,"x":{{deep}}""");
        await ThrowsInvalidResponseAsync(client => TestClients.ToListAsync(client.GetAgentsAsync(101)), deep);
    }

    [Fact]
    public async Task Invalid_UTF8_is_an_error_or_replaced_but_never_another_exception()
    {
        byte[] body = [.. "{\"id\":1,\"name\":\""u8, 0xC3, 0x28, 0xFF, .. "\"}"u8];
        using MockHttpMessageHandler handler = TestClients.CreateHandler(
            () => TestClients.Response(body, 200, "application/json"));
        await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse, () => TestClients.CreateClient(handler).GetAgentAsync(101, 1));
    }

    [Fact]
    public async Task A_huge_response_is_not_read_to_its_end()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Garbage(50 * 1024 * 1024).Always());
        long before = GC.GetTotalAllocatedBytes();
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse,
            () => TestClients.ToListAsync(TestClients.CreateClient(server).GetAgentsAsync(101)));
        Assert.Contains("16 MiB", exception.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 400L * 1024 * 1024);
        await server.WaitForIdleAsync();
    }

    [Fact]
    public async Task An_HTML_response_is_reported_as_HTML()
    {
        GitLabApiException exception = await ThrowsInvalidResponseAsync(
            client => client.GetAgentAsync(101, 1), "<!DOCTYPE html><title>Sign in</title>");
        Assert.Contains("HTML", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Sign in", exception.Message, StringComparison.Ordinal);
    }

    private static async Task<GitLabApiException> ThrowsInvalidResponseAsync(Func<GitLabClient, Task> act, string body)
    {
        var handler = new FakeHandler(request => TestClients.Json(body, request.Method == "POST" ? 201 : 200));
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse, () => act(TestClients.CreateClient(handler)));
        Assert.Single(handler.Requests);
        Assert.NotNull(exception.Method);
        Assert.NotNull(exception.RequestUri);
        return exception;
    }

    private static Task<ClusterAgent> ReadAgentAsync(string json)
        => TestClients.CreateClient(TestClients.CreateHandler(() => TestClients.Json(json))).GetAgentAsync(101, 1);

    private static Task<AgentToken> ReadTokenAsync(string json)
        => TestClients.CreateClient(TestClients.CreateHandler(() => TestClients.Json(json))).GetTokenAsync(101, 11, 7);

    private static DateTimeOffset Date(string utc)
        => DateTimeOffset.Parse(utc, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);
}
