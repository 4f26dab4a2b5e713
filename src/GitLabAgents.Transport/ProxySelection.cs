using System;
using System.Net;
using System.Net.Http;
using System.Reflection;

namespace GitLabAgents.Transport;

/// <summary>The proxy of a session: the user's, the environment's, the system's, or none.</summary>
internal sealed class ProxySelection
{
    private ProxySelection(bool useProxy, IWebProxy? proxy)
    {
        UseProxy = useProxy;
        Proxy = proxy;
    }

    /// <summary>Gets a value indicating whether a proxy is used at all.</summary>
    public bool UseProxy { get; }

    /// <summary>Gets the proxy, or <see langword="null"/> for the default one of .NET, which is the system's.</summary>
    public IWebProxy? Proxy { get; }

    /// <summary>Selects the proxy. The environment is read now, and not again while the session lasts.</summary>
    public static ProxySelection Create(TransportOptions options)
    {
        if (options.NoProxy)
        {
            return new ProxySelection(useProxy: false, null);
        }

        Type? defaultProxy = GetDefaultProxyType();
        bool isSetByUser = defaultProxy is not null && defaultProxy.Assembly != typeof(HttpClient).Assembly;
        IWebProxy? proxy = options.Proxy ?? (isSetByUser ? null : EnvironmentProxy.TryCreate());

        // .NET may have read a proxy from the environment before, where there is none now.
        bool isOutdated = proxy is null && defaultProxy?.Name == "HttpEnvironmentProxy";
        return new ProxySelection(!isOutdated, proxy);
    }

    /// <summary>Gets the address of the proxy for a request, without user name and password, or <see langword="null"/>.</summary>
    public string? GetAddress(Uri destination)
    {
        IWebProxy? proxy = UseProxy ? Proxy ?? WebRequest.DefaultWebProxy : null;
        Uri? address = proxy?.GetProxy(destination);
        return address is null || address == destination
            ? null
            : address.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);
    }

    // HttpClient.DefaultProxy, which .NET Standard 2.0 does not have: .NET's own types unless a user has set it.
    private static Type? GetDefaultProxyType()
        => typeof(HttpClient).GetProperty("DefaultProxy", BindingFlags.Public | BindingFlags.Static)?.GetValue(null)?.GetType();
}
