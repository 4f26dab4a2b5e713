using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace GitLabAgents;

/// <summary>One block of a PEM text: its label and its position.</summary>
internal readonly struct PemBlock(string label, int start, int end, int dataStart, int dataEnd)
{
    public string Label { get; } = label;

    public int Start { get; } = start;

    public int End { get; } = end;

    public int DataStart { get; } = dataStart;

    public int DataEnd { get; } = dataEnd;

    public bool IsCertificate => Label is "CERTIFICATE" or "X509 CERTIFICATE" or "TRUSTED CERTIFICATE";

    public bool IsPrivateKey => Label.EndsWith("PRIVATE KEY", StringComparison.Ordinal);
}

/// <summary>Reads PEM, which .NET Standard 2.0 does not support, from characters that can be cleared.</summary>
internal static class Pem
{
    private const string Begin = "-----BEGIN ";
    private const string End = "-----END ";
    private const string Dashes = "-----";
    private const int LineLength = 64;

    public static bool IsPem(string text) => text.Contains(Begin);

    /// <summary>Finds the blocks of a text.</summary>
    /// <exception cref="FormatException">A block has no end line.</exception>
    public static List<PemBlock> Find(ReadOnlySpan<char> text)
    {
        var blocks = new List<PemBlock>();
        int at = 0;
        while (true)
        {
            int start = IndexOf(text, Begin.AsSpan(), at);
            if (start < 0)
            {
                return blocks;
            }

            int labelStart = start + Begin.Length;
            int labelEnd = IndexOf(text, Dashes.AsSpan(), labelStart);
            string label = labelEnd < 0 ? string.Empty : text.Slice(labelStart, labelEnd - labelStart).ToString();
            string close = End + label + Dashes;
            int dataStart = labelEnd + Dashes.Length;
            int dataEnd = labelEnd < 0 ? -1 : IndexOf(text, close.AsSpan(), dataStart);
            if (dataEnd < 0)
            {
                throw new FormatException("A PEM block has no end line.");
            }

            at = dataEnd + close.Length;
            blocks.Add(new PemBlock(label, start, at, dataStart, dataEnd));
        }
    }

    /// <summary>Returns the bytes of a block. Not for secrets, because it creates a string.</summary>
    /// <exception cref="FormatException">The block is not base64.</exception>
    public static byte[] Decode(ReadOnlySpan<char> text, PemBlock block)
        => Convert.FromBase64String(text.Slice(block.DataStart, block.DataEnd - block.DataStart).ToString());

    /// <summary>Reads all certificates of a text.</summary>
    /// <exception cref="FormatException">There are no certificates, or a block is malformed.</exception>
    /// <exception cref="CryptographicException">The content of a block is not a certificate.</exception>
    public static X509Certificate2Collection ReadCertificates(ReadOnlySpan<char> text)
    {
        var certificates = new X509Certificate2Collection();
        foreach (PemBlock block in Find(text))
        {
            if (block.IsCertificate)
            {
                certificates.Add(new X509Certificate2(Decode(text, block)));
            }
        }

        return certificates.Count > 0 ? certificates : throw new FormatException("The text contains no certificate.");
    }

    /// <summary>
    /// Gets when the first certificate of a text expires, or <see langword="null"/> if it cannot be read.
    /// </summary>
    public static DateTimeOffset? GetExpiry(string text)
    {
        try
        {
            return new DateTimeOffset(ReadCertificates(text.AsSpan())[0].NotAfter);
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            return null;
        }
    }

    /// <summary>
    /// Writes blocks in the strict form of RFC 7468: without text between them, in lines of 64 characters that end with
    /// a line feed. GitLab rejects some other forms, such as indented lines.
    /// </summary>
    /// <exception cref="FormatException">A block is not base64.</exception>
    public static char[] Normalize(ReadOnlySpan<char> text, IReadOnlyList<PemBlock> blocks)
    {
        // Normalization adds at most one line break for each character, and two at the end.
        char[] buffer = new char[(text.Length * 2) + 2];
        int length = 0;
        try
        {
            foreach (PemBlock block in blocks)
            {
                length = Append(buffer, length, Begin + block.Label + Dashes + "\n");
                int column = 0;
                foreach (char c in text.Slice(block.DataStart, block.DataEnd - block.DataStart))
                {
                    if (char.IsWhiteSpace(c))
                    {
                        continue;
                    }

                    if (!IsBase64(c))
                    {
                        throw new FormatException("A PEM block is not base64.");
                    }

                    if (column == LineLength)
                    {
                        buffer[length++] = '\n';
                        column = 0;
                    }

                    buffer[length++] = c;
                    column++;
                }

                length = Append(buffer, length, "\n" + End + block.Label + Dashes + "\n");
            }

            return buffer.AsSpan(0, length).ToArray();
        }
        finally
        {
            Array.Clear(buffer, 0, buffer.Length);
        }
    }

    private static int Append(char[] buffer, int length, string text)
    {
        text.CopyTo(0, buffer, length, text.Length);
        return length + text.Length;
    }

    private static bool IsBase64(char c)
        => c is (>= 'A' and <= 'Z') or (>= 'a' and <= 'z') or (>= '0' and <= '9') or '+' or '/' or '=';

    private static int IndexOf(ReadOnlySpan<char> text, ReadOnlySpan<char> value, int start)
    {
        int index = text.Slice(start).IndexOf(value);
        return index < 0 ? -1 : start + index;
    }
}
