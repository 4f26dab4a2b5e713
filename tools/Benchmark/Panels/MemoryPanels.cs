using System.Collections.Generic;
using System.Globalization;

namespace GitLabAgents.Benchmark.Panels;

/// <summary>(f) The most memory that the process holds while agents stream through a pipeline.</summary>
internal static class MemoryPanels
{
    public static IEnumerable<Panel> Make(Bench bench)
    {
        if (bench.Shell is not { } shell)
        {
            yield break;
        }

        Row Stream(int agents) => new(
            agents.ToString(CultureInfo.InvariantCulture),
            $"{agents:N0} agents through Get-GitLabClusterAgent",
            shell.Prepare(bench.Connect, $"$rows = 0; Get-GitLabClusterAgent -Project {bench.ListProject(agents)} | ForEach-Object {{ $rows++ }}")) { Expected = agents };
        yield return new Panel("f", "memory", "Peak memory of the process", 0, Unit.Memory,
        [
            new Row("idle", "Idle engine", shell.Prepare(string.Empty, string.Empty)),
            Stream(100_000),
            Stream(300_000),
            new Row("bare", "100,000 agents through the bare loop in a cmdlet", shell.Prepare(
                Scripts.BareClient,
                $"$rows = 0; Get-BareAgent $client '{bench.Api}/projects/{bench.ListProject(100_000)}' | ForEach-Object {{ $rows++ }}")) { Expected = 100_000 },
        ]);
    }
}
