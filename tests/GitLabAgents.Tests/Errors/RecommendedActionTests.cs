using System;
using System.Net.Http;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using RichardSzalay.MockHttp;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Advice is given only where it fits.</summary>
public sealed class RecommendedActionTests
{
    private const string Moved = """{"message":"405 Non GET methods are not allowed for moved projects"}""";

    [Theory]
    [InlineData("group/app", Moved, true)]
    [InlineData("101", Moved, false)]
    [InlineData("group/app", """{"error":"405 Not Allowed"}""", false)]
    public async Task Only_a_path_can_be_that_of_a_moved_project(string project, string body, bool isMoved)
    {
        using MockHttpMessageHandler network = TestClients.Network(() => TestClients.Json(body, 405));
        GitLabApiException exception = await TestClients.ThrowsAsync(GitLabErrorKind.InvalidRequest, () => TestClients.Client(network).CreateAgentAsync(project, "new"));
        Assert.Equal(isMoved, exception.RecommendedAction.Contains("moved or renamed", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("GET", false)]
    [InlineData("POST", true)]
    [InlineData("DELETE", true)]
    public async Task A_refused_change_may_be_due_to_the_project(string method, bool isChange)
    {
        using MockHttpMessageHandler network = TestClients.Network(() => TestClients.Json("""{"message":"403 Forbidden"}""", 403));
        GitLabClient client = TestClients.Client(network);
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
    [InlineData("insufficient_granular_scope", "The fine-grained access token lacks a permission. Add it, or use a token with the scope api or read_api.")]
    public async Task A_missing_permission_is_told_from_a_missing_scope(string code, string action)
    {
        using MockHttpMessageHandler network = TestClients.Network(() => TestClients.Json($$"""{"error":"{{code}}","error_description":"Access denied"}""", 403));
        GitLabApiException exception = await TestClients.ThrowsAsync(GitLabErrorKind.InsufficientScope, () => TestClients.Client(network).GetAgentAsync(101, 11));
        Assert.Equal(action, exception.RecommendedAction);
    }

    [Fact]
    public async Task A_port_that_speaks_plain_HTTP_has_no_certificate()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        using GitLabSession session = TestClients.Session(new UriBuilder(server.Url) { Scheme = "https" }.Uri);
        GitLabApiException exception = await TestClients.ThrowsAsync(GitLabErrorKind.ConnectionFailed, () => new GitLabClient(session).GetAgentAsync(101, 11));
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
    public async Task A_transient_error_may_be_gone_later(int status, bool isTransient)
    {
        using MockHttpMessageHandler network = TestClients.Network(() => TestClients.Json("""{"message":"no"}""", status));
        GitLabApiException exception = await Assert.ThrowsAsync<GitLabApiException>(() => TestClients.Client(network).GetAgentAsync(101, 11));
        Assert.Equal(isTransient, exception.IsTransient);
    }

    [Fact]
    public async Task A_failed_connection_is_transient()
    {
        using MockHttpMessageHandler network = TestClients.Network(() => throw new HttpRequestException("no"));
        GitLabApiException exception = await TestClients.ThrowsAsync(GitLabErrorKind.ConnectionFailed, () => TestClients.Client(network).GetAgentAsync(101, 11));
        Assert.True(exception.IsTransient);
    }

    [Fact]
    public async Task A_GraphQL_401_may_be_a_missing_scope()
    {
        using var network = new MockHttpMessageHandler();
        network.When(HttpMethod.Get, "*").Respond(_ => TestClients.Json(TestClients.Agent(11)));
        network.When(HttpMethod.Post, "*").Respond(_ => TestClients.Json("""{"errors":[{"message":"Invalid token"}]}""", 401));
        AgentConnection connection = await TestClients.Client(network).GetConnectionAsync(101, 11);
        Assert.Equal(AgentConnectionStatus.Unknown, connection.Status);
        Assert.Contains("GraphQL does not accept the access token", connection.Reason, StringComparison.Ordinal);
        Assert.Contains("api or read_api", connection.Reason, StringComparison.Ordinal);
    }
}
