using System.Collections.Generic;
using System.Globalization;

namespace GitLabAgents.Benchmark.Panels;

/// <summary>(f) The peak working set of a process in which agents stream through a pipeline.</summary>
internal static class MemoryPanels
{
    public static IEnumerable<Panel> Create(BenchmarkContext context)
    {
        PowerShell shell = context.Shell;
        string bare = $"Get-BareAgent $client '{context.Api}/projects/{context.GetAgentProject(100_000)}'";
        yield return new Panel("f", "memory", "Peak working set of the process", 0, Unit.Memory,
        [
            new Row("idle", "Idle engine", shell.Prepare(string.Empty, string.Empty)),
            CreateModuleRow(100_000),
            CreateModuleRow(300_000),
            new Row(
                "bare",
                "100,000 agents through the bare loop in a cmdlet",
                shell.Prepare(Scripts.CreateBareClient, Count(bare))) { ExpectedCount = 100_000 },
        ]);

        Row CreateModuleRow(int agents)
        {
            string command = $"Get-GitLabClusterAgent -Project {context.GetAgentProject(agents)}";
            return new Row(
                agents.ToString(CultureInfo.InvariantCulture),
                $"{agents:N0} agents through Get-GitLabClusterAgent",
                shell.Prepare(context.Connect, Count(command))) { ExpectedCount = agents };
        }
    }

    private static string Count(string command) => $"$result = 0; {command} | ForEach-Object {{ $result++ }}";
}
