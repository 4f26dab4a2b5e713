using System;
using System.Collections.Generic;
using System.Security.Cryptography.X509Certificates;

namespace GitLabAgents;

/// <summary>Reads PEM, of which .NET Standard 2.0 knows nothing.</summary>
internal static class Pem
{
    private const string Begin = "-----BEGIN ";
    private const string End = "-----END ";
    private const string Dashes = "-----";

    /// <summary>Finds the blocks of a text: what they hold, and the bytes of it.</summary>
    /// <exception cref="FormatException">A block is not closed, or is not base64.</exception>
    public static IEnumerable<(string Label, byte[] Data)> Read(string text)
    {
        int at = 0;
        while ((at = text.IndexOf(Begin, at, StringComparison.Ordinal)) >= 0)
        {
            int labelStart = at + Begin.Length;
            int labelEnd = text.IndexOf(Dashes, labelStart, StringComparison.Ordinal);
            string label = labelEnd < 0 ? string.Empty : text.Substring(labelStart, labelEnd - labelStart);
            int end = labelEnd < 0 ? -1 : text.IndexOf(End + label + Dashes, labelEnd, StringComparison.Ordinal);
            if (end < 0)
            {
                throw new FormatException("A PEM block is not closed.");
            }

            int dataStart = labelEnd + Dashes.Length;
            yield return (label, Convert.FromBase64String(text.Substring(dataStart, end - dataStart)));
            at = end + End.Length;
        }
    }

    /// <summary>Reads all certificates of a text.</summary>
    /// <exception cref="FormatException">There is none, or a block is broken.</exception>
    public static X509Certificate2Collection ReadCertificates(string text)
    {
        var certificates = new X509Certificate2Collection();
        foreach ((string label, byte[] data) in Read(text))
        {
            if (label is "CERTIFICATE" or "TRUSTED CERTIFICATE" or "X509 CERTIFICATE")
            {
                certificates.Add(new X509Certificate2(data));
            }
        }

        return certificates.Count > 0 ? certificates : throw new FormatException("there is no CERTIFICATE block in it.");
    }
}
