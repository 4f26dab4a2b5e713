using System;
using System.Collections.Generic;
using System.Linq;

namespace GitLabAgents;

/// <summary>Compares the versions of agents and of GitLab, which go together by their minor version.</summary>
internal static class AgentVersion
{
    /// <summary>
    /// Gives the lowest of the versions, as it was told: of those that can be read, else the first that was told at
    /// all.
    /// </summary>
    public static string? GetLowest(IEnumerable<string?> versions)
        => versions.Where(static text => !string.IsNullOrWhiteSpace(text))
            .OrderBy(static text => Parse(text) ?? new Version(int.MaxValue, 0))
            .FirstOrDefault();

    /// <summary>
    /// Tells whether one of the versions has an earlier minor version than the server; <see langword="null"/> where
    /// that cannot be known.
    /// </summary>
    public static bool? IsBehind(IEnumerable<string?> versions, string? server)
    {
        if (Parse(server) is not { } newest)
        {
            return null;
        }

        bool? behind = null;
        bool isComplete = true;
        foreach (string? text in versions)
        {
            if (Parse(text) is { } version)
            {
                behind = behind is true || (version.Major, version.Minor).CompareTo((newest.Major, newest.Minor)) < 0;
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

    /// <summary>
    /// Parses a version such as v17.9.0, 18.5.1-ee, 18.6.0-rc2 or 18; what follows the numbers does not count.
    /// </summary>
    /// <returns>The version, or null if the text is not a version.</returns>
    public static Version? Parse(string? text)
    {
        text = text?.Trim().TrimStart('v', 'V') ?? string.Empty;
        int end = text.IndexOfAny(['-', '+', ' ']);
        text = end < 0 ? text : text.Substring(0, end);
        return Version.TryParse(text.IndexOf('.') < 0 ? text + ".0" : text, out Version? version) ? version : null;
    }
}
