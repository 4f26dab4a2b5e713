using System;
using System.Globalization;
using System.Net;
using System.Net.Http;
using GitLabAgents.Transport;

namespace GitLabAgents;

/// <summary>
/// Creates the exception for each way in which a request fails: its kind, message and recommended action.
/// </summary>
internal static class ApiExceptionFactory
{
    /// <summary>Creates the exception for an error that GitLab itself reports.</summary>
    public static GitLabApiException FromError(ApiRequest request, ApiResponse response, GitLabSession session)
    {
        ErrorBody body = ErrorBody.Parse(response, text => request.Redact(session.Token.Redact(text)));
        GitLabErrorKind kind = GetKind(request, response, body);
        string said = body.Message is { } message
            ? $"{Format(response.Status)}: \"{message}\""
            : $"{Format(response.Status)} without a message";
        string reason = response.Status == HttpStatusCode.ServiceUnavailable
            ? $"GitLab is in maintenance mode or not available; it responded with {said}."
            : $"the server responded with {said}.";
        string action = RecommendedActions.ForError(kind, request, response, body);
        GitLabApiException exception = Create(kind, request, response, session, reason, action, body.Message);
        exception.IsTransient |= response.Status == HttpStatusCode.Conflict;
        exception.IsRuleViolation = response.Status == HttpStatusCode.BadRequest;
        exception.IsTooExpensive = request.IsGraphQL && (int)response.Status is (422 or 503);
        exception.HasErrorCode = body.Code is not null;
        return exception;
    }

    /// <summary>Creates the exception for a response that something other than GitLab sent.</summary>
    public static GitLabApiException FromForeignResponse(
        ApiRequest request, ApiResponse response, GitLabSession session)
    {
        // A response of success may hold a new secret, so nothing of it is quoted.
        string? text = response.IsSuccess
            ? null
            : ErrorBody.Parse(response, t => request.Redact(session.Token.Redact(t))).Message;
        string said = $"{Format(response.Status)} and {DescribeBody(response, text)}";
        (GitLabErrorKind kind, string reason) = (int)response.Status switch
        {
            >= 300 and < 400 => (
                GitLabErrorKind.InvalidResponse,
                DescribeRedirect(response, session) + GetCaveat(request)),
            502 or 503 or 504 when IsCreation(request) => (
                GitLabErrorKind.OutcomeUnknown,
                $"a gateway responded with {said}; GitLab may have processed the request."),
            503 => (
                GitLabErrorKind.ServerError,
                $"a gateway that could not reach GitLab responded with {said}."),
            502 or 504 => (
                GitLabErrorKind.ServerError,
                $"a gateway responded with {said}.{GetCaveat(request)}"),
            _ => (
                GitLabErrorKind.InvalidResponse,
                $"something other than GitLab responded with {said}.{GetCaveat(request)}"),
        };
        string action = kind == GitLabErrorKind.ServerError
            ? "Try again later. If it persists, check the proxy or load balancer in front of GitLab."
            : RecommendedActions.For(kind, request);
        GitLabApiException exception = Create(kind, request, response, session, reason, action, text);
        exception.IsForeign = kind == GitLabErrorKind.InvalidResponse && (int)response.Status is < 300 or >= 400;
        return exception;
    }

    /// <summary>Creates the exception for a response of success that does not contain what GitLab sends.</summary>
    /// <param name="request">The request.</param>
    /// <param name="response">The response.</param>
    /// <param name="session">The session.</param>
    /// <param name="flaw">What is wrong with the response, as a sentence that quotes nothing of the body.</param>
    public static GitLabApiException InvalidResponse(
        ApiRequest request, ApiResponse response, GitLabSession session, string flaw)
        => Create(
            GitLabErrorKind.InvalidResponse,
            request,
            response,
            session,
            $"the server responded with {Format(response.Status)}, but {flaw}{GetCaveat(request)}",
            RecommendedActions.For(GitLabErrorKind.InvalidResponse, request),
            serverMessage: null);

    /// <summary>Creates the exception for a request without a response.</summary>
    public static GitLabApiException FromException(
        ApiRequest request, Uri uri, GitLabSession session, Exception exception)
    {
        bool isNotSent = TransportFailure.IsNotSent(exception);
        bool isLost = IsCreation(request) && !isNotSent;
        string caveat = isNotSent ? string.Empty : GetCaveat(request);
        Exception cause = GetInnermostException(exception);
        string why = DisplayText.SanitizeMessage(cause.Message, text => request.Redact(session.Token.Redact(text)))
            ?.TrimEnd('.') ?? exception.GetType().Name;
        (GitLabErrorKind kind, string reason) = exception switch
        {
            ResponseTooLargeException => (GitLabErrorKind.InvalidResponse, $"{why}.{GetCaveat(request)}"),
            ProxyRefusedException => (GitLabErrorKind.ConnectionFailed, why + "."),
            _ when isLost => (
                GitLabErrorKind.OutcomeUnknown,
                $"the request was sent, but the response did not arrive ({why})."),
            TimeoutException => (GitLabErrorKind.Timeout, $"{why}.{caveat}"),
            _ => (GitLabErrorKind.ConnectionFailed, $"the connection failed ({why}).{caveat}"),
        };

        // The exception itself is not passed on: where a response is not HTTP, its message quotes the headers.
        return new GitLabApiException(
            kind,
            $"Cannot {request.Action} on {session}: {reason}",
            RecommendedActions.ForFailure(kind, request, exception))
        {
            Method = request.Method.Method,
            RequestUri = RedactUri(uri, session),
            IsTransient = kind switch
            {
                GitLabErrorKind.OutcomeUnknown => false,
                GitLabErrorKind.ConnectionFailed => TransportFailure.IsTransient(exception),
                _ => true,
            },
        };
    }

    private static GitLabApiException Create(
        GitLabErrorKind kind,
        ApiRequest request,
        ApiResponse response,
        GitLabSession session,
        string reason,
        string action,
        string? serverMessage)
        => new(kind, $"Cannot {request.Action} on {session}: {reason}", action)
        {
            StatusCode = response.Status,
            ServerMessage = serverMessage,
            Method = request.Method.Method,
            RequestUri = RedactUri(response.RequestUri, session),
            RequestId = DisplayText.SanitizeMessage(
                response.GetHeader("X-Request-Id"), text => request.Redact(session.Token.Redact(text))),
            RetryAfter = response.RetryAfter,
        };

    private static GitLabErrorKind GetKind(ApiRequest request, ApiResponse response, ErrorBody body)
        => (int)response.Status switch
        {
            401 => GitLabErrorKind.AuthenticationFailed,
            403 => body.Code is ErrorBody.InsufficientScope or ErrorBody.InsufficientPermission
                ? GitLabErrorKind.InsufficientScope
                : GitLabErrorKind.Forbidden,
            404 => request.NotFoundKind,
            409 => GitLabErrorKind.Conflict,
            429 => GitLabErrorKind.RateLimited,
            >= 500 => GitLabErrorKind.ServerError,
            _ => GitLabErrorKind.InvalidRequest,
        };

    private static bool IsCreation(ApiRequest request) => request.Method == HttpMethod.Post && !request.IsSafe;

    private static string GetCaveat(ApiRequest request)
        => request.IsSafe ? string.Empty : " GitLab may have processed the request all the same.";

    private static string DescribeBody(ApiResponse response, string? text)
    {
        if (response.IsHtml)
        {
            return "HTML";
        }

        string kind = response.IsJson ? "JSON that is not GitLab's" : "text";
        if (response.Body.Count == 0)
        {
            kind = "an empty body";
        }

        return text is null ? kind : $"{kind}: \"{text}\"";
    }

    private static string DescribeRedirect(ApiResponse response, GitLabSession session)
    {
        string status = Format(response.Status);
        if (response.Headers.Location is not { } location
            || !Uri.TryCreate(response.RequestUri, location, out Uri? target))
        {
            return $"the server responded with {status}, which is not a response of GitLab's API.";
        }

        string destination = session.Token.Redact(
            target.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped));
        bool toHttps = string.Equals(target.Host, response.RequestUri.Host, StringComparison.OrdinalIgnoreCase)
            && string.Equals(response.RequestUri.Scheme, Uri.UriSchemeHttp, StringComparison.Ordinal)
            && string.Equals(target.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal);
        return toHttps
            ? $"the server requires https (it responded with {status}). Connect to {destination} instead."
            : $"the server redirects ({status}) to {destination}, where the access token is not sent.";
    }

    private static string Format(HttpStatusCode status) => ((int)status).ToString(CultureInfo.InvariantCulture);

    // A redirect within the origin can lead to any path.
    private static Uri RedactUri(Uri uri, GitLabSession session)
    {
        string redacted = session.Token.Redact(uri.AbsoluteUri);
        if (redacted == uri.AbsoluteUri)
        {
            return uri;
        }

        return Uri.TryCreate(Uri.EscapeUriString(redacted), UriKind.Absolute, out Uri? result)
            ? result
            : new Uri(uri.GetLeftPart(UriPartial.Authority));
    }

    private static Exception GetInnermostException(Exception exception)
    {
        while (exception.InnerException is { } inner && exception is not TimeoutException)
        {
            exception = inner;
        }

        return exception;
    }
}
