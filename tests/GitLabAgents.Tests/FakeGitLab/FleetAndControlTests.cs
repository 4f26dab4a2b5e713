using System;
using System.Diagnostics;
using System.Linq;
using System.Text.Json.Nodes;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;

namespace GitLabAgents.Tests.FakeServer;

public sealed class FleetAndControlTests
{
    [Fact]
    public async Task A_large_fleet_is_read_page_by_page()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.State.AddFleet(new Fleet());
        using var client = new RawClient(server);
        Assert.True(server.State.Agents.Count >= 10_000);
        int agents = 0;
        string? after = null;
        var watch = Stopwatch.StartNew();
        do
        {
            JsonNode page = (await client.QueryAsync(
                "query($after: String) { group(fullPath: \"fleet\") { clusterAgents(first: 100, after: $after) { "
                + "pageInfo { hasNextPage endCursor } nodes { id name project { fullPath } "
                + "tokens { nodes { id lastUsedAt } } connections { nodes { connectedAt } } } } } }",
                new { after })).Data!["group"]!["clusterAgents"]!;
            agents += page["nodes"]!.AsArray().Count;
            after = (bool)page["pageInfo"]!["hasNextPage"]! ? (string?)page["pageInfo"]!["endCursor"] : null;
        }
        while (after is not null);

        Assert.Equal(10_000, agents);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"100 pages took {watch.Elapsed}.");
    }

    [Fact]
    public async Task The_control_api_seeds_fleets_roles_and_environments()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        using var client = new RawClient(server, "glpat-ops");
        RawResponse seeded = await client.SendAsync("POST", "/-/fake-gitlab/seed", """
            {
              "groups": [{ "path": "open", "isPublic": true }],
              "projects": [{ "path": "open/site", "isPublic": true, "infrastructureEnabled": false }],
              "fleet": { "projects": 10, "agents": 30, "tokensPerAgent": 1, "archivedEvery": 5 },
              "connections": { "agent": 12, "warnings": [{ "type": "AGENT_VERSION", "message": "old" }] },
              "disconnectAgents": [11],
              "environments": { "project": "group/app", "name": "production", "agent": 11 },
              "accessTokens": { "value": "glpat-ops", "role": "none", "groupRoles": { "fleet": "maintainer" } }
            }
            """);
        Assert.Equal((201, 30), (seeded.Status, (int)seeded.Json["countedAgents"]!));
        Group fleet = server.State.FindGroup("fleet")!;
        Assert.Equal(2, server.State.ProjectsOf(fleet, includeSubgroups: true).Count(project => project.Archived));

        JsonNode data = (await client.QueryAsync(
            "{ group(fullPath: \"fleet\") { maxAccessLevel { integerValue } clusterAgents { count } } "
            + "app: project(fullPath: \"group/app\") { id } site: project(fullPath: \"open/site\") { name } }")).Data!;

        Assert.Equal(
            """{"maxAccessLevel":{"integerValue":40},"clusterAgents":{"count":30}}""",
            data["group"]!.ToJsonString());
        Assert.Null(data["app"]);
        Assert.Equal("site", (string?)data["site"]!["name"]);
    }

    [Fact]
    public async Task Unknown_options_and_faults_are_rejected()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        using var client = new RawClient(server);
        Assert.Equal(400, (await client.SendAsync("POST", "/-/fake-gitlab/options", """{"nope":1}""")).Status);
        Assert.Equal(400, (await client.SendAsync("POST", "/-/fake-gitlab/faults", """{"kind":"nope"}""")).Status);
        RawResponse set = await client.SendAsync(
            "POST",
            "/-/fake-gitlab/options",
            """
            {
              "version": "17.4.0", "isEnterprise": false, "maintenance": "readOnly", "requestsPerMinute": 5,
              "certificateEncoding": null, "clockSkewMs": -1000, "graphQL": "html"
            }
            """);
        Assert.Equal(204, set.Status);
        Assert.Equal(
            ("17.4.0", MaintenanceMode.ReadOnly, 5, GraphQLAvailability.Html),
            (
                server.Options.Version,
                server.Options.Maintenance,
                server.Options.RequestsPerMinute,
                server.Options.GraphQL));
    }

    [Theory]
    [InlineData("signInPage", null, 200, "text/html", "Sign in")]
    [InlineData("signInPage", 405, 405, "text/html", "Sign in")]
    [InlineData("signInRedirect", null, 302, "text/html", "redirected")]
    [InlineData("errorPage", null, 502, "text/html", "502 Bad Gateway")]
    [InlineData("statusOk", null, 200, "application/json", """{"status":"ok"}""")]
    [InlineData("code", null, 404, "application/json", """{"code":404}""")]
    [InlineData("gatewayFault", null, 403, "application/json", "faultstring")]
    [InlineData("empty", null, 200, null, "")]
    [InlineData("truncatedJson", null, 200, "application/json", """{"id":11,"name":"pro""")]
    public async Task One_fault_sends_each_kind_of_foreign_response(
        string response, int? status, int expected, string? type, string body)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        using var client = new RawClient(server);
        var fault = new JsonObject { ["kind"] = "foreign", ["response"] = response, ["status"] = status };
        Assert.Equal(201, (await client.SendAsync("POST", "/-/fake-gitlab/faults", fault.ToJsonString())).Status);

        RawResponse result = await client.DeleteAsync("/projects/101/cluster_agents/11");

        Assert.Equal((expected, type), (result.Status, result.ContentType));
        Assert.Contains(body, result.Body, StringComparison.Ordinal);
        Assert.NotNull(server.State.FindAgent(11));
    }

    [Fact]
    public async Task A_fault_exists_for_each_form_of_rate_limit()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        using var client = new RawClient(server);
        server.Faults.Add(Fault.RateLimited(7));
        server.Faults.Add(Fault.RateLimitedUntil(DateTimeOffset.FromUnixTimeSeconds(1767225660)));
        server.Faults.Add(Fault.RateLimitedJson());
        server.Faults.Add(Fault.GraphQLTimeout());
        RawResponse seconds = await client.GetAsync("/user");
        RawResponse reset = await client.GetAsync("/user");
        RawResponse json = await client.GetAsync("/user");
        RawResponse timeout = await client.QueryAsync("{ currentUser { id } }");

        Assert.Equal(("7", "Retry later\n"), (seconds.Header("Retry-After"), seconds.Body));
        Assert.Equal((null, "1767225660"), (reset.Header("Retry-After"), reset.Header("RateLimit-Reset")));
        Assert.Equal(
            "This endpoint has been requested too many times. Try again later.",
            (string?)json.Json["message"]!["error"]);
        Assert.Equal((429, null), (json.Status, json.Header("Retry-After")));
        Assert.Equal(503, timeout.Status);
    }
}
