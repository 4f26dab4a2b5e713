using System;
using System.Linq;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;
using static GitLabAgents.Tests.Rotation.RotationRequests;

namespace GitLabAgents.Tests.Rotation;

/// <summary>Checks that a rotation decides nothing about a token that it cannot read.</summary>
public sealed class RotationUnreadableTokenTests
{
    public static TheoryData<string> UnreadableTokens()
        => new("page with 404", "text with 404", "GitLab's 404", "revoked");

    // Only GitLab's list shows that a token is gone.
    [Theory]
    [MemberData(nameof(UnreadableTokens))]
    public async Task Nothing_is_decided_about_a_token_that_is_listed_but_cannot_be_read(string response)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        server.Faults.Add(CreateUnreadable(response).On("GET", "/tokens/1004").Always());
        var request = new RotationRequest { Deploy = Deploy(cluster) };
        GitLabApiException exception = await ThrowsAsync(GitLabErrorKind.InvalidResponse, server, request);
        Assert.Contains("1004", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Requests, sent => sent.Method != "GET");
    }

    [Theory]
    [InlineData("GitLab's 404")]
    [InlineData("revoked")]
    public async Task A_token_that_only_the_list_has_is_an_invalid_response(string response)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        _ = new Cluster(server, spare: false);
        server.Faults.Add(CreateUnreadable(response).On("GET", "/tokens/1004").Always());
        GitLabApiException exception = await ThrowsAsync(
            GitLabErrorKind.InvalidResponse, server, new RotationRequest());
        Assert.Equal(
            $"Cannot read token 'staging-1' (1004) of agent staging of project group/app on {server.Url.Authority}, "
                + "although GitLab lists it as active. Check the address of the GitLab, and the proxies in between.",
            exception.Message);
    }

    [Theory]
    [MemberData(nameof(UnreadableTokens))]
    public async Task Resume_revokes_no_token_that_is_listed_but_cannot_be_read(string response)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: true);
        server.State.MarkUsed(cluster.Spare!.Id);
        RotationRequest request = Confirm(() =>
        {
            cluster.Return();
            server.Faults.Add(CreateUnreadable(response).On("GET", "/tokens/1004").Always());
        });
        request.Resume = true;
        AgentTokenRotation result = await RotateAsync(server, request);
        Assert.Equal(TokenRotationStatus.TimedOut, result.Status);
        Assert.Empty(cluster.Outages);
        Assert.Equal(2, cluster.Active.Count());
    }

    [Fact]
    public async Task A_token_that_cannot_be_read_is_an_error()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: true);
        server.Faults.Add(Fault.Status(500).On("GET", $"/tokens/{cluster.Spare!.Id}").Always());
        await ThrowsAsync(GitLabErrorKind.ServerError, server, new RotationRequest { Deploy = Deploy(cluster) });
        Assert.DoesNotContain(server.Requests, sent => sent.Method != "GET");
    }

    [Theory]
    [InlineData("""{"id":4711,"name":"x","agent_id":12,"status":"active","last_used_at":"2026-01-01T00:00:00Z"}""")]
    [InlineData("""{"id":1012,"name":"x","agent_id":12,"status":"revoked","last_used_at":"2026-01-01T00:00:00Z"}""")]
    public async Task A_response_about_another_or_a_revoked_token_shows_no_use(string body)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        var request = new RotationRequest
        {
            Timeout = TimeSpan.FromSeconds(30),
            Deploy = token =>
            {
                Assert.Equal(1012, token.Id);
                server.Faults.Add(Fault.Body(body).On("GET", $"/tokens/{token.Id}").Always());
                return Task.CompletedTask;
            },
        };
        AgentTokenRotation result = await RotateAsync(server, request);
        Assert.Equal(TokenRotationStatus.TimedOut, result.Status);
        Assert.Equal(2, cluster.Active.Count());
    }

    private static Fault CreateUnreadable(string response) => response switch
    {
        "page with 404" => Fault.Html(404),
        "text with 404" => Fault.Body("default backend - 404", "text/plain", 404),
        "revoked" => Fault.Body("""{"id":1004,"name":"x","agent_id":12,"status":"revoked","last_used_at":null}"""),
        _ => Fault.Status(404),
    };
}
