using System;
using System.Linq;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using GitLabAgents.Transport;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks how a session is created, and which requests that needs.</summary>
public sealed class ConnectTests
{
    [Fact]
    public async Task A_session_has_the_properties_of_its_token_and_server()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        using GitLabSession session = await ConnectAsync(server, "glpat-expiring");
        Assert.Equal("expiring", session.TokenName);
        Assert.Equal(["api"], session.Scopes);
        Assert.Equal(DateTimeOffset.UtcNow.Date.AddDays(3), session.ExpiresAt!.Value.UtcDateTime);
        Assert.Equal(
            ("18.9.0-ee", true, new Uri("wss://kas.example.com")),
            (session.Version, session.IsEnterprise, session.KasUri));
        Assert.Equal(
            (server.Url, server.Url.Authority, 8, TokenType.PrivateToken),
            (session.Uri, session.ToString(), session.ThrottleLimit, session.TokenType));
        Assert.Equal(
            ["/api/v4/personal_access_tokens/self", "/api/v4/metadata"],
            server.Requests.Select(request => request.RawTarget));
    }

    [Fact]
    public async Task Connecting_without_validation_sends_nothing()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        using GitLabSession session = await ConnectAsync(server, "glpat-nonsense", validate: false);
        Assert.Empty(server.Requests);
        Assert.Null(session.TokenName);
        Assert.Empty(session.Scopes);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    public async Task An_OAuth_token_connects_without_details_of_the_token(int status)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(
            options => options.OAuthSelfStatus = status);
        using GitLabSession session = await ConnectAsync(server, "oauth-maintainer", TokenType.OAuth);
        Assert.Equal("18.9.0-ee", session.Version);
        Assert.Equal(status == 200 ? "maintainer" : null, session.TokenName);
        Assert.All(
            server.Requests, request => Assert.Equal("Bearer oauth-maintainer", request.Headers["Authorization"]));
    }

    [Theory]
    [InlineData("glpat-unknown", TokenType.PrivateToken)]
    [InlineData("glpat-expired", TokenType.PrivateToken)]
    [InlineData("glcbt-job", TokenType.PrivateToken)]
    [InlineData("glcbt-job", TokenType.OAuth)]
    [InlineData("oauth-unknown", TokenType.OAuth)]
    [InlineData("oauth-maintainer", TokenType.PrivateToken)]
    public async Task A_rejected_token_is_an_error(string token, TokenType type)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.AuthenticationFailed, () => ConnectAsync(server, token, type));
        Assert.Contains("job token", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(token, exception.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("glpat-noscope", "read_user")]
    [InlineData("glpat-readonly", "read_api")]
    public async Task A_token_with_few_scopes_connects(string token, string scope)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Status(403).On("GET", "/metadata").Always());
        server.Faults.Add(Fault.Status(403).On("GET", "/version").Always());
        using GitLabSession session = await ConnectAsync(server, token);
        Assert.Equal([scope], session.Scopes);
        Assert.Null(session.Version);
    }

    [Fact]
    public async Task The_version_of_an_older_server_is_read_from_another_endpoint()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(
            options => (options.OldServer, options.Version) = (true, "13.12.0"));
        using GitLabSession session = await ConnectAsync(server, TestClients.Token);
        Assert.Equal(("13.12.0", null, null), (session.Version, session.TokenName, session.KasUri));
        Assert.Equal(
            ["/api/v4/personal_access_tokens/self", "/api/v4/metadata", "/api/v4/version"],
            server.Requests.Select(request => request.RawTarget));
    }

    [Fact]
    public async Task An_older_server_rejects_an_invalid_token()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.OldServer = true);
        await TestClients.ThrowsAsync(
            GitLabErrorKind.AuthenticationFailed, () => ConnectAsync(server, "glpat-unknown"));
    }

    [Theory]
    [InlineData(false, "wss://kas.example.com", null)]
    [InlineData(true, null, null)]
    [InlineData(true, "nonsense", null)]
    [InlineData(true, "wss://kas.example.org/x", "wss://kas.example.org/x")]
    public async Task The_KAS_address_is_known_if_the_server_reports_one(bool enabled, string? url, string? expected)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(
            options => (options.KasEnabled, options.KasExternalUrl) = (enabled, url));
        using GitLabSession session = await ConnectAsync(server, TestClients.Token);
        Assert.Equal(expected, session.KasUri?.AbsoluteUri);
    }

    [Fact]
    public async Task A_web_page_is_an_error()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Html(200).Always());
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse, () => ConnectAsync(server, TestClients.Token));
        Assert.Contains("HTML", exception.Message, StringComparison.Ordinal);

    }

    [Theory]
    [InlineData(200, "[]")]
    [InlineData(200, "{}")]
    [InlineData(200, """{"status":"ok"}""")]
    [InlineData(200, """{"id":7,"name":"someone"}""")]
    [InlineData(200, """{"scopes":["api"]}""")]
    [InlineData(200, """{"version":"1.0"}""")]
    [InlineData(403, """{"status":"blocked"}""")]
    [InlineData(401, "<html>Sign in</html>")]
    [InlineData(404, "<html>Nothing here</html>")]
    public async Task A_server_that_is_not_GitLab_is_an_error(int status, string body)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Body(body, status: status).Always());
        foreach (TokenType type in (TokenType[])[TokenType.PrivateToken, TokenType.OAuth])
        {
            GitLabApiException exception = await TestClients.ThrowsAsync(
                GitLabErrorKind.InvalidResponse, () => ConnectAsync(server, TestClients.Token, type));
            Assert.Equal(status, (int)exception.StatusCode!);
            Assert.DoesNotContain("access token is wrong", exception.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("""{"status":"ok"}""")]
    [InlineData("""{"version":null}""")]
    [InlineData("""{"version":""}""")]
    public async Task A_server_without_a_version_is_an_error(string body)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Body(body).On("GET", "/metadata").Always());
        await TestClients.ThrowsAsync(GitLabErrorKind.InvalidResponse, () => ConnectAsync(server, TestClients.Token));
    }

    [Fact]
    public async Task The_error_for_a_blocked_user_does_not_mention_roles()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Status(403).Always());
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.Forbidden, () => ConnectAsync(server, TestClients.Token));
        Assert.DoesNotContain("role", exception.Message, StringComparison.Ordinal);
        Assert.Contains("blocked", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unreachable_server_is_a_failed_connection()
    {
        using var closed = new ClosedPort();
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.ConnectionFailed, () => ConnectAsync(closed.Url, TestClients.Token));
        Assert.Contains("sign in on 127.0.0.1", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TestClients.Token + "\n")]
    [InlineData(" \t" + TestClients.Token + "\r\n")]
    public async Task White_space_around_a_token_is_removed(string token)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        using GitLabSession session = await ConnectAsync(server, token);
        Assert.Equal("maintainer", session.TokenName);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \r\n")]
    [InlineData("glpat-SEC RET")]
    [InlineData("glpat-SEC\nRET")]
    [InlineData("glpat-SEC\r\nX-Header: RET")]
    [InlineData("glpat-SECRÉT")]
    [InlineData("glpat-SEC\0RET")]
    [InlineData("glpat-SEC\u007fRET")]
    public async Task An_invalid_token_is_rejected_and_not_repeated(string token)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        ArgumentException exception = await Assert.ThrowsAnyAsync<ArgumentException>(() => ConnectAsync(server, token));
        Assert.DoesNotContain("glpat", exception.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("SEC", exception.ToString(), StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task The_token_is_copied()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        System.Security.SecureString token = TestClients.ToSecureString(TestClients.Token);
        using GitLabSession session = await GitLabClient.ConnectAsync(
            server.Url, token, TokenType.PrivateToken, new TransportOptions { NoProxy = true }, validate: false);
        token.Dispose();
        Assert.Equal(2, (await TestClients.ToListAsync(new GitLabClient(session).GetAgentsAsync(101))).Count);
    }

    private static Task<GitLabSession> ConnectAsync(
        FakeGitLabServer server, string token, TokenType type = TokenType.PrivateToken, bool validate = true)
        => ConnectAsync(server.Url, token, type, validate);

    private static Task<GitLabSession> ConnectAsync(
        Uri uri, string token, TokenType type = TokenType.PrivateToken, bool validate = true)
    {
        var options = new TransportOptions { NoProxy = true, MaximumRetryCount = 0 };
        return GitLabClient.ConnectAsync(uri, TestClients.ToSecureString(token), type, options, validate);
    }
}
