using System;
using System.Collections.Generic;
using System.Linq;

namespace GitLabAgents.Build.Packaging;

/// <summary>Extracts release notes from CHANGELOG.md, which has the format of Keep a Changelog.</summary>
public static class Changelog
{
    private const string Heading = "## ";

    /// <summary>Gets the section of a version or, if it has none, the newest section that is not empty.</summary>
    /// <param name="changelog">The text of the changelog.</param>
    /// <param name="version">The version.</param>
    /// <returns>The section without its heading, with \n line endings.</returns>
    /// <exception cref="BuildException">Every section is empty.</exception>
    public static string GetReleaseNotes(string changelog, string version)
    {
        List<(string Heading, string Text)> sections =
            [.. ReadSections(changelog).Where(static section => section.Text.Length > 0)];
        string? ofVersion = sections
            .FirstOrDefault(section => section.Heading.StartsWith($"[{version}]", StringComparison.Ordinal)).Text;
        return ofVersion
            ?? sections.FirstOrDefault().Text
            ?? throw new BuildException("CHANGELOG.md: every section is empty.");
    }

    private static IEnumerable<(string Heading, string Text)> ReadSections(string changelog)
    {
        string? heading = null;
        var lines = new List<string>();
        foreach (string line in changelog.ReplaceLineEndings("\n").Split('\n').Append(Heading))
        {
            if (!line.StartsWith(Heading, StringComparison.Ordinal))
            {
                lines.Add(line);
                continue;
            }

            if (heading is not null)
            {
                yield return (heading, string.Join('\n', lines).Trim());
            }

            heading = line[Heading.Length..].Trim();
            lines.Clear();
        }
    }
}
