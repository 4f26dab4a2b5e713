using System;
using System.Collections.Generic;
using System.Linq;

namespace GitLabAgents;

/// <summary>Compares the versions of agents with GitLab's: the minor versions of the two should be equal.</summary>
internal static class AgentVersion
{
    /// <summary>Returns the lowest of the versions as it is written; if none can be parsed, the first one.</summary>
    public static string? GetLowest(IEnumerable<string?> versions)
        => versions.Where(static text => !string.IsNullOrWhiteSpace(text))
            .OrderBy(static text => Parse(text) ?? new Version(int.MaxValue, 0))
            .FirstOrDefault();

    /// <summary>Returns whether a version has an earlier minor version than the server; null if unknown.</summary>
    public static bool? IsBehind(IEnumerable<string?> versions, string? server)
    {
        if (Parse(server) is not { } expected)
        {
            return null;
        }

        bool? behind = null;
        bool isComplete = true;
        foreach (string? text in versions)
        {
            if (Parse(text) is { } version)
            {
                behind = behind is true
                    || (version.Major, version.Minor).CompareTo((expected.Major, expected.Minor)) < 0;
            }
            else
            {
                isComplete = false;
            }
        }

        return behind is true || isComplete ? behind : null;
    }

    /// <summary>Returns whether all versions are known and none is earlier than another.</summary>
    /// <param name="versions">The versions.</param>
    /// <param name="minimum">The version to compare with; null for any.</param>
    public static bool AreAtLeast(IEnumerable<string?> versions, Version? minimum)
        => minimum is null || versions.All(text => Parse(text) >= minimum);

    /// <summary>Parses a version that a user wants, which may be a major version alone.</summary>
    /// <returns>The version, or null if the text is not a version.</returns>
    public static Version? ParseMinimum(string? text)
        => text is not null && text.IndexOf('.') < 0 ? Parse(text.Trim() + ".0") : Parse(text);

    /// <summary>
    /// Parses a version such as v17.9.0, 18.5.1-ee or 18.6.0-rc2; what follows the numbers does not count.
    /// </summary>
    /// <returns>The version, or null if the text is not a version.</returns>
    public static Version? Parse(string? text)
    {
        text = text?.Trim().TrimStart('v', 'V') ?? string.Empty;
        int end = text.IndexOfAny(['-', '+', ' ']);
        return Version.TryParse(end < 0 ? text : text.Substring(0, end), out Version? version) ? version : null;
    }
}
