using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;

namespace GitLabAgents.Benchmark.Panels;

/// <summary>(c) The details of 1,000 tokens: their list, then a request for each token.</summary>
internal static class TokenPanels
{
    private const int Tokens = 1000;
    private const int MaxSlowRuns = 3;

    public static IEnumerable<Panel> Create(BenchmarkContext context)
    {
        long project = context.GetTokenProject(Tokens);
        long agent = context.GetFirstAgent(project);
        foreach (int latency in new[] { 0, 20 })
        {
            string title = $"Details of 1,000 tokens, {latency} ms latency";
            Row[] rows = [.. CreateRows(context, project, agent, latency)];
            yield return new Panel("c", $"details-{latency}", title, latency, Unit.Time, rows);
        }
    }

    private static IEnumerable<Row> CreateRows(BenchmarkContext context, long project, long agent, int latency)
    {
        const int Limit = BenchmarkContext.ThrottleLimit;
        string tokens = $"{context.Api}/projects/{project}/cluster_agents/{agent}/tokens";
        if (latency > 0)
        {
            int requests = BenchmarkContext.GetDetailRequests(Tokens);
            yield return Row.CreateComputed(
                "ideal",
                $"Ideal: {requests:N0} requests, {Limit} at a time",
                BenchmarkContext.GetIdealTime(requests, latency));
        }

        PowerShell shell = context.Shell;
        string module = $"$result = Get-GitLabAgentToken -Project {project} -Agent {agent}";
        yield return new Row("module", "Get-GitLabAgentToken", shell.Prepare(context.Connect, module))
        {
            ExpectedCount = Tokens,
        };
        yield return new Row(
            "warm",
            "Get-GitLabAgentToken, second run in the process",
            shell.Prepare($"{context.Connect}\n{module}", module)) { ExpectedCount = Tokens };
        yield return new Row(
            "parallel",
            $"ForEach-Object -Parallel with Invoke-RestMethod, {Limit} at a time",
            shell.Prepare(
                Scripts.CreateHeaders,
                $$"""
                {{Scripts.ReadPages(tokens, "$list")}}
                $result = $list.id | ForEach-Object -ThrottleLimit {{Limit}} -Parallel {
                    Invoke-RestMethod "{{tokens}}/$_" -Headers $using:headers
                }
                """)) { ExpectedCount = Tokens };
        yield return new Row(
            "rest",
            "Invoke-RestMethod in a loop",
            shell.Prepare(
                Scripts.CreateHeaders,
                $$"""
                {{Scripts.ReadPages(tokens, "$list")}}
                $result = foreach ($id in $list.id) { Invoke-RestMethod "{{tokens}}/$id" -Headers $headers }
                """)) { ExpectedCount = Tokens, MaxRuns = MaxSlowRuns };

        yield return new Row(
            "client",
            "GitLabAgents.Client, without PowerShell",
            ConsoleMeasurement.Prepare("client-details", context.Url, project, agent)) { ExpectedCount = Tokens };
        if (ChildProcess.FindProgram("curl") is { } curl)
        {
            yield return new Row(
                "curl",
                $"curl --parallel, {Limit} at a time, given every URL",
                PrepareCurl(curl, context, project, agent, tokens));
        }
    }

    // curl cannot read IDs from a list, so it is given the URLs and parses no JSON. But nobody knows the tokens before
    // the list is read, so one curl reads its pages and a second one the tokens. Starting each takes some 10 ms.
    private static Func<Sample> PrepareCurl(
        string curl, BenchmarkContext context, long project, long agent, string tokens)
    {
        int pages = BenchmarkContext.GetDetailRequests(Tokens) - Tokens;
        string[][] commands =
        [
            GetArguments("pages", Enumerable.Range(1, pages).Select(static page => $"?per_page=100&page={page}")),
            GetArguments("tokens", context.GetTokens(project, agent, Tokens).Select(static id => $"/{id}")),
        ];
        return () =>
        {
            var stopwatch = Stopwatch.StartNew();
            foreach (string[] arguments in commands)
            {
                ChildProcess.Run(curl, arguments);
            }

            return new Sample(stopwatch.Elapsed.TotalMilliseconds, 0, 0);
        };

        string[] GetArguments(string name, IEnumerable<string> suffixes)
        {
            string output = OperatingSystem.IsWindows() ? "NUL" : "/dev/null";
            string config = context.Folder.Write(
                $"curl-{name}.txt",
                string.Concat(suffixes.Select(suffix => $"url = \"{tokens}{suffix}\"\noutput = \"{output}\"\n")));
            return
            [
                "--silent", "--show-error", "--fail",
                "--parallel", "--parallel-max", $"{BenchmarkContext.ThrottleLimit}",
                "--header", "PRIVATE-TOKEN: " + FakeGitLab.AccessToken,
                "--config", config,
            ];
        }
    }
}
