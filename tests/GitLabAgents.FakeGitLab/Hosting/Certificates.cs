using System;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace GitLabAgents.FakeGitLab;

/// <summary>Creates throw-away certificates.</summary>
public static class Certificates
{
    /// <summary>
    /// A self-signed certificate with its key, for <c>localhost</c> and <c>127.0.0.1</c> unless another host is
    /// named.
    /// </summary>
    public static X509Certificate2 CreateSelfSigned(string host = "localhost")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + host, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        if (host == "localhost")
        {
            names.AddIpAddress(IPAddress.Loopback);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(
            new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));

        // Through PKCS #12, because Windows does not serve TLS with a key that is in memory only.
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>A certificate and its key as PEM, for URL configurations.</summary>
    public static (string Certificate, string Key) CreatePem(string host = "agent.example.com")
    {
        using X509Certificate2 certificate = CreateSelfSigned(host);
        using ECDsa key = certificate.GetECDsaPrivateKey()!;
        return (certificate.ExportCertificatePem() + "\n", ExportKey(key));
    }

    private static string ExportKey(ECDsa key)
    {
        // Some systems export a key from PKCS #12 in encrypted form only.
        const string Password = "export";
        var parameters = new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1);
        using var copy = ECDsa.Create();
        copy.ImportEncryptedPkcs8PrivateKey(
            Password,
            key.ExportEncryptedPkcs8PrivateKey(Password, parameters),
            out _);
        return copy.ExportPkcs8PrivateKeyPem() + "\n";
    }
}
