using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks which pages are requested when, and servers with unusual paging.</summary>
public sealed class PagePrefetcherTests
{
    [Fact]
    public async Task Two_then_four_then_eight_pages_are_prefetched()
    {
        var handler = new FakeHandler(request => Page(request, total: 40));
        var requested = new Dictionary<int, int>();
        int returned = 0;
        await foreach (ClusterAgent unused in TestClients.CreateClient(handler).GetAgentsAsync(101))
        {
            requested[++returned] = LastRequestedPage(handler);
        }

        // Item 51 is the first in the second half of its page.
        Assert.Equal([1, 1, 3], new[] { requested[1], requested[50], requested[51] });
        Assert.Equal([3, 3, 6], new[] { requested[101], requested[150], requested[151] });
        Assert.Equal([6, 11], new[] { requested[250], requested[251] });
        Assert.Equal([11, 12], new[] { requested[350], requested[351] });
        Assert.Equal(40, requested[4000]);
        Assert.Equal(40, handler.Requests.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(100)]
    public async Task The_prefetch_stays_within_the_throttle_limit_and_eight(int limit)
    {
        var handler = new FakeHandler(request => Page(request, total: 60));
        int returned = 0;
        int most = 0;
        GitLabClient client = TestClients.CreateClient(handler, options => options.ThrottleLimit = limit);
        await foreach (ClusterAgent unused in client.GetAgentsAsync(101))
        {
            most = Math.Max(most, LastRequestedPage(handler) - (returned++ / 100) - 1);
        }

        Assert.Equal(6000, returned);
        Assert.Equal(Math.Min(limit, 8), most);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(7)]
    public async Task No_page_beyond_the_total_is_requested(int total)
    {
        var handler = new FakeHandler(request => Page(request, total));
        Assert.Equal(
            total * 100, (await TestClients.ToListAsync(TestClients.CreateClient(handler).GetAgentsAsync(101))).Count);
        Assert.Equal(Enumerable.Range(1, total), handler.Requests.Select(NumberOf));
    }

    [Fact]
    public async Task Duplicate_rows_are_returned_once()
    {
        var handler = new FakeHandler(request => NumberOf(request) switch
        {
            1 => TestClients.Json(TestClients.Agents(1, 100), 200, ("X-Next-Page", "2")),
            2 => TestClients.Json(TestClients.Agents(91, 100), 200, ("X-Next-Page", "3")),
            _ => TestClients.Json(TestClients.Agents(185, 10), 200, ("X-Next-Page", string.Empty)),
        });
        List<ClusterAgent> agents = await TestClients.ToListAsync(
            TestClients.CreateClient(handler).GetAgentsAsync(101));
        Assert.Equal(Enumerable.Range(1, 194).Select(id => (long)id), agents.Select(agent => agent.Id));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task All_pages_are_read_if_the_server_returns_smaller_pages(bool sendsNext)
    {
        var handler = new FakeHandler(request =>
        {
            int page = NumberOf(request);
            string rows = page < 4 ? TestClients.Agents((page * 20) - 19, 20) : TestClients.Agents(61, 5);
            return sendsNext
                ? TestClients.Json(
                    rows,
                    200,
                    ("X-Per-Page", "20"),
                    ("X-Next-Page", page < 4 ? (page + 1).ToString(CultureInfo.InvariantCulture) : string.Empty))
                : TestClients.Json(rows, 200, ("X-Per-Page", "20"));
        });
        List<ClusterAgent> agents = await TestClients.ToListAsync(
            TestClients.CreateClient(handler).GetAgentsAsync(101));
        Assert.Equal(Enumerable.Range(1, 65).Select(id => (long)id), agents.Select(agent => agent.Id));
        Assert.Equal(4, handler.Requests.Count);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("2")]
    [InlineData("0")]
    [InlineData("-3")]
    [InlineData("99999999999")]
    [InlineData("soon")]
    public async Task An_invalid_next_page_is_an_error(string next)
    {
        var handler = new FakeHandler(request => NumberOf(request) == 1
            ? TestClients.Json(TestClients.Agents(1, 100), 200, ("X-Next-Page", "2"))
            : TestClients.Json(TestClients.Agents(101, 100), 200, ("X-Next-Page", next)));
        await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse,
            () => TestClients.ToListAsync(TestClients.CreateClient(handler).GetAgentsAsync(101)));
        Assert.Equal(2, handler.Requests.Count);
    }

    [Fact]
    public async Task A_next_page_that_skips_numbers_is_followed()
    {
        var handler = new FakeHandler(request => NumberOf(request) switch
        {
            1 => TestClients.Json(TestClients.Agents(1, 100), 200, ("X-Next-Page", "4")),
            4 => TestClients.Json(TestClients.Agents(401, 100), 200, ("X-Next-Page", string.Empty)),
            _ => TestClients.Json("[]"),
        });
        Assert.Equal(200, (await TestClients.ToListAsync(TestClients.CreateClient(handler).GetAgentsAsync(101))).Count);
        Assert.Equal([1, 4], handler.Requests.Select(NumberOf));
    }

    [Fact]
    public async Task A_reader_that_stops_early_cancels_the_prefetch_and_waits_for_it()
    {
        var handler = new FakeHandler(async (request, stop) =>
        {
            if (NumberOf(request) > 1)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, stop);
            }

            return Page(request, total: 9);
        });
        await using (IAsyncEnumerator<ClusterAgent> agents = TestClients.CreateClient(handler)
            .GetAgentsAsync(101)
            .GetAsyncEnumerator())
        {
            for (int i = 0; i < 60; i++)
            {
                Assert.True(await agents.MoveNextAsync());
            }

            Assert.Equal(2, handler.InFlight);
        }

        Assert.Equal(0, handler.InFlight);
        Assert.Equal(3, handler.Requests.Count);
    }

    [Fact]
    public async Task A_total_that_is_too_low_does_not_end_the_list()
    {
        var handler = new FakeHandler(request => TestClients.Json(
            TestClients.Agents((NumberOf(request) * 100) - 99, 100),
            200,
            ("X-Total-Pages", "2"),
            ("X-Next-Page",
                NumberOf(request) < 4
                    ? (NumberOf(request) + 1).ToString(CultureInfo.InvariantCulture)
                    : string.Empty)));
        Assert.Equal(400, (await TestClients.ToListAsync(TestClients.CreateClient(handler).GetAgentsAsync(101))).Count);
    }

    private static HttpResponseMessage Page(SentRequest request, int total)
    {
        int page = NumberOf(request);
        string next = page < total ? (page + 1).ToString(CultureInfo.InvariantCulture) : string.Empty;
        return TestClients.Json(
            TestClients.Agents((page * 100) - 99, 100),
            200,
            ("X-Next-Page", next),
            ("X-Total-Pages", total.ToString(CultureInfo.InvariantCulture)));
    }

    private static int LastRequestedPage(FakeHandler handler) => handler.Requests.Max(NumberOf);

    private static int NumberOf(SentRequest request)
        => int.Parse(request.Uri.Query.AsSpan(request.Uri.Query.LastIndexOf('=') + 1), CultureInfo.InvariantCulture);
}
