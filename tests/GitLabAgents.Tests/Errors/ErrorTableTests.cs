using System;
using System.Collections.Generic;
using System.Net;
using System.Threading.Tasks;
using RichardSzalay.MockHttp;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks which error a response causes: its kind, message and recommended action.</summary>
public sealed class ErrorTableTests
{
    private static readonly Dictionary<string, Operation> Operations = new()
    {
        ["list agents"] = new(
            client => TestClients.ToListAsync(client.GetAgentsAsync("group/app")),
            "GET",
            "list the agents of project group/app"),
        ["get agent"] = new(
            client => client.GetAgentAsync("group/app", 11), "GET", "read agent 11 of project group/app"),
        ["create agent"] = new(
            client => client.CreateAgentAsync("group/app", "prod"),
            "POST",
            "register agent 'prod' in project group/app"),
        ["delete agent"] = new(
            client => client.DeleteAgentAsync("group/app", 11), "DELETE", "remove agent 11 of project group/app"),
        ["list tokens"] = new(
            client => TestClients.ToListAsync(client.GetTokensAsync(101, 11)),
            "GET",
            "list the tokens of agent 11 of project 101"),
        ["get token"] = new(
            client => client.GetTokenAsync(101, 11, 7), "GET", "read token 7 of agent 11 of project 101"),
        ["create token"] = new(
            client => client.CreateTokenAsync(101, 11, "ci"), "POST", "create token 'ci' for agent 11 of project 101"),
        ["revoke token"] = new(
            client => client.RevokeTokenAsync(101, 11, 7), "DELETE", "revoke token 7 of agent 11 of project 101"),
    };

    public static TheoryData<string, int, string, string> Rows()
    {
        var rows = new TheoryData<string, int, string, string>();
        foreach ((string operation, (_, string method, _)) in Operations)
        {
            rows.Add(operation, 401, """{"message":"401 Unauthorized"}""", "AuthenticationFailed");
            rows.Add(
                operation,
                401,
                """{"error":"invalid_token","error_description":"Token is expired."}""",
                "AuthenticationFailed");
            rows.Add(operation, 403, """{"message":"403 Forbidden"}""", "Forbidden");
            rows.Add(
                operation,
                403,
                """{"error":"insufficient_scope","error_description":"more","scope":"api"}""",
                "InsufficientScope");
            rows.Add(operation, 404, """{"message":"404 Not Found"}""", operation switch
            {
                "list agents" or "create agent" => "ProjectNotFound",
                "get token" or "revoke token" => "TokenNotFound",
                _ => "AgentNotFound",
            });
            rows.Add(operation, 400, """{"error":"agent_id is invalid"}""", "InvalidRequest");
            rows.Add(
                operation,
                405,
                """{"message":"Non GET methods are not allowed for moved projects"}""",
                "InvalidRequest");
            rows.Add(operation, 412, """{"message":"412 Precondition Failed"}""", "InvalidRequest");
            rows.Add(operation, 422, """{"message":"422 Unprocessable Entity"}""", "InvalidRequest");
            rows.Add(operation, 400, "Bad Request", "InvalidRequest");
            rows.Add(
                operation,
                403,
                """{"error":"insufficient_granular_scope","error_description":"more"}""",
                "InsufficientScope");
            rows.Add(
                operation,
                429,
                """{"message":{"error":"This endpoint has been requested too many times."}}""",
                "RateLimited");
            rows.Add(operation, 409, """{"message":"409 Conflict: Resource lock"}""", "Conflict");
            rows.Add(operation, 429, "Retry later\n", "RateLimited");
            rows.Add(operation, 500, """{"message":"500 Internal Server Error"}""", "ServerError");
            rows.Add(operation, 502, "<html>Bad Gateway</html>", method == "POST" ? "OutcomeUnknown" : "ServerError");
            rows.Add(
                operation,
                502,
                """{"message":"502 Bad Gateway"}""",
                method == "POST" ? "OutcomeUnknown" : "ServerError");
            rows.Add(operation, 503, "{}", method == "POST" ? "OutcomeUnknown" : "ServerError");
            rows.Add(operation, 503, """{"message":"503 Service Unavailable"}""", "ServerError");
            rows.Add(operation, 504, string.Empty, method == "POST" ? "OutcomeUnknown" : "ServerError");
            rows.Add(operation, 304, string.Empty, "InvalidResponse");
            rows.Add(operation, 300, "{}", "InvalidResponse");
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Each_response_has_its_error(string operation, int status, string body, string kind)
    {
        (Func<GitLabClient, Task> act, string method, string action) = Operations[operation];
        var handler = new FakeHandler(request => request.Method == method && request.Number == 1
            ? TestClients.Text(
                body, status, body.StartsWith('<') ? "text/html" : "application/json", ("X-Request-Id", "req-1"))
            : TestClients.Json("[]"));
        GitLabApiException exception = await TestClients.ThrowsAsync(
            Enum.Parse<GitLabErrorKind>(kind),
            () => act(TestClients.CreateClient(handler, options => options.MaximumRetryCount = 0)));

        Assert.Equal((HttpStatusCode)status, exception.StatusCode);
        Assert.Equal(method, exception.Method);
        Assert.StartsWith(
            "https://gitlab.example.com/api/v4/projects/", exception.RequestUri!.AbsoluteUri, StringComparison.Ordinal);
        Assert.Equal("req-1", exception.RequestId);
        Assert.Contains(action, exception.Message, StringComparison.Ordinal);
        Assert.Contains("gitlab.example.com", exception.Message, StringComparison.Ordinal);
        Assert.NotEmpty(exception.RecommendedAction);
        Assert.EndsWith(exception.RecommendedAction, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("<html>", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("get agent", "Developer")]
    [InlineData("list agents", "Developer")]
    [InlineData("get token", "Developer")]
    [InlineData("create agent", "Maintainer")]
    [InlineData("delete agent", "Maintainer")]
    [InlineData("create token", "Maintainer")]
    [InlineData("revoke token", "Maintainer")]
    public async Task A_403_and_a_404_name_the_required_role(string operation, string role)
    {
        foreach (int status in (int[])[403, 404])
        {
            using MockHttpMessageHandler handler = TestClients.CreateHandler(
                () => TestClients.Json("""{"message":"no"}""", status));
            GitLabApiException exception = await Assert.ThrowsAsync<GitLabApiException>(
                () => Operations[operation].Act(TestClients.CreateClient(handler)));
            Assert.Contains("role", exception.Message, StringComparison.Ordinal);
            Assert.Contains(role, exception.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("create agent", "Get-GitLabClusterAgent", "'prod'")]
    [InlineData("create token", "Get-GitLabAgentToken", "'ci'")]
    public async Task An_unknown_outcome_reports_how_to_find_the_object(string operation, string command, string name)
    {
        using MockHttpMessageHandler handler = TestClients.CreateHandler(() => TestClients.Json("{}", 502));
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.OutcomeUnknown, () => Operations[operation].Act(TestClients.CreateClient(handler)));
        Assert.Contains(command, exception.Message, StringComparison.Ordinal);
        Assert.Contains(name, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"message":"404 Project Not Found"}""", "404 Project Not Found")]
    [InlineData("""{"message":["is too long","is invalid"]}""", "is too long, is invalid")]
    [InlineData(
        """{"message":{"name":["is too long","is invalid"],"base":["no"]}}""", "name is too long, is invalid; no")]
    [InlineData(
        """{"message":{"error":"This endpoint has been requested too many times."}}""",
        "This endpoint has been requested too many times.")]
    [InlineData("""{"error":"name is missing, name is empty"}""", "name is missing, name is empty")]
    [InlineData("""{"error":"invalid_token","error_description":"Token is expired."}""", "Token is expired.")]
    [InlineData("""{"message":"a","error":"b","error_description":"c"}""", "a")]
    [InlineData("""{"error":"b","errors":[{"message":"c"}]}""", "b")]
    [InlineData("""{"message":"Имя уже занято — 名前 🔑"}""", "Имя уже занято — 名前 🔑")]
    [InlineData("""{"message":""}""", null)]
    [InlineData("""{"message":null}""", null)]
    [InlineData("""{"message":5}""", "5")]
    [InlineData("""{"message":"a\nb\tc\u001b[31mred\u0007"}""", "a b c [31mred ")]
    [InlineData("Bad Request", "Bad Request")]
    public async Task The_message_of_GitLab_is_quoted(string body, string? message)
    {
        using MockHttpMessageHandler handler = TestClients.CreateHandler(() => TestClients.Json(body, 400));
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidRequest, () => TestClients.CreateClient(handler).GetAgentAsync(101, 11));
        Assert.Equal(message, exception.ServerMessage);
        Assert.Contains(message ?? "without a message", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(exception.Message, char.IsControl);
    }

    [Theory]
    [InlineData("application/json", """{"other":"x"}""", null, "JSON that is not GitLab's")]
    [InlineData("application/json", """["x"]""", null, "JSON that is not GitLab's")]
    [InlineData(
        "application/json",
        """{"error":{"code":400,"message":"upstream"}}""",
        "code 400; message upstream",
        "JSON that is not GitLab's")]
    [InlineData("application/json", "null", null, "with 400 and text")]
    [InlineData("application/json", "", null, "an empty body")]
    [InlineData("text/plain", "", null, "an empty body")]
    [InlineData("text/plain", "default backend - 400", "default backend - 400", "default backend - 400")]
    [InlineData("text/plain", "a\r\nb\u009b31m", "a  b 31m", "a  b 31m")]
    [InlineData("text/html", "<html><body>Bad</body></html>", null, "HTML")]
    [InlineData("application/json", "  <html><body>Bad</body></html>", null, "HTML")]
    public async Task A_foreign_response_is_described(
        string contentType, string body, string? message, string description)
    {
        using MockHttpMessageHandler handler = TestClients.CreateHandler(
            () => TestClients.Text(body, 400, contentType));
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse, () => TestClients.CreateClient(handler).GetAgentAsync(101, 11));
        Assert.Equal(message, exception.ServerMessage);
        Assert.Contains("something other than GitLab responded with 400", exception.Message, StringComparison.Ordinal);
        Assert.Contains(description, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(exception.Message, char.IsControl);
    }

    // A redirect can come from GitLab: it tells nothing about who responded.
    [Theory]
    [InlineData(300, false)]
    [InlineData(399, false)]
    [InlineData(400, true)]
    [InlineData(418, true)]
    public async Task A_foreign_response_is_marked_unless_it_is_a_redirect(int status, bool isForeign)
    {
        using MockHttpMessageHandler handler = TestClients.CreateHandler(() => TestClients.Text("no", status));
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse, () => TestClients.CreateClient(handler).GetAgentAsync(101, 11));
        Assert.Equal(isForeign, exception.IsForeign);
    }

    [Fact]
    public async Task An_invalid_message_is_not_quoted()
    {
        using MockHttpMessageHandler handler = TestClients.CreateHandler(
            () => TestClients.Json("""{"message":"\ud800"}""", 400));
        await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidRequest, () => TestClients.CreateClient(handler).GetAgentAsync(101, 11));
    }

    [Theory]
    [InlineData("application/json", GitLabErrorKind.InvalidRequest)]
    [InlineData("text/plain", GitLabErrorKind.InvalidResponse)]
    public async Task A_long_message_is_truncated(string contentType, GitLabErrorKind kind)
    {
        string text = new('x', 10_000);
        string body = kind == GitLabErrorKind.InvalidResponse ? text : $$"""{"message":"{{text}}"}""";
        using MockHttpMessageHandler handler = TestClients.CreateHandler(
            () => TestClients.Text(body, 400, contentType));
        GitLabApiException exception = await TestClients.ThrowsAsync(
            kind, () => TestClients.CreateClient(handler).GetAgentAsync(101, 11));
        Assert.InRange(exception.ServerMessage!.Length, 100, 1000);
        Assert.InRange(exception.Message.Length, 100, 1500);
    }

    [Theory]
    [InlineData("Retry-After", "600", 600)]
    [InlineData("Retry-After", "0", 0)]
    [InlineData("Retry-After", "soon", null)]
    [InlineData("Retry-After", "Thu, 01 Jan 2026 00:10:00 GMT", 600)]
    [InlineData("Retry-After", "Wed, 31 Dec 2025 23:50:00 GMT", 0)]
    [InlineData("RateLimit-Reset", "1767225900", 300)]
    [InlineData("X-Other", "1", null)]
    public async Task The_requested_delay_is_part_of_the_exception(string header, string value, int? seconds)
    {
        using MockHttpMessageHandler handler = TestClients.CreateHandler(
            () => TestClients.Text("Retry later", 429, "text/plain", (header, value)));
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.RateLimited,
            () => TestClients.CreateClient(handler, options => options.MaximumRetryCount = 0).GetAgentAsync(101, 11));
        Assert.Equal(seconds, (int?)exception.RetryAfter?.TotalSeconds);
        Assert.Equal("Retry later", exception.ServerMessage);
    }

    [Fact]
    public async Task A_closed_session_sends_nothing()
    {
        var handler = new FakeHandler(_ => TestClients.Json("[]"));
        GitLabClient client = TestClients.CreateClient(handler);
        client.Session.Dispose();
        client.Session.Dispose();
        foreach ((Func<GitLabClient, Task> act, _, _) in Operations.Values)
        {
            await TestClients.ThrowsAsync(GitLabErrorKind.NotConnected, () => act(client));
        }

        Assert.Empty(handler.Requests);
    }

    private sealed record Operation(Func<GitLabClient, Task> Act, string Method, string Action);
}
