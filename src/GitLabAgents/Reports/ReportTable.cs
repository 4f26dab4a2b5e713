using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Xml.Linq;
using static GitLabAgents.Reports.HtmlFragment;

namespace GitLabAgents.Reports;

/// <summary>Creates the rows of a report's table of agents.</summary>
/// <param name="report">The report.</param>
internal sealed class ReportTable(AgentReport report)
{
    // What needs attention comes first.
    private static readonly AgentConnectionStatus[] StatusOrder =
    [
        AgentConnectionStatus.Stale, AgentConnectionStatus.Unknown, AgentConnectionStatus.Never,
        AgentConnectionStatus.Connected,
    ];

    private readonly ReportText _text = new(report.AsOf);

    /// <summary>Creates the rows.</summary>
    public IEnumerable<XElement> CreateRows() => report.Rows.Select(CreateRow);

    /// <summary>Creates the options of the filter by status.</summary>
    public IEnumerable<XElement> CreateStatusOptions() => StatusOrder
        .Where(status => report.Count(status) > 0)
        .Select(static status => Element("option", Attribute("value", status), $"{status}"));

    private static XElement Cell(string label, object? value, params object?[] content) => Element(
        "td",
        Attribute("role", "cell"),
        Attribute("data-label", label),
        value is null ? null : Attribute("data-value", value),
        content);

    private static string UnixTime(DateTimeOffset? date)
        => date?.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture) ?? string.Empty;

    private static XElement CreateFindings(ReportRow row)
    {
        // A whole unit of severity outweighs any number of findings.
        int weight = row.Findings.Sum(static finding => (int)Math.Pow(100, (int)finding.Severity));
        IEnumerable<XElement> badges = row.Findings
            .GroupBy(static finding => finding.Severity)
            .OrderByDescending(static group => group.Key)
            .Select(static group => Element(
                "span",
                Class($"badge {ReportText.ClassOf(group.Key)}"),
                Attribute("title", string.Join(", ", GetRuleNames(group))),
                group.Key == AgentFindingSeverity.Information
                    ? $"{ReportText.Number(group.Count())} info"
                    : ReportText.Count(group.Count(), ReportText.ClassOf(group.Key))));
        return Cell("Findings", weight, Class("wrap"), row.Findings.Length == 0 ? "None" : badges);
    }

    private static IEnumerable<string> GetRuleNames(IEnumerable<AgentFinding> findings)
        => findings.Select(static finding => finding.RuleName).Distinct(StringComparer.Ordinal);

    private XElement CreateRow(ReportRow row)
    {
        AgentInventoryItem agent = row.Agent;
        return Element(
            "tr",
            Attribute("role", "row"),
            Attribute("id", $"agent-{row.Number}"),
            Attribute("data-status", agent.Status),
            Attribute("data-severity", row.Severity is { } severity ? ReportText.ClassOf(severity) : "none"),
            Element(
                "th",
                Attribute("scope", "row"),
                Attribute("role", "rowheader"),
                Attribute("data-label", "Agent"),
                Name(agent.Agent)),
            Cell(
                "Project",
                agent.Project,
                Class("wrap"),
                Name(agent.Project),
                agent.IsArchived is true ? " (archived)" : null,
                report.Servers.Length > 1 ? Element("span", Class("secondary"), agent.Session.ToString()) : null),
            Cell(
                "Status",
                Array.IndexOf(StatusOrder, agent.Status),
                Element("span", Class($"badge {ReportText.ClassOf(agent.Status)}"), $"{agent.Status}")),
            CreateVersion(agent),
            CreateTokens(agent),
            Cell("Last used", UnixTime(agent.LastUsedAt), FormatLastUse(row)),
            Cell(
                "Connected",
                UnixTime(agent.ConnectedAt),
                agent.ConnectedAt is { } connected ? _text.Age(connected) : "–"),
            Cell("Registered", UnixTime(agent.CreatedAt), agent.CreatedAt is { } created ? _text.Day(created) : "?"),
            CreateFindings(row));
    }

    private static XElement CreateVersion(AgentInventoryItem agent) => Cell(
        "Version",
        agent.Version ?? string.Empty,
        Class("wrap"),
        agent.Version ?? "–",
        agent.IsBehind is true ? Element("span", Class("attention"), " (behind)") : null);

    private static XElement CreateTokens(AgentInventoryItem agent) => Cell(
        "Tokens",
        agent.Tokens?.Length.ToString(CultureInfo.InvariantCulture) ?? string.Empty,
        Class("number"),
        agent.Tokens is { } tokens ? ReportText.Number(tokens.Length) : "?");

    private object FormatLastUse(ReportRow row) => row.Agent switch
    {
        { LastUsedAt: { } lastUsed } => _text.Age(lastUsed),
        { Tokens.Length: 0 } => "–",
        _ => row.IsLastUsedKnown ? "never" : "?",
    };
}
