using System;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace GitLabAgents.Tests.Engines;

/// <summary>
/// Certificates that mono can use: without elliptic curves, without AES around the private key, and without extensions
/// in that of the client. <see cref="TestPki"/> does not issue such certificates.
/// </summary>
internal sealed class MonoCertificates : IDisposable
{
    public MonoCertificates()
    {
        Authority = Issue("CN=authority", null, new X509BasicConstraintsExtension(true, false, 0, critical: true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        Server = Issue("CN=localhost", Authority, names.Build());
        using X509Certificate2 client = Issue("CN=client", Authority);
        Client = client.ExportPkcs12(Pkcs12ExportPbeParameters.Pkcs12TripleDesSha1, null);
        ClientThumbprint = client.Thumbprint;
    }

    public X509Certificate2 Authority { get; }

    /// <summary>Gets the certificate of <c>localhost</c>, with its key.</summary>
    public X509Certificate2 Server { get; }

    /// <summary>Gets the file of the client's certificate with its key, which has no password.</summary>
    public byte[] Client { get; }

    public string ClientThumbprint { get; }

    public void Dispose()
    {
        Authority.Dispose();
        Server.Dispose();
    }

    private static X509Certificate2 Issue(
        string subject, X509Certificate2? issuer, params X509Extension[] extensions)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        Array.ForEach(extensions, request.CertificateExtensions.Add);
        if (issuer is null)
        {
            return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        }

        using X509Certificate2 certificate = request.Create(
            issuer, issuer.NotBefore, issuer.NotAfter, RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }
}
