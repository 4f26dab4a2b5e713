using System;
using System.Collections.Generic;
using System.Linq;

namespace GitLabAgents.Benchmark;

/// <summary>Runs the panels one by one, and their rows in alternating order so that none always comes first.</summary>
internal sealed class Runner(FakeGitLab server, int runs)
{
    /// <summary>Runs the panels.</summary>
    public IReadOnlyList<PanelResult> Run(IEnumerable<Panel> panels) => [.. panels.Select(Run)];

    private double Measure(Panel panel, Row row)
    {
        server.SetOptions(panel.Latency, !row.BlocksGraphQL, recordRequests: panel.Unit == Unit.Requests);
        Sample sample = row.Measure();
        if (row.ExpectedCount is { } expected && sample.Count != expected)
        {
            throw new InvalidOperationException(
                $"({panel.Section}) {row.Label}: expected {expected} objects, got {sample.Count}.");
        }

        return panel.Unit switch
        {
            Unit.Time => sample.Milliseconds,
            Unit.Memory => sample.PeakMegabytes,
            _ => server.GetRequests().Count,
        };
    }

    private PanelResult Run(Panel panel)
    {
        Console.WriteLine();
        Console.WriteLine($"({panel.Section}) {panel.Title}");
        var values = panel.Rows.ToDictionary(static row => row.Id, static _ => new List<double>());
        for (int run = 0; run < runs; run++)
        {
            foreach (Row row in run % 2 == 0 ? panel.Rows : panel.Rows.Reverse())
            {
                if (run < row.MaxRuns)
                {
                    values[row.Id].Add(Measure(panel, row));
                }
            }
        }

        RowResult[] rows = [.. panel.Rows.Select(row => new RowResult(row.Id, row.Label, values[row.Id]))];
        foreach (RowResult row in rows)
        {
            Console.WriteLine(
                $"    {row.Label,-64} {row.Median,10:N1} {panel.Unit.GetSymbol()}   "
                + $"{row.Min:N1} to {row.Max:N1}, {row.Values.Count} runs");
        }

        return new PanelResult(panel.Section, panel.Id, panel.Title, panel.Latency, panel.Unit, rows);
    }
}
