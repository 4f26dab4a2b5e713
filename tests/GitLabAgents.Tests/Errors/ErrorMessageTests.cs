using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Http;
using System.Net.Sockets;
using System.Threading.Tasks;
using GitLabAgents.Transport;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Whole messages, word by word, with what they recommend.</summary>
public sealed class ErrorMessageTests
{
    private const string Get = "Cannot read agent 11 of project 101 on gitlab.example.com: ";
    private const string Delete = "Cannot remove agent 11 of project 101 on gitlab.example.com: ";
    private const string Create = "Cannot create token 'ci' for agent 11 of project 101 on gitlab.example.com: ";

    private static readonly Dictionary<string, Func<GitLabClient, Task>> Operations = new()
    {
        ["GET"] = static client => client.GetAgentAsync(101, 11),
        ["DELETE"] = static client => client.DeleteAgentAsync(101, 11),
        ["POST"] = static client => client.CreateTokenAsync(101, 11, "ci", null),
    };

    [Theory]
    [InlineData(
        "GET",
        300,
        "",
        "InvalidResponse: the server responded with 300, which is not a response of GitLab's API. "
            + "| "
            + "Check the address of the GitLab, and what is in front of it: a proxy, a gateway or a "
            + "sign-in page.")]
    [InlineData(
        "GET",
        502,
        "<html>",
        "ServerError: a gateway responded with 502 and HTML. | "
            + "Try again later. If it persists, check the proxy or load balancer in front of GitLab.")]
    [InlineData(
        "DELETE",
        502,
        "<html>",
        "ServerError: a gateway responded with 502 and HTML. GitLab may have processed the "
            + "request all the same. | "
            + "Try again later. If it persists, check the proxy or load balancer in front of GitLab.")]
    [InlineData(
        "POST",
        502,
        "<html>",
        "OutcomeUnknown: a gateway responded with 502 and HTML; GitLab may have processed the "
            + "request. | "
            + "Look for token 'ci', and revoke it if it exists, because nobody knows its secret: "
            + "Get-GitLabAgentToken -Project 101 -Agent 11 -Name 'ci'")]
    [InlineData(
        "GET",
        503,
        "busy",
        "ServerError: a gateway that could not reach GitLab responded with 503 and text: \"busy\". "
            + "| "
            + "Try again later. If it persists, check the proxy or load balancer in front of GitLab.")]
    [InlineData(
        "GET",
        503,
        """{"message":"503 Service Unavailable"}""",
        "ServerError: GitLab is in maintenance mode or not available; it responded with 503: \"503 "
            + "Service Unavailable\". | "
            + "Try again when GitLab's maintenance is over.")]
    [InlineData(
        "GET",
        500,
        """{"message":"500 Internal Server Error"}""",
        "ServerError: the server responded with 500: \"500 Internal Server Error\". | "
            + "GitLab's logs have the request under its X-Request-Id (RequestId of the exception).")]
    [InlineData(
        "GET",
        401,
        """{"message":"401 Unauthorized"}""",
        "AuthenticationFailed: the server responded with 401: \"401 Unauthorized\". | "
            + "The access token is wrong, expired or revoked, or a CI job token, which GitLab does not "
            + "accept here. Connect again with Connect-GitLab.")]
    [InlineData(
        "GET",
        403,
        """{"message":"403 Forbidden"}""",
        "Forbidden: the server responded with 403: \"403 Forbidden\". | "
            + "The access token needs at least the role Developer in the project.")]
    [InlineData(
        "DELETE",
        403,
        """{"message":"403 Forbidden"}""",
        "Forbidden: the server responded with 403: \"403 Forbidden\". | "
            + "The access token needs at least the role Maintainer in the project. In an archived "
            + "project, or where its feature Infrastructure is switched off, GitLab refuses this "
            + "whatever the role.")]
    [InlineData(
        "GET",
        404,
        """{"error":"404 Not Found"}""",
        "NotSupported: This GitLab does not have the endpoint: its API has agents from version "
            + "14.10 on, and their tokens from 15.0 on. the server responded with 404: \"404 Not Found\". "
            + "| "
            + "Upgrade the GitLab.")]
    [InlineData(
        "GET",
        418,
        """{"status":"denied"}""",
        "InvalidResponse: something other than GitLab responded with 418 and JSON that is not "
            + "GitLab's. | "
            + "Check the address of the GitLab, and what is in front of it: a proxy, a gateway or a "
            + "sign-in page.")]
    [InlineData(
        "DELETE",
        418,
        "",
        "InvalidResponse: something other than GitLab responded with 418 and an empty body. "
            + "GitLab may have processed the request all the same. | "
            + "Check the address of the GitLab, and what is in front of it: a proxy, a gateway or a "
            + "sign-in page. Look for it with: Get-GitLabClusterAgent -Project 101 -AgentId 11")]
    public async Task A_response_has_its_message(string operation, int status, string body, string expected)
        => await AssertAsync(operation, () => TestClients.Text(body, status, "text/plain"), expected);

    [Theory]
    [InlineData(
        "http://gitlab.example.com/",
        "https://gitlab.example.com/x",
        "the server requires https (it responded with 302). Connect to https://gitlab.example.com instead.")]
    [InlineData(
        "http://gitlab.example.com/",
        "http://sso.example.com/x",
        "the server redirects (302) to http://sso.example.com, where the access token is not sent.")]
    [InlineData(
        "https://gitlab.example.com/",
        "https://sso.example.com/x",
        "the server redirects (302) to https://sso.example.com, where the access token is not sent.")]
    [InlineData(
        "http://gitlab.example.com/",
        "https://sso.example.com/x",
        "the server redirects (302) to https://sso.example.com, where the access token is not sent.")]
    public async Task A_redirect_has_its_message(string server, string location, string expected)
    {
        using GitLabSession session = TestClients.CreateSession(
            new Uri(server),
            options => options.PrimaryHandler = TestClients.CreateHandler(
                () => TestClients.Text(string.Empty, 302, "text/html", ("Location", location))));
        GitLabApiException e = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse, () => new GitLabClient(session).GetAgentAsync(101, 11));
        Assert.Equal(Get + expected, e.Problem);
        Assert.False(e.IsForeign);
    }

    [Theory]
    [InlineData(
        "GET",
        "reset",
        "ConnectionFailed: the connection failed (Reset by peer). | "
            + "Check the address, the network and the proxy.")]
    [InlineData(
        "DELETE",
        "reset",
        "ConnectionFailed: the connection failed (Reset by peer). GitLab may have processed the "
            + "request all the same. | "
            + "Check the address, the network and the proxy.")]
    [InlineData(
        "POST",
        "reset",
        "OutcomeUnknown: the request was sent, but the response did not arrive (Reset by peer). | "
            + "Look for token 'ci', and revoke it if it exists, because nobody knows its secret: "
            + "Get-GitLabAgentToken -Project 101 -Agent 11 -Name 'ci'")]
    [InlineData(
        "GET",
        "timeout",
        "Timeout: No response in 100 seconds. | "
            + "Try again, or with a higher -TimeoutSec of Connect-GitLab.")]
    [InlineData(
        "DELETE",
        "timeout",
        "Timeout: No response in 100 seconds. GitLab may have processed the request all the same. "
            + "| "
            + "Try again, or with a higher -TimeoutSec of Connect-GitLab.")]
    [InlineData(
        "DELETE",
        "refused",
        "ConnectionFailed: the connection failed (Refused by the host). | "
            + "Check the address, the network and the proxy.")]
    [InlineData(
        "POST",
        "refused",
        "ConnectionFailed: the connection failed (Refused by the host). | "
            + "Check the address, the network and the proxy.")]
    [InlineData(
        "POST",
        "proxy",
        "ConnectionFailed: The proxy responded with 403. | "
            + "Check the proxy, or connect with another -Proxy or with -NoProxy.")]
    public async Task A_request_without_a_response_has_its_message(string operation, string failure, string expected)
        => await AssertAsync(
            operation,
            () => throw (failure switch
            {
                "reset" => new HttpRequestException("It broke.", new IOException("Reset by peer")),
                "refused" => new HttpRequestException(
                    "It failed.", new SocketException((int)SocketError.ConnectionRefused, "Refused by the host")),
                "proxy" => new ProxyRefusedException("The proxy responded with 403.", 403),
                _ => new TimeoutException("No response in 100 seconds."),
            }),
            expected);

    private static async Task AssertAsync(string operation, Func<HttpResponseMessage> respond, string expected)
    {
        GitLabClient client = TestClients.CreateClient(
            new FakeHandler(_ => respond()), static options => options.MaximumRetryCount = 0);
        GitLabApiException e = await Assert.ThrowsAsync<GitLabApiException>(() => Operations[operation](client));
        string action = operation switch
        {
            "GET" => Get,
            "DELETE" => Delete,
            _ => Create,
        };
        Assert.Equal(expected, $"{e.Kind}: {e.Problem} | {e.RecommendedAction}".Replace(
            action, string.Empty, StringComparison.Ordinal));
    }
}
