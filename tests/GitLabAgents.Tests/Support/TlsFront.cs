using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;

namespace GitLabAgents.Tests;

/// <summary>
/// Terminates TLS in front of a server that speaks plain HTTP, and sends the chain that it is told to send.
/// </summary>
internal sealed class TlsFront : LoopbackServer
{
    private readonly SslServerAuthenticationOptions _options;
    private readonly Uri _target;

    /// <param name="target">The server behind.</param>
    /// <param name="certificate">The server's certificate, with its key.</param>
    /// <param name="intermediates">The certificates sent along with it.</param>
    /// <param name="clientAuthority">
    /// The only authority of client certificates that is known, or null to ask for none.
    /// </param>
    public TlsFront(
        Uri target,
        X509Certificate2 certificate,
        X509Certificate2Collection? intermediates = null,
        X509Certificate2? clientAuthority = null)
    {
        _target = target;
        _options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, intermediates, offline: true),
            ClientCertificateRequired = clientAuthority is not null,
        };
        if (clientAuthority is not null)
        {
            _options.RemoteCertificateValidationCallback = (_, client, chain, _) => IsTrusted(
                clientAuthority, client as X509Certificate2, chain);
        }

    }

    public Uri Url => new($"https://localhost:{Port}");

    /// <summary>The subjects of the client's certificates, one line a handshake.</summary>
    public ConcurrentQueue<string> ClientCertificates { get; } = new();

    private bool IsTrusted(X509Certificate2 authority, X509Certificate2? client, X509Chain? received)
    {
        if (client is null || received is null)
        {
            ClientCertificates.Enqueue("none");
            return false;
        }

        IEnumerable<string> subjects = received.ChainPolicy.ExtraStore.Select(c => c.Subject).Append(client.Subject);
        ClientCertificates.Enqueue(
            string.Join(", ", subjects.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)));
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.ExtraStore.AddRange(received.ChainPolicy.ExtraStore);
        return chain.Build(client);
    }

    protected override async Task ServeAsync(NetworkStream stream)
    {
        using var server = new TcpClient();
        await server.ConnectAsync(_target.Host, _target.Port);
        await using var tls = new SslStream(stream);
        await tls.AuthenticateAsServerAsync(_options);
        await RelayAsync(tls, server);
    }
}
