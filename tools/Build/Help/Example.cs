using System;
using System.Collections.Generic;
using System.Linq;
using Markdig.Syntax;

namespace GitLabAgents.Build.Help;

/// <summary>
/// An example of a help page. Its code is the first PowerShell block; the text before it is the introduction,
/// and the text after it the remarks.
/// </summary>
public sealed class Example
{
    private readonly MarkdownSection _section;
    private readonly int _codeIndex;

    internal Example(string file, MarkdownSection section)
    {
        _section = section;
        _codeIndex = section.Blocks.ToList().FindIndex(IsPowerShell);
        if (_codeIndex < 0)
        {
            throw new BuildException($"{file}: '{section.Title}' must contain a ```powershell block.");
        }
    }

    /// <summary>Gets the title.</summary>
    public string Title => _section.Title;

    /// <summary>Gets the paragraphs before the code.</summary>
    public IReadOnlyList<string> Introduction => [.. _section.Blocks.Take(_codeIndex).Select(PlainText.Of)];

    /// <summary>Gets the code.</summary>
    public string Code => string.Join('\n', PlainText.GetLines((FencedCodeBlock)_section.Blocks[_codeIndex]));

    /// <summary>Gets the paragraphs after the code.</summary>
    public IReadOnlyList<string> Remarks => [.. _section.Blocks.Skip(_codeIndex + 1).Select(PlainText.Of)];

    private static bool IsPowerShell(Block block)
        => block is FencedCodeBlock code && string.Equals(code.Info, "powershell", StringComparison.Ordinal);
}
