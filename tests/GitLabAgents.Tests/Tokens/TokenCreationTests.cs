using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>
/// Checks that the caller gets the secret of a new token, the token is rolled back, or the error says how to find it.
/// </summary>
public sealed class TokenCreationTests
{
    private const string RecoveryHint = "Get-GitLabAgentToken -Project 101 -Agent 12 -Name 'ci'";

    private static readonly TimeSpan MaxStopTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxCleanupTime = TimeSpan.FromSeconds(5.5);

    [Fact]
    public async Task The_secret_reaches_the_caller()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        NewAgentToken token = await TestClients.CreateClient(server).CreateTokenAsync(101, 12, "ci", "what for");
        StoredToken stored = server.State.FindToken(token.Id)!;
        Assert.Equal(stored.Secret, token.RevealToken());
        Assert.Equal(stored.Secret.Length, token.Token.Length);
        Assert.Equal(
            ("ci", "what for", 12L, 101L, false),
            (stored.Name, stored.Description, token.AgentId, token.ProjectId, stored.IsRevoked));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_creation_that_is_stopped_before_it_begins_sends_nothing()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => TestClients.CreateClient(server)
                .CreateTokenAsync(101, 12, "ci", null, new CancellationToken(canceled: true)));
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_creation_that_is_stopped_in_the_queue_sends_nothing()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Hang().On("GET").Always());
        using GitLabSession session = TestClients.CreateSession(server.Url, options => options.ThrottleLimit = 1);
        var client = new GitLabClient(session);
        using var first = new CancellationTokenSource();
        Task hanging = client.GetAgentAsync(101, 11, first.Token);
        await server.WaitForRequestsAsync(1);

        using var stop = new CancellationTokenSource();
        Task creation = client.CreateTokenAsync(101, 12, "ci", null, stop.Token);
        await StopTests.StopAsync(stop, creation, MaxStopTime);
        await StopTests.StopAsync(first, hanging, MaxStopTime);
        await server.WaitForIdleAsync();
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_creation_that_is_stopped_before_a_retry_ends_at_once()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.RateLimited(60).On("POST").Always());
        var observer = new RecordingObserver();
        using var stop = new CancellationTokenSource();
        Task creation = TestClients.CreateClient(server, options => options.Clock = new FakeTimeProvider(), observer)
            .CreateTokenAsync(101, 12, "ci", null, stop.Token);
        await TestClients.WaitUntilAsync(() => !observer.Waits.IsEmpty, "it waits");
        Assert.IsNotType<OperationInterruptedException>(await StopTests.StopAsync(stop, creation, MaxStopTime));
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_token_whose_creation_is_stopped_is_rolled_back(bool midBody)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        Fault fault = midBody
            ? Fault.SlowBody(TimeSpan.FromMilliseconds(600))
            : Fault.Delay(TimeSpan.FromMilliseconds(600));
        server.Faults.Add(fault.On("POST").AfterActing());
        using var stop = new CancellationTokenSource();
        Task creation = TestClients.CreateClient(server).CreateTokenAsync(101, 12, "ci", null, stop.Token);
        await TestClients.WaitUntilAsync(
            () => server.State.Tokens.Any(token => token.Name == "ci"), "the token is created");

        var exception = Assert.IsType<OperationInterruptedException>(
            await StopTests.StopAsync(stop, creation, MaxCleanupTime));

        StoredToken stored = server.State.Tokens.Single(token => token.Name == "ci");
        Assert.True(stored.IsRevoked);
        Assert.Contains("was revoked", exception.Message, StringComparison.Ordinal);
        Assert.Contains("'ci'", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(stored.Secret, exception.ToString(), StringComparison.Ordinal);
        Assert.Equal(["POST", "DELETE"], server.Requests.Select(request => request.Method));
        await server.WaitForIdleAsync();
    }

    [Fact]
    public async Task A_creation_that_is_stopped_while_the_server_hangs_reports_how_to_find_the_token()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Hang().On("POST").AfterActing());
        using var stop = new CancellationTokenSource();
        Task creation = TestClients.CreateClient(server).CreateTokenAsync(101, 12, "ci", null, stop.Token);
        await server.WaitForRequestsAsync(1);
        var exception = Assert.IsType<OperationInterruptedException>(
            await StopTests.StopAsync(stop, creation, MaxCleanupTime));
        Assert.Contains(RecoveryHint, exception.Message, StringComparison.Ordinal);
        await server.WaitForIdleAsync();
    }

    [Fact]
    public async Task A_rollback_that_fails_reports_the_command_to_revoke_the_token()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Delay(TimeSpan.FromMilliseconds(300)).On("POST").AfterActing());
        server.Faults.Add(Fault.Hang().On("DELETE").Always());
        using var stop = new CancellationTokenSource();
        Task creation = TestClients.CreateClient(server).CreateTokenAsync(101, 12, "ci", null, stop.Token);
        await TestClients.WaitUntilAsync(
            () => server.State.Tokens.Any(token => token.Name == "ci"), "the token is created");
        var exception = Assert.IsType<OperationInterruptedException>(
            await StopTests.StopAsync(stop, creation, MaxCleanupTime));
        long id = server.State.Tokens.Single(token => token.Name == "ci").Id;
        Assert.Contains(
            $"Revoke-GitLabAgentToken -Project 101 -Agent 12 -TokenId {id}",
            exception.Message,
            StringComparison.Ordinal);
        await server.WaitForIdleAsync();
    }

    [Fact]
    public async Task A_creation_that_is_stopped_while_the_server_rejects_it_reports_the_rejection_or_the_stop()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Status(403).On("POST").After(TimeSpan.FromMilliseconds(200)));
        using var stop = new CancellationTokenSource();
        Task creation = TestClients.CreateClient(server).CreateTokenAsync(101, 12, "ci", null, stop.Token);
        await server.WaitForRequestsAsync(1);
        await stop.CancelAsync();
        Exception exception = await Assert.ThrowsAnyAsync<Exception>(() => creation);
        Assert.True(
            exception is OperationCanceledException or GitLabApiException { Kind: GitLabErrorKind.Forbidden },
            exception.ToString());
        Assert.DoesNotContain(server.State.Tokens, token => token.Name == "ci");
    }

    [Theory]
    [InlineData("")]
    [InlineData(",\"token\":null")]
    [InlineData(",\"token\":\"\"")]
    public async Task A_token_without_a_secret_is_rolled_back(string secret)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        long id = server.State.Tokens.Max(token => token.Id) + 1;
        server.Faults.Add(
            Fault.Body($$"""{"id":{{id}},"agent_id":12{{secret}}}""", status: 201).On("POST").AfterActing());
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse, () => TestClients.CreateClient(server).CreateTokenAsync(101, 12, "ci"));
        Assert.True(server.State.FindToken(id)!.IsRevoked);
        Assert.Contains("was revoked", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200, """{"id":1001,"status":"ok"}""")]
    [InlineData(201, """{"id":1001,"name":"ci"}""")]
    [InlineData(201, """{"id":1001,"name":"ci","agent_id":12}""")]
    public async Task A_response_that_is_not_about_the_agent_revokes_no_token(int status, string body)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Body(body, status: status).On("POST"));
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse, () => TestClients.CreateClient(server).CreateTokenAsync(101, 11, "ci"));
        Assert.Contains("-Agent 11 -Name 'ci'", exception.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("may have processed", exception.Message, StringComparison.Ordinal);
        Assert.False(server.State.FindToken(1001)!.IsRevoked);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"id":5000,"agent_id":12,"token":17}""")]
    [InlineData("<html>made</html>")]
    public async Task A_response_that_cannot_be_read_reports_how_to_find_the_token(string body)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Body(body, status: 201).On("POST").AfterActing());
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse, () => TestClients.CreateClient(server).CreateTokenAsync(101, 12, "ci"));
        Assert.Contains(RecoveryHint, exception.Message, StringComparison.Ordinal);
        Assert.Contains("may have processed", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_response_reports_how_to_find_the_token()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        foreach (Fault fault in (Fault[])
        [
            Fault.Reset().AfterActing(),
            Fault.ResetMidBody(),
            Fault.Truncate(),
            Fault.Html(502).AfterActing(),
            Fault.Status(504).AfterActing(),
        ])
        {
            server.Reset();
            server.Faults.Add(fault.On("POST"));
            GitLabApiException exception = await TestClients.ThrowsAsync(
                GitLabErrorKind.OutcomeUnknown, () => TestClients.CreateClient(server).CreateTokenAsync(101, 12, "ci"));
            Assert.Contains(RecoveryHint, exception.Message, StringComparison.Ordinal);
            Assert.Single(server.Requests);
            Assert.Single(server.State.Tokens, token => token.Name == "ci");
        }
    }

    [Fact]
    public async Task A_name_with_quotes_is_quoted_for_PowerShell()
    {
        var handler = new FakeHandler(_ => TestClients.Json("{}", 502));
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.OutcomeUnknown,
            () => TestClients.CreateClient(handler).CreateTokenAsync(101, 12, "it's $(mine)"));
        Assert.Contains("-Name 'it''s $(mine)'", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("agent")]
    [InlineData("token")]
    public async Task A_removal_whose_response_was_lost_succeeds_if_its_retry_returns_404(string what)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        GitLabClient client = TestClients.CreateClient(server);
        foreach (Fault fault in (Fault[])
        [
            Fault.Reset().AfterActing(),
            Fault.Html(502).AfterActing(),
            Fault.Status(504).AfterActing(),
            Fault.CloseWithoutResponse().AfterActing(),
        ])
        {
            server.Reset();
            server.Faults.Add(fault.On("DELETE"));
            await (what == "agent" ? client.DeleteAgentAsync(101, 11) : client.RevokeTokenAsync(101, 11, 1001));
            Assert.Equal(2, server.Requests.Count);
            Assert.Equal(what == "agent", server.Requests[1].StatusCode == 404);
            Assert.True(what == "agent" ? server.State.FindAgent(11) is null : server.State.FindToken(1001)!.IsRevoked);
        }

        server.Reset();
        server.Faults.Add(Fault.RateLimited(1).On("DELETE"));
        await TestClients.ThrowsAsync(
            what == "agent" ? GitLabErrorKind.AgentNotFound : GitLabErrorKind.TokenNotFound,
            () => what == "agent" ? client.DeleteAgentAsync(101, 9999) : client.RevokeTokenAsync(101, 11, 9999));
        await TestClients.ThrowsAsync(
            what == "agent" ? GitLabErrorKind.AgentNotFound : GitLabErrorKind.TokenNotFound,
            () => what == "agent" ? client.DeleteAgentAsync(101, 9999) : client.RevokeTokenAsync(101, 11, 9999));
    }

    [Theory]
    [InlineData("DELETE")]
    [InlineData("POST")]
    public async Task A_change_is_not_sent_twice_if_a_reused_connection_closes(string method)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.CloseWithoutResponse().AfterActing().On(method).Always());
        GitLabClient client = TestClients.CreateClient(
            server, options => (options.MaximumRetryCount, options.ThrottleLimit) = (0, 1));
        await client.GetAgentAsync(101, 11);
        if (method == "DELETE")
        {
            await TestClients.ThrowsAsync(GitLabErrorKind.ConnectionFailed, () => client.DeleteAgentAsync(101, 11));
        }
        else
        {
            await TestClients.ThrowsAsync(GitLabErrorKind.OutcomeUnknown, () => client.CreateAgentAsync(101, "new"));
        }

        Assert.Equal(["GET", method], server.Requests.Select(request => request.Method));
        Assert.Single(server.Requests.Select(request => request.ConnectionId).Distinct());
    }
}
