using System;
using System.Collections.Generic;
using System.Globalization;

namespace GitLabAgents.Benchmark.Report;

/// <summary>A target of the module's performance, and whether a run met it.</summary>
/// <param name="Section">The letter of the report's section.</param>
/// <param name="Description">What is compared with what.</param>
/// <param name="Bound">The formatted bound.</param>
/// <param name="Value">The formatted result.</param>
/// <param name="IsMet">Whether the result is within the bound.</param>
internal sealed record Target(string Section, string Description, string Bound, string Value, bool IsMet)
{
    private const string RequestUnit = "requests";
    private const string List = "10,000 agents at";
    private const string Details = "1,000 token details at 20 ms";
    private const string Inventory = "Inventory of 1,000 agents";

    /// <summary>Evaluates a run. Targets that were not measured are omitted.</summary>
    public static IReadOnlyList<Target> Evaluate(BenchmarkResult result)
    {
        var targets = new List<Target>();

        AtMost("a", "Import vs. an empty binary module", Ratio("a", "import", "module", "empty"), 1.6);
        AtMost("a", "Import vs. the same with our views", Ratio("a", "import", "module", "views"), 1.15);
        AtMost("b", $"{List} 0 ms, cold, vs. the bare loop", Ratio("b", "list-0", "module", "bare"), 1.1);
        AtMost(
            "b",
            $"{List} 0 ms, connected before, vs. the bare loop",
            Ratio("b", "list-0", "module-connected", "bare-connected"),
            1.1);
        AtLeast("b", $"{List} 0 ms, Invoke-RestMethod vs. the module", Ratio("b", "list-0", "rest", "module"), 2.2);
        AtMost("b", $"{List} 20 ms vs. the bare loop", Ratio("b", "list-20", "module", "bare"), 0.25);
        AtMost("c", $"{Details} vs. the ideal", Ratio("c", "details-20", "module", "ideal"), 1.1);
        AtMost("c", $"{Details} vs. curl --parallel", Ratio("c", "details-20", "module", "curl"), 1);
        AtMost("c", $"{Details} vs. ForEach-Object -Parallel", Ratio("c", "details-20", "module", "parallel"), 0.6);
        AtMost("d", $"{Inventory} in 300 projects", Requests("module"), 12, RequestUnit);
        AtMost("d", "Their tokens by Get-GitLabAgentToken", Requests("tokens"), 25, RequestUnit);
        AtMost("d", "Inventory of 10,000 agents in 5,000 projects", Requests("large"), 130, RequestUnit);
        AtMost(
            "d",
            $"{Inventory} at 20 ms vs. ForEach-Object -Parallel",
            Ratio("d", "group-20", "module", "parallel"),
            0.1);
        AtMost("d", $"{Inventory} at 20 ms vs. the bare loop", Ratio("d", "group-20", "module", "bare"), 1.15);
        foreach (string latency in new[] { "0", "20" })
        {
            string first = $"First object at {latency} ms";
            string panel = $"first-{latency}";
            AtMost("e", $"{first}, connected before, vs. the bare loop", Ratio("e", panel, "module", "bare"), 1.3);
            AtMost("e", $"{first}, cold, vs. the bare loop", Ratio("e", panel, "module-cold", "bare-cold"), 1.3);
        }

        double? idle = result.GetMedian("f", "memory", "idle");
        double? smaller = result.GetMedian("f", "memory", "100000") - idle;
        double? larger = result.GetMedian("f", "memory", "300000") - idle;
        AtMost("f", "Memory above an idle engine, 100,000 agents", smaller, 110, "MB");
        AtMost("f", "The same for 300,000 vs. 100,000 agents", larger / smaller, 1.1);

        AtMost("g", "Cost of an agent at 0 ms, 100,000 vs. 10,000 agents", GetGrowth("list-0", 10_000), 1.2);
        AtMost("g", "Cost of an agent at 20 ms, 100,000 vs. 10,000 agents", GetGrowth("list-20", 10_000), 1.2);
        AtMost("g", "Cost of a token at 0 ms, 100,000 vs. 10,000 tokens", GetGrowth("details-0", 10_000), 1.2);
        AtMost("g", "Cost of a token at 20 ms, 10,000 vs. 1,000 tokens", GetGrowth("details-20", 1000), 1.2);
        return targets;

        double? Ratio(string section, string panel, string row, string other)
            => result.GetMedian(section, panel, row) / result.GetMedian(section, panel, other);

        double? Requests(string row) => result.GetMedian("d", "requests", row);

        double? GetGrowth(string panel, int size)
            => GetMarginalCost(result, panel, size) / GetMarginalCost(result, panel, size / 10);

        void AtMost(string section, string description, double? value, double bound, string unit = "×")
            => Add(section, description, value, $"≤ {FormatNumber(bound)} {unit}", unit, v => v <= bound);

        void AtLeast(string section, string description, double? value, double bound)
            => Add(section, description, value, $"≥ {FormatNumber(bound)} ×", "×", v => v >= bound);

        void Add(string section, string description, double? value, string bound, string unit, Func<double, bool> isMet)
        {
            if (value is { } v)
            {
                string text = FormatNumber(v);
                if (isMet(double.Parse(text, NumberStyles.Number, CultureInfo.InvariantCulture)) != isMet(v))
                {
                    text = v.ToString("0.000", CultureInfo.InvariantCulture); // Rounded, it would seem to be met.
                }

                targets.Add(new Target(section, description, bound, $"{text} {unit}", isMet(v)));
            }
        }
    }

    /// <summary>Formats a number with about three significant digits.</summary>
    public static string FormatNumber(double value)
    {
        string format = value switch
        {
            >= 100 => "N0",
            >= 10 => "0.#",
            >= 1 => "0.##",
            _ => "0.###",
        };
        return value.ToString(format, CultureInfo.InvariantCulture);
    }

    // The time per object between a size and ten times that size, which excludes fixed costs.
    private static double? GetMarginalCost(BenchmarkResult result, string panel, int size)
    {
        double? larger = result.GetMedian("g", panel, BenchmarkContext.Format($"{size * 10}"));
        double? smaller = result.GetMedian("g", panel, BenchmarkContext.Format($"{size}"));
        return (larger - smaller) / (size * 9);
    }
}
