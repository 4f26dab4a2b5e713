using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;

namespace GitLabAgents;

/// <summary>
/// A query of an embedded .graphql file together with its fragments. Fields and arguments can be left out by name, so
/// the files have one field a line, and arguments that can be left out are not the first of their field.
/// </summary>
internal sealed class QueryDocument
{
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(1);
    private const string Spread = "...";
    private static readonly ConcurrentDictionary<string, QueryDocument> Loaded = new(StringComparer.Ordinal);

    private readonly string[] _lines;

    private QueryDocument(string[] lines) => _lines = lines;

    /// <summary>Gets the projects of a group.</summary>
    public static QueryDocument GroupProjects => Load(nameof(GroupProjects));

    /// <summary>Gets the projects of the user.</summary>
    public static QueryDocument AllProjects => Load(nameof(AllProjects));

    /// <summary>Gets projects by their IDs.</summary>
    public static QueryDocument ProjectsById => Load(nameof(ProjectsById));

    /// <summary>Gets projects by their full paths.</summary>
    public static QueryDocument ProjectsByPath => Load(nameof(ProjectsByPath));

    /// <summary>Gets a page of a project's agents.</summary>
    public static QueryDocument ProjectAgents => Load(nameof(ProjectAgents));

    /// <summary>Gets one agent.</summary>
    public static QueryDocument Agent => Load(nameof(Agent));

    /// <summary>Gets a page of an agent's activity.</summary>
    public static QueryDocument AgentActivity => Load(nameof(AgentActivity));

    /// <summary>Loads a query and the fragments that it needs.</summary>
    /// <param name="name">The name of the file without its extension.</param>
    public static QueryDocument Load(string name) => Loaded.GetOrAdd(name, static file =>
    {
        var lines = new List<string>(ReadLines(file));
        var fragments = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < lines.Count; i++)
        {
            string fragment = lines[i].StartsWith(Spread, StringComparison.Ordinal)
                ? lines[i].Substring(Spread.Length)
                : string.Empty;
            if (fragment.Length > 0 && fragments.Add(fragment))
            {
                lines.AddRange(ReadLines(fragment));
            }
        }

        return new QueryDocument([.. lines]);
    });

    /// <summary>Returns the query without some fields and arguments.</summary>
    /// <param name="excluded">Names of fields; names of arguments end with a colon.</param>
    public string Without(IEnumerable<string> excluded)
    {
        var names = new HashSet<string>(excluded, StringComparer.Ordinal);
        string[] arguments = [.. names.Where(static name => name.EndsWith(":", StringComparison.Ordinal))];
        var kept = new List<string>(_lines.Length);
        int removedDepth = 0;
        foreach (string line in _lines)
        {
            bool opens = line.EndsWith("{", StringComparison.Ordinal);
            if (removedDepth > 0)
            {
                removedDepth += opens ? 1 : 0;
                removedDepth -= line == "}" ? 1 : 0;
            }
            else if (names.Contains(GetFieldName(line)))
            {
                removedDepth = opens ? 1 : 0;
            }
            else if (line == "}" && kept[kept.Count - 1].EndsWith("{", StringComparison.Ordinal))
            {
                kept.RemoveAt(kept.Count - 1); // Nothing of the field is left, and GraphQL refuses an empty selection.
            }
            else
            {
                kept.Add(RemoveArguments(line, arguments));
            }
        }

        return string.Join("\n", kept);
    }

    /// <summary>Returns the whole query.</summary>
    /// <returns>The query.</returns>
    public override string ToString() => string.Join("\n", _lines);

    private static string GetFieldName(string line)
    {
        int end = line.IndexOfAny([' ', '(', ':']);
        return end < 0 ? line : line.Substring(0, end);
    }

    private static string RemoveArguments(string line, string[] names)
        => names.Aggregate(line, static (text, name) => text.IndexOf(name, StringComparison.Ordinal) < 0
            ? text
            : Regex.Replace(text, $@",\s*\b{name}\s*[^,)]+", string.Empty, RegexOptions.None, MatchTimeout));

    private static IEnumerable<string> ReadLines(string name)
    {
        using Stream stream = typeof(QueryDocument).Assembly.GetManifestResourceStream($"{name}.graphql")
            ?? throw new ArgumentException($"There is no query '{name}'.", nameof(name));
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            string trimmed = line.Trim();
            if (trimmed.Length > 0 && trimmed[0] != '#')
            {
                yield return trimmed;
            }
        }
    }
}
