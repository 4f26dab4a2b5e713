using System;
using System.Collections.Generic;
using System.Linq;

namespace GitLabAgents.Packaging;

/// <summary>
/// A PowerShell data file (.psd1), as far as a module's manifest goes: a hashtable of strings, lists and hashtables.
/// Reads it without PowerShell, and knows where each value stands, so that one can be replaced and the rest stay as it is.
/// </summary>
public sealed class DataFile
{
    // PowerShell takes these for a single quotation mark too.
    private const string SingleQuotes = "'\u2018\u2019\u201A\u201B";

    private readonly string _text;
    private readonly Dictionary<string, Value> _root;

    private int _at;

    private DataFile(string text)
    {
        _text = text;
        _root = ReadValue().Table ?? throw Bad("a hashtable is expected");
        SkipBlank();
        if (_at < _text.Length)
        {
            throw Bad("nothing is expected behind the hashtable");
        }
    }

    /// <summary>Reads a data file.</summary>
    /// <param name="text">The file's text.</param>
    /// <returns>What it says.</returns>
    /// <exception cref="PackageException">It is no data file, or more than this understands.</exception>
    public static DataFile Parse(string text) => new(text.TrimStart('\uFEFF'));

    /// <summary>Gives the string of a key.</summary>
    /// <param name="path">The key, or the keys that lead to it, with dots.</param>
    /// <returns>The string, or <see langword="null"/> where there is none.</returns>
    public string? Text(string path) => Find(path)?.Text;

    /// <summary>Gives the strings of a key.</summary>
    /// <param name="path">The key, or the keys that lead to it, with dots.</param>
    /// <returns>The strings; none where there is no such key.</returns>
    public IReadOnlyList<string> List(string path)
        => Find(path) switch
        {
            { List: { } list } => [.. list.Select(v => v.Text ?? throw new PackageException($"{path} holds something else than strings."))],
            { Text: { } text } => [text],
            _ => [],
        };

    /// <summary>Gives the whole text with one string in another's place.</summary>
    /// <param name="path">The key, or the keys that lead to it, with dots.</param>
    /// <param name="value">The new string.</param>
    /// <returns>The text.</returns>
    public string With(string path, string value)
    {
        Value old = Find(path) is { Text: not null } found ? found : throw new PackageException($"The manifest has no string {path}.");
        string quoted = string.Concat(value.Select(c => SingleQuotes.Contains(c, StringComparison.Ordinal) ? $"{c}{c}" : c.ToString()));
        return $"{_text[..old.Start]}'{quoted}'{_text[old.End..]}";
    }

    private Value? Find(string path)
    {
        Value? value = null;
        Dictionary<string, Value>? table = _root;
        foreach (string key in path.Split('.'))
        {
            value = table is not null && table.TryGetValue(key, out Value? found) ? found : null;
            table = value?.Table;
        }

        return value;
    }

    private Value ReadValue()
    {
        SkipBlank();
        int start = _at;
        if (TakeIf("@{"))
        {
            return new Value(start, Table: ReadTable(), End: _at);
        }

        if (TakeIf("@("))
        {
            List<Value> list = ReadList(')');
            return new Value(start, List: list, End: _at);
        }

        if (_at < _text.Length && SingleQuotes.Contains(_text[_at], StringComparison.Ordinal))
        {
            string text = ReadQuoted();
            return new Value(start, Text: text, End: _at);
        }

        if (TakeIf("$true") || TakeIf("$false") || TakeIf("$null"))
        {
            return new Value(start, End: _at);
        }

        throw Bad("a single-quoted string, @(…) or @{…} is expected");
    }

    private Dictionary<string, Value> ReadTable()
    {
        var table = new Dictionary<string, Value>(StringComparer.OrdinalIgnoreCase);
        while (true)
        {
            SkipBlank(alsoSemicolons: true);
            if (TakeIf("}"))
            {
                return table;
            }

            int start = _at;
            while (_at < _text.Length && (char.IsLetterOrDigit(_text[_at]) || _text[_at] == '_'))
            {
                _at++;
            }

            string key = _text[start.._at];
            SkipBlank();
            if (key.Length == 0 || !TakeIf("="))
            {
                throw Bad("a key and = are expected");
            }

            if (!table.TryAdd(key, ReadValue()))
            {
                throw Bad($"{key} is there twice");
            }
        }
    }

    private List<Value> ReadList(char end)
    {
        var list = new List<Value>();
        while (true)
        {
            SkipBlank(alsoSemicolons: true);
            TakeIf(",");
            SkipBlank();
            if (TakeIf(end.ToString()))
            {
                return list;
            }

            list.Add(ReadValue());
        }
    }

    private string ReadQuoted()
    {
        var text = new System.Text.StringBuilder();
        for (_at++; _at < _text.Length; _at++)
        {
            if (SingleQuotes.Contains(_text[_at], StringComparison.Ordinal))
            {
                _at++;
                if (_at == _text.Length || !SingleQuotes.Contains(_text[_at], StringComparison.Ordinal))
                {
                    return text.ToString();
                }
            }

            text.Append(_text[_at]);
        }

        throw Bad("a string does not end");
    }

    private void SkipBlank(bool alsoSemicolons = false)
    {
        while (_at < _text.Length)
        {
            if (char.IsWhiteSpace(_text[_at]) || (alsoSemicolons && _text[_at] == ';'))
            {
                _at++;
            }
            else if (_text[_at] == '#')
            {
                int end = _text.IndexOf('\n', _at);
                _at = end < 0 ? _text.Length : end;
            }
            else if (string.CompareOrdinal(_text, _at, "<#", 0, 2) == 0)
            {
                int end = _text.IndexOf("#>", _at, StringComparison.Ordinal);
                _at = end < 0 ? throw Bad("a comment does not end") : end + 2;
            }
            else
            {
                return;
            }
        }
    }

    private bool TakeIf(string token)
    {
        bool there = string.Compare(_text, _at, token, 0, token.Length, StringComparison.OrdinalIgnoreCase) == 0;
        _at += there ? token.Length : 0;
        return there;
    }

    private PackageException Bad(string what)
        => new($"The manifest can't be read, line {_text.AsSpan(0, Math.Min(_at, _text.Length)).Count('\n') + 1}: {what}.");

    private sealed record Value(int Start, string? Text = null, List<Value>? List = null, Dictionary<string, Value>? Table = null, int End = 0);
}
