using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

namespace GitLabAgents.Help;

/// <summary>The pages in docs/en-US, and the help in en-US that PowerShell reads and that is made of them.</summary>
/// <param name="root">The root of the repository.</param>
public sealed class HelpFolder(string root)
{
    private const string AboutPrefix = "about_";
    private const string CommandHelp = "GitLabAgents.dll-Help.xml";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly string _pages = Path.Combine(root, "docs", "en-US");
    private readonly string _help = Path.Combine(root, "en-US");

    /// <summary>Finds the root of the repository.</summary>
    /// <param name="start">A folder in it.</param>
    /// <returns>The folder that holds GitLabAgents.psd1.</returns>
    /// <exception cref="HelpException">There is none.</exception>
    public static string FindRoot(string start)
    {
        for (DirectoryInfo? directory = new(start); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "GitLabAgents.psd1")))
            {
                return directory.FullName;
            }
        }

        throw new HelpException($"GitLabAgents.psd1 is neither in {start} nor above it.");
    }

    /// <summary>Reads the pages of the cmdlets, by name.</summary>
    /// <returns>The pages.</returns>
    /// <exception cref="HelpException">A page is not as a page has to be.</exception>
    public IReadOnlyList<CommandPage> ReadCommands()
        => [.. Pages(about: false).Select(file => CommandPage.Read(MarkdownPage.Read(file)))];

    /// <summary>Makes the help files, without writing them.</summary>
    /// <returns>Their names in en-US, and what is in them.</returns>
    /// <exception cref="HelpException">A page is not as a page has to be.</exception>
    public IReadOnlyDictionary<string, string> Make()
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [CommandHelp] = MamlWriter.Write(ReadCommands()),
        };
        foreach (string file in Pages(about: true))
        {
            files.Add(Path.GetFileNameWithoutExtension(file) + ".help.txt", AboutWriter.Write(MarkdownPage.Read(file)));
        }

        return files;
    }

    /// <summary>Writes the help files, and deletes what is left over.</summary>
    /// <returns>The files that changed.</returns>
    public IEnumerable<string> Write()
    {
        IReadOnlyDictionary<string, string> made = Make();
        Directory.CreateDirectory(_help);
        foreach (string name in FindStale(made))
        {
            string file = Path.Combine(_help, name);
            if (made.TryGetValue(name, out string? content))
            {
                File.WriteAllText(file, content, Utf8);
            }
            else
            {
                File.Delete(file);
            }

            yield return $"en-US/{name}";
        }
    }

    /// <summary>Finds the files in en-US that differ from what the pages make, are missing, or are left over.</summary>
    /// <returns>The files.</returns>
    public IEnumerable<string> FindStale() => FindStale(Make()).Select(name => $"en-US/{name}");

    private List<string> FindStale(IReadOnlyDictionary<string, string> made)
    {
        IEnumerable<string> present = Directory.Exists(_help) ? Directory.EnumerateFiles(_help).Select(file => Path.GetFileName(file)) : [];
        return [.. made.Keys.Union(present, StringComparer.Ordinal).Where(name => !made.TryGetValue(name, out string? content) || content != Read(name)).Order(StringComparer.Ordinal)];
    }

    // Line ends are git's business.
    private string? Read(string name)
    {
        string file = Path.Combine(_help, name);
        return File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : null;
    }

    private IEnumerable<string> Pages(bool about)
        => Directory.EnumerateFiles(_pages, "*.md")
            .Where(file => Path.GetFileName(file).StartsWith(AboutPrefix, StringComparison.Ordinal) == about)
            .Order(StringComparer.Ordinal);
}
