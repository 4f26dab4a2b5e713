using System.Collections.Generic;

namespace GitLabAgents.Benchmark.Panels;

/// <summary>(e) How long it takes until the first of 10,000 agents is there.</summary>
internal static class FirstObjectPanels
{
    private const int Agents = 10_000;

    public static IEnumerable<Panel> Make(Bench bench)
    {
        if (bench.Shell is not { } shell)
        {
            yield break;
        }

        long project = bench.ListProject(Agents);
        string own = First($"Get-GitLabClusterAgent -Project {project}");
        string bare = First($"Get-BareAgent $client '{bench.Api}/projects/{project}'");
        foreach (int latency in new[] { 0, 20 })
        {
            yield return new Panel("e", $"first-{latency}", $"Time to the first object, {latency} ms latency", latency, Unit.Time,
            [
                new Row("module", "Get-GitLabClusterAgent, signed in before", shell.Prepare(bench.Connect, own)) { Expected = 1 },
                new Row("bare", "Bare loop in a cmdlet, signed in before", shell.Prepare(Scripts.ConnectedBareClient(bench.Api), bare)) { Expected = 1 },
                new Row("module-cold", "Get-GitLabClusterAgent, nothing sent before", shell.Prepare(bench.ConnectCold, own)) { Expected = 1 },
                new Row("bare-cold", "Bare loop in a cmdlet, nothing sent before", shell.Prepare(Scripts.BareClient, bare)) { Expected = 1 },
            ]);
        }
    }

    private static string First(string command) => $"$rows = @({command} | Select-Object -First 1)";
}
