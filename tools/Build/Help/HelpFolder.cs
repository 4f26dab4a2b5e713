using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

namespace GitLabAgents.Build.Help;

/// <summary>The pages in docs/en-US, and the help files in en-US that are written from them.</summary>
/// <param name="root">The root of the repository.</param>
public sealed class HelpFolder(string root)
{
    private const string AboutPrefix = "about_";
    private const string CommandHelp = "GitLabAgents.dll-Help.xml";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly string _pages = Path.Combine(root, "docs", "en-US");
    private readonly string _help = Path.Combine(root, "en-US");

    /// <summary>Reads the pages of the cmdlets.</summary>
    /// <returns>The pages, ordered by name.</returns>
    /// <exception cref="BuildException">A page is malformed.</exception>
    public IReadOnlyList<CommandPage> ReadCommands()
        => [.. FindPages(about: false).Select(static file => CommandPage.Read(MarkdownPage.Read(file)))];

    /// <summary>Reads the conceptual pages.</summary>
    /// <returns>The pages, ordered by name.</returns>
    /// <exception cref="BuildException">A page is malformed.</exception>
    public IReadOnlyList<MarkdownPage> ReadTopics() => [.. FindPages(about: true).Select(MarkdownPage.Read)];

    /// <summary>Creates the help files without writing them to disk.</summary>
    /// <returns>The content of each file, by its name in en-US.</returns>
    /// <exception cref="BuildException">A page is malformed.</exception>
    public IReadOnlyDictionary<string, string> Create()
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [CommandHelp] = MamlWriter.Write(ReadCommands()),
        };
        foreach (MarkdownPage page in ReadTopics())
        {
            files.Add(Path.GetFileNameWithoutExtension(page.File) + ".help.txt", AboutWriter.Write(page));
        }

        return files;
    }

    /// <summary>Writes the help files and deletes every other file in en-US.</summary>
    /// <returns>The written files, relative to the root.</returns>
    public IReadOnlyCollection<string> Write()
    {
        IReadOnlyDictionary<string, string> files = Create();
        Directory.CreateDirectory(_help);
        foreach (string path in Directory.EnumerateFiles(_help))
        {
            if (!files.ContainsKey(Path.GetFileName(path)))
            {
                File.Delete(path);
            }
        }

        foreach ((string name, string content) in files)
        {
            File.WriteAllText(Path.Combine(_help, name), content, Utf8);
        }

        return [.. files.Keys.Select(static name => $"en-US/{name}")];
    }

    private IEnumerable<string> FindPages(bool about)
        => Directory.EnumerateFiles(_pages, "*.md")
            .Where(file => Path.GetFileName(file).StartsWith(AboutPrefix, StringComparison.Ordinal) == about)
            .Order(StringComparer.Ordinal);
}
