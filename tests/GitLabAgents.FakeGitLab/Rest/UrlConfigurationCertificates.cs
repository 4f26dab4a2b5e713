using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace GitLabAgents.FakeGitLab.Rest;

/// <summary>
/// The certificates and the key of a new URL configuration, validated as GitLab does. Nobody checks that key and
/// certificate belong together.
/// </summary>
internal sealed record UrlConfigurationCertificates(string? Certificate, string? Key, string? CaCertificate)
{
    private const int MaxLength = 16384;

    /// <summary>The DER of the object identifiers of X25519, X448, Ed25519 and Ed448, up to their last byte.</summary>
    private static readonly byte[] EdwardsPrefix = [0x06, 0x03, 0x2B, 0x65];

    private enum KeyKind
    {
        Valid,
        Invalid,
        Unsupported,
    }

    /// <summary>Reads and validates; null where GitLab fails with a 500: it cannot handle Ed25519 keys.</summary>
    public static UrlConfigurationCertificates? Read(
        CertificateEncoding encoding,
        string? certificate,
        string? key,
        string? caCertificate,
        List<string> errors)
    {
        string? certificatePem = Decode(certificate, encoding);
        string? keyPem = Decode(key, encoding);
        string? caPem = Decode(caCertificate, encoding);
        ValidateCertificate("Client cert", certificatePem, errors);
        ValidateCertificate("Ca cert", caPem, errors);
        if (keyPem?.Length > MaxLength)
        {
            errors.Add("Client key is too long (maximum is 16384 characters)");
        }
        else if (keyPem is not null)
        {
            switch (Inspect(keyPem))
            {
                case KeyKind.Unsupported:
                    return null;
                case KeyKind.Invalid:
                    errors.Add("Client key must be a valid PEM private key");
                    break;
            }
        }

        return new UrlConfigurationCertificates(certificatePem, keyPem, caPem);
    }

    /// <summary>GitLab 17 decodes base64 first: what is not base64, such as PEM, becomes an empty text.</summary>
    [return: NotNullIfNotNull(nameof(text))]
    private static string? Decode(string? text, CertificateEncoding encoding)
    {
        if (text is null || encoding == CertificateEncoding.Pem)
        {
            return text;
        }

        byte[] bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out int length)
            ? Encoding.UTF8.GetString(bytes, 0, length)
            : string.Empty;
    }

    private static void ValidateCertificate(string name, string? pem, List<string> errors)
    {
        if (pem?.Length > MaxLength)
        {
            errors.Add($"{name} is too long (maximum is 16384 characters)");
        }
        else if (pem is not null && (IsIndented(pem) || !HoldsCertificate(pem)))
        {
            errors.Add($"{name} must be a valid PEM certificate");
        }
    }

    /// <summary>OpenSSL ignores text before the first line of PEM, but accepts no indented lines.</summary>
    private static bool IsIndented(string pem)
    {
        int start = pem.IndexOf("-----BEGIN", StringComparison.Ordinal);
        return start < 0
            || (start > 0 && pem[start - 1] != '\n')
            || pem[start..].Split('\n').Any(static line => line.StartsWith(' ') || line.StartsWith('\t'));
    }

    private static bool HoldsCertificate(string pem)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(pem);
            return certificates.Count > 0;
        }
        catch (CryptographicException)
        {
            return false;
        }
        finally
        {
            foreach (X509Certificate2 certificate in certificates)
            {
                certificate.Dispose();
            }
        }
    }

    private static KeyKind Inspect(string pem)
    {
        if (IsIndented(pem)
            || !PemEncoding.TryFind(pem, out PemFields fields)
            || !pem[fields.Label].EndsWith("PRIVATE KEY", StringComparison.Ordinal))
        {
            return KeyKind.Invalid;
        }

        byte[] der = Convert.FromBase64String(pem[fields.Base64Data]);
        bool isPkcs8 = pem[fields.Label] == "PRIVATE KEY";
        if (isPkcs8 && der.AsSpan().IndexOf(EdwardsPrefix) is >= 0 and < 16)
        {
            return KeyKind.Unsupported;
        }

        return CanImport(RSA.Create, pem) || CanImport(ECDsa.Create, pem) ? KeyKind.Valid : KeyKind.Invalid;
    }

    private static bool CanImport(Func<AsymmetricAlgorithm> create, string pem)
    {
        using AsymmetricAlgorithm algorithm = create();
        try
        {
            algorithm.ImportFromPem(pem);
            return true;
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            return false;
        }
    }
}
