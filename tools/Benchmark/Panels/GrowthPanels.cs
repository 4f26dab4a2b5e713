using System.Collections.Generic;
using System.Globalization;

namespace GitLabAgents.Benchmark.Panels;

/// <summary>(g) How (b) and (c) grow with the number of rows.</summary>
internal static class GrowthPanels
{
    private const int MostRuns = 5;
    private const int MostRunsOfSlow = 3;

    /// <summary>The numbers of rows.</summary>
    public static IReadOnlyList<int> Sizes { get; } = [100, 1000, 10_000, 100_000];

    public static IEnumerable<Panel> Make(Bench bench)
    {
        if (bench.Shell is null)
        {
            yield break;
        }

        yield return new Panel("g", "list-0", "Agents listed, 0 ms latency", 0, Unit.Time, [.. Rows(bench, 100_000, List)]);
        yield return new Panel("g", "list-20", "Agents listed, 20 ms latency", 20, Unit.Time, [.. Rows(bench, 100_000, List)]);
        yield return new Panel("g", "details-0", "Details of tokens, 0 ms latency", 0, Unit.Time, [.. Rows(bench, 100_000, Details)]);

        // 100,000 would take four minutes a run.
        yield return new Panel("g", "details-20", "Details of tokens, 20 ms latency", 20, Unit.Time, [.. Rows(bench, 10_000, Details)]);
    }

    private static IEnumerable<Row> Rows(Bench bench, int most, System.Func<Bench, int, string> statement)
    {
        foreach (int size in Sizes)
        {
            if (size <= most)
            {
                yield return new Row(size.ToString(CultureInfo.InvariantCulture), $"{size:N0}", bench.Shell!.Prepare(bench.Connect, statement(bench, size)))
                {
                    Expected = size,
                    MostRuns = size > 10_000 ? MostRunsOfSlow : MostRuns,
                };
            }
        }
    }

    private static string List(Bench bench, int size) => $"$rows = Get-GitLabClusterAgent -Project {bench.ListProject(size)}";

    private static string Details(Bench bench, int size) => $"$rows = Get-GitLabClusterAgent -Project {bench.TokenProject(size)} | Get-GitLabAgentToken";
}
