using System;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Reflection;
using System.Security.Authentication;

namespace GitLabAgents.Transport;

/// <summary>What a failure on the wire says about whether the server can have seen the request.</summary>
public static class TransportFailure
{
    private static readonly PropertyInfo? ErrorProperty = typeof(HttpRequestException).GetProperty("HttpRequestError");

    /// <summary>Tells whether the request certainly never left: there was no connection to send it on.</summary>
    /// <param name="exception">What <see cref="HttpClient"/> threw.</param>
    /// <returns><see langword="true"/> where the server cannot have acted on the request.</returns>
    public static bool IsNotSent(Exception exception) => exception is ProxyRefusedException
        || (exception is HttpRequestException request && GetError(request) == "SecureConnectionError")
        || exception is HttpRequestException
    {
        // .NET reports a failed connect with the socket's error right inside, a broken connection with an IOException
        // in between; .NET Framework with a WebException that carries a status.
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

    /// <summary>Tells whether the two sides could not agree on TLS: a certificate that is not trusted, above all.</summary>
    /// <param name="exception">What <see cref="HttpClient"/> threw.</param>
    /// <returns><see langword="true"/> where another try would fail alike.</returns>
    public static bool IsTlsFailure(Exception exception) => exception.InnerException is AuthenticationException
        or WebException { Status: WebExceptionStatus.TrustFailure or WebExceptionStatus.SecureChannelFailure };

    /// <summary>Gets the error that .NET 8 and later report, which .NET Standard 2.0 does not have.</summary>
    /// <param name="exception">The exception that <see cref="HttpClient"/> threw.</param>
    /// <returns>The name of the <c>HttpRequestError</c>, or <see langword="null"/>.</returns>
    internal static string? GetError(HttpRequestException exception) => ErrorProperty?.GetValue(exception)?.ToString();
}
