using System;
using System.Net;
using System.Net.Http;
using System.Security.Authentication;

namespace GitLabAgents.Transport;

/// <summary>Creates the handler that connects to the network: TLS, proxy, certificates.</summary>
internal static class PrimaryHandlerFactory
{
    /// <summary>Creates a handler.</summary>
    public static HttpMessageHandler Create(TransportOptions options, ProxySelection proxy)
    {
        var handler = new HttpClientHandler
        {
            AllowAutoRedirect = false, // It would carry PRIVATE-TOKEN to any host that a redirect names.
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.GZip | DecompressionMethods.Deflate,
            MaxConnectionsPerServer = options.ThrottleLimit,
            UseProxy = proxy.UseProxy,
        };
        if (proxy.Proxy is not null)
        {
            handler.Proxy = proxy.Proxy;
        }

        if (Environment.Version.Major < 5 && GetProtocols(ServicePointManager.SecurityProtocol) is { } protocols)
        {
            handler.SslProtocols = protocols;
        }

#pragma warning disable MA0039 // Both are the user's express wish; ServerCertificateCheck documents what it checks.
        if (options.SkipCertificateCheck)
        {
            handler.ServerCertificateCustomValidationCallback = static (_, _, _, _) => true;
        }
        else if (options.TrustedRoots is { Count: > 0 } roots)
        {
            handler.ServerCertificateCustomValidationCallback = new ServerCertificateCheck(roots).IsTrusted;
        }
#pragma warning restore MA0039

        if (options.ClientCertificate is not { } certificate)
        {
            return handler;
        }

        if (ClientCertificateHandler.IsSupported)
        {
            return new ClientCertificateHandler(handler, certificate, options.ClientCertificateChain);
        }

        handler.ClientCertificateOptions = ClientCertificateOption.Manual;
        handler.ClientCertificates.Add(certificate);
        return handler;
    }

    /// <summary>Gets the protocols to set where a program on .NET Framework has not enabled TLS 1.2.</summary>
    /// <param name="configured">The protocols of the process.</param>
    /// <returns>The protocols, or <see langword="null"/> if those of the process will do.</returns>
    internal static SslProtocols? GetProtocols(SecurityProtocolType configured)
    {
        const SecurityProtocolType SystemDefault = default; // .NET Standard 2.0 has no names for these two.
        const SecurityProtocolType Tls13 = (SecurityProtocolType)12288;
        const SecurityProtocolType Sufficient = SecurityProtocolType.Tls12 | Tls13;
        bool suffices = configured == SystemDefault || (configured & Sufficient) != SystemDefault;
        return suffices ? null : SslProtocols.Tls12;
    }
}
