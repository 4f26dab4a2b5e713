using System;
using System.Collections.Generic;

namespace GitLabAgents.Benchmark.Panels;

/// <summary>(b) 10,000 agents of one project, in a new process.</summary>
internal static class ListPanels
{
    private const int Agents = 10_000;

    public static IEnumerable<Panel> Create(BenchmarkContext context)
    {
        long project = context.GetAgentProject(Agents);
        foreach (int latency in new[] { 0, 20 })
        {
            string title = $"10,000 agents listed, {latency} ms latency";
            Row[] rows = [.. CreateRows(context, project)];
            yield return new Panel("b", $"list-{latency}", title, latency, Unit.Time, rows);
        }
    }

    private static IEnumerable<Row> CreateRows(BenchmarkContext context, long project)
    {
        PowerShell shell = context.Shell;
        string api = $"{context.Api}/projects/{project}";
        string module = $"$result = Get-GitLabClusterAgent -Project {project}";
        string bare = $"$result = Get-BareAgent $client '{api}'";
        string pages = Scripts.ReadPages($"{api}/cluster_agents", "$result");
        yield return Create(
            "module", "Get-GitLabClusterAgent", shell.Prepare(context.ConnectWithoutRequest, module));
        yield return Create(
            "bare",
            "Bare loop: HttpClient and System.Text.Json in a cmdlet",
            shell.Prepare(Scripts.CreateBareClient, bare));
        yield return Create("rest", "Invoke-RestMethod, page by page", shell.Prepare(Scripts.CreateHeaders, pages));
        yield return Create(
            "module-connected", "Get-GitLabClusterAgent, connected before", shell.Prepare(context.Connect, module));
        yield return Create(
            "bare-connected",
            "Bare loop in a cmdlet, connected before",
            shell.Prepare(Scripts.ConnectBareClient(context.Api), bare));

        yield return Create(
            "client",
            "GitLabAgents.Client, without PowerShell",
            ConsoleMeasurement.Prepare("client-list", context.Url, project));
        yield return Create(
            "bare-console",
            "Bare loop, without PowerShell",
            ConsoleMeasurement.Prepare("bare-list", context.Url, project));
    }

    private static Row Create(string id, string label, Func<Sample> measure)
        => new(id, label, measure) { ExpectedCount = Agents };
}
