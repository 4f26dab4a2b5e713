using System;
using System.Net.Http;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using RichardSzalay.MockHttp;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks that an action is recommended only if it applies.</summary>
public sealed class RecommendedActionTests
{
    private const string Moved = """{"message":"405 Non GET methods are not allowed for moved projects"}""";

    [Theory]
    [InlineData("group/app", Moved, true)]
    [InlineData("101", Moved, false)]
    [InlineData("group/app", """{"error":"405 Not Allowed"}""", false)]
    public async Task Only_a_path_can_belong_to_a_moved_project(string project, string body, bool isMoved)
    {
        using MockHttpMessageHandler handler = TestClients.CreateHandler(() => TestClients.Json(body, 405));
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidRequest, () => TestClients.CreateClient(handler).CreateAgentAsync(project, "new"));
        Assert.Equal(
            isMoved
                ? "The project was moved or renamed, and GitLab changes nothing under its old path. Use its ID or its "
                    + "new path."
                : "This GitLab does not allow the method here. Check its version, and what is in front of it.",
            exception.RecommendedAction);
    }

    [Theory]
    [InlineData("GET", false)]
    [InlineData("POST", true)]
    [InlineData("DELETE", true)]
    public async Task A_rejected_change_may_be_caused_by_the_project(string method, bool isChange)
    {
        using MockHttpMessageHandler handler = TestClients.CreateHandler(
            () => TestClients.Json("""{"message":"403 Forbidden"}""", 403));
        GitLabClient client = TestClients.CreateClient(handler);
        GitLabApiException exception = await TestClients.ThrowsAsync(GitLabErrorKind.Forbidden, () => method switch
        {
            "GET" => client.GetAgentAsync(101, 11),
            "POST" => client.CreateTokenAsync(101, 11, "ci"),
            _ => client.DeleteAgentAsync(101, 11),
        });
        Assert.Equal(isChange, exception.Message.Contains("archived", StringComparison.Ordinal));
        Assert.Equal(isChange, exception.Message.Contains("Infrastructure", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("insufficient_scope", "The access token needs the scope api or read_api.")]
    [InlineData(
        "insufficient_granular_scope",
        "The fine-grained access token lacks a permission. Add it, or use a token with the scope api or read_api.")]
    public async Task A_missing_permission_is_distinguished_from_a_missing_scope(string code, string action)
    {
        using MockHttpMessageHandler handler = TestClients.CreateHandler(
            () => TestClients.Json($$"""{"error":"{{code}}","error_description":"Access denied"}""", 403));
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.InsufficientScope, () => TestClients.CreateClient(handler).GetAgentAsync(101, 11));
        Assert.Equal(action, exception.RecommendedAction);
    }

    [Fact]
    public async Task A_port_that_speaks_plain_HTTP_has_no_certificate()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        using GitLabSession session = TestClients.CreateSession(new UriBuilder(server.Url) { Scheme = "https" }.Uri);
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.ConnectionFailed, () => new GitLabClient(session).GetAgentAsync(101, 11));
        Assert.Contains("does not speak TLS", exception.RecommendedAction, StringComparison.Ordinal);
        Assert.DoesNotContain("certificate", exception.RecommendedAction, StringComparison.Ordinal);
        Assert.False(exception.IsTransient);
    }

    [Theory]
    [InlineData(409, true)]
    [InlineData(429, true)]
    [InlineData(500, true)]
    [InlineData(503, true)]
    [InlineData(400, false)]
    [InlineData(401, false)]
    [InlineData(403, false)]
    [InlineData(404, false)]
    public async Task A_transient_error_recommends_a_later_retry(int status, bool isTransient)
    {
        using MockHttpMessageHandler handler = TestClients.CreateHandler(
            () => TestClients.Json("""{"message":"no"}""", status));
        GitLabApiException exception = await Assert.ThrowsAsync<GitLabApiException>(
            () => TestClients.CreateClient(handler).GetAgentAsync(101, 11));
        Assert.Equal(isTransient, exception.IsTransient);
    }

    // A rotation repeats what is transient: never a creation that may have succeeded.
    [Theory]
    [InlineData("GET", "reset", GitLabErrorKind.ConnectionFailed, true)]
    [InlineData("POST", "reset", GitLabErrorKind.OutcomeUnknown, false)]
    [InlineData("GET", "timeout", GitLabErrorKind.Timeout, true)]
    public async Task A_failed_connection_is_transient_unless_the_outcome_is_unknown(
        string method, string failure, GitLabErrorKind kind, bool isTransient)
    {
        // It reads the body: a request whose body was not sent cannot have been processed.
        using var handler = new FakeHandler(
            HttpResponseMessage (_) => throw (failure == "reset"
                ? new HttpRequestException("no")
                : new TimeoutException("no")));
        GitLabClient client = TestClients.CreateClient(handler);
        GitLabApiException exception = await TestClients.ThrowsAsync(
            kind, () => method == "GET" ? client.GetAgentAsync(101, 11) : client.CreateTokenAsync(101, 11, "ci"));
        Assert.Equal(isTransient, exception.IsTransient);
    }

    [Theory]
    [InlineData(
        "GET",
        "groups/a",
        GitLabErrorKind.NotFound,
        "Check the group's ID or full path. A group that the access token cannot see looks the same.")]
    [InlineData(
        "GET",
        "metadata",
        GitLabErrorKind.NotFound,
        "Check the address of the GitLab, its version and the access token's rights.")]
    [InlineData(
        "GET",
        "projects/1/cluster_agents/2/url_configurations/3",
        GitLabErrorKind.UrlConfigurationNotFound,
        "It does not exist, or this GitLab does not have receptive agents (they are part of GitLab Ultimate, "
            + "self-managed, and can be switched off). A missing role looks the same: at least Developer is needed.")]
    [InlineData(
        "GET",
        "user",
        GitLabErrorKind.Forbidden,
        "GitLab refuses the user of this access token: the user may be blocked, may first have to sign in to GitLab "
            + "in a browser, or may not use the API from this network.")]
    [InlineData(
        "DELETE",
        "projects/1/cluster_agents/2",
        GitLabErrorKind.InsufficientScope,
        "The access token needs the scope api.")]
    [InlineData(
        "POST",
        "../graphql",
        GitLabErrorKind.AuthenticationFailed,
        "The access token lacks the scope api or read_api, or it is wrong, expired or revoked.")]
    public void An_action_fits_the_request(string method, string path, GitLabErrorKind kind, string action)
    {
        var request = new ApiRequest(new HttpMethod(method), path, "ask", kind)
        {
            IsSafe = method == "GET" || path == "../graphql",
        };
        Assert.Equal(action, RecommendedActions.For(kind, request));
    }

    [Fact]
    public async Task A_GraphQL_401_may_be_a_missing_scope()
    {
        using var handler = new MockHttpMessageHandler();
        handler.When(HttpMethod.Get, "*").Respond(_ => TestClients.Json(TestClients.Agent(11)));
        handler.When(HttpMethod.Post, "*")
            .Respond(_ => TestClients.Json("""{"errors":[{"message":"Invalid token"}]}""", 401));
        AgentConnection connection = await TestClients.CreateClient(handler).GetConnectionAsync(101, 11);
        Assert.Equal(AgentConnectionStatus.Unknown, connection.Status);
        Assert.Contains("GraphQL does not accept the access token", connection.Reason, StringComparison.Ordinal);
        Assert.Contains("api or read_api", connection.Reason, StringComparison.Ordinal);
    }
}
