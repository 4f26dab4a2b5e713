using System;
using System.Linq;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace GitLabAgents.Tests;

/// <summary>Issues throw-away certificates.</summary>
internal static class TestPki
{
    public const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    public const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    public const string CodeSigning = "1.3.6.1.5.5.7.3.3";

    /// <summary>Creates an authority: a root, or one below <paramref name="issuer"/>.</summary>
    public static X509Certificate2 CreateAuthority(
        string name,
        X509Certificate2? issuer = null,
        params string[] purposes)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(
            new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        return Issue(request, key, issuer, purposes, TimeSpan.FromDays(30));
    }

    /// <summary>
    /// Creates a certificate for a host, and for <c>127.0.0.1</c> where the host is <c>localhost</c>.
    /// </summary>
    public static X509Certificate2 CreateLeaf(
        X509Certificate2? issuer,
        string host = "localhost",
        int validDays = 20,
        params string[] purposes)
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
        return Issue(request, key, issuer, purposes, TimeSpan.FromDays(validDays));
    }

    /// <summary>Copies a certificate without its private key.</summary>
    public static X509Certificate2 WithoutKey(X509Certificate2 certificate)
        => X509CertificateLoader.LoadCertificate(certificate.RawData);

    private static X509Certificate2 Issue(
        CertificateRequest request,
        ECDsa key,
        X509Certificate2? issuer,
        string[] purposes,
        TimeSpan validity)
    {
        if (purposes.Length > 0)
        {
            request.CertificateExtensions.Add(
                new X509EnhancedKeyUsageExtension([.. purposes.Select(purpose => new Oid(purpose))], critical: false));
        }

        DateTimeOffset start = DateTimeOffset.UtcNow.AddDays(issuer is null ? -100 : -50);
        DateTimeOffset end = DateTimeOffset.UtcNow + validity;
        if (issuer is null)
        {
            return Reload(request.CreateSelfSigned(start, end));
        }

        using X509Certificate2 certificate = request.Create(
            issuer, start, end < issuer.NotAfter ? end : issuer.NotAfter, RandomNumberGenerator.GetBytes(8));
        return Reload(certificate.CopyWithPrivateKey(key));
    }

    // Windows does not serve TLS with a key that lives in memory only.
    private static X509Certificate2 Reload(X509Certificate2 certificate)
    {
        using (certificate)
        {
            return X509CertificateLoader.LoadPkcs12(
                certificate.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
        }
    }
}
