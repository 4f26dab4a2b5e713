using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace GitLabAgents.Build.Help;

/// <summary>Converts Markdown to the plain text that a terminal displays.</summary>
internal static class PlainText
{
    /// <summary>Converts a block: a paragraph to one line, a list to one line per item, code to its lines.</summary>
    public static string Of(Block block) => block switch
    {
        ParagraphBlock paragraph => Of(paragraph.Inline),
        ListBlock list => string.Join('\n', list.Cast<ListItemBlock>().Select((item, i) => FormatItem(list, item, i))),
        CodeBlock code => string.Join('\n', GetLines(code)),
        _ => throw new BuildException(string.Create(
            CultureInfo.InvariantCulture,
            $"Line {block.Line + 1}: help cannot display a {block.GetType().Name}.")),
    };

    /// <summary>Converts the text of a paragraph or a heading.</summary>
    public static string Of(ContainerInline? inlines)
    {
        var text = new StringBuilder();
        foreach (Inline inline in inlines ?? [])
        {
            text.Append(inline switch
            {
                LiteralInline literal => literal.Content.ToString(),
                CodeInline code => code.Content,
                LineBreakInline => " ",
                AutolinkInline autolink => autolink.Url,
                LinkInline link => FormatLink(Of((ContainerInline)link), link.Url),
                HtmlEntityInline entity => entity.Transcoded.ToString(),
                ContainerInline container => Of(container),
                _ => throw new BuildException($"Help cannot display a {inline.GetType().Name}."),
            });
        }

        return text.ToString();
    }

    /// <summary>Gets the lines of a code block.</summary>
    public static IReadOnlyList<string> GetLines(LeafBlock block)
        => [.. block.Lines.Lines.Take(block.Lines.Count).Select(static line => line.Slice.ToString())];

    /// <summary>Reads lines of the form <c>key: value</c>.</summary>
    public static IEnumerable<(string Key, string Value)> ReadPairs(IEnumerable<string> lines)
        => from line in lines
           let colon = line.IndexOf(':', StringComparison.Ordinal)
           where colon > 0
           select (line[..colon].Trim(), line[(colon + 1)..].Trim());

    private static string FormatItem(ListBlock list, ListItemBlock item, int index)
    {
        string bullet = list.IsOrdered ? string.Create(CultureInfo.InvariantCulture, $"{index + 1}. ") : "- ";
        return bullet + string.Join('\n', item.Select(Of));
    }

    // A terminal cannot follow a link to another page, so only the name of that page is shown.
    private static string FormatLink(string text, string? url)
        => url is null || url == text || !url.StartsWith("http", StringComparison.Ordinal) ? text : $"{text} ({url})";
}
