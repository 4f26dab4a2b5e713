using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Reads complete lists over HTTP.</summary>
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
    public async Task Every_row_is_returned_once_in_the_order_of_the_server(int rows, int requests)
    {
        await using FakeGitLabServer server = await StartServerAsync(rows);
        List<ClusterAgent> agents = await TestClients.ToListAsync(
            TestClients.CreateClient(server).GetAgentsAsync(Project));

        Assert.Equal(
            server.State.AgentsOf(server.State.FindProject(Project)!).Select(agent => agent.Id),
            agents.Select(agent => agent.Id));
        Assert.Equal(requests, server.Requests.Count);
        Assert.Equal(
            Enumerable.Range(1, requests)
                .Select(page => $"/api/v4/projects/many%2Fagents/cluster_agents?per_page=100&page={page}")
                .Order(StringComparer.Ordinal),
            server.Requests.Select(request => request.RawTarget).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_first_item_needs_one_request()
    {
        await using FakeGitLabServer server = await StartServerAsync(1000);
        await foreach (ClusterAgent agent in TestClients.CreateClient(server).GetAgentsAsync(Project))
        {
            Assert.NotNull(agent.Name);
            break;
        }

        await server.WaitForIdleAsync();
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task An_empty_list_needs_one_request()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        Assert.Empty(await TestClients.ToListAsync(TestClients.CreateClient(server).GetAgentsAsync("group/empty")));
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData(200, 2)]
    [InlineData(250, 3)]
    public async Task No_page_beyond_the_last_is_requested_if_the_server_sends_no_totals(int rows, int requests)
    {
        await using FakeGitLabServer server = await StartServerAsync(rows, options => options.SendTotals = false);
        Assert.Equal(
            rows, (await TestClients.ToListAsync(TestClients.CreateClient(server).GetAgentsAsync(Project))).Count);
        Assert.Equal(requests, server.Requests.Count);
    }

    [Theory]
    [InlineData(250, 3)]
    [InlineData(200, 3)]
    [InlineData(99, 1)]
    public async Task Pages_are_read_until_one_is_short_if_the_server_sends_no_paging_headers(int rows, int requests)
    {
        await using FakeGitLabServer server = await StartServerAsync(rows);
        server.Faults.Add(
            Fault.DropHeaders("X-Next-Page", "X-Total", "X-Total-Pages", "X-Page", "X-Per-Page", "Link").Always());
        Assert.Equal(
            rows, (await TestClients.ToListAsync(TestClients.CreateClient(server).GetAgentsAsync(Project))).Count);
        Assert.Equal(requests, server.Requests.Count);
    }

    [Fact]
    public async Task No_row_is_lost_if_only_the_next_page_header_is_missing()
    {
        await using FakeGitLabServer server = await StartServerAsync(250);
        server.Faults.Add(Fault.DropHeaders("X-Next-Page").Always());
        Assert.Equal(
            250, (await TestClients.ToListAsync(TestClients.CreateClient(server).GetAgentsAsync(Project))).Count);
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task The_host_of_the_Link_header_is_not_followed()
    {
        await using FakeGitLabServer other = await TestClients.StartServerAsync();
        await using FakeGitLabServer server = await StartServerAsync(
            250, options => options.ExternalUrl = other.Url.ToString());
        Assert.Equal(
            250, (await TestClients.ToListAsync(TestClients.CreateClient(server).GetAgentsAsync(Project))).Count);
        Assert.Equal(3, server.Requests.Count);
        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task A_reader_that_stops_early_leaves_no_request_in_flight()
    {
        await using FakeGitLabServer server = await StartServerAsync(1000);
        server.Faults.Add(Fault.Hang().Matching("page=[23]$").Always());
        int seen = 0;
        await foreach (ClusterAgent unused in TestClients.CreateClient(server).GetAgentsAsync(Project))
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
    public async Task An_error_on_a_prefetched_page_follows_the_rows_before_it(int page)
    {
        await using FakeGitLabServer server = await StartServerAsync(500);
        server.Faults.Add(Fault.Status(500).Matching($"page={page}$"));
        var seen = new List<string?>();
        GitLabApiException exception = await TestClients.ThrowsAsync(GitLabErrorKind.ServerError, async () =>
        {
            await foreach (ClusterAgent agent in TestClients.CreateClient(server).GetAgentsAsync(Project))
            {
                seen.Add(agent.Name);
            }
        });

        Assert.Equal(100 * (page - 1), seen.Count);
        Assert.EndsWith($"page={page}", exception.RequestUri!.Query, StringComparison.Ordinal);
        await server.WaitForIdleAsync();
    }

    [Fact]
    public async Task An_error_on_a_prefetched_page_is_ignored_if_the_reader_stops_before_it()
    {
        await using FakeGitLabServer server = await StartServerAsync(500);
        server.Faults.Add(Fault.Status(500).Matching("page=2$"));
        int seen = 0;
        await foreach (ClusterAgent unused in TestClients.CreateClient(server).GetAgentsAsync(Project))
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
    public async Task Tokens_are_read_page_by_page()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        Agent agent = server.State.AddAgent("many/tokens", "a");
        for (int i = 0; i < 130; i++)
        {
            server.State.AddToken(agent, "t" + i);
        }

        List<AgentToken> tokens = await TestClients.ToListAsync(
            TestClients.CreateClient(server).GetTokensAsync(agent.Project.Id, agent.Id));
        Assert.Equal(130, tokens.Select(token => token.Id).Distinct().Count());
        Assert.All(tokens, token => Assert.False(token.IsLastUsedKnown));
        Assert.Equal(2, server.Requests.Count);
    }

    private static Task<FakeGitLabServer> StartServerAsync(int rows, Action<FakeGitLabOptions>? set = null)
        => TestClients.StartServerAsync(options =>
        {
            options.Populate += state => state.AddAgents(Project, rows);
            set?.Invoke(options);
        });
}
