using System;
using System.Collections.Generic;
using System.Linq;

namespace GitLabAgents.Benchmark;

/// <summary>Runs the panels one after the other, the rows of each in turn, back and forth, so that no row always comes first.</summary>
internal sealed class Runner(FakeGitLab server, int runs)
{
    public RunResult Run(IEnumerable<Panel> panels)
        => new([], [.. panels.Select(Run)], runs, DateTime.UtcNow);

    private PanelResult Run(Panel panel)
    {
        Console.WriteLine();
        Console.WriteLine($"({panel.Section}) {panel.Title}");
        server.SetLatency(panel.Latency);
        var values = panel.Rows.ToDictionary(static row => row.Id, static _ => new List<double>());
        for (int run = 0; run < runs; run++)
        {
            foreach (Row row in run % 2 == 0 ? panel.Rows : panel.Rows.Reverse())
            {
                if (run < row.MostRuns)
                {
                    values[row.Id].Add(Measure(panel, row));
                }
            }
        }

        var result = new PanelResult(
            panel.Section, panel.Id, panel.Title, panel.Latency, panel.Unit, [.. panel.Rows.Select(row => new RowResult(row.Id, row.Label, values[row.Id]))]);
        foreach (RowResult row in result.Rows)
        {
            Console.WriteLine($"    {row.Label,-64} {row.Median,10:N1} {panel.Unit.Symbol()}   {row.Least:N1} to {row.Most:N1}, {row.Values.Count} runs");
        }

        return result;
    }

    private static double Measure(Panel panel, Row row)
    {
        Sample sample = row.Measure();
        if (row.Expected is { } expected && sample.Rows != expected)
        {
            throw new InvalidOperationException($"({panel.Section}) {row.Label}: {sample.Rows} rows came in place of {expected}.");
        }

        return panel.Unit == Unit.Time ? sample.Milliseconds : sample.PeakMegabytes;
    }
}
