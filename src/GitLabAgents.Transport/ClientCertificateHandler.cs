using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Net.Security;
using System.Reflection;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents.Transport;

/// <summary>
/// Sends the client certificate together with its intermediate certificates, which <see cref="HttpClientHandler"/>
/// sends only if the system's stores have them. They come from the user or, since a certificate read from a PFX file
/// has lost the others of the file, from what the server sends for itself: often one authority issued both.
/// </summary>
internal sealed class ClientCertificateHandler : HttpMessageHandler
{
    private static readonly Type? HandlerType =
        typeof(HttpClientHandler).Assembly.GetType("System.Net.Http.SocketsHttpHandler");
    private static readonly PropertyInfo? ContextProperty =
        HandlerType?.GetProperty("SslOptions")?.PropertyType.GetProperty("ClientCertificateContext");

    private readonly HttpClientHandler _settings;
    private readonly X509Certificate2 _certificate;
    private readonly X509Certificate2Collection _intermediates = new();
    private readonly X509Certificate2Collection _received = new();
    private readonly object _gate = new();

    // The last one is in use. Requests may still be in flight on the others.
    private readonly List<HttpMessageInvoker> _invokers = [];

    /// <summary>Initializes a new instance of the <see cref="ClientCertificateHandler"/> class.</summary>
    /// <param name="settings">The handler whose settings are used; it is not sent through.</param>
    /// <param name="certificate">The client's certificate, with its key.</param>
    /// <param name="intermediates">The intermediate certificates that the user gave.</param>
    public ClientCertificateHandler(
        HttpClientHandler settings,
        X509Certificate2 certificate,
        X509Certificate2Collection? intermediates)
    {
        _settings = settings;
        _certificate = certificate;
        _intermediates.AddRange(intermediates ?? new X509Certificate2Collection());
        _invokers.Add(CreateInvoker());
    }

    /// <summary>
    /// Gets a value indicating whether this .NET can send intermediate certificates: .NET 8 and later.
    /// </summary>
    public static bool IsSupported => ContextProperty is not null;

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken)
    {
        HttpMessageInvoker invoker = GetInvoker();
        try
        {
            return await invoker.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException) when (TryExtendChain(invoker) && request.Method == HttpMethod.Get)
        {
            return await GetInvoker().SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _invokers.ForEach(static invoker => invoker.Dispose());
            _settings.Dispose();
        }

        base.Dispose(disposing);
    }

    private static void Set(object target, string property, object? value)
        => target.GetType().GetProperty(property)!.SetValue(target, value);

    private static int CountChain(X509Certificate2 certificate, X509Certificate2Collection intermediates)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ExtraStore.AddRange(intermediates);
        chain.Build(certificate);
        return chain.ChainElements.Count;
    }

    private HttpMessageInvoker GetInvoker()
    {
        lock (_gate)
        {
            return _invokers[_invokers.Count - 1];
        }
    }

    // Whether the server's certificates lengthen the chain that was sent. Other requests may have found that before.
    private bool TryExtendChain(HttpMessageInvoker used)
    {
        lock (_gate)
        {
            if (used != GetInvoker())
            {
                return true;
            }

            var all = new X509Certificate2Collection(_intermediates);
            all.AddRange(_received);
            if (CountChain(_certificate, all) <= CountChain(_certificate, _intermediates))
            {
                return false;
            }

            _intermediates.AddRange(_received);
            _received.Clear();
            _invokers.Add(CreateInvoker());
            return true;
        }
    }

    // By reflection, because .NET Standard 2.0 has neither SocketsHttpHandler nor certificate contexts.
    private HttpMessageInvoker CreateInvoker()
    {
        object handler = Activator.CreateInstance(HandlerType!)!;
        Set(handler, nameof(_settings.AllowAutoRedirect), _settings.AllowAutoRedirect);
        Set(handler, nameof(_settings.UseCookies), _settings.UseCookies);
        Set(handler, nameof(_settings.AutomaticDecompression), _settings.AutomaticDecompression);
        Set(handler, nameof(_settings.MaxConnectionsPerServer), _settings.MaxConnectionsPerServer);
        Set(handler, nameof(_settings.UseProxy), _settings.UseProxy);
        Set(handler, nameof(_settings.Proxy), _settings.Proxy);

        object tls = HandlerType!.GetProperty("SslOptions")!.GetValue(handler)!;
        Set(
            tls,
            nameof(RemoteCertificateValidationCallback),
            new RemoteCertificateValidationCallback(CheckServerCertificate));
        MethodInfo create = ContextProperty!.PropertyType.GetMethod(
            "Create",
            [typeof(X509Certificate2), typeof(X509Certificate2Collection), typeof(bool)])!;
        ContextProperty.SetValue(tls, create.Invoke(null, [_certificate, _intermediates, true]));
        return new HttpMessageInvoker((HttpMessageHandler)handler);
    }

#pragma warning disable MA0039 // The decision is that of the settings, or the system's.
    private bool CheckServerCertificate(
        object sender,
        X509Certificate? certificate,
        X509Chain? chain,
        SslPolicyErrors errors)
    {
        bool isTrusted = _settings.ServerCertificateCustomValidationCallback is { } check
            ? check(null!, certificate as X509Certificate2, chain, errors)
            : errors == SslPolicyErrors.None;
        if (isTrusted && chain is not null)
        {
            lock (_gate)
            {
                foreach (X509Certificate2 sent in chain.ChainPolicy.ExtraStore)
                {
                    if (!_received.Contains(sent))
                    {
                        _received.Add(new X509Certificate2(sent.RawData)); // The chain's are disposed of.
                    }
                }
            }
        }

        return isTrusted;
    }
#pragma warning restore MA0039
}
