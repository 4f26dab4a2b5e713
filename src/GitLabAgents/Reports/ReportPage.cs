using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using static GitLabAgents.Reports.HtmlFragment;

namespace GitLabAgents.Reports;

/// <summary>
/// Fills the embedded page with a report. The page contains its style and script, and its Content-Security-Policy
/// allows nothing else.
/// </summary>
internal static class ReportPage
{
    private const string Generator = "GitLabAgents";

    private static readonly Regex Placeholder = new(
        @"\{\{(?<Name>\w+)\}\}", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(10));

    /// <summary>Creates the HTML of a report.</summary>
    /// <param name="report">The report.</param>
    public static string Create(AgentReport report)
    {
        string style = ReadResource("Report.css");
        string script = ReadResource("Report.js");
        var table = new ReportTable(report);
        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["policy"] = $"default-src 'none'; style-src '{Hash(style)}'; script-src '{Hash(script)}'; "
                + "base-uri 'none'; form-action 'none'",
            ["style"] = style,
            ["script"] = script,
            ["generator"] = Encode($"{Generator} {GetVersion()}"),
            ["title"] = Encode(report.Title),
            ["subtitle"] = Encode(Describe(report)),
            ["asOf"] = Encode(ReportText.Minute(report.AsOf)),
            ["cards"] = ToHtml(CreateCards(report)),
            ["findings"] = ToHtml(ReportFindings.Create(report)),
            ["charts"] = ToHtml(ReportCharts.Draw(report)),
            ["statuses"] = ToHtml(table.CreateStatusOptions()),
            ["agents"] = ToHtml(table.CreateRows()),
        };

        // In one pass, because a name may look like a placeholder.
        return Placeholder.Replace(ReadResource("Report.html"), match => values[match.Groups["Name"].Value]);
    }

    private static IEnumerable<XElement> CreateCards(AgentReport report)
    {
        int total = report.Rows.Length;
        int connected = report.Count(AgentConnectionStatus.Connected);
        int stale = report.Count(AgentConnectionStatus.Stale);
        int errors = report.Count(AgentFindingSeverity.Error);
        int warnings = report.Count(AgentFindingSeverity.Warning);
        int information = report.Count(AgentFindingSeverity.Information);
        int unreadable = report.Rows.Count(static row => row.Agent.Tokens is null);
        string percentage = total == 0
            ? string.Empty
            : (100.0 * connected / total).ToString("0", CultureInfo.InvariantCulture) + "% of all agents";
        yield return Card("Agents", total, $"in {ReportText.Count(report.ProjectCount, "project")}");
        yield return Card("Connected", connected, percentage, connected > 0 ? "good" : string.Empty);
        yield return Card(
            "Not connected",
            total - connected,
            $"{ReportText.Number(stale)} stale, {ReportText.Number(report.Count(AgentConnectionStatus.Never))} never, "
                + $"{ReportText.Number(report.Count(AgentConnectionStatus.Unknown))} unknown",
            stale > 0 ? "error" : string.Empty);
        yield return Card(
            "Active tokens",
            report.Tokens.Count(),
            unreadable == 0 ? "of all agents" : $"{ReportText.Count(unreadable, "agent")} not readable");
        yield return Card("Errors", errors, "need action now", errors > 0 ? "error" : string.Empty);
        yield return Card(
            "Warnings",
            warnings,
            $"and {ReportText.Number(information)} for information",
            warnings > 0 ? "warning" : string.Empty);
    }

    private static XElement Card(string label, int value, string note, string color = "") => Element(
        "li",
        Class($"card {color}".TrimEnd()),
        Element("span", Class("label"), label),
        Element("span", Class("value"), ReportText.Number(value)),
        Element("span", Class("note"), note));

    private static string Describe(AgentReport report)
    {
        IEnumerable<string> servers = report.Servers.Select(static session => session.Version is { } version
            ? $"{session} (GitLab {version})"
            : session.ToString());
        return string.Join(" · ", servers.Append($"as of {ReportText.Minute(report.AsOf)}"));
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(DisplayText.Sanitize(text));

    private static string GetVersion() => typeof(ReportPage).Assembly.GetName().Version!.ToString(3);

    private static string Hash(string text)
    {
        using var algorithm = SHA256.Create();
        return "sha256-" + Convert.ToBase64String(algorithm.ComputeHash(Encoding.UTF8.GetBytes(text)));
    }

    private static string ReadResource(string name)
    {
        using Stream stream = typeof(ReportPage).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The resource {name} is missing.");
        using var reader = new StreamReader(stream, Encoding.UTF8);

        // Browsers hash what they parsed, with line feeds only.
        return reader.ReadToEnd().Replace("\r\n", "\n");
    }
}
