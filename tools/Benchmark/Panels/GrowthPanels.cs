using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace GitLabAgents.Benchmark.Panels;

/// <summary>(g) How the durations of (b) and (c) grow with the number of objects.</summary>
internal static class GrowthPanels
{
    private const int MaxRuns = 5;
    private const int MaxSlowRuns = 3;
    private const int SlowFrom = 100_000;

    private static readonly int[] Sizes = [100, 1000, 10_000, 100_000];

    public static IEnumerable<Panel> Create(BenchmarkContext context)
    {
        return
        [
            Create("list-0", "Agents listed, 0 ms latency", 0, 100_000, ListAgents),
            Create("list-20", "Agents listed, 20 ms latency", 20, 100_000, ListAgents),
            Create("details-0", "Details of tokens, 0 ms latency", 0, 100_000, GetTokens),

            // 100,000 would take four minutes per run.
            Create("details-20", "Details of tokens, 20 ms latency", 20, 10_000, GetTokens),
        ];

        Panel Create(string id, string title, int latency, int maxSize, Func<BenchmarkContext, int, string> statement)
            => new(
                "g",
                id,
                title,
                latency,
                Unit.Time,
                [.. Sizes.Where(size => size <= maxSize).Select(size => CreateRow(context, size, statement))]);
    }

    private static Row CreateRow(BenchmarkContext context, int size, Func<BenchmarkContext, int, string> getStatement)
        => new(
            size.ToString(CultureInfo.InvariantCulture),
            $"{size:N0}",
            context.Shell.Prepare(context.Connect, getStatement(context, size)))
        {
            ExpectedCount = size,
            MaxRuns = size < SlowFrom ? MaxRuns : MaxSlowRuns,
        };

    private static string ListAgents(BenchmarkContext context, int size)
        => $"$result = Get-GitLabClusterAgent -Project {context.GetAgentProject(size)}";

    private static string GetTokens(BenchmarkContext context, int size)
        => $"$result = Get-GitLabClusterAgent -Project {context.GetTokenProject(size)} | Get-GitLabAgentToken";
}
