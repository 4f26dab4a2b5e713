using System;
using System.Collections.Generic;

namespace GitLabAgents.Benchmark;

/// <summary>Rows that are measured side by side.</summary>
/// <param name="Section">The letter of the report's section.</param>
/// <param name="Id">A name, unique within the section.</param>
/// <param name="Title">What is measured.</param>
/// <param name="Latency">How long the server waits before each response, in milliseconds.</param>
/// <param name="Unit">What is compared.</param>
/// <param name="Rows">The rows.</param>
internal sealed record Panel(string Section, string Id, string Title, int Latency, Unit Unit, IReadOnlyList<Row> Rows);

/// <summary>One of the ways that a panel compares.</summary>
/// <param name="Id">A name, unique within the panel.</param>
/// <param name="Label">The label in the report.</param>
/// <param name="Measure">Runs it once.</param>
internal sealed record Row(string Id, string Label, Func<Sample> Measure)
{
    /// <summary>Gets the number of objects that must be returned, or <see langword="null"/> for none.</summary>
    public long? ExpectedCount { get; init; }

    /// <summary>Gets whether the server has no GraphQL while the row runs.</summary>
    public bool BlocksGraphQL { get; init; }

    /// <summary>Gets the maximum number of runs. Rows that take half a minute vary little.</summary>
    public int MaxRuns { get; init; } = int.MaxValue;

    /// <summary>Creates a row whose value is computed instead of measured.</summary>
    public static Row CreateComputed(string id, string label, double milliseconds)
        => new(id, label, () => new Sample(milliseconds, 0, 0)) { MaxRuns = 1 };
}

/// <summary>The value by which the rows of a panel are compared.</summary>
internal enum Unit
{
    /// <summary>The duration of the statement, in milliseconds.</summary>
    Time,

    /// <summary>The peak working set of the process, in megabytes.</summary>
    Memory,

    /// <summary>The number of requests that the statement sends.</summary>
    Requests,
}

/// <summary>Formats units.</summary>
internal static class UnitExtensions
{
    public static string GetSymbol(this Unit unit) => unit switch
    {
        Unit.Time => "ms",
        Unit.Memory => "MB",
        _ => "requests",
    };
}
