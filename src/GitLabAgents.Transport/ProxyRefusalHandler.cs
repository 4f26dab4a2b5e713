using System;
using System.Globalization;
using System.Net;
using System.Net.Http;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents.Transport;

/// <summary>
/// Reports a proxy that refuses to connect as <see cref="ProxyRefusedException"/>: .NET reports it like a connection
/// that broke, after which nobody knows whether the server got the request.
/// </summary>
internal sealed class ProxyRefusalHandler(ProxySelection proxy) : DelegatingHandler
{
    private static readonly Regex StatusText = new(
        "'(?<status>[1-9][0-9]{2})'",
        RegexOptions.ExplicitCapture,
        TimeSpan.FromSeconds(1));

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken)
    {
        if (proxy.IsCredentialRejected)
        {
            throw CreateException(request, (int)HttpStatusCode.ProxyAuthenticationRequired, detail: null);
        }

        HttpResponseMessage response;
        try
        {
            response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException e) when (IsTunnelError(e))
        {
            throw CreateException(request, GetStatus(e), GetDetail(e));
        }

        if (response.StatusCode == HttpStatusCode.ProxyAuthenticationRequired)
        {
            response.Dispose();
            throw CreateException(request, (int)HttpStatusCode.ProxyAuthenticationRequired, detail: null);
        }

        return response;
    }

    private static bool IsTunnelError(HttpRequestException e)
        => GetTunnelResponse(e) is not null || TransportFailure.GetError(e) == "ProxyTunnelError";

    // .NET Framework: HttpClientHandler returns responses of the server whatever their status, so one in an exception
    // is the proxy's.
    private static HttpWebResponse? GetTunnelResponse(HttpRequestException e)
        => (e.InnerException as WebException)?.Response as HttpWebResponse;

    // .NET has the status in its message alone.
    private static int? GetStatus(HttpRequestException e)
    {
        if (GetTunnelResponse(e) is { } response)
        {
            return (int)response.StatusCode;
        }

        Match match = StatusText.Match(e.Message);
        return match.Success ? int.Parse(match.Groups["status"].Value, CultureInfo.InvariantCulture) : null;
    }

    private static string? GetDetail(HttpRequestException e) => e.InnerException?.Message.TrimEnd('.');

    private ProxyRefusedException CreateException(HttpRequestMessage request, int? status, string? detail)
    {
        if (status == (int)HttpStatusCode.ProxyAuthenticationRequired)
        {
            proxy.IsCredentialRejected |= proxy.HasCredential(request.RequestUri!);
        }

        string name = proxy.GetAddress(request.RequestUri!) is { } address ? $"the proxy {address}" : "a proxy";
        string reason = status?.ToString(CultureInfo.InvariantCulture) ?? detail ?? "no reason given";
        return new ProxyRefusedException(
            $"{name} refused the connection to {request.RequestUri!.Authority} ({reason})", status);
    }
}
