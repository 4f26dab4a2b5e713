using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Markdig;
using Markdig.Extensions.Yaml;
using Markdig.Syntax;

namespace GitLabAgents.Build.Help;

/// <summary>A Markdown page: its front matter and its sections.</summary>
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

    /// <summary>Gets the section under the page's title, which contains all others.</summary>
    public MarkdownSection Root { get; }

    /// <summary>Reads a page.</summary>
    /// <param name="path">The path of the file.</param>
    /// <returns>The page.</returns>
    /// <exception cref="BuildException">The page does not have exactly one title, at its beginning.</exception>
    public static MarkdownPage Read(string path)
    {
        string text = System.IO.File.ReadAllText(path).ReplaceLineEndings("\n");
        return Parse(Path.GetFileName(path), Markdown.Parse(text, Pipeline));
    }

    /// <summary>Gets a section under the title.</summary>
    /// <param name="title">The heading of the section.</param>
    /// <returns>The section.</returns>
    /// <exception cref="BuildException">There is no such section, or more than one.</exception>
    public MarkdownSection GetSection(string title)
    {
        MarkdownSection[] sections = [.. Root.Sections.Where(section => section.Title == title)];
        return sections is [var section]
            ? section
            : throw new BuildException($"{File}: there must be one section {title}.");
    }

    private static MarkdownPage Parse(string file, MarkdownDocument document)
    {
        var frontMatter = new Dictionary<string, string>(StringComparer.Ordinal);
        var open = new Stack<MarkdownSection>();
        foreach (Block block in document)
        {
            switch (block)
            {
                case YamlFrontMatterBlock yaml:
                    foreach ((string key, string value) in PlainText.ReadPairs(PlainText.GetLines(yaml)))
                    {
                        frontMatter.Add(key, value);
                    }

                    break;
                case HeadingBlock heading:
                    OpenSection(file, open, heading);
                    break;
                case var _ when open.Count > 0:
                    open.Peek().Add(block);
                    break;
                default:
                    throw new BuildException($"{file}: the page must begin with a title.");
            }
        }

        return open.Count == 0
            ? throw new BuildException($"{file}: the page must have a title.")
            : new MarkdownPage(file, frontMatter, open.Last());
    }

    private static void OpenSection(string file, Stack<MarkdownSection> open, HeadingBlock heading)
    {
        bool isTitle = open.Count == 0;
        if ((heading.Level == 1) != isTitle)
        {
            throw new BuildException($"{file}: the page must have one title of level 1, at its beginning.");
        }

        while (open.Count > 0 && open.Peek().Level >= heading.Level)
        {
            open.Pop();
        }

        var section = new MarkdownSection(PlainText.Of(heading.Inline), heading.Level);
        if (!isTitle)
        {
            open.Peek().Add(section);
        }

        open.Push(section);
    }
}

/// <summary>A heading, and everything up to the next heading of the same or a higher level.</summary>
/// <param name="title">The text of the heading.</param>
/// <param name="level">The level of the heading.</param>
public sealed class MarkdownSection(string title, int level)
{
    private readonly List<Block> _blocks = [];
    private readonly List<MarkdownSection> _sections = [];

    /// <summary>Gets the text of the heading.</summary>
    public string Title { get; } = title;

    /// <summary>Gets the level of the heading.</summary>
    public int Level { get; } = level;

    /// <summary>Gets the blocks before the first subsection.</summary>
    public IReadOnlyList<Block> Blocks => _blocks;

    /// <summary>Gets the subsections.</summary>
    public IReadOnlyList<MarkdownSection> Sections => _sections;

    /// <summary>Gets the blocks before the first subsection as plain text.</summary>
    /// <returns>One string for each paragraph, list or code block.</returns>
    public IReadOnlyList<string> GetText() => [.. _blocks.Select(PlainText.Of)];

    internal void Add(Block block) => _blocks.Add(block);

    internal void Add(MarkdownSection section) => _sections.Add(section);
}
