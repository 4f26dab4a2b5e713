using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace GitLabAgents.FakeGitLab.Routes;

/// <summary>The certificates and the key of a new URL configuration: base64 of PEM, checked as GitLab checks them.</summary>
internal sealed record Credentials(string? Certificate, string? Key, string? CaCertificate)
{
    public static Credentials Read(string? certificate, string? key, string? caCertificate, List<string> errors)
    {
        string? certificatePem = Decode(certificate);
        string? keyPem = Decode(key);
        string? caPem = Decode(caCertificate);
        if (keyPem is not null)
        {
            CheckPair(certificatePem, keyPem, errors);
        }

        if (caPem is not null && !HoldsCertificate(caPem))
        {
            errors.Add("Ca cert must be a valid PEM certificate");
        }

        return new Credentials(certificatePem, keyPem, caPem);
    }

    private static void CheckPair(string? certificatePem, string keyPem, List<string> errors)
    {
        if (certificatePem is null)
        {
            errors.Add("Client cert can't be blank");
        }
        else if (!HoldsCertificate(certificatePem))
        {
            errors.Add("Client cert must be a valid PEM certificate");
        }
        else if (!PemEncoding.TryFind(keyPem, out PemFields fields) || !keyPem[fields.Label].EndsWith("PRIVATE KEY", StringComparison.Ordinal))
        {
            errors.Add("Client key must be a valid PEM private key");
        }
        else if (!Match(certificatePem, keyPem))
        {
            errors.Add("Client key does not match the certificate");
        }
    }

    /// <summary>What is not base64, such as PEM itself, becomes rubbish, as in GitLab, and fails the check as PEM.</summary>
    [return: NotNullIfNotNull(nameof(text))]
    private static string? Decode(string? text)
    {
        if (text is null)
        {
            return null;
        }

        byte[] bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out int length) ? Encoding.UTF8.GetString(bytes, 0, length) : string.Empty;
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

    private static bool Match(string certificatePem, string keyPem)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(certificatePem, keyPem);
            return certificate.HasPrivateKey;
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            return false;
        }
    }
}
