using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;

namespace GitLabAgents.Benchmark.Panels;

/// <summary>(c) The details of 1,000 tokens: their list, then each token by itself.</summary>
internal static class DetailPanels
{
    private const int Tokens = 1000;

    // Each takes some 25 seconds with latency, and hardly varies.
    private const int MostRunsOfSlow = 3;

    public static IEnumerable<Panel> Make(Bench bench)
    {
        long project = bench.TokenProject(Tokens);
        long agent = bench.FirstAgent(project);
        foreach (int latency in new[] { 0, 20 })
        {
            yield return new Panel("c", $"details-{latency}", $"Details of 1,000 tokens, {latency} ms latency", latency, Unit.Time, [.. Rows(bench, project, agent, latency)]);
        }
    }

    private static IEnumerable<Row> Rows(Bench bench, long project, long agent, int latency)
    {
        string tokens = $"{bench.Api}/projects/{project}/cluster_agents/{agent}/tokens";
        if (latency > 0)
        {
            yield return Row.Computed("ideal", $"Ideal: {Bench.DetailRequests(Tokens):N0} requests, {Bench.Limit} at once", Bench.Ideal(Bench.DetailRequests(Tokens), latency));
        }

        if (bench.Shell is { } shell)
        {
            string own = $"$rows = Get-GitLabAgentToken -Project {project} -Agent {agent}";
            yield return new Row("module", "Get-GitLabAgentToken", shell.Prepare(bench.Connect, own)) { Expected = Tokens };
            yield return new Row("warm", "Get-GitLabAgentToken, a second time in the process", shell.Prepare($"{bench.Connect}\n{own}", own)) { Expected = Tokens };
            yield return new Row("parallel", $"ForEach-Object -Parallel with Invoke-RestMethod, {Bench.Limit} at once", shell.Prepare(
                Scripts.Headers,
                $$"""
                {{Scripts.ReadPages(tokens, "$list")}}
                $rows = $list.id | ForEach-Object -Parallel { Invoke-RestMethod "{{tokens}}/$_" -Headers $using:headers } -ThrottleLimit {{Bench.Limit}}
                """)) { Expected = Tokens };
            yield return new Row("rest", "Invoke-RestMethod in a loop", shell.Prepare(
                Scripts.Headers,
                $$"""
                {{Scripts.ReadPages(tokens, "$list")}}
                $rows = foreach ($id in $list.id) { Invoke-RestMethod "{{tokens}}/$id" -Headers $headers }
                """)) { Expected = Tokens, MostRuns = MostRunsOfSlow };
        }

        yield return new Row("client", "GitLabAgents.Client, no PowerShell", ConsoleCases.Prepare("client-details", bench.Url, project, agent)) { Expected = Tokens };
        if (Child.FindProgram("curl") is { } curl)
        {
            yield return new Row("curl", $"curl --parallel, {Bench.Limit} at once, told every address", Curl(curl, bench, project, agent, tokens));
        }
    }

    // curl cannot read ids from a list: it is told them beforehand, and spared the JSON. But no one knows the tokens before
    // the list is there, so one curl reads its pages, and then another the tokens. Their start counts, some 10 ms each.
    private static Func<Sample> Curl(string curl, Bench bench, long project, long agent, string tokens)
    {
        string[][] steps =
        [
            Arguments("pages", Enumerable.Range(1, Bench.DetailRequests(Tokens) - Tokens).Select(page => Bench.Text($"{tokens}?per_page=100&page={page}"))),
            Arguments("tokens", bench.Tokens(project, agent, Tokens).Select(id => Bench.Text($"{tokens}/{id}"))),
        ];
        return () =>
        {
            var watch = Stopwatch.StartNew();
            foreach (string[] step in steps)
            {
                Child.Run(curl, step);
            }

            return new Sample(watch.Elapsed.TotalMilliseconds, 0, 0);
        };

        string[] Arguments(string name, IEnumerable<string> addresses)
        {
            string nowhere = OperatingSystem.IsWindows() ? "NUL" : "/dev/null";
            string config = bench.Work.Write($"curl-{name}.txt", string.Concat(addresses.Select(address => $"url = \"{address}\"\noutput = \"{nowhere}\"\n")));
            return ["--silent", "--show-error", "--fail", "--parallel", "--parallel-max", $"{Bench.Limit}", "--header", "PRIVATE-TOKEN: " + FakeGitLab.AccessToken, "--config", config];
        }
    }
}
