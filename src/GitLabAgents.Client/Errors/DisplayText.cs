using System;
using System.Globalization;
using System.Text;

namespace GitLabAgents;

/// <summary>Makes text from outside safe to show in a terminal.</summary>
internal static class DisplayText
{
    private const int MaxLength = 500;

    // Invisible as well, but letters or marks by their Unicode category.
    private const string InvisibleLetters = "\u034F\u115F\u1160\u17B4\u17B5\u3164\uFFA0";

    /// <summary>
    /// Replaces each character that could move the cursor, reorder or hide text, or end a line: control characters,
    /// bidirectional controls, zero-width characters, line and paragraph separators, and lone surrogates.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <returns>The text on one line, of the same length.</returns>
    public static string Sanitize(string text)
    {
        StringBuilder? line = null;
        for (int i = 0; i < text.Length; i++)
        {
            int length = char.IsSurrogatePair(text, i) ? 2 : 1;
            if (GetReplacement(text, i) is { } replacement)
            {
                line ??= new StringBuilder(text);
                line[i] = replacement;
                line[i + length - 1] = replacement;
            }

            i += length - 1;
        }

        return line?.ToString() ?? text;
    }

    /// <summary>Makes a server's text fit for a message: without secrets, on one line, and not too long.</summary>
    /// <param name="text">The text.</param>
    /// <param name="redact">Removes secrets; it gets the whole text, so that none is cut in half.</param>
    /// <returns>The text, or <see langword="null"/> if nothing of it is visible.</returns>
    public static string? SanitizeMessage(string? text, Func<string, string> redact)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        string line = Sanitize(redact(text!.Trim()));
        if (string.IsNullOrWhiteSpace(line))
        {
            return null;
        }

        if (line.Length <= MaxLength)
        {
            return line;
        }

        int length = char.IsHighSurrogate(line[MaxLength - 1]) ? MaxLength - 1 : MaxLength;
        return line.Substring(0, length) + "…";
    }

    private static char? GetReplacement(string text, int index)
        => CharUnicodeInfo.GetUnicodeCategory(text, index) switch
        {
            UnicodeCategory.Surrogate => '\uFFFD',
            UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => ' ',
            _ => InvisibleLetters.IndexOf(text[index]) >= 0 ? ' ' : null,
        };
}
