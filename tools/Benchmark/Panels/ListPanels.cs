using System.Collections.Generic;

namespace GitLabAgents.Benchmark.Panels;

/// <summary>(b) 10,000 agents of one project, cold.</summary>
internal static class ListPanels
{
    private const int Agents = 10_000;

    public static IEnumerable<Panel> Make(Bench bench)
    {
        long project = bench.ListProject(Agents);
        foreach (int latency in new[] { 0, 20 })
        {
            yield return new Panel("b", $"list-{latency}", $"10,000 agents listed, {latency} ms latency", latency, Unit.Time, [.. Rows(bench, project)]);
        }
    }

    private static IEnumerable<Row> Rows(Bench bench, long project)
    {
        string api = $"{bench.Api}/projects/{project}";
        if (bench.Shell is { } shell)
        {
            string own = $"$rows = Get-GitLabClusterAgent -Project {project}";
            string bare = $"$rows = Get-BareAgent $client '{api}'";
            yield return new Row("module", "Get-GitLabClusterAgent", shell.Prepare(bench.ConnectCold, own)) { Expected = Agents };
            yield return new Row("bare", "Bare loop: HttpClient and System.Text.Json in a cmdlet", shell.Prepare(Scripts.BareClient, bare)) { Expected = Agents };
            yield return new Row("rest", "Invoke-RestMethod, page by page", shell.Prepare(Scripts.Headers, Scripts.ReadPages($"{api}/cluster_agents", "$rows"))) { Expected = Agents };
            yield return new Row("module-connected", "Get-GitLabClusterAgent, signed in before", shell.Prepare(bench.Connect, own)) { Expected = Agents };
            yield return new Row("bare-connected", "Bare loop in a cmdlet, signed in before", shell.Prepare(Scripts.ConnectedBareClient(bench.Api), bare)) { Expected = Agents };
        }

        yield return new Row("client", "GitLabAgents.Client, no PowerShell", ConsoleCases.Prepare("client-list", bench.Url, project)) { Expected = Agents };
        yield return new Row("bare-console", "Bare loop, no PowerShell", ConsoleCases.Prepare("bare-list", bench.Url, project)) { Expected = Agents };
    }
}
