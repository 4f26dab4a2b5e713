using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Markdig.Syntax;

namespace GitLabAgents.Build.Help;

/// <summary>Writes a conceptual page as the text that <c>Get-Help about_…</c> displays.</summary>
internal static class AboutWriter
{
    private const int MaxWidth = 80;
    private const string Indent = "    ";
    private const string Synopsis = "SHORT DESCRIPTION";

    /// <summary>Writes the text of a page.</summary>
    public static string Write(MarkdownPage page)
    {
        // PowerShell takes the fifth line of the text as the topic's synopsis.
        if (page.Root.Sections is not [{ Title: Synopsis } synopsis, ..]
            || synopsis.GetText() is not [{ Length: <= MaxWidth - 4 }])
        {
            throw new BuildException($"{page.File}: the first section must be {Synopsis} with one short line.");
        }

        var text = new StringBuilder();
        text.Append("TOPIC\n").Append(Indent).Append(page.Root.Title).Append("\n\n");
        foreach (MarkdownSection section in page.Root.Sections)
        {
            WriteSection(text, section, string.Empty);
        }

        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static void WriteSection(StringBuilder text, MarkdownSection section, string indent)
    {
        string title = section.Level == 2 ? section.Title.ToUpperInvariant() : section.Title;
        text.Append(indent).Append(title).Append('\n');
        foreach (Block block in section.Blocks)
        {
            IEnumerable<string> lines = PlainText.Of(block).Split('\n');
            foreach (string line in block is CodeBlock ? lines.Select(IndentCode) : lines.SelectMany(Wrap))
            {
                text.Append(line.Length == 0 ? line : Indent + line).Append('\n');
            }

            text.Append('\n');
        }

        foreach (MarkdownSection child in section.Sections)
        {
            WriteSection(text, child, "  ");
        }
    }

    private static string IndentCode(string line) => line.Length == 0 ? line : Indent + line;

    private static IEnumerable<string> Wrap(string line)
    {
        string hangingIndent = line.StartsWith("- ", StringComparison.Ordinal) ? "  " : string.Empty;
        var current = new StringBuilder();
        foreach (string word in line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (current.Length > 0 && current.Length + 1 + word.Length > MaxWidth - Indent.Length)
            {
                yield return current.ToString();
                current.Clear().Append(hangingIndent);
            }
            else if (current.Length > 0)
            {
                current.Append(' ');
            }

            current.Append(word);
        }

        yield return current.ToString();
    }
}
