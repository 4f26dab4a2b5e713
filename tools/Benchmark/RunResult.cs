using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GitLabAgents.Benchmark;

/// <summary>What came of a whole run.</summary>
internal sealed record RunResult(IReadOnlyList<MachineFact> Machine, IReadOnlyList<PanelResult> Panels, int Runs, DateTime At)
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    public static RunResult Load(string file) => JsonSerializer.Deserialize<RunResult>(File.ReadAllText(file), Json)!;

    public void Save(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, JsonSerializer.Serialize(this, Json));
    }

    /// <summary>Gives a median, or <see langword="null"/> where it was not measured.</summary>
    public double? Median(string section, string panel, string row)
        => Panels.FirstOrDefault(p => p.Section == section && p.Id == panel)?.Median(row);
}

/// <summary>What came of one panel.</summary>
internal sealed record PanelResult(string Section, string Id, string Title, int Latency, Unit Unit, IReadOnlyList<RowResult> Rows)
{
    public double? Median(string row) => Rows.FirstOrDefault(r => r.Id == row)?.Median;
}

/// <summary>What came of one row.</summary>
internal sealed record RowResult(string Id, string Label, IReadOnlyList<double> Values)
{
    [JsonIgnore]
    public double Least => Values.Min();

    [JsonIgnore]
    public double Most => Values.Max();

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

/// <summary>One thing about where it was measured.</summary>
internal sealed record MachineFact(string Name, string Value);

/// <summary>How units are written.</summary>
internal static class UnitText
{
    public static string Symbol(this Unit unit) => unit == Unit.Time ? "ms" : "MB";
}
