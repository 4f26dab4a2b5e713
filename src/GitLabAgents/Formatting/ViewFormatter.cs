using System;
using System.Globalization;

namespace GitLabAgents;

/// <summary>How the views of Format.ps1xml put things into words. They are called from there, and are public for that alone.</summary>
public static class ViewFormatter
{
    private const int StaleDays = 90;
    private const int ExpiryNoticeDays = 7;

    private static readonly (double Seconds, string Unit)[] Units =
    [
        (365.25 * 86400, "year"), (30.44 * 86400, "month"), (86400, "day"), (3600, "hour"), (60, "minute"),
    ];

    /// <summary>Says when a token was last used: "never", "3 hours ago", or "?" where it is not known.</summary>
    /// <param name="token">The token.</param>
    /// <returns>The words.</returns>
    public static string LastUsed(AgentToken token)
        => token is null || !token.IsLastUsedKnown ? "?" : token.LastUsedAt is null ? "never" : Age(token.LastUsedAt);

    /// <summary>Says when a token was last used, to the second: "never", an ISO 8601 date, or "?" where it is not known.</summary>
    /// <param name="token">The token.</param>
    /// <returns>The words.</returns>
    public static string LastUsedAt(AgentToken token)
        => token is { IsLastUsedKnown: true, LastUsedAt: not null } ? Iso(token.LastUsedAt) : LastUsed(token);

    /// <summary>Writes a date as ISO 8601 has it, to the second.</summary>
    /// <param name="date">The date; <see langword="null"/> where it is not known.</param>
    /// <returns>The date, or nothing where it is not known.</returns>
    public static string Iso(DateTimeOffset? date)
        => date?.ToString("yyyy-MM-dd'T'HH:mm:ssK", CultureInfo.InvariantCulture) ?? string.Empty;

    /// <summary>Tells whether a token is one to look at: made 90 days ago or more, and not used since then.</summary>
    /// <param name="token">The token.</param>
    /// <returns>Whether it is; never where its last use is not known.</returns>
    public static bool IsStale(AgentToken token)
    {
        DateTimeOffset limit = DateTimeOffset.UtcNow.AddDays(-StaleDays);
        return token is { IsLastUsedKnown: true } && (token.LastUsedAt ?? token.CreatedAt) <= limit;
    }

    /// <summary>Tells whether an agent's connection is one to look at: lost, or not known.</summary>
    /// <param name="connection">The connection.</param>
    /// <returns>Whether it is.</returns>
    public static bool NeedsAttention(AgentConnection connection)
        => connection?.Status is AgentConnectionStatus.Stale or AgentConnectionStatus.Unknown;

    /// <summary>Says which version of an agent is connected, and whether it is behind the server's.</summary>
    /// <param name="connection">The connection.</param>
    /// <returns>The words, such as "17.9.0 (behind)"; nothing where the version is not known.</returns>
    public static string Version(AgentConnection connection)
        => connection?.Version is not { } version ? string.Empty : connection.IsBehind is true ? version + " (behind)" : version;

    /// <summary>Tells whether the access token of a session expires within seven days.</summary>
    /// <param name="session">The session.</param>
    /// <returns>Whether it does.</returns>
    public static bool ExpiresSoon(GitLabSession session)
        => session?.ExpiresAt <= DateTimeOffset.UtcNow.AddDays(ExpiryNoticeDays);

    /// <summary>Says how long ago something was, or in how long it will be.</summary>
    /// <param name="date">When; <see langword="null"/> where it is not known.</param>
    /// <returns>The words, such as "3 hours ago" or "in 2 days"; nothing where it is not known.</returns>
    public static string Age(DateTimeOffset? date)
    {
        if (date is not { } when)
        {
            return string.Empty;
        }

        double seconds = (DateTimeOffset.UtcNow - when).TotalSeconds;
        foreach ((double length, string unit) in Units)
        {
            long count = (long)(Math.Abs(seconds) / length);
            if (count > 0)
            {
                string span = string.Format(CultureInfo.InvariantCulture, "{0} {1}{2}", count, unit, count == 1 ? string.Empty : "s");
                return seconds > 0 ? span + " ago" : "in " + span;
            }
        }

        return seconds >= 0 ? "just now" : "in a moment";
    }
}
