using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace GitLabAgents.Benchmark.Report;

/// <summary>Writes what came out as a page.</summary>
internal static class Markdown
{
    public static string Page(RunResult run, bool plotted)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"""
            # Benchmarks

            Written by `pwsh ./build.ps1 Benchmark` (or `dotnet run -c Release --project tools/Benchmark`) on {run.At:yyyy-MM-dd}; run it again rather than edit this page. All numbers of a section are of one run on one machine: compare the ratios, not the milliseconds.


            """);
        if (plotted)
        {
            page.AppendLine("![Import, listing, token details and growth, each beside what it is compared with](benchmarks.svg)").AppendLine();
        }

        page.AppendLine("## What was to be reached").AppendLine().AppendLine(Targets(run)).AppendLine();
        page.AppendLine("## Measured").AppendLine();
        foreach (IGrouping<string, PanelResult> section in run.Panels.GroupBy(static panel => panel.Section))
        {
            page.AppendLine(Section(section.Key)).AppendLine();
            foreach (PanelResult panel in section)
            {
                page.AppendLine(Table(panel));
            }
        }

        page.AppendLine(Method(run.Runs)).AppendLine();
        page.AppendLine("| Measured on | |").AppendLine("|---|---|");
        foreach (MachineFact fact in run.Machine)
        {
            page.AppendLine(CultureInfo.InvariantCulture, $"| {fact.Name} | {fact.Value} |");
        }

        return page.ToString();
    }

    /// <summary>Writes which promises are kept.</summary>
    public static string Targets(RunResult run)
    {
        IReadOnlyList<Target> targets = Target.Judge(run);
        return targets.Count == 0
            ? "None was measured: they need PowerShell, and there was no pwsh on PATH."
            : string.Join('\n', targets.Select(static t => $"| {t.Section} | {t.Text} | {t.Bound} | **{t.Value}** | {(t.IsMet ? "reached" : "**missed**")} |")
                .Prepend("|---|---|---|---|---|").Prepend("| | Median, as a ratio | Target | Measured | |"));
    }

    private static string Section(string letter) => letter switch
    {
        "a" => "### (a) Import\n\n`Import-Module` in a fresh process.",
        "b" => "### (b) 10,000 agents of a project\n\n100 pages of 100, in a fresh process; nothing sent before, where nothing else is said.",
        "c" => "### (c) The details of 1,000 tokens\n\nGitLab's list leaves out when a token was used last: so 10 pages, then 1,000 tokens one by one. An agent of GitLab's has two tokens at most; here one has a thousand, so that nothing but these requests is measured. (d) has them as GitLab does.",
        "d" => "### (d) A group\n\n300 projects, 1,000 agents, a token each, with its last use.",
        "e" => "### (e) The first object\n\nIn a fresh process, `| Select-Object -First 1`.",
        "f" => "### (f) Memory\n\nThe most that the process ever held (resident set), in MB.",
        "g" => "### (g) Growth\n\nThe rows are kept in a variable.",
        _ => string.Empty,
    };

    private static string Table(PanelResult panel)
    {
        double? own = panel.Median("module");
        var table = new StringBuilder();
        table.AppendLine(CultureInfo.InvariantCulture, $"| {panel.Title} | Median, {panel.Unit.Symbol()} | {(own is null ? string.Empty : "To the module | ")}Least to most, runs |");
        table.AppendLine(own is null ? "|---|--:|---|" : "|---|--:|--:|---|");
        foreach (RowResult row in panel.Rows)
        {
            string ratio = own is null ? string.Empty : $" {Target.Number(row.Median / own.Value)} |";
            string spread = row.Id == "ideal" ? "computed" : $"{Target.Number(row.Least)} to {Target.Number(row.Most)}, {row.Values.Count}";
            string label = row.Id == "module" ? $"**{row.Label}**" : row.Label;
            table.AppendLine(CultureInfo.InvariantCulture, $"| {label} | {Target.Number(row.Median)} |{ratio} {spread} |");
        }

        return table.ToString();
    }

    private static string Method(int runs) =>
        $"""
        ## How it is measured

        - Medians of {runs} runs; what takes half a minute a run has fewer, as the tables say. The rows of a table are run in turn, back and forth, so that none always comes first.
        - Each run of a row is a process of its own (`pwsh -NoProfile`), and a stopwatch around the statement alone: compiling at run time counts, the start of the process does not. `Microsoft.PowerShell.Utility` is loaded beforehand, but for (a).
        - The first request of a process is the dearest: most of it is compiling. "Signed in before" is after `Connect-GitLab` as people write it, which reads two answers; for the bare loop, after it has read one (`/metadata`). "Nothing sent before" is with `-SkipValidation`, and with an `HttpClient` that was only made. (b) is the latter where nothing else is said; (c), (d), (f) and (g) are after `Connect-GitLab`.
        - The bare loop is the floor: `HttpClient` and `System.Text.Json` with readers made by the compiler, page by page, with no retries, no throttle and no error of its own; in PowerShell as a compiled cmdlet, without it as a console program.
        - The server is the fake GitLab of `tests/GitLabAgents.FakeGitLab` in a process of its own on the same machine; what it does takes its share of the processor. Latency is what it waits before each answer.
        - The ideal is requests ÷ requests at once × latency: a server and a client that take no time themselves.
        - `curl` is told all addresses and does not read what it gets. One `curl` fetches the pages of the list, then another the tokens, since no one knows the tokens before; their start counts.
        - `Invoke-RestMethod` opens a connection for each request.
        - The plot is drawn by gnuplot.
        - Growth is linear where one more row costs no more among many than among few: the target compares the cost of a row from 10,000 to 100,000 with that from 1,000 to 10,000.
        """;
}
