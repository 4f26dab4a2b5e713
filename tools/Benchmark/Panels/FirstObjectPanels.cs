using System.Collections.Generic;

namespace GitLabAgents.Benchmark.Panels;

/// <summary>(e) The time until the first of 10,000 agents is returned.</summary>
internal static class FirstObjectPanels
{
    private const int Agents = 10_000;

    public static IEnumerable<Panel> Create(BenchmarkContext context)
    {
        PowerShell shell = context.Shell;
        long project = context.GetAgentProject(Agents);
        string module = SelectFirst($"Get-GitLabClusterAgent -Project {project}");
        string bare = SelectFirst($"Get-BareAgent $client '{context.Api}/projects/{project}'");
        string connectBare = Scripts.ConnectBareClient(context.Api);
        foreach (int latency in new[] { 0, 20 })
        {
            string title = $"Time to the first object, {latency} ms latency";
            yield return new Panel("e", $"first-{latency}", title, latency, Unit.Time,
            [
                Create("module", "Get-GitLabClusterAgent, connected before", context.Connect, module),
                Create("bare", "Bare loop in a cmdlet, connected before", connectBare, bare),
                Create("module-cold", "Get-GitLabClusterAgent, cold", context.ConnectWithoutRequest, module),
                Create("bare-cold", "Bare loop in a cmdlet, cold", Scripts.CreateBareClient, bare),
            ]);
        }

        Row Create(string id, string label, string setUp, string statement)
            => new(id, label, shell.Prepare(setUp, statement)) { ExpectedCount = 1 };
    }

    private static string SelectFirst(string command) => $"$result = @({command} | Select-Object -First 1)";
}
