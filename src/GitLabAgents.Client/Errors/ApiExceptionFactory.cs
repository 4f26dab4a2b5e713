using System;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using GitLabAgents.Transport;

namespace GitLabAgents;

/// <summary>The table from what happened to what is said of it: kind, message and advice.</summary>
internal static class ApiExceptionFactory
{
    private const string ProjectMoved = "The project was moved or renamed, and GitLab lets nothing be changed under its old path: give its id or its new path.";

    /// <summary>An answer that is no success.</summary>
    public static GitLabApiException FromResponse(ApiRequest call, ApiResponse answer, GitLabSession session)
    {
        ErrorBody words = ErrorBody.Parse(answer, text => call.Redact(session.Token.Redact(text)));
        GitLabErrorKind kind = GetKind(call, answer, words);
        string said = words.Message is { } message ? $"{(int)answer.Status}: \"{message}\"" : $"{(int)answer.Status} without words of its own";
        string reason = kind switch
        {
            GitLabErrorKind.InvalidResponse => DescribeRedirect(answer, session),
            GitLabErrorKind.OutcomeUnknown => $"a proxy answered {said}, and GitLab may have acted all the same.",
            _ => $"the server answered {said}.",
        };
        GitLabApiException exception = Create(kind, call, answer, session, reason, words.Message);
        exception.IsUnknownRoute = answer.Status == HttpStatusCode.NotFound && words.Code is not null;
        return exception;
    }

    /// <summary>An answer of success that does not hold what GitLab's API answers. The flaw is a sentence, with nothing of the body in it.</summary>
    public static GitLabApiException InvalidResponse(ApiRequest call, ApiResponse answer, GitLabSession session, string flaw)
    {
        string reason = answer.IsHtml
            ? $"the server answered {(int)answer.Status} with HTML instead of JSON."
            : $"the server answered {(int)answer.Status}, but {flaw}";
        if (!call.IsSafe)
        {
            reason += " It may have acted all the same.";
        }

        return Create(GitLabErrorKind.InvalidResponse, call, answer, session, reason, serverMessage: null);
    }

    /// <summary>No answer at all.</summary>
    public static GitLabApiException FromException(ApiRequest call, Uri uri, GitLabSession session, Exception exception)
    {
        bool lost = call.Method == HttpMethod.Post && !call.IsSafe && !TransportFailure.IsNotSent(exception);
        string why = (ErrorBody.SanitizeForDisplay(GetInnermostException(exception).Message, session.Token.Redact) ?? exception.GetType().Name).TrimEnd('.');
        (GitLabErrorKind kind, string reason) = exception switch
        {
            ResponseTooLargeException => (GitLabErrorKind.InvalidResponse, why + "."),
            ProxyRefusedException => (GitLabErrorKind.ConnectionFailed, why + "."),
            _ when lost => (GitLabErrorKind.OutcomeUnknown, $"the request was sent, but its answer did not arrive ({why})."),
            TimeoutException => (GitLabErrorKind.Timeout, why + "."),
            _ => (GitLabErrorKind.ConnectionFailed, $"no connection ({why})."),
        };
        string advice = exception switch
        {
            ProxyRefusedException { Status: 407 } =>
                "Check the user name and password for the proxy: give them with -Proxy and -ProxyCredential.",
            ProxyRefusedException => "Check the proxy, or connect with another -Proxy or with -NoProxy.",
            _ when TransportFailure.IsTlsFailure(exception) =>
                "Check the server's certificate; -CaCertificatePath names a certificate authority of your own.",
            _ => GetRecommendedAction(kind, call),
        };

        // The exception itself is not passed on: of an answer that is no HTTP, .NET quotes the headers.
        return new GitLabApiException(kind, $"Cannot {call.Action} on {session}: {reason}", advice)
        {
            Method = call.Method.Method,
            RequestUri = RedactUri(uri, session),
        };
    }

    private static GitLabApiException Create(GitLabErrorKind kind, ApiRequest call, ApiResponse answer, GitLabSession session, string reason, string? serverMessage)
        => new(kind, $"Cannot {call.Action} on {session}: {reason}", answer.Status == HttpStatusCode.MethodNotAllowed ? ProjectMoved : GetRecommendedAction(kind, call))
        {
            StatusCode = answer.Status,
            ServerMessage = serverMessage,
            Method = call.Method.Method,
            RequestUri = RedactUri(answer.RequestUri, session),
            RequestId = answer.GetHeader("X-Request-Id") is { } id ? call.Redact(session.Token.Redact(id)) : null,
            RetryAfter = GetRetryAfter(answer.Headers.RetryAfter),
        };

    private static GitLabErrorKind GetKind(ApiRequest call, ApiResponse answer, ErrorBody words) => (int)answer.Status switch
    {
        401 => GitLabErrorKind.AuthenticationFailed,
        403 when string.Equals(words.Code, "insufficient_scope", StringComparison.Ordinal) => GitLabErrorKind.InsufficientScope,
        403 => GitLabErrorKind.Forbidden,
        404 => call.NotFoundKind,
        409 => GitLabErrorKind.Conflict,
        429 => GitLabErrorKind.RateLimited,
        502 or 503 or 504 when call.Method == HttpMethod.Post && !call.IsSafe => GitLabErrorKind.OutcomeUnknown,
        >= 500 => GitLabErrorKind.ServerError,
        >= 400 => GitLabErrorKind.InvalidRequest,
        _ => GitLabErrorKind.InvalidResponse,
    };

    private static string GetRecommendedAction(GitLabErrorKind kind, ApiRequest call) => kind switch
    {
        GitLabErrorKind.AuthenticationFailed => "The access token is wrong, expired or revoked, or a CI job token, which GitLab does not take here: connect again with Connect-GitLab.",
        GitLabErrorKind.InsufficientScope => call.IsSafe
            ? "The access token needs the scope api or read_api."
            : "The access token needs the scope api.",
        GitLabErrorKind.Forbidden => $"The access token needs at least the role {call.RequiredRole} in the project.",
        GitLabErrorKind.ProjectNotFound => $"Check the project's id or full path. A missing role looks the same: it takes at least {call.RequiredRole}.",
        GitLabErrorKind.AgentNotFound => $"Check the agent's id or name and its project. A missing role looks the same: it takes at least {call.RequiredRole}.",
        GitLabErrorKind.TokenNotFound => $"It does not exist, was revoked, or belongs to another agent. A missing role looks the same: it takes at least {call.RequiredRole}.",
        GitLabErrorKind.UrlConfigurationNotFound => $"It does not exist, or this GitLab has no receptive agents (they are part of GitLab Ultimate, self-managed, and may be off). A missing role can look the same: it takes at least {call.RequiredRole}.",
        GitLabErrorKind.NotFound => "Check the address of the GitLab, its version and the access token's rights.",
        GitLabErrorKind.InvalidRequest => "Change what the server objects to, and try again.",
        GitLabErrorKind.RateLimited => "Try again later, or with a lower -ThrottleLimit of Connect-GitLab.",
        GitLabErrorKind.Conflict => "Try again in a moment.",
        GitLabErrorKind.ServerError => "GitLab's logs know the request by its X-Request-Id (RequestId of the exception).",
        GitLabErrorKind.InvalidResponse => string.Join(" ", "Check the address of the GitLab, and what stands between it and you.", call.RecoveryHint).TrimEnd(),
        GitLabErrorKind.ConnectionFailed => "Check the address, the network and the proxy.",
        GitLabErrorKind.Timeout => "Try again, or with a higher -TimeoutSec of Connect-GitLab.",
        GitLabErrorKind.OutcomeUnknown => call.RecoveryHint,
        _ => string.Empty,
    };

    private static string DescribeRedirect(ApiResponse answer, GitLabSession session)
    {
        string status = ((int)answer.Status).ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (answer.Headers.Location is not { } location)
        {
            return $"the server answered {status}, which is no answer of GitLab's API.";
        }

        Uri target = new(answer.RequestUri, location);
        string destination = session.Token.Redact(target.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped));
        bool toHttps = string.Equals(target.Host, answer.RequestUri.Host, StringComparison.OrdinalIgnoreCase)
            && string.Equals(answer.RequestUri.Scheme, Uri.UriSchemeHttp, StringComparison.Ordinal)
            && string.Equals(target.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal);
        return toHttps
            ? $"the server wants https (it answered {status}). Connect with {destination} instead."
            : $"the server redirects ({status}) to {destination}, where the access token is not sent.";
    }

    private static TimeSpan? GetRetryAfter(RetryConditionHeaderValue? asked)
    {
        TimeSpan? wait = asked?.Delta ?? (asked?.Date - DateTimeOffset.UtcNow);
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    // A redirect within the origin can lead to any path.
    private static Uri RedactUri(Uri uri, GitLabSession session)
    {
        string redacted = session.Token.Redact(uri.AbsoluteUri);
        return redacted == uri.AbsoluteUri ? uri : new Uri(Uri.EscapeUriString(redacted));
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
