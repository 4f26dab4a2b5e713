using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace GitLabAgents.Help;

/// <summary>Turns Markdown into what a terminal shows.</summary>
internal static class PlainText
{
    /// <summary>Gives a block as text: a paragraph on one line, an item or a line of code on each.</summary>
    public static string Of(Block block) => block switch
    {
        ParagraphBlock paragraph => Of(paragraph.Inline),
        ListBlock list => string.Join('\n', list.Cast<ListItemBlock>().Select((item, index) => Bullet(list, index) + ItemOf(item))),
        CodeBlock code => string.Join('\n', LinesOf(code)),
        _ => throw new HelpException($"Line {(block.Line + 1).ToString(CultureInfo.InvariantCulture)}: a {block.GetType().Name} has no place in help."),
    };

    /// <summary>Gives the text within a paragraph or a heading.</summary>
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
                LinkInline link => Link(Of((ContainerInline)link), link.Url),
                HtmlEntityInline entity => entity.Transcoded.ToString(),
                ContainerInline container => Of(container),
                _ => throw new HelpException($"A {inline.GetType().Name} has no place in help."),
            });
        }

        return text.ToString();
    }

    /// <summary>Gives the lines of a piece of code.</summary>
    public static IReadOnlyList<string> LinesOf(LeafBlock block)
        => [.. block.Lines.Lines.Take(block.Lines.Count).Select(line => line.Slice.ToString())];

    /// <summary>Reads <c>key: value</c> lines.</summary>
    public static IEnumerable<(string Key, string Value)> ReadPairs(IEnumerable<string> lines)
        => from line in lines
           let colon = line.IndexOf(':', StringComparison.Ordinal)
           where colon > 0
           select (line[..colon].Trim(), line[(colon + 1)..].Trim());

    private static string Bullet(ListBlock list, int index)
        => list.IsOrdered ? (index + 1).ToString(CultureInfo.InvariantCulture) + ". " : "- ";

    private static string ItemOf(ListItemBlock item) => string.Join('\n', item.Select(Of));

    // A link to another page is shown by its name: there is nowhere to go from a terminal.
    private static string Link(string text, string? url)
        => url is null || url == text || !url.StartsWith("http", StringComparison.Ordinal) ? text : $"{text} ({url})";
}
