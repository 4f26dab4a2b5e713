using System;
using System.Collections.Generic;
using System.Globalization;
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

        var material = new PemMaterial(source, Normalize(source, text, blocks.FindAll(static b => b.IsCertificate)));
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

        if (key.Label == "OPENSSH PRIVATE KEY")
        {
            throw CreateException(
                source,
                "is a key for SSH, which GitLab does not accept here. Give the key of the certificate.");
        }

        if (GetEdwardsCurve(inside) is { } curve)
        {
            throw CreateException(
                source, $"is an {curve} key, which GitLab does not accept. Use a certificate with an RSA or EC key.");
        }

        return new PemMaterial(source, Normalize(source, text, [key]));
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
                yield return Describe(certificate, $"expired on {FormatDay(certificate.NotAfter)}");
            }
            else if (certificate.NotBefore > now.LocalDateTime)
            {
                yield return Describe(certificate, $"is not valid before {FormatDay(certificate.NotBefore)}");
            }
        }

        string Describe(X509Certificate2 certificate, string problem)
            => $"{Source}: the certificate '{certificate.Subject}' {problem}.";

        static string FormatDay(DateTime date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
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

    // Only what is wanted, in the form that GitLab accepts: private keys never go along with certificates.
    private static char[] Normalize(string source, char[] text, List<PemBlock> blocks)
    {
        try
        {
            return Pem.Normalize(text, blocks);
        }
        catch (FormatException)
        {
            throw CreateException(source, "is broken: a PEM block is not base64.");
        }
    }

    // GitLab 18 answers 500 to these keys. Their identifiers are in the first bytes of PKCS #8 (RFC 8410).
    private static string? GetEdwardsCurve(ReadOnlySpan<char> data)
    {
        const int HeadLength = 32;
        char[] head = new char[HeadLength];
        int length = 0;
        for (int i = 0; i < data.Length && length < HeadLength; i++)
        {
            if (!char.IsWhiteSpace(data[i]))
            {
                head[length++] = data[i];
            }
        }

        try
        {
            byte[] bytes = Convert.FromBase64CharArray(head, 0, length - (length % 4));
            ReadOnlySpan<byte> identifier = [0x06, 0x03, 0x2B, 0x65];
            int at = bytes.AsSpan().IndexOf(identifier);
            return at < 0 || at + identifier.Length >= bytes.Length ? null : bytes[at + identifier.Length] switch
            {
                0x70 => "Ed25519",
                0x71 => "Ed448",
                _ => null,
            };
        }
        catch (FormatException)
        {
            return null; // Then it is refused as what it is.
        }
        finally
        {
            Array.Clear(head, 0, head.Length);
        }
    }
}
