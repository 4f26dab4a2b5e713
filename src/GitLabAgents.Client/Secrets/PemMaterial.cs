using System;
using System.Collections.Generic;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace GitLabAgents;

/// <summary>
/// A validated certificate or private key from the user. Its characters are cleared when it is disposed.
/// </summary>
public sealed class PemMaterial : IDisposable
{
    private readonly char[] _text;
    private bool _isDisposed;

    private PemMaterial(string source, char[] text)
    {
        Source = source;
        _text = text;
    }

    /// <summary>Gets the origin in the user's terms: the parameter, and the file if there is one.</summary>
    public string Source { get; }

    /// <summary>Gets the PEM text.</summary>
    /// <exception cref="ObjectDisposedException">The characters were cleared.</exception>
    internal ReadOnlySpan<char> Text
        => _isDisposed ? throw new ObjectDisposedException(Source, "Its characters were cleared.") : _text;

    /// <summary>
    /// Reads certificates. A private key in the same text is omitted, because GitLab shows certificates to others.
    /// </summary>
    /// <param name="source">The origin for messages, such as a parameter and the path of its file.</param>
    /// <param name="text">The PEM text. It is copied; the caller clears it.</param>
    /// <returns>The certificates.</returns>
    /// <exception cref="GitLabApiException">The text has no valid certificate.</exception>
    public static PemMaterial Certificate(string source, char[] text)
    {
        List<PemBlock> blocks = Find(source, text);
        if (!blocks.Exists(static b => b.IsCertificate))
        {
            throw CreateException(source, blocks.Exists(static b => b.IsPrivateKey)
                ? "contains a private key where a certificate is expected. Are the two swapped?"
                : "does not contain a certificate.");
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
            throw CreateException(source, "contains a certificate that cannot be read.");
        }
    }

    /// <summary>Reads a private key. Certificates in the same text are omitted.</summary>
    /// <param name="source">The origin for messages, such as a parameter and the path of its file.</param>
    /// <param name="text">The PEM text. It is copied; the caller clears it.</param>
    /// <returns>The private key.</returns>
    /// <exception cref="GitLabApiException">The text has no private key, or an encrypted one.</exception>
    public static PemMaterial PrivateKey(string source, char[] text)
    {
        List<PemBlock> blocks = Find(source, text);
        if (!blocks.Exists(static b => b.IsPrivateKey))
        {
            throw CreateException(source, blocks.Exists(static b => b.IsCertificate)
                ? "contains a certificate where a private key is expected. Are the two swapped?"
                : "does not contain a private key.");
        }

        PemBlock key = blocks.Find(static b => b.IsPrivateKey);
        ReadOnlySpan<char> data = text.AsSpan(key.DataStart, key.DataEnd - key.DataStart);
        if (key.Label == "ENCRYPTED PRIVATE KEY" || data.IndexOf("ENCRYPTED".AsSpan()) >= 0)
        {
            throw CreateException(
                source,
                "is encrypted, and GitLab does not accept a password. Decrypt it with: "
                    + "openssl pkey -in key.pem -out plain.pem");
        }

        if (key.Label == "OPENSSH PRIVATE KEY")
        {
            throw CreateException(
                source, "is an SSH key, which GitLab does not accept here. Specify the key of the certificate.");
        }

        if (GetEdwardsCurve(data) is { } curve)
        {
            throw CreateException(
                source, $"is an {curve} key, which GitLab does not accept. Use a certificate with an RSA or EC key.");
        }

        return new PemMaterial(source, Normalize(source, text, [key]));
    }

    /// <summary>Returns the characters in UTF-8. The caller clears them after use.</summary>
    internal byte[] ToBytes()
    {
        _ = Text;
        return Encoding.UTF8.GetBytes(_text);
    }

    /// <summary>Returns a warning for each certificate that is not valid now.</summary>
    internal IEnumerable<string> GetWarnings(DateTimeOffset now)
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

    /// <summary>Clears the characters.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        Array.Clear(_text, 0, _text.Length);
    }

    /// <summary>Creates an exception whose message begins with the origin of the text.</summary>
    internal static GitLabApiException CreateException(string source, string problem)
        => new(GitLabErrorKind.InvalidRequest, $"{source} {problem}");

    private static List<PemBlock> Find(string source, char[] text)
    {
        try
        {
            List<PemBlock> blocks = Pem.Find(text);
            return blocks.Count > 0
                ? blocks
                : throw CreateException(source, "is not PEM: it does not contain a line -----BEGIN …-----.");
        }
        catch (FormatException)
        {
            throw CreateException(source, "is not valid PEM: a block has no end line.");
        }
    }

    // Keeps only the given blocks, in the form that GitLab accepts: a private key is never sent with certificates.
    private static char[] Normalize(string source, char[] text, List<PemBlock> blocks)
    {
        try
        {
            return Pem.Normalize(text, blocks);
        }
        catch (FormatException)
        {
            throw CreateException(source, "is not valid PEM: a block is not base64.");
        }
    }

    // GitLab 18 responds with 500 to these keys. Their identifiers are in the first bytes of PKCS #8 (RFC 8410).
    private static string? GetEdwardsCurve(ReadOnlySpan<char> data)
    {
        const int PrefixLength = 32;
        char[] prefix = new char[PrefixLength];
        int length = 0;
        for (int i = 0; i < data.Length && length < PrefixLength; i++)
        {
            if (!char.IsWhiteSpace(data[i]))
            {
                prefix[length++] = data[i];
            }
        }

        try
        {
            byte[] bytes = Convert.FromBase64CharArray(prefix, 0, length - (length % 4));
            ReadOnlySpan<byte> identifier = [0x06, 0x03, 0x2B, 0x65];
            int index = bytes.AsSpan().IndexOf(identifier);
            int curve = index + identifier.Length;
            return index < 0 || curve >= bytes.Length ? null : bytes[curve] switch
            {
                0x70 => "Ed25519",
                0x71 => "Ed448",
                _ => null,
            };
        }
        catch (FormatException)
        {
            return null; // Normalize reports it.
        }
        finally
        {
            Array.Clear(prefix, 0, prefix.Length);
        }
    }
}
