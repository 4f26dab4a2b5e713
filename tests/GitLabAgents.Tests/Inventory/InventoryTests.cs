using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;
using ServerToken = GitLabAgents.FakeGitLab.AccessToken;

namespace GitLabAgents.Tests;

/// <summary>Checks the inventory of projects, groups and a whole GitLab.</summary>
public sealed class InventoryTests
{
    [Fact]
    public async Task A_row_has_everything_about_an_agent_in_one_request()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        GitLabClient client = TestClients.CreateClient(server);
        client.Session.Version = "18.9.0-ee";
        List<AgentInventoryItem> items = await ItemsAsync(client.GetProjectInventoryAsync("group/app"));
        Assert.Single(server.Requests);
        Assert.Equal(["prod", "staging"], items.Select(item => item.Name));

        AgentInventoryItem prod = items[0];
        Assert.Equal(
            ("group/app", "prod", 11L, 11L, 101L, "group/app"),
            (prod.Project, prod.Agent, prod.Id, prod.AgentId, prod.ProjectId, prod.ProjectPath));
        Assert.Equal(
            (AgentConnectionStatus.Connected, "18.9.0", "18.9.0-ee", false),
            (prod.Status, prod.Version, prod.ServerVersion, prod.IsBehind));
        Assert.Equal(["prod-2024", "prod-spare"], prod.Tokens!.Select(token => token.Name));
        Assert.All(
            prod.Tokens!,
            token => Assert.True(
                token is { IsLastUsedKnown: true, AgentId: 11, ProjectId: 101, Status: "active", CreatedByUserId: 7 }));
        Assert.All(prod.Tokens!, token => Assert.Same(client.Session, token.Session));
        Assert.Equal("The first", prod.Tokens![0].Description);
        Assert.Equal(prod.Tokens[0].LastUsedAt, prod.LastUsedAt);
        Assert.Equal(3, Math.Round((DateTimeOffset.UtcNow - prod.LastUsedAt!.Value).TotalHours));
        Assert.Equal(5, Math.Round((DateTimeOffset.UtcNow - prod.ConnectedAt!.Value).TotalHours));
        Assert.Equal("gitlab-agent/prod-gitlab-agent-7d4b9", Assert.Single(prod.Connections).ToString());
        Assert.Equal((false, false, 7L, null), (prod.IsArchived, prod.IsReceptive, prod.CreatedByUserId, prod.Reason));
        Assert.Equal("The application, and its agents", prod.ConfigProject!.Description);
        Assert.Equal("prod: Connected", prod.ToString());

        AgentInventoryItem staging = items[1];
        Assert.Equal(
            (AgentConnectionStatus.Stale, null, true, null),
            (staging.Status, staging.Version, staging.IsReceptive, staging.CreatedByUserId));
    }

    [Theory]
    [InlineData("101", 1)]
    [InlineData("GROUP/app", 1)]
    [InlineData("group/old-name", 4)]
    [InlineData("platform/old", 1)]
    public async Task A_project_is_found_by_ID_path_and_old_path_even_if_archived(string project, int requests)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        List<AgentInventoryItem> items = await ItemsAsync(
            TestClients.CreateClient(server).GetProjectInventoryAsync(project));
        Assert.Equal(requests, server.Requests.Count);
        Assert.Equal(project == "platform/old", items[0].IsArchived);
        Assert.Equal(project == "platform/old" ? ["retired"] : ["prod", "staging"], items.Select(item => item.Agent));
    }

    [Theory]
    [InlineData("nope/nope", "glpat-maintainer")]
    [InlineData("9999", "glpat-maintainer")]
    [InlineData("platform/secret", "glpat-maintainer")]
    [InlineData("group/app", "glpat-reporter")]
    [InlineData("101", "glpat-reporter")]
    public async Task A_project_that_cannot_be_read_is_an_error(string project, string token)
    {
        foreach (GraphQLAvailability graphQL in new[] { GraphQLAvailability.On, GraphQLAvailability.Off })
        {
            await using FakeGitLabServer server = await TestClients.StartServerAsync(
                options => options.GraphQL = graphQL);
            GitLabApiException e = await TestClients.ThrowsAsync(
                token == "glpat-reporter" ? GitLabErrorKind.AgentNotFound : GitLabErrorKind.ProjectNotFound,
                () => ItemsAsync(TestClients.CreateClient(server, token: token).GetProjectInventoryAsync(project)));
            Assert.Contains(
                $"list the agents of project {project}",
                e.Message.Replace("project 101", $"project {project}", StringComparison.Ordinal),
                StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("platform", true, false, "api web cluster-eu cluster-us")]
    [InlineData("platform", false, false, "cluster-eu cluster-us")]
    [InlineData("platform", true, true, "retired api web cluster-eu cluster-us")]
    [InlineData("platform/apps", false, false, "api web")]
    public async Task A_group_is_sorted_by_descending_project_ID(
        string group, bool recurse, bool archived, string expected)
    {
        foreach (GraphQLAvailability graphQL in new[] { GraphQLAvailability.On, GraphQLAvailability.Off })
        {
            await using FakeGitLabServer server = await TestClients.StartServerAsync(
                options => options.GraphQL = graphQL);
            List<AgentInventoryItem> items = await ItemsAsync(
                TestClients.CreateClient(server).GetGroupInventoryAsync(group, recurse, archived));
            Assert.Equal(expected, string.Join(' ', items.Select(item => item.Agent)));
            Assert.All(items, item => Assert.Equal(item.Agent == "retired", item.IsArchived));
        }
    }

    [Fact]
    public async Task A_group_ID_needs_one_more_request()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        long id = server.State.FindGroup("platform")!.Id;
        Assert.Equal(
            4, (await ItemsAsync(TestClients.CreateClient(server).GetGroupInventoryAsync(id, recurse: true))).Count);
        Assert.Equal(2, server.Requests.Count);
        await TestClients.ThrowsAsync(
            GitLabErrorKind.NotFound,
            () => ItemsAsync(TestClients.CreateClient(server).GetGroupInventoryAsync(9999, recurse: true)));
    }

    [Theory]
    [InlineData("glpat-maintainer", false, "unicode api web cluster-eu cluster-us prod staging")]
    [InlineData("glpat-maintainer", true, "unicode retired api web cluster-eu cluster-us prod staging")]
    [InlineData("glpat-developer", false, "unicode api web cluster-eu cluster-us prod staging")]
    [InlineData("glpat-reporter", false, "")]
    [InlineData("glpat-admin", false, "unicode hidden api web cluster-eu cluster-us prod staging")]
    public async Task All_reads_the_projects_of_a_Developer_and_every_project_for_administrators(
        string token, bool archived, string expected)
    {
        foreach (GraphQLAvailability graphQL in new[] { GraphQLAvailability.On, GraphQLAvailability.Off })
        {
            await using FakeGitLabServer server = await TestClients.StartServerAsync(
                options => options.GraphQL = graphQL);
            List<AgentInventoryItem> items = await ItemsAsync(
                TestClients.CreateClient(server, token: token).GetInventoryAsync(archived));
            Assert.Equal(expected, string.Join(' ', items.Select(item => item.Agent)));
            Assert.True(graphQL != GraphQLAvailability.On || server.Requests.Count == 2);
        }
    }

    [Fact]
    public async Task Hidden_projects_are_skipped_with_a_verbose_message()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        ServerToken token = server.State.FindAccessToken("glpat-maintainer")!;
        server.State.SetRole(token, server.State.FindProject("platform/apps/web")!, Role.Reporter);
        var observer = new RecordingObserver();
        List<AgentInventoryItem> items = await ItemsAsync(
            TestClients.CreateClient(server, observer: observer).GetGroupInventoryAsync("platform", recurse: true));
        Assert.Equal(["api", "cluster-eu", "cluster-us"], items.Select(item => item.Agent));
        Assert.Contains(
            observer.Messages, line => line.Contains("Skipped platform/apps/web", StringComparison.Ordinal));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Hidden_connections_are_unknown_with_the_reason()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        List<AgentInventoryItem> items = await ItemsAsync(
            TestClients.CreateClient(server, token: "glpat-developer").GetGroupInventoryAsync("group", recurse: false));
        Assert.All(items, item => Assert.Equal(AgentConnectionStatus.Unknown, item.Status));
        Assert.All(items, item => Assert.Contains("role Maintainer", item.Reason, StringComparison.Ordinal));
        Assert.All(items, item => Assert.NotEmpty(item.Tokens!));

        server.State.FindProject("group/app")!.InfrastructureEnabled = false;
        server.State.MarkUsed(1001);
        items = await ItemsAsync(TestClients.CreateClient(server).GetGroupInventoryAsync("group", recurse: false));
        Assert.Equal(AgentConnectionStatus.Unknown, items[0].Status);
        Assert.Contains("Infrastructure", items[0].Reason, StringComparison.Ordinal);

        server.Options.KasReachable = false;
        items = await ItemsAsync(TestClients.CreateClient(server).GetProjectInventoryAsync("platform/infra"));
        Assert.All(
            items,
            item => Assert.StartsWith(
                "GitLab cannot reach its agent server (KAS)", item.Reason, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("16.0.0", true)]
    [InlineData("16.9.0", true)]
    [InlineData("17.4.0", true)]
    [InlineData("17.10.0", false)]
    [InlineData("18.9.0", true)]
    public async Task A_missing_field_costs_one_request_per_session(string version, bool enterprise)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options =>
        {
            options.Version = version;
            options.IsEnterprise = enterprise;
        });
        var observer = new RecordingObserver();
        GitLabClient client = TestClients.CreateClient(server, observer: observer);
        bool isNewest = version == "18.9.0";
        for (int run = 1; run <= 2; run++)
        {
            List<AgentInventoryItem> items = await ItemsAsync(client.GetGroupInventoryAsync("platform", recurse: true));
            Assert.Equal(["api", "web", "cluster-eu", "cluster-us"], items.Select(item => item.Agent));
            Assert.Equal(isNewest || (version == "17.4.0" && enterprise), items[0].IsReceptive is not null);
            Assert.Equal(run + (isNewest ? 0 : 1), server.Requests.Count);
        }

        Assert.Equal(
            isNewest, !observer.Messages.Any(line => line.Contains("does not know", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Archived_projects_of_an_older_server_are_skipped()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.Version = "16.0.0");
        GitLabClient client = TestClients.CreateClient(server);
        Assert.DoesNotContain(
            await ItemsAsync(client.GetGroupInventoryAsync("platform", recurse: true)),
            item => item.Agent == "retired");
        server.Options.HasProjectPermissions = false;
        List<AgentInventoryItem> items = await ItemsAsync(
            TestClients.CreateClient(server).GetGroupInventoryAsync("platform", recurse: true));
        Assert.Equal(["api", "web", "cluster-eu", "cluster-us"], items.Select(item => item.Agent));
        Assert.All(items, item => Assert.False(item.IsArchived));
    }

    [Theory]
    [InlineData(GraphQLAvailability.Off, "GraphQL is off or blocked (404*")]
    [InlineData(GraphQLAvailability.Html, "GraphQL is off or blocked (200 without JSON).")]
    [InlineData(GraphQLAvailability.HtmlNotFound, "GraphQL is off or blocked (404).")]
    [InlineData(GraphQLAvailability.Forbidden, "GraphQL is off or blocked (403).")]
    public async Task REST_reads_everything_but_connections_without_GraphQL(GraphQLAvailability graphQL, string reason)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.GraphQL = graphQL);
        var observer = new RecordingObserver();
        GitLabClient client = TestClients.CreateClient(server, observer: observer);
        List<AgentInventoryItem> items = await ItemsAsync(client.GetGroupInventoryAsync("platform", recurse: true));
        Assert.Equal(["api", "web", "cluster-eu", "cluster-us"], items.Select(item => item.Agent));
        Assert.Equal(["eu-1", "eu-2", "eu-3"], items[2].Tokens!.Select(token => token.Name));
        Assert.All(items, item => Assert.Equal(AgentConnectionStatus.Unknown, item.Status));
        Assert.All(items, item => Assert.StartsWith(reason.TrimEnd('*'), item.Reason, StringComparison.Ordinal));
        Assert.All(items.SelectMany(item => item.Tokens!), token => Assert.True(token.IsLastUsedKnown));

        List<AgentInventoryItem> later = await ItemsAsync(client.GetGroupInventoryAsync("platform", recurse: true));
        Assert.Equal(items.Select(item => item.Reason), later.Select(item => item.Reason));
        Assert.Single(server.Requests, request => request.Method == "POST");
        Assert.Single(
            observer.Messages,
            line => line.Contains("What the REST API offers is read from there", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1, 2, 0)]
    [InlineData(3, 4, 0)]
    [InlineData(4, 5, 1)]
    [InlineData(5, 5, 2)]
    public async Task The_query_is_reduced_step_by_step_after_a_timeout(int failures, int queries, int lost)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        for (int i = 0; i < failures; i++)
        {
            server.Faults.Add(Fault.GraphQLTimeout());
        }

        var observer = new RecordingObserver();
        GitLabClient client = TestClients.CreateClient(server, options => options.MaximumRetryCount = 0, observer);
        List<AgentInventoryItem> items = await ItemsAsync(client.GetGroupInventoryAsync("platform", recurse: true));
        Assert.Equal(["api", "web", "cluster-eu", "cluster-us"], items.Select(item => item.Agent));
        Assert.Equal([1, 1, 3, 0], items.Select(item => item.Tokens!.Length));
        Assert.Equal(queries, server.Requests.Count(request => request.Method == "POST"));
        Assert.Equal(lost == 0, items[1].Status == AgentConnectionStatus.Stale);
        Assert.All(
            items.Where(_ => lost > 0),
            item => Assert.Contains("Request timed out", item.Reason, StringComparison.Ordinal));
        Assert.Equal(lost == 2, server.Requests.Any(request => request.Method == "GET"));
        Assert.Equal(
            Math.Min(failures, 4),
            observer.Messages.Count(line => line.Contains("The query is repeated", StringComparison.Ordinal)));
        Assert.Equal(0, client.Session.GraphQL.ReductionLevel);
    }

    [Fact]
    public async Task A_query_that_was_too_complex_stays_reduced_for_the_session()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(
            Fault.Body(
                """{"errors":[{"message":"Query has complexity of 279, which exceeds max complexity of 250"}]}""")
                .On("POST", "graphql"));
        GitLabClient client = TestClients.CreateClient(server);
        for (int run = 1; run <= 2; run++)
        {
            Assert.Equal(4, (await ItemsAsync(client.GetGroupInventoryAsync("platform", recurse: true))).Count);
            Assert.Equal(run + 1, server.Requests.Count);
            Assert.Contains("\"first\":50", server.Requests[^1].Body, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(500)]
    [InlineData(400)]
    public async Task REST_is_used_after_another_failure_of_GraphQL(int status)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.State.AddAgents("fleet/big", 250);
        server.Faults.Add(Fault.Status(status).On("POST", "graphql").Skip(1).Always());
        List<AgentInventoryItem> items = await ItemsAsync(
            TestClients.CreateClient(server).GetGroupInventoryAsync("fleet", recurse: true));
        Assert.Equal(
            server.State.AgentsOf(server.State.FindProject("fleet/big")!).Select(agent => agent.Name),
            items.Select(item => item.Agent));
        Assert.All(items.Skip(75), item => Assert.Contains($"{status}", item.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_large_project_is_read_page_by_page()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.State.AddAgents("fleet/big", 260);
        server.State.AddAgents("fleet/small", 2);
        List<AgentInventoryItem> items = await ItemsAsync(
            TestClients.CreateClient(server).GetGroupInventoryAsync("fleet", recurse: true));
        Assert.Equal(262, items.Select(item => item.Id).Distinct().Count());
        Assert.Equal(
            items.OrderByDescending(item => item.ProjectId)
                .ThenBy(item => item.Name, StringComparer.Ordinal)
                .Select(item => item.Id),
            items.Select(item => item.Id));
        Assert.Equal(3, server.Requests.Count);
        Assert.Equal(
            260, (await ItemsAsync(TestClients.CreateClient(server).GetProjectInventoryAsync("fleet/big"))).Count);
        Assert.Equal(3 + 3, server.Requests.Count);
    }

    [Fact]
    public async Task REST_reads_an_agent_with_many_tokens()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        for (int i = 0; i < 25; i++)
        {
            server.State.AddToken(server.State.FindAgent(14)!, $"t-{i}", status: i == 3 ? "revoked" : "active");
        }

        List<AgentInventoryItem> items = await ItemsAsync(
            TestClients.CreateClient(server).GetProjectInventoryAsync("platform/infra"));
        Assert.Equal(24, items[1].Tokens!.Length);
        Assert.Equal(AgentConnectionStatus.Never, items[1].Status);
        Assert.Equal(1 + 1 + 24, server.Requests.Count);

        server.Faults.Add(Fault.Status(500).On("GET", "/tokens/").Always());
        List<ItemResult<AgentInventoryItem>> results = await TestClients.ToListAsync(
            TestClients.CreateClient(server).GetProjectInventoryAsync("platform/infra"));
        Assert.Equal(2 + 24, results.Count);
        Assert.Null(results[1].Value!.Tokens);
        Assert.Contains("The tokens are not known", results[1].Value!.Reason, StringComparison.Ordinal);
        Assert.All(results.Skip(2), result => Assert.IsType<AgentToken>(result.Target));
    }

    [Theory]
    [InlineData("""{"data":{"group":{"projects":{"pageInfo":{"hasNextPage":true,"endCursor":null},"nodes":[]}}}}""")]
    [InlineData("""{"data":{"group":{"projects":{"pageInfo":{"hasNextPage":false},"nodes":[null]}}}}""")]
    [InlineData("""{"data":{"group":{"projects":{"nodes":[]}}}}""")]
    [InlineData("""{"data":{"group":{"projects":null}}}""")]
    [InlineData("""{"data":{"group":null}}""")]
    [InlineData(
        """
        {"data":{"group":{"projects":{"pageInfo":{"hasNextPage":false},"nodes":[
          {"id":"gid://gitlab/Project/103","fullPath":"platform/infra","clusterAgents":null},
          {"id":"gid://gitlab/Project/104","fullPath":"platform/apps/web","userPermissions":{"adminProject":true},
           "clusterAgents":{"pageInfo":{"hasNextPage":false},"nodes":[null]}},
          {"id":"gid://gitlab/Project/105","fullPath":"platform/apps/api",
           "clusterAgents":{"pageInfo":{"hasNextPage":false},"nodes":[]}}]}}}}
        """)]
    [InlineData(
        """
        {"data":{"group":{"projects":{"pageInfo":{"hasNextPage":false},"nodes":[
          {"id":"gid://gitlab/Project/103","fullPath":"platform/infra","userPermissions":{"adminProject":true},
           "clusterAgents":{"pageInfo":{"hasNextPage":true,"endCursor":null},"nodes":[]}},
          {"id":"gid://gitlab/Project/104","fullPath":"platform/apps/web","userPermissions":{"adminProject":true},
           "clusterAgents":{"pageInfo":{"endCursor":"x"},"nodes":[]}},
          {"id":"gid://gitlab/Project/105","fullPath":"platform/apps/api","userPermissions":{"adminProject":true},
           "clusterAgents":{"pageInfo":null,"nodes":[]}}]}}}}
        """)]
    public async Task REST_reads_what_a_GraphQL_response_may_hide(string body)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Body(body).On("POST", "graphql"));
        List<AgentInventoryItem> items = await ItemsAsync(
            TestClients.CreateClient(server).GetGroupInventoryAsync("platform", recurse: true));
        Assert.Equal(
            ["api", "cluster-eu", "cluster-us", "web"], items.Select(item => item.Agent).Order(StringComparer.Ordinal));
        Assert.All(items, item => Assert.Equal(AgentConnectionStatus.Unknown, item.Status));
        Assert.Equal(5, items.Sum(item => item.Tokens!.Length));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    public async Task REST_reads_the_rest_after_a_page_that_does_not_say_where_the_next_one_begins(string cursor)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(
            static options => options.GraphQLPageSize = 1);
        string page = "{\"pageInfo\":{\"hasNextPage\":true,\"endCursor\":" + cursor + "},\"nodes\":[]}";
        server.Faults.Add(
            Fault.Body("{\"data\":{\"group\":{\"projects\":" + page + "}}}").On("POST", "graphql")
                .Where(static request => request.Body.Contains("query GroupProjects", StringComparison.Ordinal))
                .Skip(1));
        List<AgentInventoryItem> items = await ItemsAsync(
            TestClients.CreateClient(server).GetGroupInventoryAsync("platform", recurse: true));
        Assert.Equal(
            ["api", "cluster-eu", "cluster-us", "web"], items.Select(item => item.Agent).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task REST_rows_say_that_the_agent_server_cannot_be_reached()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Body(
            """
            {"data":{"group":{"projects":{"pageInfo":{"hasNextPage":false},"nodes":[
              {"id":"gid://gitlab/Project/104","fullPath":"platform/apps/web","userPermissions":{"adminProject":true},
               "clusterAgents":{"pageInfo":{"hasNextPage":false},"nodes":[null]}}]}}},
             "errors":[{"message":"GRPC::Unavailable",
              "path":["group","projects","nodes",0,"clusterAgents","nodes",0,"connections"]}]}
            """).On("POST", "graphql"));
        List<AgentInventoryItem> items = await ItemsAsync(
            TestClients.CreateClient(server).GetGroupInventoryAsync("platform/apps", recurse: false));
        AgentInventoryItem item = Assert.Single(items);
        Assert.Equal(
            "GitLab cannot reach its agent server (KAS). GitLab responds: \"GRPC::Unavailable\"", item.Reason);
        Assert.NotEmpty(item.Tokens!);
    }

    [Fact]
    public async Task The_first_row_needs_one_page_and_a_reader_that_stops_requests_no_more()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.State.AddFleet(new Fleet { Projects = 350, Agents = 350 });
        await foreach (ItemResult<AgentInventoryItem> item in TestClients.CreateClient(server)
            .GetGroupInventoryAsync("fleet", recurse: true))
        {
            Assert.NotNull(item.Value);
            break;
        }

        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_filter_skips_reads_of_unwanted_agents()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(
            options => options.GraphQL = GraphQLAvailability.Off);
        IAsyncEnumerable<ItemResult<AgentInventoryItem>> items = TestClients.CreateClient(server)
            .GetGroupInventoryAsync(
            "platform", recurse: true, filter: agent => agent.Name == "web");
        Assert.Equal("web", Assert.Single(await ItemsAsync(items)).Agent);
        Assert.Equal(
            2, server.Requests.Count(request => request.RawTarget.Contains("/tokens", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Progress_counts_projects_and_agents()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var observer = new RecordingObserver();
        await ItemsAsync(
            TestClients.CreateClient(server, observer: observer).GetGroupInventoryAsync("platform", recurse: true));
        Assert.Contains("progress 3/3 4", observer.Messages);
    }

    [Fact]
    public async Task A_fleet_needs_few_requests()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.State.AddFleet(new Fleet { Projects = 300, Agents = 1000, ConnectedEvery = 2 });
        List<AgentInventoryItem> items = await ItemsAsync(
            TestClients.CreateClient(server).GetGroupInventoryAsync("fleet", recurse: true));
        Assert.Equal(1000, items.Count);
        Assert.Equal(2000, items.Sum(item => item.Tokens!.Length));
        Assert.Equal(500, items.Count(item => item.Status == AgentConnectionStatus.Connected));
        Assert.InRange(server.Requests.Count, 1, 12);
    }

    private static async Task<List<AgentInventoryItem>> ItemsAsync(
        IAsyncEnumerable<ItemResult<AgentInventoryItem>> items)
        => [.. (await TestClients.ToListAsync(items)).Select(item => item.Value ?? throw item.Error!)];
}
