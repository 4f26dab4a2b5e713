using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Threading.Tasks;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>The order of pages is that of the header <c>X-Next-Page</c>, and nothing else.</summary>
public sealed class PageNumberTests
{
    [Theory]
    [InlineData("1")]
    [InlineData("0")]
    [InlineData("-2")]
    [InlineData("2.0")]
    [InlineData("next")]
    public async Task A_next_page_that_does_not_come_later_is_an_error(string next)
    {
        GitLabClient client = CreateClient(_ => Respond([1, 2], next));
        GitLabApiException e = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse, () => TestClients.ToListAsync(client.GetAgentsAsync("group/app")));
        Assert.EndsWith("its header X-Next-Page does not continue after page 1.", e.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("""{"name":"nameless"}""")]
    [InlineData("""{"id":0}""")]
    public async Task An_entry_without_an_ID_is_an_error(string entry)
    {
        GitLabClient client = CreateClient(_ => TestClients.Json($"[{TestClients.Agent(1)},{entry}]"));
        GitLabApiException e = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse, () => TestClients.ToListAsync(client.GetAgentsAsync("group/app")));
        Assert.EndsWith("an entry has no ID.", e.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_that_the_server_skips_is_left_out_although_it_was_prefetched()
    {
        var requested = new HashSet<int>();
        GitLabClient client = CreateClient(page =>
        {
            lock (requested)
            {
                requested.Add(page);
            }

            string next = page switch
            {
                1 => "2",
                2 => "4",
                4 => "5",
                _ => string.Empty,
            };
            return Respond([page * 10, (page * 10) + 1], next, total: 5);
        });
        List<ClusterAgent> agents = await TestClients.ToListAsync(client.GetAgentsAsync("group/app"));
        Assert.Equal([10, 11, 20, 21, 40, 41, 50, 51], agents.Select(static agent => agent.Id));
        Assert.Contains(3, requested);
    }

    private static GitLabClient CreateClient(Func<int, HttpResponseMessage> respond)
        => TestClients.CreateClient(new FakeHandler(request => respond(int.Parse(
            request.Uri.Query[(request.Uri.Query.IndexOf("&page=", StringComparison.Ordinal) + 6)..],
            System.Globalization.CultureInfo.InvariantCulture))));

    private static HttpResponseMessage Respond(long[] ids, string next, int? total = null)
        => TestClients.Json(
            $"[{string.Join(',', ids.Select(static id => TestClients.Agent(id)))}]",
            200,
            ("X-Next-Page", next),
            ("X-Total-Pages", $"{total ?? 9}"));
}
