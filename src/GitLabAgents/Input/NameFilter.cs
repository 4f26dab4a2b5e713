using System;
using System.Collections.Generic;
using System.Management.Automation;

namespace GitLabAgents;

/// <summary>
/// Selects the names that a user specified: patterns, which may match nothing, and plain names, which must exist.
/// </summary>
internal sealed class NameFilter
{
    private readonly List<WildcardPattern> _patterns = [];
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _unmatched = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="names">The names and patterns, or <see langword="null"/> for all.</param>
    /// <exception cref="GitLabApiException">A pattern is not valid.</exception>
    public NameFilter(string[]? names)
    {
        foreach (string name in names ?? ["*"])
        {
            if (WildcardPattern.ContainsWildcardCharacters(name))
            {
                _patterns.Add(ReadPattern(name));
            }
            else
            {
                string plain = WildcardPattern.Unescape(name);
                _names.Add(plain);
                _unmatched.Add(plain);
            }
        }
    }

    /// <summary>Gets the plain names that have not been matched yet.</summary>
    public IReadOnlyCollection<string> Unmatched => _unmatched;

    /// <summary>Gets a value indicating whether no other name can match, provided that names are unique.</summary>
    public bool IsSatisfied => _patterns.Count == 0 && _unmatched.Count == 0;

    /// <summary>Returns whether a name is selected.</summary>
    public bool IsMatch(string? name)
    {
        name ??= string.Empty;
        if (_names.Contains(name))
        {
            _unmatched.Remove(name);
            return true;
        }

        foreach (WildcardPattern pattern in _patterns)
        {
            if (pattern.IsMatch(name))
            {
                return true;
            }
        }

        return false;
    }

    private static WildcardPattern ReadPattern(string name)
    {
        var pattern = new WildcardPattern(name, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
        try
        {
            pattern.IsMatch(string.Empty); // A pattern is not parsed before it is used.
            return pattern;
        }
        catch (WildcardPatternException)
        {
            throw new GitLabApiException(
                GitLabErrorKind.InvalidRequest,
                $"'{name}' is not a valid wildcard pattern.",
                "Close the brackets, or put a backtick before a bracket that is part of the name.");
        }
    }
}
