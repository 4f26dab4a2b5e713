using System;
using System.Collections.Generic;

namespace GitLabAgents.Benchmark;

/// <summary>What is measured side by side.</summary>
/// <param name="Section">The letter of the section.</param>
/// <param name="Id">A name, unique in the section.</param>
/// <param name="Title">What is measured.</param>
/// <param name="Latency">How long the server waits before each answer, in milliseconds.</param>
/// <param name="Unit">What is compared.</param>
/// <param name="Rows">The rows.</param>
internal sealed record Panel(string Section, string Id, string Title, int Latency, Unit Unit, IReadOnlyList<Row> Rows);

/// <summary>One way to do it.</summary>
/// <param name="Id">A name, unique in the panel.</param>
/// <param name="Label">What it is.</param>
/// <param name="Measure">Runs it once.</param>
internal sealed record Row(string Id, string Label, Func<Sample> Measure)
{
    /// <summary>Gets how many rows must come out, or <see langword="null"/> where there are none.</summary>
    public long? Expected { get; init; }

    /// <summary>Gets the most runs that it is worth: what takes half a minute varies little.</summary>
    public int MostRuns { get; init; } = int.MaxValue;

    /// <summary>Makes a row that is not measured but computed.</summary>
    public static Row Computed(string id, string label, double milliseconds)
        => new(id, label, () => new Sample(milliseconds, 0, 0)) { MostRuns = 1 };
}

/// <summary>What the rows of a panel are compared by.</summary>
internal enum Unit
{
    /// <summary>The time of the statement, in milliseconds.</summary>
    Time,

    /// <summary>The most memory that the process held, in megabytes.</summary>
    Memory,
}
