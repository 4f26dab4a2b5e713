using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Xml.Linq;
using static GitLabAgents.Reports.HtmlFragment;

namespace GitLabAgents.Reports;

/// <summary>Draws the charts of a report as SVG: a ring for the status, bars for the rest.</summary>
internal static class ReportCharts
{
    private const int MaxVersions = 6;
    private const int Width = 264;
    private const int LabelWidth = 114;
    private const int BarWidth = 112;
    private const int BarHeight = 14;
    private const int RowHeight = 26;

    /// <summary>Draws all charts.</summary>
    public static IEnumerable<XElement> Draw(AgentReport report) =>
    [
        Figure("Status", "agents", DrawRing, GetStatuses(report)),
        Figure("Versions of connected agents", "agents", DrawBars, GetVersions(report)),
        Figure("Age of active tokens", "tokens", DrawBars, GetTokenAges(report)),
        Figure("Last use of agents", "agents", DrawBars, GetLastUses(report)),
    ];

    private static List<ChartValue> GetStatuses(AgentReport report) =>
    [
        .. new[]
        {
            AgentConnectionStatus.Connected, AgentConnectionStatus.Stale, AgentConnectionStatus.Never,
            AgentConnectionStatus.Unknown,
        }.Select(status => new ChartValue($"{status}", report.Count(status), ReportText.ClassOf(status))),
    ];

    private static List<ChartValue> GetVersions(AgentReport report)
    {
        ILookup<Version?, AgentInventoryItem> versions = report.Rows
            .Select(static row => row.Agent)
            .Where(static agent => agent.Status == AgentConnectionStatus.Connected)
            .ToLookup(static agent => AgentVersion.Parse(agent.Version) is { } version
                ? new Version(version.Major, version.Minor)
                : null);
        IGrouping<Version?, AgentInventoryItem>[] known =
            [.. versions.Where(static group => group.Key is not null).OrderByDescending(static group => group.Key)];
        List<ChartValue> values =
        [
            .. known.Take(MaxVersions).Select(static group => group.All(static agent => agent.IsBehind is true)
                ? new ChartValue($"{group.Key} (behind)", group.Count(), "warning")
                : new ChartValue($"{group.Key}", group.Count(), "good")),
        ];
        int earlier = known.Skip(MaxVersions).Sum(static group => group.Count());
        AddUnlessZero(values, "Earlier (behind)", earlier, "warning");
        AddUnlessZero(values, "Unknown", versions[null].Count(), "unknown");
        return values;
    }

    private static List<ChartValue> GetTokenAges(AgentReport report)
    {
        double?[] days = [.. report.Tokens.Select(token => (report.AsOf - token.CreatedAt)?.TotalDays)];
        List<ChartValue> values =
        [
            new("Under 30 days", days.Count(static age => age < 30), "good"),
            new("30 to 89 days", days.Count(static age => age is >= 30 and < 90), "good"),
            new("90 to 179 days", days.Count(static age => age is >= 90 and < 180), "information"),
            new("180 to 364 days", days.Count(static age => age is >= 180 and < 365), "information"),
            new("1 year or more", days.Count(static age => age >= 365), "warning"),
        ];
        AddUnlessZero(values, "Unknown", days.Count(static age => age is null), "unknown");
        return values;
    }

    private static List<ChartValue> GetLastUses(AgentReport report)
    {
        ReportRow[] withTokens = [.. report.Rows.Where(static row => row.Agent.Tokens is { Length: > 0 })];
        double[] days =
        [
            .. withTokens.Select(row => (report.AsOf - row.Agent.LastUsedAt)?.TotalDays).OfType<double>(),
        ];
        int never = withTokens.Count(static row => row.Agent.LastUsedAt is null && row.IsLastUsedKnown);
        List<ChartValue> values =
        [
            new("Last 24 hours", days.Count(static age => age < 1), "good"),
            new("1 to 6 days ago", days.Count(static age => age is >= 1 and < 7), "good"),
            new("7 to 29 days ago", days.Count(static age => age is >= 7 and < 30), "information"),
            new("30 to 89 days ago", days.Count(static age => age is >= 30 and < 90), "information"),
            new("90 or more days", days.Count(static age => age >= 90), "warning"),
            new("Never", never, "never"),
        ];
        int tokenless = report.Rows.Count(static row => row.Agent.Tokens is { Length: 0 });
        AddUnlessZero(values, "No active token", tokenless, "unknown");
        AddUnlessZero(
            values,
            "Unknown",
            report.Rows.Count(static row => row.Agent.Tokens is null) + withTokens.Length - days.Length - never,
            "unknown");
        return values;
    }

    private static void AddUnlessZero(List<ChartValue> values, string label, int count, string color)
    {
        if (count > 0)
        {
            values.Add(new ChartValue(label, count, color));
        }
    }

    private static XElement Figure(
        string title, string unit, Func<List<ChartValue>, string, XElement> draw, List<ChartValue> values)
        => Element(
            "article",
            Class("chart"),
            Element("h3", title),
            values.Any(static value => value.Count > 0)
                ? draw(values, unit)
                : Element("p", Class("secondary"), $"No {unit}."));

    private static XElement Svg(int height, List<ChartValue> values, string unit, IEnumerable<XElement> content)
    {
        IEnumerable<string> summary = values.Select(value => $"{value.Label}: {ReportText.Number(value.Count)}");
        return Element(
            "svg",
            Attribute("viewBox", FormattableString.Invariant($"0 0 {Width} {height}")),
            Attribute("role", "img"),
            Attribute("aria-label", $"Number of {unit}. {string.Join(", ", summary)}."),
            content);
    }

    private static XElement DrawRing(List<ChartValue> values, string unit)
    {
        const int Size = 124;
        const int Center = Size / 2;
        int total = values.Sum(static value => value.Count);
        var content = new List<XElement>();
        double start = 0;
        foreach (ChartValue value in values.Where(static value => value.Count > 0))
        {
            double length = 100.0 * value.Count / total;
            content.Add(Element(
                "circle",
                Class($"ring {value.Color}"),
                Attribute("cx", Center),
                Attribute("cy", Center),
                Attribute("r", 48),
                Attribute("pathLength", 100),
                Attribute("stroke-dasharray", FormattableString.Invariant($"{length:0.###} {100 - length:0.###}")),
                Attribute("stroke-dashoffset", (-start).ToString("0.###", CultureInfo.InvariantCulture)),
                Attribute("transform", FormattableString.Invariant($"rotate(-90 {Center} {Center})"))));
            start += length;
        }

        content.Add(Text(Center, Center + 5, ReportText.Number(total), "total", "middle"));
        content.Add(Text(Center, Center + 22, unit, "caption", "middle"));
        for (int i = 0; i < values.Count; i++)
        {
            int y = 28 + (i * RowHeight);
            content.Add(Element(
                "circle",
                Class($"dot {values[i].Color}"),
                Attribute("cx", 146),
                Attribute("cy", y - 4),
                Attribute("r", 5)));
            content.Add(Text(157, y, values[i].Label));
            content.Add(Text(Width - 4, y, ReportText.Number(values[i].Count), anchor: "end"));
        }

        return Svg(Size, values, unit, content);
    }

    private static XElement DrawBars(List<ChartValue> values, string unit)
    {
        int max = values.Max(static value => value.Count);
        IEnumerable<XElement> content = values.SelectMany((value, i) => DrawBar(value, i * RowHeight, max));
        return Svg(values.Count * RowHeight, values, unit, content);
    }

    private static IEnumerable<XElement> DrawBar(ChartValue value, int top, int max)
    {
        yield return Text(0, top + 17, value.Label);
        yield return Bar("track", top, BarWidth);
        if (value.Count > 0)
        {
            yield return Bar(value.Color, top, Math.Max(4, (double)BarWidth * value.Count / max));
        }

        yield return Text(Width - 4, top + 17, ReportText.Number(value.Count), anchor: "end");
    }

    private static XElement Bar(string color, int top, double width) => Element(
        "rect",
        Class(color),
        Attribute("x", LabelWidth),
        Attribute("y", top + 6),
        Attribute("width", width.ToString("0.#", CultureInfo.InvariantCulture)),
        Attribute("height", BarHeight),
        Attribute("rx", 3));

    private static XElement Text(int x, int y, string text, string? classes = null, string anchor = "start") => Element(
        "text",
        classes is null ? null : Class(classes),
        Attribute("x", x),
        Attribute("y", y),
        Attribute("text-anchor", anchor),
        text);

    private sealed class ChartValue(string label, int count, string color)
    {
        public string Label { get; } = label;

        public int Count { get; } = count;

        public string Color { get; } = color;
    }
}
