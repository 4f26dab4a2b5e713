using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Lists of a real server, read to their end.</summary>
public sealed class PagingTests
{
    private const string Project = "many/agents";

    [Theory]
    [InlineData(1, 1)]
    [InlineData(100, 1)]
    [InlineData(101, 2)]
    [InlineData(250, 3)]
    [InlineData(300, 3)]
    [InlineData(10_000, 100)]
    public async Task Every_row_comes_once_in_the_servers_order(int rows, int requests)
    {
        await using FakeGitLabServer server = await ManyAsync(rows);
        List<ClusterAgent> agents = await TestClients.ListAsync(TestClients.Client(server).GetAgentsAsync(Project));

        Assert.Equal(server.State.AgentsOf(server.State.FindProject(Project)!).Select(agent => agent.Id), agents.Select(agent => agent.Id));
        Assert.Equal(requests, server.Requests.Count);
        Assert.Equal(
            Enumerable.Range(1, requests).Select(page => $"/api/v4/projects/many%2Fagents/cluster_agents?per_page=100&page={page}").Order(StringComparer.Ordinal),
            server.Requests.Select(request => request.RawTarget).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_first_item_costs_one_request()
    {
        await using FakeGitLabServer server = await ManyAsync(1000);
        await foreach (ClusterAgent agent in TestClients.Client(server).GetAgentsAsync(Project))
        {
            Assert.NotNull(agent.Name);
            break;
        }

        await server.WaitForIdleAsync();
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task An_empty_list_is_one_request_and_nothing()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        Assert.Empty(await TestClients.ListAsync(TestClients.Client(server).GetAgentsAsync("group/empty")));
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData(200, 2)]
    [InlineData(250, 3)]
    public async Task Without_totals_no_page_beyond_the_last_is_asked_for(int rows, int requests)
    {
        await using FakeGitLabServer server = await ManyAsync(rows, options => options.SendTotals = false);
        Assert.Equal(rows, (await TestClients.ListAsync(TestClients.Client(server).GetAgentsAsync(Project))).Count);
        Assert.Equal(requests, server.Requests.Count);
    }

    [Theory]
    [InlineData(250, 3)]
    [InlineData(200, 3)]
    [InlineData(99, 1)]
    public async Task Without_paging_headers_it_reads_on_until_a_page_is_short(int rows, int requests)
    {
        await using FakeGitLabServer server = await ManyAsync(rows);
        server.Faults.Add(Fault.DropHeaders("X-Next-Page", "X-Total", "X-Total-Pages", "X-Page", "X-Per-Page", "Link").Always());
        Assert.Equal(rows, (await TestClients.ListAsync(TestClients.Client(server).GetAgentsAsync(Project))).Count);
        Assert.Equal(requests, server.Requests.Count);
    }

    [Fact]
    public async Task Where_only_the_next_page_is_missing_no_row_is_lost()
    {
        await using FakeGitLabServer server = await ManyAsync(250);
        server.Faults.Add(Fault.DropHeaders("X-Next-Page").Always());
        Assert.Equal(250, (await TestClients.ListAsync(TestClients.Client(server).GetAgentsAsync(Project))).Count);
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task The_host_in_Link_is_not_followed()
    {
        await using FakeGitLabServer other = await TestClients.ServerAsync();
        await using FakeGitLabServer server = await ManyAsync(250, options => options.ExternalUrl = other.Url.ToString());
        Assert.Equal(250, (await TestClients.ListAsync(TestClients.Client(server).GetAgentsAsync(Project))).Count);
        Assert.Equal(3, server.Requests.Count);
        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task Giving_up_midway_leaves_no_request_behind()
    {
        await using FakeGitLabServer server = await ManyAsync(1000);
        server.Faults.Add(Fault.Hang().Matching("page=[23]$").Always());
        int seen = 0;
        await foreach (ClusterAgent unused in TestClients.Client(server).GetAgentsAsync(Project))
        {
            if (++seen == 60)
            {
                await server.WaitForRequestsAsync(3);
                break;
            }
        }

        await server.WaitForIdleAsync();
        Assert.Equal(3, server.Requests.Count);
        Assert.Equal(2, server.Requests.Count(request => request.Aborted));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task An_error_on_a_page_ahead_comes_after_the_rows_before_it(int page)
    {
        await using FakeGitLabServer server = await ManyAsync(500);
        server.Faults.Add(Fault.Status(500).Matching($"page={page}$"));
        var seen = new List<string?>();
        GitLabApiException exception = await TestClients.ThrowsAsync(GitLabErrorKind.ServerError, async () =>
        {
            await foreach (ClusterAgent agent in TestClients.Client(server).GetAgentsAsync(Project))
            {
                seen.Add(agent.Name);
            }
        });

        Assert.Equal(100 * (page - 1), seen.Count);
        Assert.EndsWith($"page={page}", exception.RequestUri!.Query, StringComparison.Ordinal);
        await server.WaitForIdleAsync();
    }

    [Fact]
    public async Task An_error_on_a_page_ahead_is_nothing_to_who_does_not_reach_it()
    {
        await using FakeGitLabServer server = await ManyAsync(500);
        server.Faults.Add(Fault.Status(500).Matching("page=2$"));
        int seen = 0;
        await foreach (ClusterAgent unused in TestClients.Client(server).GetAgentsAsync(Project))
        {
            if (++seen == 100)
            {
                await server.WaitForRequestsAsync(2);
                await server.WaitForIdleAsync();
                break;
            }
        }

        Assert.Equal(100, seen);
    }

    [Fact]
    public async Task Tokens_are_paged_too()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        Agent agent = server.State.AddAgent("many/tokens", "a");
        for (int i = 0; i < 130; i++)
        {
            server.State.AddToken(agent, "t" + i);
        }

        List<AgentToken> tokens = await TestClients.ListAsync(TestClients.Client(server).GetTokensAsync(agent.Project.Id, agent.Id));
        Assert.Equal(130, tokens.Select(token => token.Id).Distinct().Count());
        Assert.All(tokens, token => Assert.False(token.IsLastUsedKnown));
        Assert.Equal(2, server.Requests.Count);
    }

    private static Task<FakeGitLabServer> ManyAsync(int rows, Action<FakeGitLabOptions>? set = null) => TestClients.ServerAsync(options =>
    {
        options.Populate += state => state.AddAgents(Project, rows);
        set?.Invoke(options);
    });
}
