using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace GitLabAgents.Benchmark.Report;

/// <summary>Writes the result of a run as a Markdown page.</summary>
internal static class MarkdownReport
{
    private const string ModuleRow = "module";
    private const string IdealRow = "ideal";

    private static readonly Dictionary<string, (string Title, string Text)> Sections = new()
    {
        ["a"] = ("Import", "`Import-Module` in a new process."),
        ["b"] = (
            "10,000 agents of a project",
            "100 pages of 100 agents, in a new process, cold unless stated otherwise."),
        ["c"] = (
            "The details of 1,000 tokens",
            "GitLab's list omits the last use of a token, so this takes 10 pages and then a request for each token. In "
            + "GitLab an agent has at most two tokens; here one agent has a thousand, so that only these requests are "
            + "measured. Section (d) has realistic agents."),
        ["d"] = (
            "A group",
            "300 projects with 1,000 agents, each with two tokens and their last use. The inventory has the "
            + "connections too, which the REST API does not show. `-Recurse` is omitted from the labels."),
        ["e"] = ("The first object", "In a new process, with `| Select-Object -First 1`."),
        ["f"] = ("Memory", "The peak working set of the process."),
        ["g"] = ("Growth", "The objects are kept in a variable."),
    };

    /// <summary>Formats the page.</summary>
    public static string Format(BenchmarkResult result)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"""
            # Benchmarks

            Written by `{result.Command}` on {result.Time:yyyy-MM-dd}.
            Run it again instead of editing this page. The results of a section come from one run on one machine:
            compare the ratios, not the milliseconds.

            ![Durations of import, lists, token details, a group, and growth, beside alternatives](benchmarks.png)

            Orange is this module, purple a lower bound (an ideal, a bare loop or an empty module), and gray an
            alternative; the number in parentheses is its ratio to the module. In the last chart, dotted lines show
            proportional growth.

            ## Targets

            {FormatTargets(result)}

            ## Results


            """);
        foreach (IGrouping<string, PanelResult> section in result.Panels.GroupBy(static panel => panel.Section))
        {
            (string title, string text) = Sections[section.Key];
            page.Append(CultureInfo.InvariantCulture, $"### ({section.Key}) {title}\n\n{text}\n\n");
            foreach (PanelResult panel in section)
            {
                page.Append(FormatTable(panel)).Append('\n');
            }
        }

        page.Append(FormatMethod(result.Runs));
        page.Append("\n\n| Measured on | |\n|---|---|\n");
        foreach (MachineFact fact in result.Machine)
        {
            page.Append(CultureInfo.InvariantCulture, $"| {fact.Name} | {fact.Value} |\n");
        }

        return page.ToString().ReplaceLineEndings("\n");
    }

    /// <summary>Formats the table of targets.</summary>
    public static string FormatTargets(BenchmarkResult result)
    {
        IReadOnlyList<Target> targets = Target.Evaluate(result);
        if (targets.Count == 0)
        {
            return "No target was measured.";
        }

        IEnumerable<string> rows = targets.Select(static target =>
            $"| {target.Section} | {target.Description} | {target.Bound} | **{target.Value}** | "
            + $"{(target.IsMet ? "met" : "**missed**")} |");
        return string.Join(
            '\n', ["| | Median, or ratio of medians | Target | Result | |", "|---|---|---|---|---|", .. rows]);
    }

    private static string FormatTable(PanelResult panel)
    {
        double? module = panel.Unit == Unit.Requests ? null : panel.GetMedian(ModuleRow);
        string ratioTitle = module is null ? string.Empty : "Ratio to the module | ";
        var table = new StringBuilder();
        table.Append(
            CultureInfo.InvariantCulture,
            $"| {panel.Title} | Median, {panel.Unit.GetSymbol()} | {ratioTitle}Range, runs |\n");
        table.Append(module is null ? "|---|--:|---|\n" : "|---|--:|--:|---|\n");
        foreach (RowResult row in panel.Rows)
        {
            string ratio = module is { } value ? $" {Target.FormatNumber(row.Median / value)} |" : string.Empty;
            string range = $"{Target.FormatNumber(row.Min)} to {Target.FormatNumber(row.Max)}, {row.Values.Count}";
            string escaped = row.Label.Replace("|", "\\|", System.StringComparison.Ordinal);
            string label = row.Id == ModuleRow ? $"**{escaped}**" : escaped;
            string median = Target.FormatNumber(row.Median);
            string source = row.Id == IdealRow ? "computed" : range;
            table.Append(CultureInfo.InvariantCulture, $"| {label} | {median} |{ratio} {source} |\n");
        }

        return table.ToString();
    }

    private static string FormatMethod(int runs) =>
        $"""
        ## Method

        - Values are medians of {runs} runs. Rows that take half a minute have fewer runs, as the tables show. The rows
          of a table run in alternating order, so that none always comes first.
        - Each run of a row is a process of its own: the PowerShell of the tests, with `-NoProfile` and an empty home. A
          stopwatch measures the statement only: just-in-time compilation counts, the start of the process does not.
          `Microsoft.PowerShell.Utility` is imported beforehand, except in (a).
        - The first request of a process is the slowest, mostly because of compilation. "Connected before" means after a
          plain `Connect-GitLab`, which sends two requests, or after the bare loop has read `/metadata`. "Cold" means
          that `Connect-GitLab -SkipValidation` sent none, or that the `HttpClient` was only created. Section (b) is
          cold unless stated otherwise; (c), (d), (f) and (g) run after `Connect-GitLab`.
        - The bare loop is the lower bound for a sequential client: `HttpClient` and `System.Text.Json` with generated
          deserializers, page by page, without retries, throttling or error handling. In PowerShell it is a compiled
          cmdlet, otherwise a console program. In (d) it sends the query of `Get-GitLabAgentInventory`.
        - "GraphQL blocked" means that the server has only the REST API, as behind a proxy that lets nothing else pass.
          The same latency is added to a query as to a request of the REST API. On a real GitLab a query with the agents
          of 100 projects takes longer than one token, so that the ratios in (d) are smaller there.
        - Requests are counted by the server, after `Connect-GitLab`.
        - The server is the fake GitLab in `tests/GitLabAgents.FakeGitLab`, in a process of its own on the same machine,
          so it uses part of the processor. Latency is how long it waits before each response.
        - The ideal is requests ÷ requests at a time × latency: server and client take no time themselves.
        - `curl` is given all URLs and does not parse the responses. One `curl` reads the pages of the list and a second
          one the tokens, because nobody knows the tokens before. The start of both is included.
        - `Invoke-RestMethod` opens a connection for each request.
        - Growth is linear if one more object costs the same among many as among few. The targets compare the cost of an
          object between 10,000 and 100,000 objects with the cost between 1,000 and 10,000; for tokens at 20 ms, a tenth
          of these numbers.
        """;
}
