using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks that a list has each active token, and an error for each token that cannot be read.</summary>
public sealed class TokenListTests
{
    [Fact]
    public async Task A_404_is_an_error_if_it_is_unknown_whether_the_agent_exists()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Status(500).Matching("/cluster_agents/11$").Always());
        server.Faults.Add(Fault.Status(404).On("GET", "/tokens/1001").Always());
        List<ItemResult<AgentToken>> tokens = await ReadAsync(TestClients.CreateClient(server));
        ItemResult<AgentToken> failed = Assert.Single(tokens, static token => token.Error is not null);
        Assert.Equal(GitLabErrorKind.TokenNotFound, failed.Error!.Kind);
        Assert.Equal(1001, Assert.IsType<AgentToken>(failed.Target).Id);
    }

    [Fact]
    public async Task A_token_that_is_revoked_during_the_listing_is_left_out()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.State.RevokeToken(1001);
        int left = (await ReadAsync(TestClients.CreateClient(server))).Count;
        await using FakeGitLabServer racing = await TestClients.StartServerAsync();
        racing.Faults.Add(Fault.Status(500).Where(request =>
        {
            if (request.RawTarget.Contains("/tokens/1001", StringComparison.Ordinal))
            {
                racing.State.RevokeToken(1001);
            }

            return false;
        }).Always());
        List<ItemResult<AgentToken>> tokens = await ReadAsync(TestClients.CreateClient(racing));
        Assert.Equal(left, tokens.Count);
        Assert.All(tokens, static token => Assert.Null(token.Error));
        Assert.DoesNotContain(tokens, static token => token.Value!.Id == 1001);
    }

    [Fact]
    public async Task Revoked_tokens_of_older_servers_are_left_out()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(
            static options => options.ListsRevokedTokens = true);
        server.State.RevokeToken(1001);
        GitLabClient client = TestClients.CreateClient(server);
        Assert.DoesNotContain(
            await TestClients.ToListAsync(client.GetTokensAsync(101, 11)), static token => token.Id == 1001);
        Assert.DoesNotContain(await ReadAsync(client), static token => token.Value!.Id == 1001);
        Assert.Equal("revoked", (await client.GetTokenAsync(101, 11, 1001)).Status);
    }

    private static Task<List<ItemResult<AgentToken>>> ReadAsync(GitLabClient client)
        => TestClients.ToListAsync(client.GetTokenDetailsAsync(101, 11, static _ => true));
}
