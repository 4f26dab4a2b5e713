using System;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks responses that are not HTTP. The messages of .NET quote them, so these are checked too.</summary>
public sealed class RawConnectionTests
{
    private const string Secret = "glpat-0123456789-SECRET";

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nPRIVATE-TOKEN " + Secret + "\r\n\r\n")]
    [InlineData("PRIVATE-TOKEN: " + Secret + "\r\n\r\n")]
    [InlineData("HTTP/1.1 2" + Secret + " OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + Secret + "\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: " + Secret + "\r\n\r\n{")]
    [InlineData("\u001b[31mred\u0007 " + Secret + "\r\n\r\n")]
    [InlineData("")]
    public async Task A_response_that_is_not_HTTP_is_a_failed_connection_that_quotes_no_secret(string response)
    {
        await using var server = new RawServer(response);
        var observer = new RecordingObserver();
        using GitLabSession session = TestClients.CreateSession(
            server.Url,
            options => options.MaximumRetryCount = 1,
            Secret);

        foreach (Func<GitLabClient, Task> act in (Func<GitLabClient, Task>[])
        [
            client => client.GetAgentAsync(101, 11),
            client => client.CreateAgentAsync(101, "new"),
        ])
        {
            GitLabApiException exception = await Assert.ThrowsAsync<GitLabApiException>(
                () => act(new GitLabClient(session, observer)));
            Assert.Contains(
                exception.Kind,
                (GitLabErrorKind[])
                [
                    GitLabErrorKind.ConnectionFailed,
                    GitLabErrorKind.OutcomeUnknown,
                    GitLabErrorKind.InvalidResponse,
                ]);
            Assert.DoesNotContain("SECRET", exception.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain("SECRET", observer.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(exception.Message, char.IsControl);
        }
    }

    /// <summary>Responds to each request with the same bytes.</summary>
    private sealed class RawServer(string response) : LoopbackServer
    {
        public Uri Url => new($"http://127.0.0.1:{Port}");

        protected override async Task ServeAsync(NetworkStream stream)
        {
            byte[] buffer = new byte[8192];
            _ = await stream.ReadAsync(buffer);
            await stream.WriteAsync(Encoding.Latin1.GetBytes(response));
        }
    }
}
