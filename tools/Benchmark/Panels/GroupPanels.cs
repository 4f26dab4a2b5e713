using System.Collections.Generic;

namespace GitLabAgents.Benchmark.Panels;

/// <summary>(d) A group of 300 projects with 1,000 agents, each with the details of its token.</summary>
internal static class GroupPanels
{
    private const int Projects = 300;
    private const int Agents = 1000;

    // The pages of projects, a list for each project, a list for each agent, and each token.
    private const int Requests = (Projects / 100) + Projects + Agents + Agents;

    public static IEnumerable<Panel> Create(BenchmarkContext context)
    {
        string group = context.GetGroup(Projects, Agents);
        foreach (int latency in new[] { 0, 20 })
        {
            string title = $"A group of 300 projects, 1,000 agents and their tokens, {latency} ms latency";
            Row[] rows = [.. CreateRows(context, group, latency)];
            yield return new Panel("d", $"group-{latency}", title, latency, Unit.Time, rows);
        }
    }

    private static IEnumerable<Row> CreateRows(BenchmarkContext context, string group, int latency)
    {
        const int Limit = BenchmarkContext.ThrottleLimit;
        if (context.Shell is not { } shell)
        {
            yield break;
        }

        if (latency > 0)
        {
            yield return Row.CreateComputed(
                "ideal",
                $"Ideal: {Requests:N0} requests, {Limit} at a time",
                BenchmarkContext.GetIdealTime(Requests, latency));
        }

        yield return new Row(
            "module",
            "Get-GitLabClusterAgent -Group | Get-GitLabAgentToken",
            shell.Prepare(context.Connect, $"$result = Get-GitLabClusterAgent -Group {group} | Get-GitLabAgentToken"))
        {
            ExpectedCount = Agents,
        };
        string projects = Scripts.ReadPages($"{context.Api}/groups/{group}/projects", "$projects");
        yield return new Row(
            "parallel",
            $"ForEach-Object -Parallel with Invoke-RestMethod, {Limit} projects at a time",
            shell.Prepare(
                Scripts.CreateHeaders,
                $$"""
                {{projects}}
                $result = $projects | ForEach-Object -ThrottleLimit {{Limit}} -Parallel {
                    {{ReadProject(context.Api, "$using:headers")}}
                }
                """)) { ExpectedCount = Agents };
        yield return new Row(
            "rest",
            "Invoke-RestMethod in a loop",
            shell.Prepare(
                Scripts.CreateHeaders,
                $$"""
                {{projects}}
                $result = $projects | ForEach-Object { {{ReadProject(context.Api, "$headers")}} }
                """)) { ExpectedCount = Agents, MaxRuns = 1 };
    }

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
