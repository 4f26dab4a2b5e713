using System;
using System.Collections.Generic;
using System.Management.Automation;

namespace GitLabAgents;

/// <summary>The names that a user asked for: patterns, which may match nothing, and plain names, which must be there.</summary>
internal sealed class NameFilter
{
    private readonly List<WildcardPattern> _patterns = [];
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _unmatched = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="names">Names and patterns; <see langword="null"/> for all.</param>
    /// <exception cref="GitLabApiException">A pattern is none.</exception>
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

    /// <summary>Gets the plain names that were not seen yet.</summary>
    public IReadOnlyCollection<string> Unmatched => _unmatched;

    /// <summary>Gets a value indicating whether nothing that is still to come can be wanted, if each name is there but once.</summary>
    public bool IsSatisfied => _patterns.Count == 0 && _unmatched.Count == 0;

    /// <summary>Tells whether a name is wanted.</summary>
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
            pattern.IsMatch(string.Empty); // A pattern is not read before it is used.
            return pattern;
        }
        catch (WildcardPatternException)
        {
            throw new GitLabApiException(GitLabErrorKind.InvalidRequest, $"'{name}' is no wildcard pattern.", "Close the brackets, or put a backtick before one that is part of the name.");
        }
    }
}
