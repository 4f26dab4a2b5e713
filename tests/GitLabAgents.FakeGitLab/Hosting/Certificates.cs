using System;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace GitLabAgents.FakeGitLab;

/// <summary>Makes throw-away certificates.</summary>
public static class Certificates
{
    /// <summary>A self-signed certificate with its key, for <c>localhost</c> and <c>127.0.0.1</c> unless another host is named.</summary>
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
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));

        // Once through PKCS #12: Windows does not serve TLS with a key that lives in memory only.
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
        // A key from PKCS #12 may be exported encrypted only on some systems; so take a detour.
        const string Password = "detour";
        using var copy = ECDsa.Create();
        copy.ImportEncryptedPkcs8PrivateKey(
            Password,
            key.ExportEncryptedPkcs8PrivateKey(Password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1)),
            out _);
        return copy.ExportPkcs8PrivateKeyPem() + "\n";
    }
}
