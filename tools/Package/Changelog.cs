using System;
using System.Collections.Generic;
using System.Linq;

namespace GitLabAgents.Packaging;

/// <summary>Takes the notes of a release out of CHANGELOG.md, in the form of Keep a Changelog.</summary>
public static class Changelog
{
    private const string Heading = "## ";

    /// <summary>Gives the section of a version or, where it has none, the newest that says something.</summary>
    /// <param name="changelog">The text of the changelog.</param>
    /// <param name="version">The version to package.</param>
    /// <returns>The section without its heading, with \n between its lines.</returns>
    /// <exception cref="PackageException">No section says anything.</exception>
    public static string NotesOf(string changelog, string version)
    {
        List<(string Heading, string Text)> sections = [.. Sections(changelog).Where(s => s.Text.Length > 0)];
        string? own = sections.FirstOrDefault(s => s.Heading.StartsWith($"[{version}]", StringComparison.Ordinal)).Text;
        return own ?? (sections.Count > 0 ? sections[0].Text : throw new PackageException("No section of CHANGELOG.md says anything."));
    }

    private static IEnumerable<(string Heading, string Text)> Sections(string changelog)
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
