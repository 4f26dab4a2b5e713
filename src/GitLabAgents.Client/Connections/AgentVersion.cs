using System;
using System.Collections.Generic;
using System.Linq;

namespace GitLabAgents;

/// <summary>Compares the versions of agents and of GitLab, which go together by their minor version.</summary>
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

    // v17.9.0, 18.5.1-ee, 18.6.0-rc2: the "v" and what follows the numbers do not matter for the order.
    private static Version? Parse(string? text)
    {
        text = text?.Trim().TrimStart('v', 'V') ?? string.Empty;
        int end = text.IndexOfAny(['-', '+', ' ']);
        return Version.TryParse(end < 0 ? text : text.Substring(0, end), out Version? version) ? version : null;
    }
}
