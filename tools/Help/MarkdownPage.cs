using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Markdig;
using Markdig.Extensions.Yaml;
using Markdig.Syntax;

namespace GitLabAgents.Help;

/// <summary>A page of Markdown: its front matter, and its sections.</summary>
public sealed class MarkdownPage
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UseYamlFrontMatter().Build();

    private MarkdownPage(string file, IReadOnlyDictionary<string, string> frontMatter, MarkdownSection root)
    {
        File = file;
        FrontMatter = frontMatter;
        Root = root;
    }

    /// <summary>Gets the name of the file, without its folder.</summary>
    public string File { get; }

    /// <summary>Gets the front matter.</summary>
    public IReadOnlyDictionary<string, string> FrontMatter { get; }

    /// <summary>Gets the section of the page's title, which holds all others.</summary>
    public MarkdownSection Root { get; }

    /// <summary>Reads a page.</summary>
    /// <param name="path">Its path.</param>
    /// <returns>The page.</returns>
    /// <exception cref="HelpException">It is not as a page has to be.</exception>
    public static MarkdownPage Read(string path)
    {
        string file = Path.GetFileName(path);
        MarkdownDocument document = Markdown.Parse(System.IO.File.ReadAllText(path).ReplaceLineEndings("\n"), Pipeline);
        var frontMatter = new Dictionary<string, string>(StringComparer.Ordinal);
        var open = new Stack<MarkdownSection>();
        foreach (Block block in document)
        {
            switch (block)
            {
                case YamlFrontMatterBlock yaml:
                    foreach ((string key, string value) in PlainText.ReadPairs(PlainText.LinesOf(yaml)))
                    {
                        frontMatter.Add(key, value);
                    }

                    break;
                case HeadingBlock heading:
                    var section = new MarkdownSection(PlainText.Of(heading.Inline), heading.Level);
                    while (open.Count > 0 && open.Peek().Level >= heading.Level)
                    {
                        open.Pop();
                    }

                    if (open.Count > 0)
                    {
                        open.Peek().Add(section);
                    }
                    else if (heading.Level != 1 || block != document.OfType<HeadingBlock>().First())
                    {
                        throw new HelpException($"{file} has one title, of level 1, and it comes first.");
                    }

                    open.Push(section);
                    break;
                default:
                    if (open.Count == 0)
                    {
                        throw new HelpException($"{file} begins with a title.");
                    }

                    open.Peek().Add(block);
                    break;
            }
        }

        return open.Count == 0
            ? throw new HelpException($"{file} is empty.")
            : new MarkdownPage(file, frontMatter, open.Last());
    }

    /// <summary>Gives a section below the title.</summary>
    /// <param name="title">The section's title.</param>
    /// <returns>The section.</returns>
    /// <exception cref="HelpException">There is none, or more than one.</exception>
    public MarkdownSection Section(string title)
        => Root.Sections.Count(s => s.Title == title) == 1
            ? Root.Sections.Single(s => s.Title == title)
            : throw new HelpException($"{File} has one section {title}.");
}

/// <summary>A heading, and what follows until the next of its kind.</summary>
/// <param name="title">The heading.</param>
/// <param name="level">Its level.</param>
public sealed class MarkdownSection(string title, int level)
{
    private readonly List<Block> _blocks = [];
    private readonly List<MarkdownSection> _sections = [];

    /// <summary>Gets the heading.</summary>
    public string Title { get; } = title;

    /// <summary>Gets its level.</summary>
    public int Level { get; } = level;

    /// <summary>Gets what comes before the first section below.</summary>
    public IReadOnlyList<Block> Blocks => _blocks;

    /// <summary>Gets the sections below.</summary>
    public IReadOnlyList<MarkdownSection> Sections => _sections;

    /// <summary>Gives what comes before the first section below, as plain text.</summary>
    /// <returns>A text for each paragraph, list or piece of code.</returns>
    public IReadOnlyList<string> Text() => [.. _blocks.Select(PlainText.Of)];

    internal void Add(Block block) => _blocks.Add(block);

    internal void Add(MarkdownSection section) => _sections.Add(section);
}
