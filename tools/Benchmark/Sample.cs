using System;
using System.Diagnostics;
using System.Globalization;
using System.Linq;

namespace GitLabAgents.Benchmark;

/// <summary>One run of one row.</summary>
/// <param name="Milliseconds">The duration of the measured statement.</param>
/// <param name="Count">The number of objects that it returned.</param>
/// <param name="PeakMegabytes">The peak working set of the process.</param>
internal sealed record Sample(double Milliseconds, long Count, double PeakMegabytes)
{
    private const string Prefix = "#sample";

    /// <summary>Parses the output of a measured process, which ends with a line of this class.</summary>
    public static Sample Parse(string output)
    {
        string line = output.Split('\n', StringSplitOptions.TrimEntries)
            .LastOrDefault(static line => line.StartsWith(Prefix, StringComparison.Ordinal))
            ?? throw new InvalidOperationException("The measured process reported no result:\n" + output);
        double[] values =
            [.. line.Split(' ').Skip(1).Select(static value => double.Parse(value, CultureInfo.InvariantCulture))];
        return new Sample(values[0], (long)values[1], values[2] / (1024 * 1024));
    }

    /// <summary>Writes that line from a measured process that is a console program.</summary>
    public static void Write(TimeSpan elapsed, long count)
    {
        long peak = Process.GetCurrentProcess().PeakWorkingSet64;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{Prefix} {elapsed.TotalMilliseconds} {count} {peak}"));
    }
}
