using System;
using System.Collections.Generic;
using System.Linq;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace GitLabAgents.Build.Help;

/// <summary>The help page of a cmdlet.</summary>
public sealed class CommandPage
{
    private const string AllParameterSets = "__AllParameterSets";
    private const string DefaultSuffix = " (Default)";

    private readonly MarkdownPage _page;

    private CommandPage(MarkdownPage page)
    {
        _page = page;
        OnlineVersion = page.FrontMatter.TryGetValue("online version", out string? url)
            ? url
            : throw new BuildException($"{page.File}: the front matter must have an 'online version'.");
        Syntax = [.. ReadSyntax()];
        Examples = [.. page.GetSection("EXAMPLES").Sections.Select(section => new Example(page.File, section))];
        Parameters =
        [
            .. page.GetSection("PARAMETERS").Sections
                .Where(static section => section.Title.StartsWith('-'))
                .Select(section => new ParameterEntry(page.File, section)),
        ];
        Inputs = [.. page.GetSection("INPUTS").Sections.Select(TypeEntry.Read)];
        Outputs = [.. page.GetSection("OUTPUTS").Sections.Select(TypeEntry.Read)];
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

    /// <summary>Gets the synopsis: one sentence.</summary>
    public string Synopsis => string.Join('\n', _page.GetSection("SYNOPSIS").GetText());

    /// <summary>Gets the syntax of each parameter set, as the page shows it.</summary>
    public IReadOnlyList<SyntaxEntry> Syntax { get; }

    /// <summary>Gets the paragraphs of the description.</summary>
    public IReadOnlyList<string> Description => _page.GetSection("DESCRIPTION").GetText();

    /// <summary>Gets the examples.</summary>
    public IReadOnlyList<Example> Examples { get; }

    /// <summary>Gets the parameters, without the common parameters.</summary>
    public IReadOnlyList<ParameterEntry> Parameters { get; }

    /// <summary>Gets the types that the cmdlet accepts from the pipeline.</summary>
    public IReadOnlyList<TypeEntry> Inputs { get; }

    /// <summary>Gets the types that the cmdlet returns.</summary>
    public IReadOnlyList<TypeEntry> Outputs { get; }

    /// <summary>Gets the paragraphs of the notes.</summary>
    public IReadOnlyList<string> Notes => _page.GetSection("NOTES").GetText();

    /// <summary>Gets the related links. The URL of a link to another page of the module is empty.</summary>
    public IReadOnlyList<(string Text, string Url)> Links { get; }

    /// <summary>Reads the page of a cmdlet.</summary>
    /// <param name="page">The Markdown of the page.</param>
    /// <returns>The page.</returns>
    /// <exception cref="BuildException">A section is missing or malformed.</exception>
    public static CommandPage Read(MarkdownPage page) => new(page ?? throw new ArgumentNullException(nameof(page)));

    /// <summary>Gets the parameters of a set in the order in which PowerShell displays them.</summary>
    /// <param name="set">The name of the parameter set.</param>
    /// <returns>Each parameter with its attributes in that set.</returns>
    public IReadOnlyList<(ParameterEntry Parameter, ParameterAttributes Attributes)> GetParametersOf(string set)
        => [.. from parameter in Parameters
               from attributes in parameter.Attributes
               where attributes.IsInAllSets || attributes.Sets.Contains(set, StringComparer.Ordinal)
               orderby attributes.Position ?? int.MaxValue, attributes.IsRequired ? 0 : 1
               select (parameter, attributes)];

    /// <summary>Formats the syntax of a set from what the page says about the parameters.</summary>
    /// <param name="set">The name of the parameter set.</param>
    /// <returns>The syntax, on one line.</returns>
    public string FormatSyntax(string set)
    {
        IEnumerable<string> parameters = GetParametersOf(set).Select(p => p.Attributes.FormatSyntax(p.Parameter.Name));
        return string.Join(' ', [Name, .. parameters, "[<CommonParameters>]"]);
    }

    private IEnumerable<SyntaxEntry> ReadSyntax()
    {
        MarkdownSection section = _page.GetSection("SYNTAX");
        return section.Sections.Count == 0
            ? [new SyntaxEntry(AllParameterSets, IsDefault: true, ReadSyntaxText(section))]
            : section.Sections.Select(set => new SyntaxEntry(
                set.Title.Replace(DefaultSuffix, string.Empty, StringComparison.Ordinal),
                set.Title.EndsWith(DefaultSuffix, StringComparison.Ordinal),
                ReadSyntaxText(set)));
    }

    private string ReadSyntaxText(MarkdownSection section)
        => section.Blocks is [FencedCodeBlock code]
            ? string.Join(' ', PlainText.GetLines(code).Select(static line => line.Trim()))
            : throw new BuildException($"{File}: '{section.Title}' must contain a single code block.");

    private IEnumerable<(string Text, string Url)> ReadLinks()
        => from paragraph in _page.GetSection("RELATED LINKS").Blocks.OfType<ParagraphBlock>()
           from link in paragraph.Inline!.Descendants<LinkInline>()
           let url = link.Url ?? string.Empty
           let isExternal = url.StartsWith("http", StringComparison.Ordinal)
           select (PlainText.Of((ContainerInline)link), isExternal ? url : string.Empty);
}

/// <summary>The syntax of a parameter set.</summary>
/// <param name="Set">The name of the set.</param>
/// <param name="IsDefault">Whether it is the default set.</param>
/// <param name="Text">The syntax, on one line.</param>
public sealed record SyntaxEntry(string Set, bool IsDefault, string Text);

/// <summary>A type that a cmdlet accepts from the pipeline or returns.</summary>
/// <param name="Name">The full name of the type.</param>
/// <param name="Description">The paragraphs of its description.</param>
public sealed record TypeEntry(string Name, IReadOnlyList<string> Description)
{
    internal static TypeEntry Read(MarkdownSection section) => new(section.Title, section.GetText());
}
