using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using GitLabAgents.Transport;

namespace GitLabAgents.Commands;

/// <content>Creates the options of the transport from the parameters.</content>
public sealed partial class ConnectGitLabCommand
{
    private TransportOptions GetOptions()
    {
        if (NoProxy && Proxy is not null)
        {
            throw CreateInvalidRequest("-Proxy and -NoProxy cannot be combined.");
        }

        if (ProxyCredential is not null && Proxy is null)
        {
            throw CreateInvalidRequest("-ProxyCredential requires -Proxy.");
        }

        List<X509Certificate2> certificates = GetCertificates();
        return new TransportOptions
        {
            // A timer cannot count more than about 24 days, which is treated as no limit.
            Timeout = TimeoutSec > int.MaxValue / 1000 ? TimeSpan.Zero : TimeSpan.FromSeconds(TimeoutSec),
            MaximumRetryCount = MaximumRetryCount,
            ThrottleLimit = ThrottleLimit,
            NoProxy = NoProxy,
            Proxy = Proxy is null ? null : GetProxy(Proxy, ProxyCredential),
            ClientCertificate = certificates.Find(static certificate => certificate.HasPrivateKey),
            ClientCertificateChain = new X509Certificate2Collection(certificates.ToArray()),
            TrustedRoots = CaCertificatePath is null ? null : ReadTrustedRoots(CaCertificatePath),
            SkipCertificateCheck = SkipCertificateCheck,
        };
    }

    // The message does not show the address, because it may contain a password.
    private static WebProxy GetProxy(string address, PSCredential? credential)
    {
        WebProxy proxy = ProxyAddress.TryCreate(address) ?? throw CreateInvalidRequest(
            "-Proxy is not a valid proxy address.",
            Environment.Version.Major < 5
                ? "Specify host:port or http://host:port. Windows PowerShell supports HTTP proxies only."
                : "Specify host:port or a URL that begins with http://, https://, socks4://, socks4a:// or socks5://.");
        if (credential is not null)
        {
            proxy.Credentials = credential.GetNetworkCredential();
        }

        return proxy;
    }

    private List<X509Certificate2> GetCertificates()
    {
        var certificates = (Certificate ?? [])
            .Select(static certificate => certificate as X509Certificate2 ?? new X509Certificate2(certificate))
            .ToList();
        return certificates.Count == 0 || certificates.Exists(static certificate => certificate.HasPrivateKey)
            ? certificates
            : throw CreateInvalidRequest(
                "-Certificate has no private key, so the server would not accept it.",
                "Read it from a PFX file with Get-PfxCertificate, or from the certificate store.");
    }

    private X509Certificate2Collection ReadTrustedRoots(string path)
    {
        using PemMaterial roots = PemInput.FromFile(this, nameof(CaCertificatePath), path, PemMaterial.Certificate);
        return Pem.ReadCertificates(roots.Text);
    }
}
