using System;
using System.Linq;
using System.Net;

namespace GitLabAgents.Transport;

/// <summary>
/// The proxies of <c>http_proxy</c>, <c>https_proxy</c> and <c>all_proxy</c>, and the hosts of <c>no_proxy</c>, read by
/// the rules of .NET. .NET itself reads them once in a process, so variables set later have no effect there.
/// </summary>
internal sealed class EnvironmentProxy : IWebProxy, ICredentials
{
    private readonly WebProxy? _http;
    private readonly WebProxy? _https;
    private readonly string[] _bypassed;

    private EnvironmentProxy(WebProxy? http, WebProxy? https, string[] bypassed)
    {
        _http = http;
        _https = https;
        _bypassed = bypassed;
    }

    /// <summary>Gets or sets the credentials of the proxies; they are part of the variables.</summary>
    public ICredentials? Credentials
    {
        get => this;
        set => throw new NotSupportedException();
    }

    /// <summary>Reads the environment.</summary>
    /// <returns>The proxies, or <see langword="null"/> if no variable names one.</returns>
    public static EnvironmentProxy? TryCreate() => TryCreate(Environment.GetEnvironmentVariable);

    /// <summary>Reads variables.</summary>
    internal static EnvironmentProxy? TryCreate(Func<string, string?> read)
    {
        // In a CGI program HTTP_PROXY is the value of a request's header "Proxy", which anyone can send.
        bool isCgi = read("GATEWAY_INTERFACE") is not null;
        WebProxy? all = ReadProxy("all_proxy") ?? ReadProxy("ALL_PROXY");
        WebProxy? http = ReadProxy("http_proxy") ?? (isCgi ? null : ReadProxy("HTTP_PROXY")) ?? all;
        WebProxy? https = ReadProxy("https_proxy") ?? ReadProxy("HTTPS_PROXY") ?? all;
        string[] rules = (read("no_proxy") ?? read("NO_PROXY") ?? string.Empty).Split(',');
        string[] bypassed = [.. rules.Select(static rule => rule.Trim()).Where(static rule => rule.Length > 0)];
        return http is null && https is null ? null : new EnvironmentProxy(http, https, bypassed);

        WebProxy? ReadProxy(string variable)
            => read(variable) is { } text ? ProxyAddress.TryCreate(text, ignorePath: true) : null;
    }

    /// <inheritdoc/>
    public Uri? GetProxy(Uri destination)
        => IsBypassed(destination) ? null : Select(destination)!.Address;

    /// <inheritdoc/>
    public bool IsBypassed(Uri host)
        => Select(host) is null || Array.Exists(_bypassed, rule => IsMatch(rule, host.Host));

    /// <inheritdoc/>
    public NetworkCredential? GetCredential(Uri uri, string authType)
        => Array.Find([_http, _https], proxy => proxy?.Address == uri)?.Credentials?.GetCredential(uri, authType);

    private static bool IsMatch(string rule, string host)
    {
        if (rule == "*" || string.Equals(rule, host, StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        return rule[0] == '.'
            && (host.EndsWith(rule, StringComparison.OrdinalIgnoreCase)
                || string.Equals(rule.Substring(1), host, StringComparison.OrdinalIgnoreCase));
    }

    private WebProxy? Select(Uri destination)
        => string.Equals(destination.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal) ? _https : _http;
}
