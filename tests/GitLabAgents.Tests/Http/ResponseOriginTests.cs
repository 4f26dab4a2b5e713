using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using RichardSzalay.MockHttp;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks that only responses of GitLab count, not those of a proxy, a gateway or a sign-in page.</summary>
public sealed class ResponseOriginTests
{
    private static readonly Dictionary<string, Func<GitLabClient, Task>> Operations = new()
    {
        ["GET"] = client => client.GetAgentAsync(101, 11),
        ["POST"] = client => client.CreateAgentAsync(101, "new"),
        ["DELETE"] = client => client.DeleteAgentAsync(101, 11),
    };

    public static TheoryData<string, int, string, string> Foreign()
    {
        var rows = new TheoryData<string, int, string, string>();
        foreach (string method in Operations.Keys)
        {
            foreach (int status in (int[])[400, 401, 403, 404, 405, 409, 410, 412, 422, 429, 451, 500, 501, 521])
            {
                rows.Add(method, status, "text/html", "<!DOCTYPE html><title>Sign in</title>");
                rows.Add(method, status, "text/plain", "default backend");
                rows.Add(method, status, "application/json", """{"status":"error"}""");
                rows.Add(method, status, "application/json", """{"error":{"code":7,"message":"upstream"}}""");
                rows.Add(method, status, "application/json", """["message"]""");
                rows.Add(method, status, "application/json", "\"message\"");
                rows.Add(method, status, "application/json", string.Empty);
            }
        }

        foreach (int status in (int[])[200, 201, 202, 203, 206])
        {
            rows.Add("DELETE", status, "text/html", "<html>Sign in</html>");
            rows.Add("DELETE", status, "application/json", """{"status":"ok"}""");
        }

        foreach (int status in (int[])[202, 203, 204, 206])
        {
            string body = status == 204 ? string.Empty : TestClients.Agent(11);
            rows.Add("GET", status, "application/json", body);
            rows.Add("POST", status, "application/json", body);
        }

        rows.Add("DELETE", 200, "application/json", string.Empty);
        rows.Add("GET", 201, "application/json", TestClients.Agent(11));
        rows.Add("GET", 200, "text/html", "<html>Sign in</html>");
        rows.Add("POST", 201, "text/html", "<html>Sign in</html>");
        return rows;
    }

    [Theory]
    [MemberData(nameof(Foreign))]
    public async Task A_foreign_response_is_InvalidResponse_whatever_its_status(
        string method, int status, string contentType, string body)
    {
        using MockHttpMessageHandler handler = TestClients.CreateHandler(
            () => TestClients.Text(body, status, contentType));
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse,
            () => Operations[method](TestClients.CreateClient(handler, options => options.MaximumRetryCount = 0)));
        Assert.Equal(status, (int)exception.StatusCode!);
        Assert.Contains(
            $"something other than GitLab responded with {status}", exception.Message, StringComparison.Ordinal);
        Assert.Equal(method != "GET", exception.Message.Contains("may have processed", StringComparison.Ordinal));
        Assert.DoesNotContain("role", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(204)]
    [InlineData(202)]
    public async Task A_successful_removal_has_no_content_or_is_accepted(int status)
    {
        using MockHttpMessageHandler handler = TestClients.CreateHandler(() => TestClients.Text(string.Empty, status));
        await TestClients.CreateClient(handler).DeleteAgentAsync(101, 11);
    }

    [Theory]
    [InlineData("Retry later\n", "X-Other", "RateLimited")]
    [InlineData("You are too fast.", "RateLimit-Observed", "RateLimited")]
    [InlineData("You are too fast.", "X-Other", "InvalidResponse")]
    [InlineData("<html>Too fast</html>", "RateLimit-Observed", "InvalidResponse")]
    public async Task A_429_is_recognized_by_its_text_or_its_headers(string body, string header, string kind)
    {
        using MockHttpMessageHandler handler = TestClients.CreateHandler(
            () => TestClients.Text(body, 429, "text/plain", (header, "1")));
        await TestClients.ThrowsAsync(
            Enum.Parse<GitLabErrorKind>(kind), () => TestClients.CreateClient(handler).GetAgentAsync(101, 11));
    }

    [Theory]
    [InlineData("<html>404</html>", "text/html", false)]
    [InlineData("default backend - 404", "text/plain", false)]
    [InlineData("""{"status":"not found"}""", "application/json", false)]
    [InlineData("""{"message":"404 Not found"}""", "application/json", true)]
    public async Task Only_a_404_of_GitLab_shows_that_a_lost_removal_succeeded(
        string body, string contentType, bool isDone)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Html(502).On("DELETE").AfterActing());
        server.Faults.Add(Fault.Body(body, contentType, 404).On("DELETE").Always());
        Task removal = TestClients.CreateClient(server).DeleteAgentAsync(101, 11);
        if (isDone)
        {
            await removal;
        }
        else
        {
            await TestClients.ThrowsAsync(GitLabErrorKind.InvalidResponse, () => removal);
        }

        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_missing_endpoint_does_not_show_that_a_lost_removal_succeeded()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Html(502).On("DELETE"));
        server.Faults.Add(Fault.Status(404, """{"error":"404 Not Found"}""").On("DELETE").Always());
        await TestClients.ThrowsAsync(
            GitLabErrorKind.NotSupported, () => TestClients.CreateClient(server).RevokeTokenAsync(101, 11, 1001));
        Assert.False(server.State.FindToken(1001)!.IsRevoked);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("DELETE")]
    public async Task A_503_of_GitLab_is_maintenance_mode(string method)
    {
        using MockHttpMessageHandler handler = TestClients.CreateHandler(
            () => TestClients.Json("""{"message":"503 Service Unavailable"}""", 503));
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.ServerError, () => Operations[method](TestClients.CreateClient(handler)));
        Assert.Contains("GitLab is in maintenance mode", exception.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain("proxy", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("gateway", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("DELETE")]
    public async Task A_503_of_a_gateway_is_not_maintenance_mode(string method)
    {
        using MockHttpMessageHandler handler = TestClients.CreateHandler(
            () => TestClients.Text("<html>503</html>", 503, "text/html"));
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.ServerError, () => Operations[method](TestClients.CreateClient(handler)));
        Assert.Contains("could not reach GitLab", exception.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain("maintenance", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_web_page_does_not_confirm_a_revocation()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Html(200).On("DELETE").Always());
        GitLabClient client = TestClients.CreateClient(server);
        await TestClients.ThrowsAsync(GitLabErrorKind.InvalidResponse, () => client.RevokeTokenAsync(101, 11, 1001));
        await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse, () => client.DeleteUrlConfigurationAsync(101, 12, 501));
        Assert.False(server.State.FindToken(1001)!.IsRevoked);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_successful_response_is_never_quoted()
    {
        using MockHttpMessageHandler handler = TestClients.CreateHandler(() => TestClients.Text("glagent-secret", 201));
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse, () => TestClients.CreateClient(handler).CreateTokenAsync(101, 11, "ci"));
        Assert.DoesNotContain("glagent", exception.ToString(), StringComparison.Ordinal);
        Assert.Null(exception.ServerMessage);
    }

    [Fact]
    public async Task The_server_time_is_that_of_responses_of_GitLab()
    {
        var clock = new ImmediateClock();
        string date = "Thu, 01 Jan 2026 00:07:00 GMT";
        bool isForeign = true;
        using MockHttpMessageHandler handler = TestClients.CreateHandler(() => isForeign
            ? TestClients.Text("<html/>", 200, "text/html", ("Date", date))
            : TestClients.Json(TestClients.Agent(11), 200, ("Date", date)));
        GitLabClient client = TestClients.CreateClient(handler, options => options.Clock = clock);

        await TestClients.ThrowsAsync(GitLabErrorKind.InvalidResponse, () => client.GetAgentAsync(101, 11));
        Assert.Equal(clock.GetUtcNow(), client.Session.GetServerTime());

        isForeign = false;
        await client.GetAgentAsync(101, 11);
        Assert.Equal(clock.GetUtcNow().AddMinutes(7), client.Session.GetServerTime());
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(clock.GetUtcNow().AddMinutes(7), client.Session.GetServerTime());
    }
}
