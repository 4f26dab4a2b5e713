using System.Collections.Generic;

namespace GitLabAgents.Benchmark.Panels;

/// <summary>(d) A group of 300 projects with 1,000 agents and the token of each, with its details.</summary>
internal static class GroupPanels
{
    private const int Projects = 300;
    private const int Agents = 1000;
    private const int MostRunsOfSlow = 1;

    // The projects' pages, a list for each project, a list for each agent, each token.
    private const int Requests = (Projects / 100) + Projects + Agents + Agents;

    public static IEnumerable<Panel> Make(Bench bench)
    {
        string group = bench.Group(Projects, Agents);
        foreach (int latency in new[] { 0, 20 })
        {
            yield return new Panel("d", $"group-{latency}", $"A group of 300 projects, 1,000 agents and their tokens, {latency} ms latency", latency, Unit.Time, [.. Rows(bench, group, latency)]);
        }
    }

    private static IEnumerable<Row> Rows(Bench bench, string group, int latency)
    {
        if (bench.Shell is not { } shell)
        {
            yield break;
        }

        if (latency > 0)
        {
            yield return Row.Computed("ideal", $"Ideal: {Requests:N0} requests, {Bench.Limit} at once", Bench.Ideal(Requests, latency));
        }

        yield return new Row("module", "Get-GitLabClusterAgent -Group | Get-GitLabAgentToken", shell.Prepare(
            bench.Connect, $"$rows = Get-GitLabClusterAgent -Group {group} | Get-GitLabAgentToken")) { Expected = Agents };
        string projects = Scripts.ReadPages($"{bench.Api}/groups/{group}/projects", "$projects");
        yield return new Row("parallel", $"ForEach-Object -Parallel with Invoke-RestMethod, {Bench.Limit} projects at once", shell.Prepare(
            Scripts.Headers,
            $$"""
            {{projects}}
            $rows = $projects | ForEach-Object -Parallel { {{ReadProject(bench.Api, "$using:headers")}} } -ThrottleLimit {{Bench.Limit}}
            """)) { Expected = Agents };
        yield return new Row("rest", "Invoke-RestMethod in a loop", shell.Prepare(
            Scripts.Headers,
            $$"""
            {{projects}}
            $rows = $projects | ForEach-Object { {{ReadProject(bench.Api, "$headers")}} }
            """)) { Expected = Agents, MostRuns = MostRunsOfSlow };
    }

    // No project has more agents, and no agent more tokens, than fit on a page.
    private static string ReadProject(string api, string headers) =>
        $$"""

            foreach ($agent in (Invoke-RestMethod "{{api}}/projects/$($_.id)/cluster_agents?per_page=100" -Headers {{headers}})) {
                $tokens = "{{api}}/projects/$($_.id)/cluster_agents/$($agent.id)/tokens"
                foreach ($token in (Invoke-RestMethod "${tokens}?per_page=100" -Headers {{headers}})) {
                    Invoke-RestMethod "$tokens/$($token.id)" -Headers {{headers}}
                }
            }

        """;
}
