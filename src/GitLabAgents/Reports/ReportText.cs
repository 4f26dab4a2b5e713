using System;
using System.Globalization;
using System.Xml.Linq;

namespace GitLabAgents.Reports;

/// <summary>Formats the values of a report, independently of the culture, with dates in UTC.</summary>
/// <param name="asOf">The time that ages are relative to.</param>
internal sealed class ReportText(DateTimeOffset asOf)
{
    /// <summary>Formats a number.</summary>
    public static string Number(int number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Formats a number with a noun.</summary>
    public static string Count(int number, string noun)
        => number == 1 ? $"1 {noun}" : $"{Number(number)} {noun}s";

    /// <summary>Formats a date to the minute.</summary>
    public static string Minute(DateTimeOffset date)
        => date.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>Returns the CSS class of a severity.</summary>
    public static string ClassOf(AgentFindingSeverity severity) => severity switch
    {
        AgentFindingSeverity.Error => "error",
        AgentFindingSeverity.Warning => "warning",
        _ => "information",
    };

    /// <summary>Returns the CSS class of a status.</summary>
    public static string ClassOf(AgentConnectionStatus status) => status switch
    {
        AgentConnectionStatus.Connected => "good",
        AgentConnectionStatus.Stale => "error",
        AgentConnectionStatus.Never => "never",
        _ => "unknown",
    };

    /// <summary>Formats a date as its age; the date itself is its tooltip.</summary>
    public XElement Age(DateTimeOffset date) => Time(date, Minute(date), ViewFormatter.Age(date, asOf));

    /// <summary>Formats the day of a date.</summary>
    public XElement Day(DateTimeOffset date) => Time(date, ViewFormatter.Age(date, asOf), ViewFormatter.Day(date));

    private static XElement Time(DateTimeOffset date, string tooltip, string text) => HtmlFragment.Element(
        "time",
        HtmlFragment.Attribute("datetime", ViewFormatter.Iso(date.ToUniversalTime())),
        HtmlFragment.Attribute("title", tooltip),
        text);
}
