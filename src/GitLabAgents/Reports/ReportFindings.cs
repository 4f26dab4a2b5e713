using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using static GitLabAgents.Reports.HtmlFragment;

namespace GitLabAgents.Reports;

/// <summary>Lists the findings of a report by severity and rule.</summary>
internal static class ReportFindings
{
    // More than that would push everything else from the first screen.
    private const int MaxOpen = 8;

    private static readonly Regex Command = new(
        @"^(?<Text>.*:) (?<Command>[A-Z][A-Za-z]+-GitLab.*)$", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));

    private static readonly Regex Parameter = new(" (?=-[A-Z])", RegexOptions.None, TimeSpan.FromSeconds(1));

    /// <summary>Creates a block for each severity and rule.</summary>
    public static IEnumerable<XElement> Create(AgentReport report)
    {
        List<(ReportRow Row, AgentFinding Finding)> findings =
            [.. report.Rows.SelectMany(static row => row.Findings.Select(finding => (row, finding)))];
        if (report.Rows.Length == 0)
        {
            return [Notice("The report has no agents: none were passed to Export-GitLabAgentReport.")];
        }

        if (findings.Count == 0)
        {
            string agents = ReportText.Count(report.Rows.Length, "agent");
            return [Notice($"No findings: nothing about {agents} needs attention.")];
        }

        return findings
            .GroupBy(static pair => (pair.Finding.Severity, pair.Finding.RuleName))
            .OrderByDescending(static group => group.Key.Severity)
            .ThenBy(static group => Array.IndexOf(AgentRules.Names, group.Key.RuleName))
            .Select(group => CreateBlock(
                group.Key.Severity, group.Key.RuleName, [.. group], report, findings.Count <= MaxOpen));
    }

    private static XElement Notice(string text) => Element("p", Class("notice"), text);

    private static XElement CreateBlock(
        AgentFindingSeverity severity,
        string rule,
        (ReportRow Row, AgentFinding Finding)[] findings,
        AgentReport report,
        bool isOpen)
    {
        int agents = findings.Select(static pair => pair.Row).Distinct().Count();
        string count = ReportText.Count(agents, "agent");
        if (findings.Length != agents)
        {
            count = $"{ReportText.Count(findings.Length, "finding")}, {count}";
        }

        return Element(
            "details",
            Class("finding"),
            isOpen ? Attribute("open", "open") : null,
            Element(
                "summary",
                Element("span", Class($"badge {ReportText.ClassOf(severity)}"), $"{severity}"),
                Element("h3", rule),
                Element("span", Class("count"), count)),
            Element(
                "table",
                Element(
                    "thead",
                    Element("tr", ColumnHeader("Agent"), ColumnHeader("Finding"), ColumnHeader("Recommended action"))),
                Element(
                    "tbody",
                    findings.Select(pair => CreateRow(pair.Row, pair.Finding, report.Servers.Length > 1)))));
    }

    private static XElement ColumnHeader(string text) => Element("th", Attribute("scope", "col"), text);

    private static XElement CreateRow(ReportRow row, AgentFinding finding, bool showServer) => Element(
        "tr",
        Element(
            "th",
            Attribute("scope", "row"),
            Element("a", Attribute("href", $"#agent-{row.Number}"), Name(row.Agent.Agent)),
            Element(
                "span",
                Class("secondary"),
                Name(row.Agent.Project),
                showServer ? $" on {row.Agent.Session}" : null)),
        Element("td", Class("wrap"), finding.Message),
        Element("td", Class("action"), FormatAction(finding.RecommendedAction)));

    // Lines break between parameters, not after the hyphen of one.
    private static IEnumerable<object> FormatAction(string action)
    {
        Match match = Command.Match(action);
        if (!match.Success)
        {
            return [action];
        }

        IEnumerable<object> parts = Parameter.Split(match.Groups["Command"].Value)
            .SelectMany(static part => new object[] { Element("span", part), " " });
        return [match.Groups["Text"].Value + " ", Element("code", parts)];
    }
}
