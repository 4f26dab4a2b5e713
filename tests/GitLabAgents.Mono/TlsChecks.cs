using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Http;
using System.Reflection;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using GitLabAgents.Transport;

namespace GitLabAgents.Mono;

/// <summary>TLS: whom the client trusts, what it shows of itself, and which version it uses.</summary>
/// <remarks>
/// A wrong host name is not among them: for an unknown authority, mono reports that and nothing else, whereas .NET
/// Framework reports both.
/// </remarks>
/// <param name="arguments">
/// The servers over HTTP, over TLS, and over TLS with client certificates; the file of their authority; the file of the
/// client's certificate with its key.
/// </param>
internal sealed class TlsChecks(string[] arguments)
{
    private readonly string _server = arguments[1];
    private readonly string _mutual = arguments[2];

    public IEnumerable<(string Name, Func<Task> Check)> All() =>
    [
        ("unknown authority", RefuseUnknownAuthorityAsync),
        ("authority of the user", TrustAuthorityAsync),
        ("no certificate check", SkipCheckAsync),
        ("client certificate", ShowCertificateAsync),
        ("TLS 1.2", EnableTls12Async),
    ];

    private async Task RefuseUnknownAuthorityAsync()
    {
        GitLabApiException e = await Check.ThrowsAsync(
            GitLabErrorKind.ConnectionFailed, () => ConnectAsync(_server, static _ => { }));
        Check.True(e.Message.Contains("-CaCertificatePath"), "-CaCertificatePath in: " + e.Message);
    }

    private async Task TrustAuthorityAsync()
    {
        GitLabClient client = await ConnectAsync(_server, Trust);
        Check.Equal("prod", (await client.GetAgentAsync("group/app", 11)).Name);
    }

    private Task SkipCheckAsync() => ConnectAsync(_server, static options => options.SkipCertificateCheck = true);

    private async Task ShowCertificateAsync()
    {
        await Check.ThrowsAsync(GitLabErrorKind.ConnectionFailed, () => ConnectAsync(_mutual, Trust));
        using var certificate = new X509Certificate2(arguments[4]);
        await ConnectAsync(_mutual, options =>
        {
            Trust(options);
            options.ClientCertificate = certificate;
        });
    }

    // As in programs that restrict the process to TLS 1.0. The server supports 1.2 and 1.3.
    private async Task EnableTls12Async()
    {
        SecurityProtocolType saved = ServicePointManager.SecurityProtocol;
        ServicePointManager.SecurityProtocol = SecurityProtocolType.Tls;
        try
        {
            Check.Equal(SslProtocols.Tls12, CreateHandler().SslProtocols);
            await ConnectAsync(_server, Trust);
        }
        finally
        {
            ServicePointManager.SecurityProtocol = saved;
        }

        ServicePointManager.SecurityProtocol = SecurityProtocolType.Tls12;
        Check.Equal(SslProtocols.None, CreateHandler().SslProtocols);
        ServicePointManager.SecurityProtocol = saved;
    }

    private static HttpClientHandler CreateHandler()
    {
        Assembly transport = typeof(TransportOptions).Assembly;
        var options = new TransportOptions { NoProxy = true };
        object proxy = Invoke(transport.GetType("GitLabAgents.Transport.ProxySelection", true), options);
        return (HttpClientHandler)Invoke(
            transport.GetType("GitLabAgents.Transport.PrimaryHandlerFactory", true), options, proxy);
    }

    private static object Invoke(Type type, params object[] arguments) => type
        .GetMethod("Create", BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)!
        .Invoke(null, arguments);

    private static Task<GitLabClient> ConnectAsync(string url, Action<TransportOptions> set)
    {
        var options = new TransportOptions { MaximumRetryCount = 0 };
        set(options);
        return Check.ConnectAsync(url, options);
    }

    private void Trust(TransportOptions options)
        => options.TrustedRoots = new X509Certificate2Collection(new X509Certificate2(arguments[3]));
}
