using System.Collections.Generic;
using System.Globalization;

namespace GitLabAgents.Benchmark.Report;

/// <summary>Something that the module promises to reach.</summary>
/// <param name="Section">The letter of the section.</param>
/// <param name="Text">What is compared with what.</param>
/// <param name="Bound">The bound, as it is written.</param>
/// <param name="Value">What came out, as it is written.</param>
/// <param name="IsMet">Whether it is within the bound.</param>
internal sealed record Target(string Section, string Text, string Bound, string Value, bool IsMet)
{
    /// <summary>Judges a run. What was not measured is left out.</summary>
    public static IReadOnlyList<Target> Judge(RunResult run)
    {
        var targets = new List<Target>();

        double? Of(string section, string panel, string row) => run.Median(section, panel, row);
        void AtMost(string section, string text, double? value, double bound, string unit = "×")
        {
            if (value is { } v)
            {
                targets.Add(new Target(section, text, $"≤ {Number(bound)} {unit}", $"{Number(v)} {unit}", v <= bound));
            }
        }

        void AtLeast(string section, string text, double? value, double bound)
        {
            if (value is { } v)
            {
                targets.Add(new Target(section, text, $"≥ {Number(bound)} ×", $"{Number(v)} ×", v >= bound));
            }
        }

        AtMost("a", "Import, to an empty binary module", Of("a", "import", "module") / Of("a", "import", "empty"), 1.6);
        AtMost("a", "Import, to the same with our format and types files", Of("a", "import", "module") / Of("a", "import", "views"), 1.15);
        AtMost("b", "10,000 agents at 0 ms, nothing sent before, to the bare loop", Of("b", "list-0", "module") / Of("b", "list-0", "bare"), 1.1);
        AtMost("b", "10,000 agents at 0 ms, signed in before, to the bare loop", Of("b", "list-0", "module-connected") / Of("b", "list-0", "bare-connected"), 1.1);
        AtLeast("b", "10,000 agents at 0 ms, faster than Invoke-RestMethod", Of("b", "list-0", "rest") / Of("b", "list-0", "module"), 2.2);
        AtMost("b", "10,000 agents at 20 ms, to the bare loop", Of("b", "list-20", "module") / Of("b", "list-20", "bare"), 0.25);
        AtMost("c", "1,000 token details at 20 ms, to the ideal", Of("c", "details-20", "module") / Of("c", "details-20", "ideal"), 1.1);
        AtMost("c", "1,000 token details at 20 ms, to curl --parallel", Of("c", "details-20", "module") / Of("c", "details-20", "curl"), 1);
        AtMost("c", "1,000 token details at 20 ms, to ForEach-Object -Parallel", Of("c", "details-20", "module") / Of("c", "details-20", "parallel"), 0.6);
        foreach (string latency in new[] { "0", "20" })
        {
            AtMost("e", $"First object at {latency} ms, signed in before, to the bare loop", Of("e", "first-" + latency, "module") / Of("e", "first-" + latency, "bare"), 1.1);
            AtMost("e", $"First object at {latency} ms, nothing sent before, to the bare loop", Of("e", "first-" + latency, "module-cold") / Of("e", "first-" + latency, "bare-cold"), 1.1);
        }

        double? idle = Of("f", "memory", "idle");
        AtMost("f", "Memory above an idle engine, 100,000 agents", Of("f", "memory", "100000") - idle, 110, "MB");
        AtMost("f", "The same with 300,000 agents, to 100,000", (Of("f", "memory", "300000") - idle) / (Of("f", "memory", "100000") - idle), 1.1);
        foreach ((string panel, string text, int from) in new[]
        {
            ("list-0", "Time of one more agent at 0 ms, from 10,000 to 100,000 rows to that below", 10_000),
            ("list-20", "Time of one more agent at 20 ms, likewise", 10_000),
            ("details-0", "Time of one more token detail at 0 ms, likewise", 10_000),
            ("details-20", "Time of one more token detail at 20 ms, from 1,000 to 10,000 rows to that below", 1000),
        })
        {
            AtMost("g", text, Marginal(run, panel, from) / Marginal(run, panel, from / 10), 1.2);
        }

        return targets;
    }

    /// <summary>Writes a number to about three digits.</summary>
    public static string Number(double value)
        => value.ToString(value >= 100 ? "N0" : value >= 10 ? "0.#" : value >= 1 ? "0.##" : "0.###", CultureInfo.InvariantCulture);

    // The time of each row between so many and ten times as many: what the start costs does not count.
    private static double? Marginal(RunResult run, string panel, int from)
        => (run.Median("g", panel, Bench.Text($"{from * 10}")) - run.Median("g", panel, Bench.Text($"{from}"))) / (from * 9);
}
