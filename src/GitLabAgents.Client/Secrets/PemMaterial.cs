using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace GitLabAgents;

/// <summary>
/// A certificate or a private key that a user gave, checked for being what it is given as. Its characters are wiped
/// when it is disposed of.
/// </summary>
internal sealed class PemMaterial : IDisposable
{
    private readonly char[] _text;

    private PemMaterial(string source, char[] text)
    {
        Source = source;
        _text = text;
    }

    /// <summary>Gets where it came from, in the user's terms: a parameter, and the file where it is one.</summary>
    public string Source { get; }

    public ReadOnlySpan<char> Text => _text;

    /// <summary>Takes certificates. A private key in the same text is left out: GitLab shows certificates to others.</summary>
    /// <exception cref="GitLabApiException">It is no certificate.</exception>
    public static PemMaterial Certificate(string source, char[] text)
    {
        List<PemBlock> blocks = Find(source, text);
        if (!blocks.Exists(static b => b.IsCertificate))
        {
            throw CreateException(source, blocks.Exists(static b => b.IsPrivateKey)
                ? "holds a private key where a certificate is expected. Are the two swapped?"
                : "holds no certificate.");
        }

        var material = new PemMaterial(source, Filter(text, blocks, static b => b.IsCertificate, drop: static b => b.IsPrivateKey));
        try
        {
            _ = Pem.ReadCertificates(material.Text);
            return material;
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            material.Dispose();
            throw CreateException(source, "holds a certificate that cannot be read.");
        }
    }

    /// <summary>Takes a private key. Certificates in the same text are left out.</summary>
    /// <exception cref="GitLabApiException">It is no private key, or one with a password.</exception>
    public static PemMaterial PrivateKey(string source, char[] text)
    {
        List<PemBlock> blocks = Find(source, text);
        if (!blocks.Exists(static b => b.IsPrivateKey))
        {
            throw CreateException(source, blocks.Exists(static b => b.IsCertificate)
                ? "holds a certificate where a private key is expected. Are the two swapped?"
                : "holds no private key.");
        }

        PemBlock key = blocks.Find(static b => b.IsPrivateKey);
        ReadOnlySpan<char> inside = text.AsSpan(key.DataStart, key.DataEnd - key.DataStart);
        if (key.Label == "ENCRYPTED PRIVATE KEY" || inside.IndexOf("ENCRYPTED".AsSpan()) >= 0)
        {
            throw CreateException(source, "is encrypted, and GitLab takes no password. Take it off with: openssl pkey -in key.pem -out plain.pem");
        }

        return new PemMaterial(source, Filter(text, blocks, static b => b.IsPrivateKey, drop: static b => b.IsCertificate));
    }

    /// <summary>Gives the characters in UTF-8, to be sent and wiped.</summary>
    public byte[] ToBytes() => Encoding.UTF8.GetBytes(_text);

    /// <summary>Says what is worth a warning of the certificates: that they are not valid now.</summary>
    public IEnumerable<string> GetWarnings(DateTimeOffset now)
    {
        foreach (X509Certificate2 certificate in Pem.ReadCertificates(Text))
        {
            if (certificate.NotAfter < now.LocalDateTime)
            {
                yield return $"{Source}: the certificate '{certificate.Subject}' expired on {certificate.NotAfter:yyyy-MM-dd}.";
            }
            else if (certificate.NotBefore > now.LocalDateTime)
            {
                yield return $"{Source}: the certificate '{certificate.Subject}' is not valid before {certificate.NotBefore:yyyy-MM-dd}.";
            }
        }
    }

    /// <summary>Wipes the characters.</summary>
    public void Dispose() => Array.Clear(_text, 0, _text.Length);

    /// <summary>A refusal that names the source.</summary>
    public static GitLabApiException CreateException(string source, string flaw) => new(GitLabErrorKind.InvalidRequest, $"{source} {flaw}");

    private static List<PemBlock> Find(string source, char[] text)
    {
        try
        {
            List<PemBlock> blocks = Pem.Find(text);
            return blocks.Count > 0 ? blocks : throw CreateException(source, "is not PEM: there is no line -----BEGIN …----- in it.");
        }
        catch (FormatException)
        {
            throw CreateException(source, "is broken: a PEM block is not closed.");
        }
    }

    // As it was given, unless it holds what must not go along.
    private static char[] Filter(char[] text, List<PemBlock> blocks, Predicate<PemBlock> wanted, Predicate<PemBlock> drop)
    {
        if (!blocks.Exists(drop))
        {
            return (char[])text.Clone();
        }

        var kept = new List<PemBlock>(blocks.FindAll(wanted));
        int length = 0;
        foreach (PemBlock block in kept)
        {
            length += block.End - block.Start + 1;
        }

        char[] result = new char[length];
        int at = 0;
        foreach (PemBlock block in kept)
        {
            Array.Copy(text, block.Start, result, at, block.End - block.Start);
            at += block.End - block.Start;
            result[at++] = '\n';
        }

        return result;
    }
}
