using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using RichardSzalay.MockHttp;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks that credentials are sent only to the scheme, host and port of the session.</summary>
public sealed class OriginTests
{
    public static TheoryData<int, string> ForeignLocations()
    {
        var data = new TheoryData<int, string>();
        foreach (int status in (int[])[301, 302, 303, 307, 308])
        {
            foreach (string location in (string[])
            [
                "http://127.0.0.1:{other}/api/v4/projects/101/cluster_agents",
                "http://localhost:{port}/api/v4/projects/101/cluster_agents",
                "//127.0.0.1:{other}/x",
                "https://127.0.0.1:{port}/api/v4/projects/101/cluster_agents",
                "http://user:secret@127.0.0.1:{port}/api/v4/projects/101/cluster_agents",
                "http://127.0.0.1:{port}@localhost:{other}/x",
                "ftp://127.0.0.1/x",
                "file:///etc/passwd",
                "http://[::1]:{other}/",
            ])
            {
                data.Add(status, location);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(ForeignLocations))]
    public async Task A_redirect_elsewhere_is_an_error_and_nothing_is_sent_there(int status, string location)
    {
        await using FakeGitLabServer other = await TestClients.StartServerAsync();
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        location = location
            .Replace("{other}", other.Url.Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{port}", server.Url.Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        server.Faults.Add(Fault.Redirect(status, location).Always());
        foreach (Func<GitLabClient, Task> act in Operations())
        {
            server.ClearRequests();
            GitLabApiException exception = await TestClients.ThrowsAsync(
                GitLabErrorKind.InvalidResponse, () => act(TestClients.CreateClient(server)));
            Assert.Equal(status, (int)exception.StatusCode!);
            Assert.Single(server.Requests);
            Assert.DoesNotContain("secret", exception.ToString(), StringComparison.Ordinal);
        }

        Assert.Empty(other.Requests);
        Assert.Equal(0, other.ConnectionCount);
    }

    [Fact]
    public async Task A_moved_project_is_followed_for_reads()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        GitLabClient client = TestClients.CreateClient(server);
        Assert.Equal(
            ["prod", "staging"],
            (await TestClients.ToListAsync(client.GetAgentsAsync("group/old-name"))).Select(agent => agent.Name));
        Assert.Equal(2, server.Requests.Count);
        ClusterAgent agent = await client.GetAgentAsync("group/old-name", 11);
        Assert.Equal((101L, "group/app"), (agent.ProjectId, agent.ProjectPath));
        Assert.Equal(4, server.Requests.Count);
        Assert.All(server.Requests, request => Assert.Equal(TestClients.Token, request.Headers["PRIVATE-TOKEN"]));
    }

    [Theory]
    [InlineData("http://internal.example.com:8080/api/v4/projects/101/cluster_agents/11")]
    [InlineData("https://gitlab.example.com:80/prefix/api/v4/projects/101/cluster_agents/11?x=y")]
    [InlineData("http://gitlab.example.com:443/api/v4/projects/101")]
    public async Task A_moved_project_is_found_on_the_origin_of_the_session_by_its_ID(string location)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Redirect(301, location).On("GET", "group%2Fgone").Always());
        ClusterAgent agent = await TestClients.CreateClient(server).GetAgentAsync("group/gone", 11);
        Assert.Equal((11L, 101L), (agent.Id, agent.ProjectId));
        Assert.Equal(
            2, (await TestClients.ToListAsync(TestClients.CreateClient(server).GetAgentsAsync("group/gone"))).Count);
        Assert.Equal(
            [
                "/api/v4/projects/group%2Fgone/cluster_agents/11",
                "/api/v4/projects/101/cluster_agents/11",
                "/api/v4/projects/group%2Fgone/cluster_agents?per_page=100&page=1",
                "/api/v4/projects/101/cluster_agents?per_page=100&page=1",
            ],
            server.Requests.Select(request => request.RawTarget));
    }

    [Theory]
    [InlineData("http://127.0.0.1:{port}/other/api/v4/projects/101/cluster_agents")]
    [InlineData("/api/v4/projects/101/cluster_agents")]
    [InlineData("http://127.0.0.1:{port}/api/v4/projects/101/cluster_agents?per_page=1")]
    public async Task A_moved_project_is_found_by_its_ID_on_the_same_origin_too(string location)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(
            static options => options.Prefix = "/gitlab");
        location = location.Replace(
            "{port}", server.Url.Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        server.Faults.Add(Fault.Redirect(301, location).On("GET", "group%2Fgone").Always());
        List<ClusterAgent> agents = await TestClients.ToListAsync(
            TestClients.CreateClient(server).GetAgentsAsync("group/gone"));
        Assert.Equal(["prod", "staging"], agents.Select(agent => agent.Name));
        Assert.Equal(
            "/gitlab/api/v4/projects/101/cluster_agents?per_page=100&page=1", server.Requests[^1].RawTarget);
    }

    [Theory]
    [InlineData(301, "http://other.example.com/api/v4/projects/group%2Fnew/cluster_agents/11")]
    [InlineData(301, "http://other.example.com/api/v4/projects/")]
    [InlineData(301, "http://other.example.com/users/sign_in")]
    [InlineData(302, "http://other.example.com/api/v4/projects/101/cluster_agents/11")]
    public async Task A_redirect_elsewhere_that_names_no_moved_project_is_an_error(int status, string location)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Redirect(status, location).Always());
        await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse, () => TestClients.CreateClient(server).GetAgentAsync("group/gone", 11));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_moved_project_is_followed_on_every_page()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.Populate += state =>
        {
            state.AddAgents("many/old", 250);
            state.MoveProject("many/old", "many/new");
        });
        List<ClusterAgent> agents = await TestClients.ToListAsync(
            TestClients.CreateClient(server).GetAgentsAsync("many/old"));
        Assert.Equal(250, agents.Select(agent => agent.Id).Distinct().Count());
    }

    [Fact]
    public async Task A_moved_project_is_not_followed_for_changes()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        GitLabClient client = TestClients.CreateClient(server);
        foreach (Func<Task> act in (Func<Task>[])
        [
            () => client.DeleteAgentAsync("group/old-name", 11),
            () => client.CreateAgentAsync("group/old-name", "new"),
        ])
        {
            server.ClearRequests();
            GitLabApiException exception = await TestClients.ThrowsAsync(GitLabErrorKind.InvalidRequest, act);
            Assert.Equal(405, (int)exception.StatusCode!);
            Assert.Contains("moved", exception.Message, StringComparison.Ordinal);
            Assert.Single(server.Requests);
        }

        Assert.NotNull(server.State.FindAgent(11));
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task Changes_are_not_redirected_even_within_the_origin(int status)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Redirect(status, "/api/v4/projects/101/cluster_agents/12").Always());
        foreach (Func<GitLabClient, Task> act in Operations().Skip(1))
        {
            server.ClearRequests();
            await TestClients.ThrowsAsync(GitLabErrorKind.InvalidResponse, () => act(TestClients.CreateClient(server)));
            Assert.Single(server.Requests);
        }

        Assert.NotNull(server.State.FindAgent(12));
    }

    [Theory]
    [InlineData("/api/v4/projects/101/cluster_agents/12")]
    [InlineData("12")]
    [InlineData("../cluster_agents/12")]
    [InlineData("?moved=1")]
    public async Task A_relative_location_stays_on_the_origin(string location)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Redirect(301, location).On("GET", "cluster_agents/11"));
        ClusterAgent agent = await TestClients.CreateClient(server).GetAgentAsync(101, 11);
        Assert.Equal(location.StartsWith('?') ? 11 : 12, agent.Id);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_loop_of_redirects_ends()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Redirect(301, server.Url + "/api/v4/projects/101/cluster_agents/11").Always());
        await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse, () => TestClients.CreateClient(server).GetAgentAsync(101, 11));
        Assert.InRange(server.Requests.Count, 2, 10);
    }

    [Fact]
    public async Task A_redirect_without_a_location_is_an_error()
    {
        using MockHttpMessageHandler handler = TestClients.CreateHandler(
            () => TestClients.Text("<html/>", 302, "text/html"));
        await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse, () => TestClients.CreateClient(handler).GetAgentAsync(101, 11));
    }

    [Fact]
    public async Task A_redirect_to_HTTPS_is_explained()
    {
        var handler = new FakeHandler(
            request => TestClients.Text(
                "<html/>", 301, "text/html", ("Location", "https://gitlab.example.com" + request.Uri.PathAndQuery)));
        using GitLabSession session = TestClients.CreateSession(
            new Uri("http://gitlab.example.com"), options => options.PrimaryHandler = handler);
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse, () => new GitLabClient(session).GetAgentAsync(101, 11));
        Assert.Contains("https://gitlab.example.com", exception.Message, StringComparison.Ordinal);
        Assert.Single(handler.Requests);
    }

    [Fact]
    public async Task A_redirect_to_another_host_names_the_host()
    {
        using MockHttpMessageHandler handler = TestClients.CreateHandler(
            () => TestClients.Text(
                string.Empty, 302, "text/html", ("Location", "https://sso.example.org/sign_in?x=y")));
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse, () => TestClients.CreateClient(handler).GetAgentAsync(101, 11));
        Assert.Contains("https://sso.example.org", exception.Message, StringComparison.Ordinal);
    }

    private static List<Func<GitLabClient, Task>> Operations() =>
    [
        client => client.GetAgentAsync(101, 11),
        client => client.CreateAgentAsync(101, "new"),
        client => client.DeleteAgentAsync(101, 12),
    ];
}
