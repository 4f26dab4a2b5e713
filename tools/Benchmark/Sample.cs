using System;
using System.Diagnostics;
using System.Globalization;
using System.Linq;

namespace GitLabAgents.Benchmark;

/// <summary>One run of one row.</summary>
internal sealed record Sample(double Milliseconds, long Rows, double PeakMegabytes)
{
    private const string Mark = "#sample";

    /// <summary>Reads the line that a measured process ends with.</summary>
    public static Sample Read(string output)
    {
        string line = output.Split('\n', StringSplitOptions.TrimEntries).LastOrDefault(l => l.StartsWith(Mark, StringComparison.Ordinal))
            ?? throw new InvalidOperationException("The measured process gave no result:\n" + output);
        double[] values = [.. line.Split(' ').Skip(1).Select(static part => double.Parse(part, CultureInfo.InvariantCulture))];
        return new Sample(values[0], (long)values[1], values[2] / (1024 * 1024));
    }

    /// <summary>Writes that line, in a measured process that is a console program.</summary>
    public static void Write(TimeSpan time, long rows)
        => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Mark} {time.TotalMilliseconds} {rows} {Process.GetCurrentProcess().PeakWorkingSet64}"));
}
