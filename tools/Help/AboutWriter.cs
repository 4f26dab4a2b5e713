using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Markdig.Syntax;

namespace GitLabAgents.Help;

/// <summary>Writes a conceptual page as the text that <c>Get-Help about_…</c> shows.</summary>
internal static class AboutWriter
{
    private const int Width = 80;
    private const string Indent = "    ";

    /// <summary>Makes the text. PowerShell takes its fifth line for the synopsis.</summary>
    public static string Write(MarkdownPage page)
    {
        var text = new StringBuilder();
        text.Append("TOPIC\n").Append(Indent).Append(page.Root.Title).Append("\n\n");
        if (page.Root.Sections is not [{ Title: "SHORT DESCRIPTION" }, ..] || page.Root.Sections[0].Text() is not [{ Length: <= Width - 4 }])
        {
            throw new HelpException($"{page.File} begins with SHORT DESCRIPTION, one line that fits.");
        }

        foreach (MarkdownSection section in page.Root.Sections)
        {
            Write(text, section, string.Empty);
        }

        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static void Write(StringBuilder text, MarkdownSection section, string indent)
    {
        text.Append(indent).Append(section.Level == 2 ? section.Title.ToUpperInvariant() : section.Title).Append('\n');
        foreach (Block block in section.Blocks)
        {
            foreach (string line in PlainText.Of(block).Split('\n').SelectMany(line => Wrap(line, block is CodeBlock)))
            {
                text.Append(line.Length == 0 ? line : Indent + line).Append('\n');
            }

            text.Append('\n');
        }

        foreach (MarkdownSection below in section.Sections)
        {
            Write(text, below, "  ");
        }
    }

    private static IEnumerable<string> Wrap(string line, bool isCode)
    {
        if (isCode)
        {
            yield return line.Length == 0 ? line : Indent + line;
            yield break;
        }

        string hanging = line.StartsWith("- ", StringComparison.Ordinal) ? "  " : string.Empty;
        var current = new StringBuilder();
        foreach (string word in line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (current.Length > 0 && current.Length + 1 + word.Length > Width - Indent.Length)
            {
                yield return current.ToString();
                current.Clear().Append(hanging);
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
