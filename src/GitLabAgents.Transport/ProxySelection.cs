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

    // Settable in .NET, where it is HttpClient.DefaultProxy, which .NET Standard 2.0 does not have.
    private static IWebProxy? Default
        => typeof(HttpClient).GetProperty("DefaultProxy", BindingFlags.Public | BindingFlags.Static) is { } property
            ? (IWebProxy?)property.GetValue(null)
            : WebRequest.DefaultWebProxy;

    private IWebProxy? Effective => UseProxy ? Proxy ?? Default : null;

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

        // A user may have replaced .NET's default proxy, whose types are internal, for the whole process.
        Type? defaultType = Default?.GetType();
        bool isReplaced = defaultType is { IsPublic: true } && Environment.Version.Major >= 5;
        IWebProxy? proxy = options.Proxy ?? (isReplaced ? null : EnvironmentProxy.TryCreate());

        // .NET may have read a proxy from the environment before, where there is none now.
        bool isOutdated = proxy is null && defaultType?.Name == "HttpEnvironmentProxy";
        return new ProxySelection(!isOutdated, proxy);
    }

    /// <summary>
    /// Gets or sets a value indicating whether the proxy has rejected the user name and password. They are not sent
    /// again, because proxies lock accounts after a few attempts.
    /// </summary>
    public bool IsCredentialRejected { get; set; }

    /// <summary>Returns a value indicating whether a request sends a user name and a password to a proxy.</summary>
    public bool HasCredential(Uri destination)
    {
        ICredentials? credentials = Effective?.Credentials;
        return credentials is not null && GetProxy(destination) is { } address
            && credentials.GetCredential(address, "Basic") is not null;
    }

    /// <summary>
    /// Gets the address of the proxy for a request, without user name and password, or <see langword="null"/>.
    /// </summary>
    public string? GetAddress(Uri destination)
        => GetProxy(destination)?.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);

    private Uri? GetProxy(Uri destination)
    {
        Uri? address = Effective?.GetProxy(destination);
        return address == destination ? null : address;
    }
}
