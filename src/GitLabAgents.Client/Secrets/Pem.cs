using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace GitLabAgents;

/// <summary>One block of a PEM text: what it says it holds, and where it stands.</summary>
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

/// <summary>Reads PEM, of which .NET Standard 2.0 knows nothing. Works on characters that can be wiped.</summary>
internal static class Pem
{
    private const string Begin = "-----BEGIN ";
    private const string End = "-----END ";
    private const string Dashes = "-----";
    private const int LineLength = 64;

    public static bool IsPem(string text) => text.Contains(Begin);

    /// <summary>Finds the blocks of a text.</summary>
    /// <exception cref="FormatException">A block is not closed.</exception>
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
                throw new FormatException("a PEM block is not closed.");
            }

            at = dataEnd + close.Length;
            blocks.Add(new PemBlock(label, start, at, dataStart, dataEnd));
        }
    }

    /// <summary>Gives the bytes of a block that is no secret.</summary>
    /// <exception cref="FormatException">It is not base64.</exception>
    public static byte[] Decode(ReadOnlySpan<char> text, PemBlock block)
        => Convert.FromBase64String(text.Slice(block.DataStart, block.DataEnd - block.DataStart).ToString());

    /// <summary>Reads all certificates of a text.</summary>
    /// <exception cref="FormatException">There is none, or a block is broken.</exception>
    /// <exception cref="CryptographicException">A block holds no certificate.</exception>
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

        return certificates.Count > 0 ? certificates : throw new FormatException("there is no certificate in it.");
    }

    /// <summary>Tells when the first certificate of a text expires, or <see langword="null"/> where it cannot be read.</summary>
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
    /// Writes blocks as RFC 7468 has them: without text between them, lines of 64 characters, each ended with a line
    /// feed. GitLab does not accept every other form, such as indented lines.
    /// </summary>
    /// <exception cref="FormatException">A block is not base64.</exception>
    public static char[] Normalize(ReadOnlySpan<char> text, IReadOnlyList<PemBlock> blocks)
    {
        // At most one more line break for each line, and nothing is longer than it was otherwise.
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
                        throw new FormatException("a PEM block is not base64.");
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

    private static int IndexOf(ReadOnlySpan<char> text, ReadOnlySpan<char> what, int from)
    {
        int found = text.Slice(from).IndexOf(what);
        return found < 0 ? -1 : from + found;
    }
}
