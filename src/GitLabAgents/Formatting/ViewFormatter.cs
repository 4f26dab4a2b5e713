using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Management.Automation;

namespace GitLabAgents;

/// <summary>Formats values for views and messages, independently of the culture.</summary>
public static class ViewFormatter
{
    private const int StaleDays = 90;
    private const int ExpiryNoticeDays = 7;
    private const string Red = "\u001b[31m";
    private const string Yellow = "\u001b[33m";
    private const string Reset = "\u001b[0m";

    private static readonly bool IsAnsiSupported =
        typeof(PSObject).Assembly.GetType("System.Management.Automation.PSStyle") is not null;

    private static readonly (double Seconds, string Unit)[] Units =
    [
        (365.25 * 86400, "year"), (30.44 * 86400, "month"), (86400, "day"), (3600, "hour"), (60, "minute"),
    ];

    /// <summary>Formats when a token was last used.</summary>
    /// <param name="token">The token.</param>
    /// <returns>Text such as "never" or "3 hours ago", or "?" if the last use is not known.</returns>
    public static string LastUsed(AgentToken token) => token switch
    {
        null or { IsLastUsedKnown: false } => "?",
        { LastUsedAt: null } => "never",
        _ => Age(token.LastUsedAt, token.Session),
    };

    /// <summary>Formats a date as in ISO 8601, to the second.</summary>
    /// <param name="date">The date, or <see langword="null"/>.</param>
    /// <returns>The date, or an empty string.</returns>
    public static string Iso(DateTimeOffset? date)
        => date?.ToString("yyyy-MM-dd'T'HH:mm:ssK", CultureInfo.InvariantCulture) ?? string.Empty;

    /// <summary>Formats the day of a date in UTC as in ISO 8601.</summary>
    /// <param name="date">The date, or <see langword="null"/>.</param>
    /// <returns>The day, or an empty string.</returns>
    public static string Day(DateTimeOffset? date)
        => date?.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? string.Empty;

    /// <summary>Returns a value indicating whether a token was not used for 90 days.</summary>
    /// <param name="token">The token.</param>
    /// <returns><see langword="false"/> if the last use is not known.</returns>
    public static bool IsStale(AgentToken token)
    {
        DateTimeOffset limit = GetNow(token?.Session).AddDays(-StaleDays);
        return token is { IsLastUsedKnown: true } && (token.LastUsedAt ?? token.CreatedAt) <= limit;
    }

    /// <summary>Returns a value indicating whether an agent's connection needs attention: lost, or not known.</summary>
    /// <param name="connection">The connection.</param>
    /// <returns><see langword="true"/> if it does.</returns>
    public static bool NeedsAttention(AgentConnection connection)
        => connection?.Status is AgentConnectionStatus.Stale or AgentConnectionStatus.Unknown;

    /// <summary>Returns a value indicating whether the access token of a session expires within seven days.</summary>
    /// <param name="session">The session.</param>
    /// <returns><see langword="true"/> if it does.</returns>
    public static bool ExpiresSoon(GitLabSession session)
        => session?.ExpiresAt <= GetNow(session).AddDays(ExpiryNoticeDays);

    /// <summary>Formats how long ago a date is, or in how long it will be.</summary>
    /// <param name="date">The date, or <see langword="null"/>.</param>
    /// <param name="session">The session whose server wrote the date: its clock counts.</param>
    /// <returns>Text such as "3 hours ago" or "in 2 days", or an empty string.</returns>
    public static string Age(DateTimeOffset? date, GitLabSession? session = null)
        => date is { } when ? Age(when, GetNow(session)) : string.Empty;

    /// <summary>Formats how long before a time a date is, or how long after it.</summary>
    internal static string Age(DateTimeOffset date, DateTimeOffset now)
    {
        double seconds = (now - date).TotalSeconds;
        foreach ((double length, string unit) in Units)
        {
            long count = (long)(Math.Abs(seconds) / length);
            if (count > 0)
            {
                string plural = count == 1 ? string.Empty : "s";
                string span = string.Format(CultureInfo.InvariantCulture, "{0} {1}{2}", count, unit, plural);
                return seconds > 0 ? span + " ago" : "in " + span;
            }
        }

        return seconds >= 0 ? "just now" : "in a moment";
    }

    /// <summary>Makes a server's text safe for a terminal.</summary>
    internal static string Text(object? value)
        => DisplayText.Sanitize(Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty);

    /// <summary>Makes text of several lines safe for a terminal.</summary>
    internal static string Lines(string? text)
        => string.Join("\n", (text ?? string.Empty).Split('\n').Select(static line => Text(line.TrimEnd('\r'))));

    /// <summary>Joins the names of items, safe for a terminal.</summary>
    internal static string Join(IEnumerable<object> items) => Text(string.Join(", ", items));

    /// <summary>Colors text that needs attention, if the terminal supports colors.</summary>
    internal static string Highlight(string text, bool needsAttention)
        => needsAttention ? Color(text, Yellow) : text;

    /// <summary>Colors text about an error, if the terminal supports colors.</summary>
    internal static string HighlightError(string text) => Color(text, Red);

    /// <summary>Formats tokens with their IDs.</summary>
    internal static string JoinWithIds(IEnumerable<AgentToken> tokens)
        => Join(tokens.Select(static token => $"{token} ({token.Id})"));

    private static string Color(string text, string color)
        => IsAnsiSupported && !Console.IsOutputRedirected ? color + text + Reset : text;

    private static DateTimeOffset GetNow(GitLabSession? session) => session?.GetServerTime() ?? DateTimeOffset.UtcNow;
}
