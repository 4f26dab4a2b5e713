using System;
using System.Collections.Generic;
using System.Linq;

namespace GitLabAgents;

/// <summary>Compares the versions of agents with GitLab's: the minor versions of the two should be equal.</summary>
internal static class AgentVersion
{
    /// <summary>
    /// Returns the text of the lowest version that can be parsed, or else the first text that is not empty.
    /// </summary>
    public static string? GetLowest(IEnumerable<string?> versions) => versions
        .Where(static text => !string.IsNullOrWhiteSpace(text))
        .OrderBy(static text => Parse(text) ?? new Version(int.MaxValue, 0))
        .FirstOrDefault();

    /// <summary>
    /// Returns whether one of the versions has an earlier minor version than the server, or <see langword="null"/> if
    /// that is not known.
    /// </summary>
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

    /// <summary>
    /// Parses a version such as v17.9.0, 18.5.1-ee or 18.6.0-rc2, and ignores the suffix. Returns
    /// <see langword="null"/> if the text is not a version.
    /// </summary>
    public static Version? Parse(string? text)
    {
        text = text?.Trim().TrimStart('v', 'V') ?? string.Empty;
        int end = text.IndexOfAny(['-', '+', ' ']);
        return Version.TryParse(end < 0 ? text : text.Substring(0, end), out Version? version) ? version : null;
    }
}
