using System;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace GitLabAgents.Tests;

/// <summary>Certificates and keys in each format that users have.</summary>
internal sealed class PemFiles
{
    private const string Password = "secret";

    public PemFiles()
    {
        using RSA key = RSA.Create(2048);
        Certificate = Sign(key, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        Expired = Sign(key, DateTimeOffset.UtcNow.AddDays(-30), DateTimeOffset.UtcNow.AddDays(-10));
        Key = key.ExportPkcs8PrivateKeyPem() + "\n";
        TraditionalKey = key.ExportRSAPrivateKeyPem() + "\n";
        EncryptedKey = key.ExportEncryptedPkcs8PrivateKeyPem(
            Password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 10))
            + "\n";
        TraditionalEncryptedKey = TraditionalKey.Replace(
            "KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n", StringComparison.Ordinal);
        using RSA other = RSA.Create(2048);
        OtherKey = other.ExportPkcs8PrivateKeyPem() + "\n";
        using ECDsa curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CurveKey = curve.ExportECPrivateKeyPem() + "\n";
    }

    public string Certificate { get; }

    public string Expired { get; }

    public string Key { get; }

    public string TraditionalKey { get; }

    public string EncryptedKey { get; }

    public string TraditionalEncryptedKey { get; }

    public string OtherKey { get; }

    public string CurveKey { get; }

    private static string Sign(RSA key, DateTimeOffset from, DateTimeOffset to)
    {
        var request = new CertificateRequest("CN=client", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 certificate = request.CreateSelfSigned(from, to);
        return certificate.ExportCertificatePem() + "\n";
    }
}
