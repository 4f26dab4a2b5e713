using System;
using System.Collections.Generic;
using System.Linq;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace GitLabAgents.Help;

/// <summary>The page of a cmdlet.</summary>
public sealed class CommandPage
{
    private const string AllSets = "__AllParameterSets";
    private const string Default = " (Default)";

    private readonly MarkdownPage _page;

    private CommandPage(MarkdownPage page)
    {
        _page = page;
        OnlineVersion = page.FrontMatter.TryGetValue("online version", out string? url)
            ? url
            : throw new HelpException($"{page.File} names no online version.");
        Syntax = [.. ReadSyntax()];
        Examples = [.. page.Section("EXAMPLES").Sections.Select(s => new Example(s))];
        Parameters = [.. page.Section("PARAMETERS").Sections.Where(s => s.Title.StartsWith('-')).Select(s => new ParameterEntry(page.File, s))];
        Inputs = [.. page.Section("INPUTS").Sections.Select(TypeEntry.Read)];
        Outputs = [.. page.Section("OUTPUTS").Sections.Select(TypeEntry.Read)];
        Links = [.. ReadLinks()];
    }

    /// <summary>Gets the name of the cmdlet.</summary>
    public string Name => _page.Root.Title;

    /// <summary>Gets the name of the page's file.</summary>
    public string File => _page.File;

    /// <summary>Gets the front matter.</summary>
    public IReadOnlyDictionary<string, string> FrontMatter => _page.FrontMatter;

    /// <summary>Gets the URL that <c>Get-Help -Online</c> opens.</summary>
    public string OnlineVersion { get; }

    /// <summary>Gets what the cmdlet does, in a sentence.</summary>
    public string Synopsis => string.Join('\n', _page.Section("SYNOPSIS").Text());

    /// <summary>Gets the syntax of each parameter set, as the page shows it.</summary>
    public IReadOnlyList<SyntaxEntry> Syntax { get; }

    /// <summary>Gets what the cmdlet does, at length.</summary>
    public IReadOnlyList<string> Description => _page.Section("DESCRIPTION").Text();

    /// <summary>Gets the examples.</summary>
    public IReadOnlyList<Example> Examples { get; }

    /// <summary>Gets the parameters, without the common ones.</summary>
    public IReadOnlyList<ParameterEntry> Parameters { get; }

    /// <summary>Gets what can be piped in.</summary>
    public IReadOnlyList<TypeEntry> Inputs { get; }

    /// <summary>Gets what comes out.</summary>
    public IReadOnlyList<TypeEntry> Outputs { get; }

    /// <summary>Gets the notes.</summary>
    public IReadOnlyList<string> Notes => _page.Section("NOTES").Text();

    /// <summary>Gets the links, with their URLs where they lead out.</summary>
    public IReadOnlyList<(string Text, string Url)> Links { get; }

    /// <summary>Reads the page of a cmdlet.</summary>
    /// <param name="page">The page.</param>
    /// <returns>The same, understood.</returns>
    /// <exception cref="HelpException">It is not as a page has to be.</exception>
    public static CommandPage Read(MarkdownPage page) => new(page ?? throw new ArgumentNullException(nameof(page)));

    /// <summary>Gives the parameters of a set in the order in which PowerShell shows them.</summary>
    /// <param name="set">The set.</param>
    /// <returns>Each parameter with what holds for it in the set.</returns>
    public IReadOnlyList<(ParameterEntry Parameter, ParameterFacts Facts)> ParametersOf(string set)
        => [.. from parameter in Parameters
               from facts in parameter.Facts
               where facts.IsInAllSets || facts.Sets.Contains(set, StringComparer.Ordinal)
               orderby facts.Position ?? int.MaxValue, facts.IsRequired ? 0 : 1
               select (parameter, facts)];

    /// <summary>Composes the syntax of a set of what the page says about the parameters.</summary>
    /// <param name="set">The set.</param>
    /// <returns>The syntax, on one line.</returns>
    public string ComposeSyntax(string set)
        => string.Join(' ', [Name, .. ParametersOf(set).Select(p => p.Facts.ToSyntax(p.Parameter.Name)), "[<CommonParameters>]"]);

    private IEnumerable<SyntaxEntry> ReadSyntax()
    {
        MarkdownSection section = _page.Section("SYNTAX");
        return section.Sections.Count == 0
            ? [new SyntaxEntry(AllSets, IsDefault: true, SyntaxText(section))]
            : section.Sections.Select(s => new SyntaxEntry(
                s.Title.Replace(Default, string.Empty, StringComparison.Ordinal),
                s.Title.EndsWith(Default, StringComparison.Ordinal),
                SyntaxText(s)));
    }

    private string SyntaxText(MarkdownSection section)
        => section.Blocks is [FencedCodeBlock code]
            ? string.Join(' ', PlainText.LinesOf(code).Select(line => line.Trim()))
            : throw new HelpException($"{File}: {section.Title} is one piece of code.");

    private IEnumerable<(string Text, string Url)> ReadLinks()
        => from paragraph in _page.Section("RELATED LINKS").Blocks.OfType<ParagraphBlock>()
           from link in paragraph.Inline!.Descendants<LinkInline>()
           let url = link.Url ?? string.Empty
           select (PlainText.Of((ContainerInline)link), url.StartsWith("http", StringComparison.Ordinal) ? url : string.Empty);
}

/// <summary>The syntax of a parameter set.</summary>
/// <param name="Set">The set.</param>
/// <param name="IsDefault">Whether it is the default.</param>
/// <param name="Text">The syntax, on one line.</param>
public sealed record SyntaxEntry(string Set, bool IsDefault, string Text);

/// <summary>A type that can be piped in, or comes out.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What about it.</param>
public sealed record TypeEntry(string Name, IReadOnlyList<string> Description)
{
    internal static TypeEntry Read(MarkdownSection section) => new(section.Title, section.Text());
}
