using System;
using System.Globalization;
using System.IO;
using System.Linq;
using ScottPlot;
using ScottPlot.MultiplotLayouts;
using ScottPlot.Plottables;
using ScottPlot.TickGenerators;
using SkiaSharp;

namespace GitLabAgents.Benchmark.Report;

/// <summary>Draws the result of a run as a PNG image.</summary>
internal static class ChartWriter
{
    private const int Columns = 2;
    private const int PanelWidth = 560;
    private const int PanelHeight = 250;
    private const int PixelDensity = 2;

    private static readonly Color ModuleColor = Color.FromHex("#FC6D26");
    private static readonly Color LowerBoundColor = Color.FromHex("#6E49CB");
    private static readonly Color AlternativeColor = Color.FromHex("#B4B0BC");
    private static readonly Color TokenColor = Color.FromHex("#1F75CB");
    private static readonly Color TextColor = Color.FromHex("#333238");
    private static readonly Color GridColor = Color.FromHex("#E4E2E8");
    private static readonly string Font = FindFont();

    /// <summary>Draws the image.</summary>
    public static void Write(BenchmarkResult result, string file)
    {
        Plot?[] plots =
        [
            DrawBars(result, "a", "import", "Import-Module",
            [
                ("module", "GitLabAgents"), ("empty", "Empty module"),
                ("views", "Empty, our views"), ("script", "Script module"),
            ]),
            DrawBars(result, "b", "list-0", "10,000 agents, no latency",
            [
                ("module", "GitLabAgents"), ("bare", "Bare loop"), ("rest", "Invoke-RestMethod"),
            ]),
            DrawBars(result, "b", "list-20", "10,000 agents, 20 ms latency",
            [
                ("module", "GitLabAgents"), ("bare", "Bare loop"), ("rest", "Invoke-RestMethod"),
            ]),
            DrawBars(result, "c", "details-20", "Details of 1,000 tokens, 20 ms latency",
            [
                ("module", "GitLabAgents"), ("ideal", "Ideal"), ("curl", "curl --parallel"),
                ("parallel", "ForEach -Parallel"), ("rest", "Invoke-RestMethod"),
            ]),
            DrawBars(result, "d", "group-20", "Inventory of 1,000 agents, 20 ms latency",
            [
                ("module", "GitLabAgents"), ("bare", "Bare loop, GraphQL"), ("tokens-rest", "GitLabAgents, REST"),
                ("parallel", "ForEach -Parallel"),
            ]),
            DrawGrowth(result,
            [
                ("details-20", "tokens, 20 ms", TokenColor, LinePattern.Dashed),
                ("details-0", "tokens, no latency", TokenColor, LinePattern.Solid),
                ("list-20", "agents, 20 ms", ModuleColor, LinePattern.Dashed),
                ("list-0", "agents, no latency", ModuleColor, LinePattern.Solid),
            ]),
        ];
        Plot[] drawn = [.. plots.OfType<Plot>()];
        if (drawn.Length == 0)
        {
            return;
        }

        int rows = (drawn.Length + Columns - 1) / Columns;
        var size = new PixelSize(Columns * PanelWidth, rows * PanelHeight);
        var image = new Multiplot { Layout = new Grid(rows, Columns) };
        image.Reset(drawn[0]);
        foreach (Plot plot in drawn.Skip(1))
        {
            image.AddPlot(plot);
        }

        // The canvas is scaled, because a scale factor of the plots would scale their positions too.
        var info = new SKImageInfo((int)size.Width * PixelDensity, (int)size.Height * PixelDensity);
        using var surface = SKSurface.Create(info);
        surface.Canvas.Scale(PixelDensity);
        image.Render(surface.Canvas, new PixelRect(0, size.Width, size.Height, 0));
        using SKImage snapshot = surface.Snapshot();
        using SKData png = snapshot.Encode(SKEncodedImageFormat.Png, quality: 100);
        using FileStream stream = File.Create(file);
        png.SaveTo(stream);
    }

    private static Plot? DrawBars(
        BenchmarkResult result, string section, string panel, string title, (string Id, string Label)[] rows)
    {
        (string Id, string Label, double Value)[] bars =
        [
            .. from row in rows
               let median = result.GetMedian(section, panel, row.Id)
               where median is not null
               select (row.Id, row.Label, median.Value),
        ];
        if (bars is not [{ Id: "module" } module, ..])
        {
            return null;
        }

        Plot plot = CreatePlot(title);
        BarPlot barPlot = plot.Add.Bars(bars.Select((bar, i) => new Bar
        {
            Position = -i,
            Value = bar.Value,
            Size = 0.66,
            Orientation = Orientation.Horizontal,
            FillColor = GetColor(bar.Id),
            LineWidth = 0,
            Label = bar.Id == module.Id
                ? FormatDuration(bar.Value)
                : $"{FormatDuration(bar.Value)}  ({FormatRatio(bar.Value / module.Value)})",
        }).ToArray());
        barPlot.ValueLabelStyle.FontName = Font;
        barPlot.ValueLabelStyle.FontSize = 12;
        barPlot.ValueLabelStyle.ForeColor = TextColor;

        plot.Axes.Left.TickGenerator = new NumericManual(
            [.. bars.Select(static (_, i) => (double)-i)], [.. bars.Select(static bar => bar.Label)]);
        plot.Axes.Left.MajorTickStyle.Length = 0;
        plot.Axes.Bottom.IsVisible = false;
        plot.HideGrid();
        plot.Axes.SetLimits(0, bars.Max(static bar => bar.Value) * 1.45, 0.5 - bars.Length, 0.5);
        plot.Layout.Fixed(new PixelPadding(left: 140, right: 12, bottom: 14, top: 42));
        return plot;
    }

    private static Plot? DrawGrowth(
        BenchmarkResult result, (string Panel, string Label, Color Color, LinePattern Pattern)[] lines)
    {
        Plot plot = CreatePlot("Seconds by number of objects, logarithmic");
        DrawProportionalLines(plot);
        bool hasLines = false;
        foreach ((string id, string label, Color color, LinePattern pattern) in lines)
        {
            if (result.FindPanel("g", id) is not { } panel)
            {
                continue;
            }

            Coordinates[] points =
            [
                .. panel.Rows.Select(static row => new Coordinates(
                    Math.Log10(double.Parse(row.Id, CultureInfo.InvariantCulture)), Math.Log10(row.Median / 1000))),
            ];
            Scatter scatter = plot.Add.Scatter(points, color);
            scatter.LineWidth = 2;
            scatter.LinePattern = pattern;
            scatter.MarkerSize = 6;
            Text text = plot.Add.Text(label, points[^1]);
            text.LabelFontName = Font;
            text.LabelFontSize = 11;
            text.LabelFontColor = color;
            text.LabelAlignment = Alignment.MiddleLeft;
            text.OffsetX = 8;
            hasLines = true;
        }

        plot.Axes.Bottom.TickGenerator = new NumericManual([2, 3, 4, 5], ["100", "1,000", "10,000", "100,000"]);
        plot.Axes.Left.TickGenerator = new NumericManual([-2, -1, 0, 1, 2], ["0.01", "0.1", "1", "10", "100"]);
        plot.Axes.SetLimits(1.85, 6.3, -1.7, 1.8);
        plot.Layout.Fixed(new PixelPadding(left: 54, right: 12, bottom: 32, top: 42));
        return hasLines ? plot : null;
    }

    // A measured line that is parallel to these grows in proportion.
    private static void DrawProportionalLines(Plot plot)
    {
        for (int offset = -6; offset <= -2; offset++)
        {
            Scatter line = plot.Add.ScatterLine(new[] { 2d, 5 }, new[] { 2d + offset, 5 + offset }, GridColor);
            line.LinePattern = LinePattern.Dotted;
            line.LineWidth = 1.5f;
        }
    }

    private static Plot CreatePlot(string title)
    {
        var plot = new Plot();
        plot.Font.Set(Font);
        plot.Title(title, 15);
        plot.Axes.Color(TextColor);
        plot.Axes.Left.TickLabelStyle.FontSize = 12;
        plot.Axes.Bottom.TickLabelStyle.FontSize = 12;
        plot.Axes.Right.IsVisible = false;
        plot.Axes.Top.IsVisible = false;
        plot.Axes.Left.FrameLineStyle.Color = AlternativeColor;
        plot.Axes.Bottom.FrameLineStyle.Color = AlternativeColor;
        plot.Grid.MajorLineColor = GridColor;
        return plot;
    }

    private static Color GetColor(string row) => row switch
    {
        "module" => ModuleColor,
        "ideal" or "bare" or "empty" or "views" => LowerBoundColor,
        _ => AlternativeColor,
    };

    private static string FormatDuration(double milliseconds)
        => milliseconds >= 1000
            ? $"{Target.FormatNumber(milliseconds / 1000)} s"
            : $"{Target.FormatNumber(milliseconds)} ms";

    private static string FormatRatio(double ratio)
        => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(ratio, ratio < 10 ? 2 : 0)} ×");

    private static string FindFont()
    {
        string[] preferred = ["Segoe UI", "Helvetica Neue", "Arial", "Liberation Sans", "Noto Sans", "DejaVu Sans"];
        return preferred.Intersect(SKFontManager.Default.FontFamilies).FirstOrDefault() ?? Fonts.Sans;
    }
}
