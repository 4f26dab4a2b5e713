using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Threading.Tasks;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>
/// Checks projects and groups by path if <see cref="Uri"/> turns <c>%2F</c> into <c>/</c>, as .NET Framework may.
/// </summary>
public sealed class EncodedSlashTests
{
    private readonly FakeHandler _http = new(Respond);

    [Fact]
    public void This_NET_keeps_encoded_slashes()
        => Assert.True(TestClients.CreateSession(TestClients.Unreachable).KeepsEncodedSlashes);

    [Fact]
    public async Task The_ID_of_a_project_is_looked_up_once()
    {
        GitLabClient client = CreateClient();
        Assert.Equal("a11", (await client.GetAgentAsync("Group/App", 11)).Name);
        Assert.Equal("a11", (await client.GetAgentAsync("Group/App", 11)).Name);
        Assert.Equal(
            [
                "/api/v4/projects?search=Group/App&search_namespaces=true&simple=true&per_page=100&page=1",
                "/api/v4/projects?search=Group/App&search_namespaces=true&simple=true&per_page=100&page=2",
                "/api/v4/projects/101/cluster_agents/11",
                "/api/v4/projects/101/cluster_agents/11",
            ],
            Sent());
    }

    [Fact]
    public async Task The_ID_of_a_group_is_looked_up()
    {
        Assert.Empty(await TestClients.ToListAsync(CreateClient().GetGroupAgentsAsync("group/sub", recurse: false)));
        Assert.Equal("/api/graphql", Sent()[0]);
        Assert.Equal("/api/v4/groups?search=sub&all_available=true&per_page=100&page=1", Sent()[1]);
        Assert.StartsWith("/api/v4/groups/7/projects?", Sent()[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_path_is_an_error_and_changes_nothing()
    {
        GitLabClient client = CreateClient();
        GitLabApiException e = await TestClients.ThrowsAsync(
            GitLabErrorKind.ProjectNotFound, () => client.CreateAgentAsync("group/missing", "new"));
        Assert.Contains(
            "has no 'group/missing', or the access token may not read it.", e.Message, StringComparison.Ordinal);
        Assert.Equal(
            "Check the full path, or specify the numeric ID. A missing role looks the same.", e.RecommendedAction);
        Assert.All(_http.Requests, request => Assert.Equal("GET", request.Method));
    }

    [Fact]
    public async Task IDs_need_no_lookup()
    {
        await CreateClient().GetAgentAsync(101, 11);
        Assert.Equal(["/api/v4/projects/101/cluster_agents/11"], Sent());
    }

    private static HttpResponseMessage Respond(SentRequest request)
    {
        string path = request.Uri.PathAndQuery;
        return path switch
        {
            _ when path.Contains("page=2", StringComparison.Ordinal) => TestClients.Json(
                """[{"id":101,"path_with_namespace":"group/app"}]"""),
            _ when path.Contains("search=Group/App", StringComparison.Ordinal) => TestClients.Json(
                """[{"id":5,"path_with_namespace":"group/app-two"}]""", 200, ("X-Next-Page", "2")),
            _ when path.Contains("search=group/missing", StringComparison.Ordinal) => TestClients.Json(
                """[{"id":5,"path_with_namespace":"other/group/missing"}]"""),
            _ when path.StartsWith("/api/v4/groups?", StringComparison.Ordinal) => TestClients.Json(
                """[{"id":6,"full_path":"sub"},{"id":7,"full_path":"group/sub"}]"""),
            _ when path.StartsWith("/api/v4/groups/7/", StringComparison.Ordinal) => TestClients.Json("[]"),
            _ => TestClients.Json(TestClients.Agent(11)),
        };
    }

    private GitLabClient CreateClient()
    {
        GitLabClient client = TestClients.CreateClient(_http);
        client.Session.KeepsEncodedSlashes = false;
        return client;
    }

    private List<string> Sent()
        => [.. _http.Requests.OrderBy(request => request.Number).Select(request => request.Uri.PathAndQuery)];
}
