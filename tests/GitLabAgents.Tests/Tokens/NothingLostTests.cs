using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Promise 4: a new token's secret reaches the caller, or the token is revoked again, or it is said what to look for.</summary>
public sealed class NothingLostTests
{
    private const string LookFor = "Get-GitLabAgentToken -Project 101 -Agent 12 -Name 'ci'";

    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CleanUp = TimeSpan.FromSeconds(5.5);

    [Fact]
    public async Task The_secret_reaches_the_caller()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        NewAgentToken token = await TestClients.Client(server).CreateTokenAsync(101, 12, "ci", "what for");
        StoredToken stored = server.State.FindToken(token.Id)!;
        Assert.Equal(stored.Secret, token.RevealToken());
        Assert.Equal(stored.Secret.Length, token.Token.Length);
        Assert.Equal(("ci", "what for", 12L, 101L, false), (stored.Name, stored.Description, token.AgentId, token.ProjectId, stored.IsRevoked));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Stopped_before_it_begins_nothing_is_sent()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => TestClients.Client(server).CreateTokenAsync(101, 12, "ci", null, new CancellationToken(canceled: true)));
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Stopped_in_the_queue_nothing_is_sent()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        server.Faults.Add(Fault.Hang().On("GET").Always());
        using GitLabSession session = TestClients.Session(server.Url, options => options.ThrottleLimit = 1);
        var client = new GitLabClient(session);
        using var first = new CancellationTokenSource();
        Task hanging = client.GetAgentAsync(101, 11, first.Token);
        await server.WaitForRequestsAsync(1);

        using var stop = new CancellationTokenSource();
        Task making = client.CreateTokenAsync(101, 12, "ci", null, stop.Token);
        await StopTests.StopAsync(stop, making, AtOnce);
        await StopTests.StopAsync(first, hanging, AtOnce);
        await server.WaitForIdleAsync();
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Stopped_while_it_waits_for_the_next_try_it_ends_at_once()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        server.Faults.Add(Fault.RateLimited(60).On("POST").Always());
        var observer = new RecordingObserver();
        using var stop = new CancellationTokenSource();
        Task making = TestClients.Client(server, options => options.Clock = new FakeTimeProvider(), observer).CreateTokenAsync(101, 12, "ci", null, stop.Token);
        await TestClients.UntilAsync(() => !observer.Waits.IsEmpty, "it waits");
        Assert.IsNotType<OperationInterruptedException>(await StopTests.StopAsync(stop, making, AtOnce));
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stopped_while_the_server_acts_the_token_is_revoked_again(bool midBody)
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        Fault fault = midBody ? Fault.SlowBody(TimeSpan.FromMilliseconds(600)) : Fault.Delay(TimeSpan.FromMilliseconds(600));
        server.Faults.Add(fault.On("POST").AfterActing());
        using var stop = new CancellationTokenSource();
        Task making = TestClients.Client(server).CreateTokenAsync(101, 12, "ci", null, stop.Token);
        await TestClients.UntilAsync(() => server.State.Tokens.Any(token => token.Name == "ci"), "the token is made");

        var exception = Assert.IsType<OperationInterruptedException>(await StopTests.StopAsync(stop, making, CleanUp));

        StoredToken stored = server.State.Tokens.Single(token => token.Name == "ci");
        Assert.True(stored.IsRevoked);
        Assert.Contains("was revoked", exception.Message, StringComparison.Ordinal);
        Assert.Contains("'ci'", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(stored.Secret, exception.ToString(), StringComparison.Ordinal);
        Assert.Equal(["POST", "DELETE"], server.Requests.Select(request => request.Method));
        await server.WaitForIdleAsync();
    }

    [Fact]
    public async Task Stopped_while_the_server_hangs_it_is_said_what_to_look_for()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        server.Faults.Add(Fault.Hang().On("POST").AfterActing());
        using var stop = new CancellationTokenSource();
        Task making = TestClients.Client(server).CreateTokenAsync(101, 12, "ci", null, stop.Token);
        await server.WaitForRequestsAsync(1);
        var exception = Assert.IsType<OperationInterruptedException>(await StopTests.StopAsync(stop, making, CleanUp));
        Assert.Contains(LookFor, exception.Message, StringComparison.Ordinal);
        await server.WaitForIdleAsync();
    }

    [Fact]
    public async Task Where_it_cannot_be_revoked_again_that_is_said()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        server.Faults.Add(Fault.Delay(TimeSpan.FromMilliseconds(300)).On("POST").AfterActing());
        server.Faults.Add(Fault.Hang().On("DELETE").Always());
        using var stop = new CancellationTokenSource();
        Task making = TestClients.Client(server).CreateTokenAsync(101, 12, "ci", null, stop.Token);
        await TestClients.UntilAsync(() => server.State.Tokens.Any(token => token.Name == "ci"), "the token is made");
        var exception = Assert.IsType<OperationInterruptedException>(await StopTests.StopAsync(stop, making, CleanUp));
        long id = server.State.Tokens.Single(token => token.Name == "ci").Id;
        Assert.Contains($"Revoke-GitLabAgentToken -Project 101 -Agent 12 -TokenId {id}", exception.Message, StringComparison.Ordinal);
        await server.WaitForIdleAsync();
    }

    [Fact]
    public async Task Stopped_while_the_server_refuses_the_refusal_or_the_stop_is_told()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        server.Faults.Add(Fault.Status(403).On("POST").After(TimeSpan.FromMilliseconds(200)));
        using var stop = new CancellationTokenSource();
        Task making = TestClients.Client(server).CreateTokenAsync(101, 12, "ci", null, stop.Token);
        await server.WaitForRequestsAsync(1);
        await stop.CancelAsync();
        Exception exception = await Assert.ThrowsAnyAsync<Exception>(() => making);
        Assert.True(exception is OperationCanceledException or GitLabApiException { Kind: GitLabErrorKind.Forbidden }, exception.ToString());
        Assert.DoesNotContain(server.State.Tokens, token => token.Name == "ci");
    }

    [Theory]
    [InlineData("")]
    [InlineData(",\"token\":null")]
    [InlineData(",\"token\":\"\"")]
    public async Task A_token_without_a_secret_is_revoked_again(string secret)
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        long id = server.State.Tokens.Max(token => token.Id) + 1;
        server.Faults.Add(Fault.Body($$"""{"id":{{id}},"agent_id":12{{secret}}}""", status: 201).On("POST").AfterActing());
        GitLabApiException exception = await TestClients.ThrowsAsync(GitLabErrorKind.InvalidResponse, () => TestClients.Client(server).CreateTokenAsync(101, 12, "ci"));
        Assert.True(server.State.FindToken(id)!.IsRevoked);
        Assert.Contains("was revoked", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"id":5000,"agent_id":12,"token":17}""")]
    [InlineData("<html>made</html>")]
    public async Task An_answer_that_cannot_be_read_says_what_to_look_for(string body)
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        server.Faults.Add(Fault.Body(body, status: 201).On("POST").AfterActing());
        GitLabApiException exception = await TestClients.ThrowsAsync(GitLabErrorKind.InvalidResponse, () => TestClients.Client(server).CreateTokenAsync(101, 12, "ci"));
        Assert.Contains(LookFor, exception.Message, StringComparison.Ordinal);
        Assert.Contains("may have processed", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_answer_says_what_to_look_for()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        foreach (Fault fault in (Fault[])[Fault.Reset().AfterActing(), Fault.ResetMidBody(), Fault.Truncate(), Fault.Html(502).AfterActing(), Fault.Status(504).AfterActing()])
        {
            server.Reset();
            server.Faults.Add(fault.On("POST"));
            GitLabApiException exception = await TestClients.ThrowsAsync(GitLabErrorKind.OutcomeUnknown, () => TestClients.Client(server).CreateTokenAsync(101, 12, "ci"));
            Assert.Contains(LookFor, exception.Message, StringComparison.Ordinal);
            Assert.Single(server.Requests);
            Assert.Single(server.State.Tokens, token => token.Name == "ci");
        }
    }

    [Fact]
    public async Task A_name_with_quotes_is_quoted_for_PowerShell()
    {
        var wire = new FakeHandler(_ => TestClients.Json("{}", 502));
        GitLabApiException exception = await TestClients.ThrowsAsync(GitLabErrorKind.OutcomeUnknown, () => TestClients.Client(wire).CreateTokenAsync(101, 12, "it's $(mine)"));
        Assert.Contains("-Name 'it''s $(mine)'", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("agent")]
    [InlineData("token")]
    public async Task A_removal_whose_answer_was_lost_succeeds_on_the_404_of_its_second_try(string what)
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        GitLabClient client = TestClients.Client(server);
        foreach (Fault fault in (Fault[])[Fault.Reset().AfterActing(), Fault.Html(502).AfterActing(), Fault.Status(504).AfterActing(), Fault.CloseWithoutAnswer().AfterActing()])
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
        await TestClients.ThrowsAsync(what == "agent" ? GitLabErrorKind.AgentNotFound : GitLabErrorKind.TokenNotFound, () => what == "agent" ? client.DeleteAgentAsync(101, 9999) : client.RevokeTokenAsync(101, 11, 9999));
        await TestClients.ThrowsAsync(what == "agent" ? GitLabErrorKind.AgentNotFound : GitLabErrorKind.TokenNotFound, () => what == "agent" ? client.DeleteAgentAsync(101, 9999) : client.RevokeTokenAsync(101, 11, 9999));
    }

    [Theory]
    [InlineData("DELETE")]
    [InlineData("POST")]
    public async Task A_kept_connection_that_closes_does_not_send_a_change_twice(string method)
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        server.Faults.Add(Fault.CloseWithoutAnswer().AfterActing().On(method).Always());
        GitLabClient client = TestClients.Client(server, options => (options.MaximumRetryCount, options.ThrottleLimit) = (0, 1));
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
