using System;
using System.Net.Http;
using System.Threading.Tasks;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Small differences between responses that decide whose they are, and what they mean.</summary>
public sealed class ResponseDetailTests
{
    [Theory]
    [InlineData("9", false)]
    [InlineData("90", false)]
    [InlineData("group/9", true)]
    [InlineData("app:9", true)]
    public async Task Only_a_project_by_path_can_be_reported_as_moved(string project, bool isMoved)
    {
        GitLabClient client = TestClients.CreateClient(TestClients.CreateHandler(
            () => TestClients.Json("""{"message":"405 Method Not Allowed"}""", 405)));
        GitLabApiException e = await Assert.ThrowsAsync<GitLabApiException>(
            () => client.CreateAgentAsync(project, "new"));
        Assert.Equal(
            isMoved, e.RecommendedAction!.StartsWith("The project was moved or renamed", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Bad Request", true)]
    [InlineData("Bad Request\r\n", true)]
    [InlineData("Bad Request: cookie too large", false)]
    [InlineData("<html>Bad Request</html>", false)]
    public async Task The_text_of_GitLabs_web_server_is_GitLabs(string text, bool isGitLabs)
    {
        GitLabClient client = TestClients.CreateClient(TestClients.CreateHandler(() => TestClients.Text(text, 400)));
        await TestClients.ThrowsAsync(
            isGitLabs ? GitLabErrorKind.InvalidRequest : GitLabErrorKind.InvalidResponse,
            () => client.GetAgentAsync(101, 11));
    }

    [Theory]
    [InlineData("""{"errors":[{"message":"Invalid token"}]}""", true)]
    [InlineData("""{"status":"denied"}""", false)]
    public async Task An_object_with_errors_is_GitLabs_only_for_GraphQL(string body, bool isGitLabs)
    {
        GitLabClient client = TestClients.CreateClient(TestClients.CreateHandler(() => TestClients.Json(body, 401)));
        AgentConnection connection = await ReadConnectionAsync(body);
        Assert.Equal(AgentConnectionStatus.Unknown, connection.Status);
        Assert.Equal(isGitLabs, connection.Reason!.Contains("scope api or read_api", StringComparison.Ordinal));
        await TestClients.ThrowsAsync(GitLabErrorKind.InvalidResponse, () => client.GetAgentAsync(101, 11));
    }

    [Theory]
    [InlineData("iso-8859-1")]
    [InlineData("\"ISO-8859-1\"")]
    [InlineData("latin1")]
    public async Task Names_in_Latin_1_are_read(string charSet)
    {
        byte[] body = System.Text.Encoding.Latin1.GetBytes(TestClients.Agent(11, "Zürich"));
        GitLabClient client = TestClients.CreateClient(TestClients.CreateHandler(
            () => TestClients.Response(body, 200, $"application/json; charset={charSet}")));
        Assert.Equal("Zürich11", (await client.GetAgentAsync(101, 11)).Name);
    }

    private static Task<AgentConnection> ReadConnectionAsync(string graphQLBody)
    {
        var handler = new FakeHandler(request => request.Method == HttpMethod.Post.Method
            ? TestClients.Json(graphQLBody, 401)
            : TestClients.Json(TestClients.Agent(11)));
        return TestClients.CreateClient(handler).GetConnectionAsync(101, 11);
    }
}
