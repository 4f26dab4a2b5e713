using System;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace GitLabAgents.Transport;

/// <summary>
/// Reads the address of a proxy as curl and .NET do: <c>[scheme://][user[:password]@]host[:port]</c>.
/// </summary>
public static class ProxyAddress
{
    private static readonly Regex Parts = new(
        @"\A((?<scheme>[a-z][a-z0-9+.-]*)://)?((?<user>.*)@)?"
            + @"(?<host>\[[0-9a-f:.%]+\]|[^:/?#\s\[\]\\]+)(:(?<port>[0-9]{1,5}))?(?<rest>[/?#].*)?\z",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant,
        TimeSpan.FromSeconds(1));

    /// <summary>
    /// Creates the proxy of an address. Its credential is kept apart from its URL, which messages can show.
    /// </summary>
    /// <param name="text">The address. Without a scheme it is <c>http</c>.</param>
    /// <returns>
    /// The proxy, or <see langword="null"/> if the text is not the address of one, or if this .NET does not support its
    /// scheme.
    /// </returns>
    public static WebProxy? TryCreate(string text) => TryCreate(text, ignorePath: false);

    /// <summary>Creates the proxy of an address, where what follows host and port may be ignored.</summary>
    internal static WebProxy? TryCreate(string text, bool ignorePath)
    {
        Match match = Parts.Match(text.Trim());
        if (!match.Success || (!ignorePath && match.Groups["rest"].Value is not ("" or "/")))
        {
            return null;
        }

        string host = match.Groups["host"].Value;
        (string Name, int Port)? scheme = GetScheme(match.Groups["scheme"].Value);
        int port = match.Groups["port"].Success
            ? int.Parse(match.Groups["port"].Value, CultureInfo.InvariantCulture)
            : scheme?.Port ?? 0;
        if (scheme is null || port is < 1 or > ushort.MaxValue || Uri.CheckHostName(host) == UriHostNameType.Unknown)
        {
            return null;
        }

        var proxy = new WebProxy(new UriBuilder(scheme.Value.Name, host, port).Uri);
        if (match.Groups["user"].Success)
        {
            string[] user = match.Groups["user"].Value.Split([':'], 2);
            string password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : string.Empty;
            proxy.Credentials = new NetworkCredential(Uri.UnescapeDataString(user[0]), password);
        }

        return proxy;
    }

    // .NET Framework supports HTTP proxies only. A SOCKS 5 proxy resolves names itself, with or without curl's "h".
    private static (string Name, int Port)? GetScheme(string scheme) => scheme.ToUpperInvariant() switch
    {
        "" or "HTTP" => ("http", 80),
        _ when Environment.Version.Major < 5 => null,
        "HTTPS" => ("https", 443),
        "SOCKS4" => ("socks4", 1080),
        "SOCKS4A" => ("socks4a", 1080),
        "SOCKS5" or "SOCKS5H" => ("socks5", 1080),
        _ => null,
    };
}
