using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;

namespace GitLabAgents.Benchmark.Report;

/// <summary>Draws what came out, with gnuplot.</summary>
internal static class Plot
{
    private const string Own = "0xFC6D26";
    private const string Other = "0xA8A4B0";
    private const string Floor = "0x6E49CB";

    /// <summary>Draws the plot, if gnuplot is there.</summary>
    public static bool TryWrite(RunResult run, string file)
    {
        if (Child.FindProgram("gnuplot") is not { } gnuplot)
        {
            return false;
        }

        List<string> panels =
        [
            .. Bars(run, "a", "import", "Import", ("module", "GitLabAgents"), ("empty", "empty module"), ("views", "empty, our views"), ("script", "script module")),
            .. Bars(run, "b", "list-0", "10,000 agents, 0 ms latency", ("module", "GitLabAgents"), ("bare", "bare loop"), ("rest", "Invoke-RestMethod")),
            .. Bars(run, "b", "list-20", "10,000 agents, 20 ms latency", ("module", "GitLabAgents"), ("bare", "bare loop"), ("rest", "Invoke-RestMethod")),
            .. Bars(run, "c", "details-20", "1,000 token details, 20 ms latency", ("module", "GitLabAgents"), ("ideal", "ideal, 8 at once"), ("curl", "curl --parallel"), ("parallel", "ForEach -Parallel"), ("rest", "Invoke-RestMethod")),
            .. Bars(run, "d", "group-20", "A group of 1,000 agents, 20 ms", ("module", "GitLabAgents"), ("ideal", "ideal, 8 at once"), ("parallel", "ForEach -Parallel"), ("rest", "Invoke-RestMethod")),
            .. Growth(run),
        ];
        int lines = (panels.Count + 1) / 2;
        double height = lines * 235;
        var script = new StringBuilder();
        script.AppendLine(CultureInfo.InvariantCulture, $$"""
            set terminal svg size 960,{{height}} dynamic font 'Helvetica,Arial,sans-serif,13' background rgb 'white'
            set output '{{file.Replace("'", "''", StringComparison.Ordinal)}}'
            set encoding utf8
            set multiplot layout {{lines}},2 margins 0.15,0.98,{{35 / height}},{{1 - (35 / height)}} spacing 0.16,{{70 / height}}
            """);
        panels.ForEach(panel => script.AppendLine(panel));
        script.AppendLine("unset multiplot");
        Child.Run(gnuplot, [], script.ToString());
        return File.Exists(file);
    }

    private static IEnumerable<string> Bars(RunResult run, string section, string panel, string title, params (string Row, string Label)[] rows)
    {
        (string Row, string Label, double Value)[] bars =
        [
            .. rows.Select(row => (row.Row, row.Label, run.Median(section, panel, row.Row)))
                .Where(static row => row.Item3 is not null).Select(static row => (row.Row, row.Label, row.Item3!.Value)),
        ];
        if (bars is not [{ Row: "module" } own, ..])
        {
            yield break;
        }

        var data = new StringBuilder();
        foreach ((string row, string label, double value) in bars)
        {
            string color = row switch { "module" => Own, "ideal" or "bare" or "views" => Floor, _ => Other };
            string text = value >= 1000 ? $"{Target.Number(value / 1000)} s" : $"{Target.Number(value)} ms";
            string ratio = row == "module" ? string.Empty : $"  ({Target.Number(value / own.Value)} ×)";
            data.AppendLine(CultureInfo.InvariantCulture, $"\"{label}\" {value} {color} \"{text}{ratio}\"");
        }

        yield return string.Create(CultureInfo.InvariantCulture, $$"""
            $data << EOD
            {{data}}EOD
            reset
            set title '{{title}}' font ',15' offset 0,-0.4
            unset key
            unset xtics
            set border 2 lc rgb '#888888'
            set ytics nomirror scale 0 textcolor rgb '#333333'
            set yrange [{{bars.Length - 0.4}}:-0.6]
            set xrange [0:{{bars.Max(static bar => bar.Value) * 1.42}}]
            set style fill solid noborder
            plot $data using 2:0:(0):2:($0-0.36):($0+0.36):3:ytic(1) with boxxyerror lc rgb variable, '' using 2:0:4 with labels left offset 0.6,0
            """);
    }

    private static IEnumerable<string> Growth(RunResult run)
    {
        (string Panel, string Label, string Style)[] lines =
        [
            .. new[]
            {
                ("list-0", "agents, 0 ms", "lc rgb '#FC6D26' pt 7"),
                ("list-20", "agents, 20 ms", "lc rgb '#FC6D26' dt 2 pt 6"),
                ("details-0", "token details, 0 ms", "lc rgb '#6E49CB' pt 7"),
                ("details-20", "token details, 20 ms", "lc rgb '#6E49CB' dt 2 pt 6"),
            }.Where(line => run.Panels.Any(panel => panel.Section == "g" && panel.Id == line.Item1)),
        ];
        if (lines.Length == 0)
        {
            yield break;
        }

        var script = new StringBuilder();
        for (int index = 0; index < lines.Length; index++)
        {
            PanelResult panel = run.Panels.First(p => p.Section == "g" && p.Id == lines[index].Panel);
            script.AppendLine(CultureInfo.InvariantCulture, $"$line{index} << EOD");
            foreach (RowResult row in panel.Rows)
            {
                script.AppendLine(CultureInfo.InvariantCulture, $"{row.Id} {row.Median / 1000}");
            }

            script.AppendLine("EOD");
        }

        script.AppendLine("""
            reset
            set title 'Seconds by number of rows (dotted: in proportion)' font ',15' offset 0,-0.4
            set logscale xy
            set border 3 lc rgb '#888888'
            set tics nomirror textcolor rgb '#333333'
            set grid lc rgb '#DDDDDD'
            unset key
            set xrange [80:4000000]
            set yrange [0.015:100]
            set xtics ('100' 100, '1,000' 1000, '10,000' 10000, '100,000' 100000)
            set ytics ('0.1' 0.1, '1' 1, '10' 10, '100' 100)
            """);
        int[] last = [.. lines.Select(line => run.Panels.First(p => p.Section == "g" && p.Id == line.Panel).Rows.Count - 1)];
        IEnumerable<string> plots = lines.Select((line, index) => $"$line{index} using 1:2 with linespoints lw 2 ps 0.6 {line.Style}, $line{index} every ::{last[index]} using 1:2:('{line.Label}') with labels left font ',11' offset 0.8,0")
            .Append("[80:100000] x / 4000.0 with lines lc rgb '#999999' dt 3 notitle");
        yield return script.Append("plot ").Append(string.Join(", ", plots)).ToString();
    }
}
