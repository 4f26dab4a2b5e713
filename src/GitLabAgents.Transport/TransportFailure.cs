using System;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Reflection;
using System.Security.Authentication;

namespace GitLabAgents.Transport;

/// <summary>
/// Classifies failures of the transport: whether the server can have seen the request, and whether a retry can help.
/// </summary>
public static class TransportFailure
{
    private static readonly PropertyInfo? ErrorProperty = typeof(HttpRequestException).GetProperty("HttpRequestError");

    /// <summary>
    /// Returns whether a status is transient: the server, or a gateway in front of it, asks to try again later.
    /// </summary>
    /// <param name="status">The status.</param>
    /// <returns>Whether the same request may succeed later.</returns>
    public static bool IsTransient(HttpStatusCode status) => status is (HttpStatusCode)429
        or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    /// <summary>
    /// Returns whether the request was certainly not sent, because there was no connection to send it on.
    /// </summary>
    /// <param name="exception">The exception that <see cref="HttpClient"/> threw.</param>
    /// <returns>Whether the server cannot have processed the request.</returns>
    public static bool IsNotSent(Exception exception)
        => exception is ProxyRefusedException or RequestNotSentException
        || (exception is HttpRequestException request && GetError(request) == "SecureConnectionError")
        || exception is HttpRequestException
    {
        // .NET reports a failed connect with a SocketException directly inside, a broken connection with an IOException
        // in between; .NET Framework with a WebException that has a status.
        InnerException: SocketException or AuthenticationException
            or WebException
            {
                Status: WebExceptionStatus.ConnectFailure or WebExceptionStatus.NameResolutionFailure
                    or WebExceptionStatus.ProxyNameResolutionFailure or WebExceptionStatus.TrustFailure
                    or WebExceptionStatus.SecureChannelFailure,
            },
    };

    /// <summary>
    /// Returns whether a failure is transient: a connection that failed, other than over TLS or a proxy's refusal.
    /// </summary>
    /// <param name="exception">The exception that <see cref="HttpClient"/> threw.</param>
    /// <returns>Whether the same request may succeed later.</returns>
    public static bool IsTransient(Exception exception) => exception is ProxyRefusedException refused
        ? refused.IsTransient
        : exception is HttpRequestException && !IsTlsFailure(exception);

    /// <summary>Returns whether TLS could not be established: mostly because a certificate is not trusted.</summary>
    /// <param name="exception">The exception that <see cref="HttpClient"/> threw.</param>
    /// <returns>Whether another attempt would fail in the same way.</returns>
    public static bool IsTlsFailure(Exception exception) => exception.InnerException is AuthenticationException
        or WebException { Status: WebExceptionStatus.TrustFailure or WebExceptionStatus.SecureChannelFailure };

    /// <summary>Returns whether TLS failed because the port does not speak it, as a port for plain HTTP does.</summary>
    /// <param name="exception">The exception that <see cref="HttpClient"/> threw.</param>
    /// <returns>Whether the peer's first bytes were not TLS.</returns>
    public static bool IsNotTls(Exception exception)
    {
        // Only the text tells it from an untrusted certificate. .NET has it in English alone; in another language of
        // .NET Framework's, the advice is the one for certificates.
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (e.Message.Contains("determine the frame size") || e.Message.Contains("unexpected packet format"))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Gets the error that .NET 8 and later report, which .NET Standard 2.0 does not have.</summary>
    /// <param name="exception">The exception that <see cref="HttpClient"/> threw.</param>
    /// <returns>The name of the <c>HttpRequestError</c>, or <see langword="null"/>.</returns>
    internal static string? GetError(HttpRequestException exception) => ErrorProperty?.GetValue(exception)?.ToString();
}
