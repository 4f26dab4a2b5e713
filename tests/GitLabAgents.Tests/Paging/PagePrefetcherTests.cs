using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Which pages are asked for when, on a wire that answers at once; and servers that page oddly.</summary>
public sealed class PagePrefetcherTests
{
    [Fact]
    public async Task Pages_ahead_are_two_then_four_then_eight()
    {
        var wire = new FakeHandler(request => Page(request, total: 40));
        var asked = new Dictionary<int, int>();
        int taken = 0;
        await foreach (ClusterAgent unused in TestClients.Client(wire).GetAgentsAsync(101))
        {
            asked[++taken] = Newest(wire);
        }

        // Item 51 is the first behind the half of its page.
        Assert.Equal([1, 1, 3], new[] { asked[1], asked[50], asked[51] });
        Assert.Equal([3, 3, 6], new[] { asked[101], asked[150], asked[151] });
        Assert.Equal([6, 11], new[] { asked[250], asked[251] });
        Assert.Equal([11, 12], new[] { asked[350], asked[351] });
        Assert.Equal(40, asked[4000]);
        Assert.Equal(40, wire.Requests.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(100)]
    public async Task Pages_ahead_stay_within_the_throttle_limit_and_eight(int limit)
    {
        var wire = new FakeHandler(request => Page(request, total: 60));
        int taken = 0;
        int most = 0;
        await foreach (ClusterAgent unused in TestClients.Client(wire, options => options.ThrottleLimit = limit).GetAgentsAsync(101))
        {
            most = Math.Max(most, Newest(wire) - (taken++ / 100) - 1);
        }

        Assert.Equal(6000, taken);
        Assert.Equal(Math.Min(limit, 8), most);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(7)]
    public async Task No_page_beyond_the_total_is_asked_for(int total)
    {
        var wire = new FakeHandler(request => Page(request, total));
        Assert.Equal(total * 100, (await TestClients.ListAsync(TestClients.Client(wire).GetAgentsAsync(101))).Count);
        Assert.Equal(Enumerable.Range(1, total), wire.Requests.Select(NumberOf));
    }

    [Fact]
    public async Task Rows_that_come_twice_are_given_once()
    {
        var wire = new FakeHandler(request => NumberOf(request) switch
        {
            1 => TestClients.Json(TestClients.Agents(1, 100), 200, ("X-Next-Page", "2")),
            2 => TestClients.Json(TestClients.Agents(91, 100), 200, ("X-Next-Page", "3")),
            _ => TestClients.Json(TestClients.Agents(185, 10), 200, ("X-Next-Page", string.Empty)),
        });
        List<ClusterAgent> agents = await TestClients.ListAsync(TestClients.Client(wire).GetAgentsAsync(101));
        Assert.Equal(Enumerable.Range(1, 194).Select(id => (long)id), agents.Select(agent => agent.Id));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_server_that_gives_smaller_pages_is_read_to_its_end(bool sendsNext)
    {
        var wire = new FakeHandler(request =>
        {
            int page = NumberOf(request);
            string rows = page < 4 ? TestClients.Agents((page * 20) - 19, 20) : TestClients.Agents(61, 5);
            return sendsNext
                ? TestClients.Json(rows, 200, ("X-Per-Page", "20"), ("X-Next-Page", page < 4 ? (page + 1).ToString(CultureInfo.InvariantCulture) : string.Empty))
                : TestClients.Json(rows, 200, ("X-Per-Page", "20"));
        });
        List<ClusterAgent> agents = await TestClients.ListAsync(TestClients.Client(wire).GetAgentsAsync(101));
        Assert.Equal(Enumerable.Range(1, 65).Select(id => (long)id), agents.Select(agent => agent.Id));
        Assert.Equal(4, wire.Requests.Count);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("2")]
    [InlineData("0")]
    [InlineData("-3")]
    [InlineData("99999999999")]
    [InlineData("soon")]
    public async Task A_next_page_that_leads_nowhere_is_an_error_and_no_loop(string next)
    {
        var wire = new FakeHandler(request => NumberOf(request) == 1
            ? TestClients.Json(TestClients.Agents(1, 100), 200, ("X-Next-Page", "2"))
            : TestClients.Json(TestClients.Agents(101, 100), 200, ("X-Next-Page", next)));
        await TestClients.ThrowsAsync(GitLabErrorKind.InvalidResponse, () => TestClients.ListAsync(TestClients.Client(wire).GetAgentsAsync(101)));
        Assert.Equal(2, wire.Requests.Count);
    }

    [Fact]
    public async Task A_next_page_that_leaps_is_followed()
    {
        var wire = new FakeHandler(request => NumberOf(request) switch
        {
            1 => TestClients.Json(TestClients.Agents(1, 100), 200, ("X-Next-Page", "4")),
            4 => TestClients.Json(TestClients.Agents(401, 100), 200, ("X-Next-Page", string.Empty)),
            _ => TestClients.Json("[]"),
        });
        Assert.Equal(200, (await TestClients.ListAsync(TestClients.Client(wire).GetAgentsAsync(101))).Count);
        Assert.Equal([1, 4], wire.Requests.Select(NumberOf));
    }

    [Fact]
    public async Task Giving_up_cancels_the_pages_ahead_and_waits_for_them()
    {
        var wire = new FakeHandler(async (request, stop) =>
        {
            if (NumberOf(request) > 1)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, stop);
            }

            return Page(request, total: 9);
        });
        await using (IAsyncEnumerator<ClusterAgent> agents = TestClients.Client(wire).GetAgentsAsync(101).GetAsyncEnumerator())
        {
            for (int i = 0; i < 60; i++)
            {
                Assert.True(await agents.MoveNextAsync());
            }

            Assert.Equal(2, wire.InFlight);
        }

        Assert.Equal(0, wire.InFlight);
        Assert.Equal(3, wire.Requests.Count);
    }

    [Fact]
    public async Task A_short_total_does_not_end_a_list_that_goes_on()
    {
        var wire = new FakeHandler(request => TestClients.Json(
            TestClients.Agents((NumberOf(request) * 100) - 99, 100),
            200,
            ("X-Total-Pages", "2"),
            ("X-Next-Page", NumberOf(request) < 4 ? (NumberOf(request) + 1).ToString(CultureInfo.InvariantCulture) : string.Empty)));
        Assert.Equal(400, (await TestClients.ListAsync(TestClients.Client(wire).GetAgentsAsync(101))).Count);
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

    private static int Newest(FakeHandler wire) => wire.Requests.Max(NumberOf);

    private static int NumberOf(SentRequest request)
        => int.Parse(request.Uri.Query.AsSpan(request.Uri.Query.LastIndexOf('=') + 1), CultureInfo.InvariantCulture);
}
