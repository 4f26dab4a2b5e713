using System;
using System.Collections.Generic;
using System.Linq;
using Markdig.Syntax;

namespace GitLabAgents.Help;

/// <summary>
/// An example. Its code is the first piece of PowerShell; what comes before introduces it, what comes behind explains.
/// </summary>
public sealed class Example
{
    private readonly MarkdownSection _section;
    private readonly int _code;

    internal Example(MarkdownSection section)
    {
        _section = section;
        _code = section.Blocks.ToList().FindIndex(IsPowerShell);
        if (_code < 0)
        {
            throw new HelpException($"'{section.Title}' has no ```powershell.");
        }
    }

    /// <summary>Gets the title.</summary>
    public string Title => _section.Title;

    /// <summary>Gets what comes before the code.</summary>
    public IReadOnlyList<string> Introduction => [.. _section.Blocks.Take(_code).Select(PlainText.Of)];

    /// <summary>Gets the code.</summary>
    public string Code => string.Join('\n', PlainText.LinesOf((FencedCodeBlock)_section.Blocks[_code]));

    /// <summary>Gets what comes behind it.</summary>
    public IReadOnlyList<string> Remarks => [.. _section.Blocks.Skip(_code + 1).Select(PlainText.Of)];

    private static bool IsPowerShell(Block block)
        => block is FencedCodeBlock code && string.Equals(code.Info, "powershell", StringComparison.Ordinal);
}
