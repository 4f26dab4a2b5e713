using System;
using System.Collections.Generic;

namespace GitLabAgents.Benchmark.Panels;

/// <summary>(d) A group of 300 projects with 1,000 agents, each with two tokens and their last use.</summary>
internal static class GroupPanels
{
    private const int Projects = 300;
    private const int Agents = 1000;
    private const int TokensPerAgent = 2;
    private const int Tokens = Agents * TokensPerAgent;

    // For the number of requests only.
    private const int ManyProjects = 5000;
    private const int ManyAgents = 10_000;

    private const int MaxRequestRuns = 3;
    private const string InventoryLabel = "Get-GitLabAgentInventory -Group";
    private const string TokensLabel = "Get-GitLabClusterAgent -Group | Get-GitLabAgentToken";

    public static IEnumerable<Panel> Create(BenchmarkContext context)
    {
        string group = context.GetGroup(Projects, Agents, TokensPerAgent);
        string large = context.GetGroup(ManyProjects, ManyAgents, TokensPerAgent);
        string query = context.Folder.Write(
            "inventory.json", context.GetQuery(context.Connect, ReadInventory(group)));
        foreach (int latency in new[] { 0, 20 })
        {
            string title = $"A group of 300 projects, 1,000 agents and their tokens, {latency} ms latency";
            Row[] rows = [.. CreateRows(context, group, query, static setUp => setUp)];
            yield return new Panel("d", $"group-{latency}", title, latency, Unit.Time, rows);
        }

        Func<string, string> count = setUp => $"{setUp}\n{context.ForgetRequests}";
        Row[] counted =
        [
            .. CreateRows(context, group, query, count),
            CreateRow(
                "large",
                InventoryLabel + ", 10,000 agents in 5,000 projects",
                context.Shell.Prepare(count(context.Connect), ReadInventory(large)),
                ManyAgents),
        ];
        yield return new Panel(
            "d",
            "requests",
            "Requests for a group of 300 projects, 1,000 agents and their tokens",
            0,
            Unit.Requests,
            [.. Array.ConvertAll(counted, static row => row with { MaxRuns = Math.Min(row.MaxRuns, MaxRequestRuns) })]);
    }

    private static IEnumerable<Row> CreateRows(
        BenchmarkContext context, string group, string query, Func<string, string> wrap)
    {
        const int Limit = BenchmarkContext.ThrottleLimit;
        PowerShell shell = context.Shell;
        string connect = wrap(context.Connect);
        yield return CreateRow("module", InventoryLabel, shell.Prepare(connect, ReadInventory(group)), Agents);
        yield return CreateRow(
            "bare",
            "Bare loop: its query by HttpClient and System.Text.Json in a cmdlet",
            shell.Prepare(
                wrap(Scripts.ConnectBareClient(context.Api)),
                $"$result = Get-BareInventory $client '{context.Url}/api/graphql' '{query}'"),
            Agents);

        string tokens = $"$result = Get-GitLabClusterAgent -Group {group} -Recurse | Get-GitLabAgentToken";
        yield return CreateRow("tokens", TokensLabel, shell.Prepare(connect, tokens), Tokens);
        yield return CreateRow("tokens-rest", TokensLabel + ", GraphQL blocked", shell.Prepare(connect, tokens), Tokens)
            with { BlocksGraphQL = true };

        string headers = wrap(Scripts.CreateHeaders);
        string list = Scripts.ReadPages(
            $"{context.Api}/groups/{group}/projects", "$projects", "include_subgroups=true&");
        yield return CreateRow(
            "parallel",
            $"ForEach-Object -Parallel with Invoke-RestMethod, {Limit} projects at a time",
            shell.Prepare(
                headers,
                $$"""
                {{list}}
                $result = $projects | ForEach-Object -ThrottleLimit {{Limit}} -Parallel {
                    {{ReadProject(context.Api, "$using:headers")}}
                }
                """),
            Tokens);
        yield return CreateRow(
            "rest",
            "Invoke-RestMethod in a loop",
            shell.Prepare(
                headers,
                $$"""
                {{list}}
                $result = $projects | ForEach-Object { {{ReadProject(context.Api, "$headers")}} }
                """),
            Tokens) with { MaxRuns = 1 };
    }

    private static Row CreateRow(string id, string label, Func<Sample> measure, int expectedCount)
        => new(id, label, measure) { ExpectedCount = expectedCount };

    private static string ReadInventory(string group)
        => $"$result = Get-GitLabAgentInventory -Group {group} -Recurse";

    // No project has more agents, and no agent more tokens, than fit on a page.
    private static string ReadProject(string api, string headers) =>
        $$"""

            $agents = "{{api}}/projects/$($_.id)/cluster_agents"
            foreach ($agent in (Invoke-RestMethod "${agents}?per_page=100" -Headers {{headers}})) {
                $tokens = "$agents/$($agent.id)/tokens"
                foreach ($token in (Invoke-RestMethod "${tokens}?per_page=100" -Headers {{headers}})) {
                    Invoke-RestMethod "$tokens/$($token.id)" -Headers {{headers}}
                }
            }

        """;
}
