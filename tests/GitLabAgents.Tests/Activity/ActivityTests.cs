using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks that a list of activity events is complete, or an error.</summary>
public sealed class ActivityTests
{
    [Theory]
    [InlineData("""{"hasNextPage":true,"endCursor":null}""")]
    [InlineData("""{"hasNextPage":true,"endCursor":""}""")]
    [InlineData("""{"hasNextPage":true}""")]
    [InlineData("""{"hasNextPage":null,"endCursor":"x"}""")]
    [InlineData("null")]
    public async Task A_page_that_does_not_say_where_the_next_one_begins_is_an_error(string pageInfo)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Body(Response(pageInfo)).On("POST", "graphql"));
        await AssertIncompleteAsync(server, expectedQueries: 1);
    }

    [Fact]
    public async Task A_page_that_repeats_its_cursor_is_an_error()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(
            Fault.Body(Response("""{"hasNextPage":true,"endCursor":"x"}""")).On("POST", "graphql").Always());
        await AssertIncompleteAsync(server, expectedQueries: 2);
    }

    [Fact]
    public async Task The_next_page_does_not_matter_to_a_reader_who_has_enough()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Body(Response("""{"hasNextPage":true,"endCursor":null}""")).On("POST", "graphql"));
        List<AgentActivity> activity = await TestClients.ToListAsync(
            TestClients.CreateClient(server).GetActivityAsync("group/app", 11, maxCount: 1));
        Assert.Equal("token_created", Assert.Single(activity).Kind);
    }

    private static async Task AssertIncompleteAsync(FakeGitLabServer server, int expectedQueries)
    {
        var activity = new List<AgentActivity>();
        GitLabApiException exception = await TestClients.ThrowsAsync(GitLabErrorKind.InvalidResponse, async () =>
        {
            await foreach (AgentActivity item in TestClients.CreateClient(server).GetActivityAsync("group/app", 11))
            {
                activity.Add(item);
            }
        });
        Assert.Contains(
            "Cannot read the activity of agent prod of project group/app", exception.Message, StringComparison.Ordinal);
        Assert.Equal(expectedQueries, activity.Count);
        Assert.Equal(1 + expectedQueries, server.Requests.Count);
    }

    private static string Response(string pageInfo)
        => """
            {"data":{"project":{"archived":false,"userPermissions":{"adminProject":true},
              "clusterAgent":{"id":"gid://gitlab/Clusters::Agent/11","activityEvents":{
              "nodes":[{"recordedAt":"2026-01-01T00:00:00Z","kind":"token_created","level":"info"}],
              "pageInfo":
            """ + pageInfo + "}}}}}";
}
