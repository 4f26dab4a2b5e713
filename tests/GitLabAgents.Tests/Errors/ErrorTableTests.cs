using System;
using System.Collections.Generic;
using System.Net;
using System.Threading.Tasks;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Section 3 of the design: from what the server answers to the error, row by row.</summary>
public sealed class ErrorTableTests
{
    private static readonly Dictionary<string, (Func<GitLabClient, Task> Act, string Method, string Says)> Operations = new()
    {
        ["list agents"] = (client => TestClients.ListAsync(client.GetAgentsAsync("group/app")), "GET", "list the agents of project group/app"),
        ["get agent"] = (client => client.GetAgentAsync("group/app", 11), "GET", "read agent 11 of project group/app"),
        ["create agent"] = (client => client.CreateAgentAsync("group/app", "prod"), "POST", "register agent 'prod' in project group/app"),
        ["delete agent"] = (client => client.DeleteAgentAsync("group/app", 11), "DELETE", "remove agent 11 of project group/app"),
        ["list tokens"] = (client => TestClients.ListAsync(client.GetTokensAsync(101, 11)), "GET", "list the tokens of agent 11 of project 101"),
        ["get token"] = (client => client.GetTokenAsync(101, 11, 7), "GET", "read token 7 of agent 11 of project 101"),
        ["create token"] = (client => client.CreateTokenAsync(101, 11, "ci"), "POST", "make token 'ci' for agent 11 of project 101"),
        ["revoke token"] = (client => client.RevokeTokenAsync(101, 11, 7), "DELETE", "revoke token 7 of agent 11 of project 101"),
    };

    public static TheoryData<string, int, string, string> Rows()
    {
        var rows = new TheoryData<string, int, string, string>();
        foreach ((string operation, (_, string method, _)) in Operations)
        {
            rows.Add(operation, 401, """{"message":"401 Unauthorized"}""", "AuthenticationFailed");
            rows.Add(operation, 401, """{"error":"invalid_token","error_description":"Token is expired."}""", "AuthenticationFailed");
            rows.Add(operation, 403, """{"message":"403 Forbidden"}""", "Forbidden");
            rows.Add(operation, 403, """{"error":"insufficient_scope","error_description":"more","scope":"api"}""", "InsufficientScope");
            rows.Add(operation, 404, """{"message":"404 Not Found"}""", operation switch
            {
                "list agents" or "create agent" => "ProjectNotFound",
                "get token" or "revoke token" => "TokenNotFound",
                _ => "AgentNotFound",
            });
            rows.Add(operation, 400, """{"error":"agent_id is invalid"}""", "InvalidRequest");
            rows.Add(operation, 405, """{"message":"Non GET methods are not allowed for moved projects"}""", "InvalidRequest");
            rows.Add(operation, 412, """{"message":"412 Precondition Failed"}""", "InvalidRequest");
            rows.Add(operation, 422, "{}", "InvalidRequest");
            rows.Add(operation, 409, """{"message":"409 Conflict: Resource lock"}""", "Conflict");
            rows.Add(operation, 429, "Retry later\n", "RateLimited");
            rows.Add(operation, 500, """{"message":"500 Internal Server Error"}""", "ServerError");
            rows.Add(operation, 502, "<html>Bad Gateway</html>", method == "POST" ? "OutcomeUnknown" : "ServerError");
            rows.Add(operation, 503, "{}", method == "POST" ? "OutcomeUnknown" : "ServerError");
            rows.Add(operation, 504, string.Empty, method == "POST" ? "OutcomeUnknown" : "ServerError");
            rows.Add(operation, 304, string.Empty, "InvalidResponse");
            rows.Add(operation, 300, "{}", "InvalidResponse");
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Each_answer_has_its_error(string operation, int status, string body, string kind)
    {
        (Func<GitLabClient, Task> act, string method, string says) = Operations[operation];
        var wire = new FakeHandler(request => request.Method == method && request.Number == 1
            ? TestClients.Text(body, status, body.StartsWith('<') ? "text/html" : "application/json", ("X-Request-Id", "req-1"))
            : TestClients.Json("[]"));
        GitLabApiException exception = await TestClients.ThrowsAsync(
            Enum.Parse<GitLabErrorKind>(kind),
            () => act(TestClients.Client(wire, options => options.MaximumRetryCount = 0)));

        Assert.Equal((HttpStatusCode)status, exception.StatusCode);
        Assert.Equal(method, exception.Method);
        Assert.StartsWith("https://gitlab.example.com/api/v4/projects/", exception.RequestUri!.AbsoluteUri, StringComparison.Ordinal);
        Assert.Equal("req-1", exception.RequestId);
        Assert.Contains(says, exception.Message, StringComparison.Ordinal);
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
    public async Task A_403_and_a_404_name_the_role_that_it_takes(string operation, string role)
    {
        foreach (int status in (int[])[403, 404])
        {
            var wire = new FakeHandler(_ => TestClients.Json("{}", status));
            GitLabApiException exception = await Assert.ThrowsAsync<GitLabApiException>(() => Operations[operation].Act(TestClients.Client(wire)));
            Assert.Contains("role", exception.Message, StringComparison.Ordinal);
            Assert.Contains(role, exception.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("create agent", "Get-GitLabClusterAgent", "'prod'")]
    [InlineData("create token", "Get-GitLabAgentToken", "'ci'")]
    public async Task An_unknown_outcome_says_what_to_look_for(string operation, string command, string name)
    {
        var wire = new FakeHandler(_ => TestClients.Json("{}", 502));
        GitLabApiException exception = await TestClients.ThrowsAsync(GitLabErrorKind.OutcomeUnknown, () => Operations[operation].Act(TestClients.Client(wire)));
        Assert.Contains(command, exception.Message, StringComparison.Ordinal);
        Assert.Contains(name, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json", """{"message":"404 Project Not Found"}""", "404 Project Not Found")]
    [InlineData("application/json", """{"message":["is too long","is invalid"]}""", "is too long, is invalid")]
    [InlineData("application/json", """{"message":{"name":["is too long","is invalid"],"base":["no"]}}""", "name is too long, is invalid; no")]
    [InlineData("application/json", """{"message":{"error":"This endpoint has been requested too many times."}}""", "This endpoint has been requested too many times.")]
    [InlineData("application/json", """{"error":"name is missing, name is empty"}""", "name is missing, name is empty")]
    [InlineData("application/json", """{"error":"invalid_token","error_description":"Token is expired."}""", "Token is expired.")]
    [InlineData("application/json", """{"message":"Имя уже занято — 名前 🔑"}""", "Имя уже занято — 名前 🔑")]
    [InlineData("application/json", """{"message":""}""", null)]
    [InlineData("application/json", """{"message":null}""", null)]
    [InlineData("application/json", """{"message":5}""", "5")]
    [InlineData("application/json", """{"other":"x"}""", null)]
    [InlineData("application/json", """["x"]""", null)]
    [InlineData("application/json", "null", null)]
    [InlineData("application/json", "", null)]
    [InlineData("text/plain", "Retry later\n", "Retry later")]
    [InlineData("text/plain", "", null)]
    [InlineData("text/html", "<html><body>Bad</body></html>", null)]
    [InlineData("application/json", "  <html><body>Bad</body></html>", null)]
    [InlineData("application/json", """{"message":"a\nb\tc\u001b[31mred\u0007"}""", "a b c [31mred ")]
    [InlineData("text/plain", "a\r\nb\u009b31m", "a  b 31m")]
    public async Task The_servers_own_words_are_told(string contentType, string body, string? words)
    {
        var wire = new FakeHandler(_ => TestClients.Text(body, 400, contentType));
        GitLabApiException exception = await TestClients.ThrowsAsync(GitLabErrorKind.InvalidRequest, () => TestClients.Client(wire).GetAgentAsync(101, 11));
        Assert.Equal(words, exception.ServerMessage);
        Assert.Contains(words ?? "without words", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(exception.Message, char.IsControl);
    }

    [Fact]
    public async Task Words_that_are_no_text_are_left_out()
    {
        var wire = new FakeHandler(_ => TestClients.Json("""{"message":"\ud800"}""", 400));
        await TestClients.ThrowsAsync(GitLabErrorKind.InvalidRequest, () => TestClients.Client(wire).GetAgentAsync(101, 11));
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/plain")]
    public async Task Long_words_are_cut(string contentType)
    {
        string words = new('x', 10_000);
        var wire = new FakeHandler(_ => TestClients.Text(contentType == "text/plain" ? words : $$"""{"message":"{{words}}"}""", 400, contentType));
        GitLabApiException exception = await TestClients.ThrowsAsync(GitLabErrorKind.InvalidRequest, () => TestClients.Client(wire).GetAgentAsync(101, 11));
        Assert.InRange(exception.ServerMessage!.Length, 100, 1000);
        Assert.InRange(exception.Message.Length, 100, 1500);
    }

    [Theory]
    [InlineData("Retry-After", "600", 600)]
    [InlineData("Retry-After", "0", 0)]
    [InlineData("Retry-After", "soon", null)]
    [InlineData("X-Other", "1", null)]
    public async Task The_wait_that_was_asked_for_is_told(string header, string value, int? seconds)
    {
        var wire = new FakeHandler(_ => TestClients.Text("Retry later", 429, "text/plain", (header, value)));
        GitLabApiException exception = await TestClients.ThrowsAsync(GitLabErrorKind.RateLimited, () => TestClients.Client(wire).GetAgentAsync(101, 11));
        Assert.Equal(seconds, (int?)exception.RetryAfter?.TotalSeconds);
        Assert.Equal("Retry later", exception.ServerMessage);
    }

    [Theory]
    [InlineData(600, 540, 600)]
    [InlineData(-600, 0, 0)]
    public async Task The_wait_until_a_date_is_told_as_a_time_span_that_is_not_negative(int offset, int least, int most)
    {
        string date = DateTimeOffset.UtcNow.AddSeconds(offset).ToString("R", System.Globalization.CultureInfo.InvariantCulture);
        var wire = new FakeHandler(_ => TestClients.Text("Retry later", 429, "text/plain", ("Retry-After", date)));
        GitLabApiException exception = await TestClients.ThrowsAsync(GitLabErrorKind.RateLimited, () => TestClients.Client(wire, options => options.MaximumRetryCount = 0).GetAgentAsync(101, 11));
        Assert.InRange(exception.RetryAfter!.Value.TotalSeconds, least, most);
    }

    [Fact]
    public async Task A_closed_session_says_so_and_sends_nothing()
    {
        var wire = new FakeHandler(_ => TestClients.Json("[]"));
        GitLabClient client = TestClients.Client(wire);
        client.Session.Dispose();
        client.Session.Dispose();
        foreach ((Func<GitLabClient, Task> act, _, _) in Operations.Values)
        {
            await TestClients.ThrowsAsync(GitLabErrorKind.NotConnected, () => act(client));
        }

        Assert.Empty(wire.Requests);
    }
}
