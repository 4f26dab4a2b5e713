using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GitLabAgents.Benchmark;

/// <summary>The result of a benchmark run.</summary>
/// <param name="Command">The command that measured it.</param>
/// <param name="Machine">Where it ran.</param>
/// <param name="Panels">The results.</param>
/// <param name="Runs">The number of runs of each row.</param>
/// <param name="Time">When it ended.</param>
internal sealed record BenchmarkResult(
    string Command,
    IReadOnlyList<MachineFact> Machine,
    IReadOnlyList<PanelResult> Panels,
    int Runs,
    DateTime Time)
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    public static BenchmarkResult Load(string file)
        => JsonSerializer.Deserialize<BenchmarkResult>(File.ReadAllText(file), Json)!;

    public void Save(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, JsonSerializer.Serialize(this, Json));
    }

    /// <summary>Finds a panel, or returns <see langword="null"/> if it was not measured.</summary>
    public PanelResult? FindPanel(string section, string id)
        => Panels.FirstOrDefault(panel => panel.Section == section && panel.Id == id);

    /// <summary>Gets the median of a row, or <see langword="null"/> if it was not measured.</summary>
    public double? GetMedian(string section, string panel, string row) => FindPanel(section, panel)?.GetMedian(row);
}

/// <summary>The result of a panel.</summary>
internal sealed record PanelResult(
    string Section, string Id, string Title, int Latency, Unit Unit, IReadOnlyList<RowResult> Rows)
{
    public double? GetMedian(string row) => Rows.FirstOrDefault(r => r.Id == row)?.Median;
}

/// <summary>The result of a row: the value of each of its runs.</summary>
internal sealed record RowResult(string Id, string Label, IReadOnlyList<double> Values)
{
    [JsonIgnore]
    public double Min => Values.Min();

    [JsonIgnore]
    public double Max => Values.Max();

    [JsonIgnore]
    public double Median
    {
        get
        {
            double[] sorted = [.. Values.Order()];
            int middle = sorted.Length / 2;
            return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        }
    }
}

/// <summary>A fact about the machine on which the benchmark ran.</summary>
internal sealed record MachineFact(string Name, string Value);
