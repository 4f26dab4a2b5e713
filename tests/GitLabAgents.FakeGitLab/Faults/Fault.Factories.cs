using System;
using System.Globalization;
using System.Text;

namespace GitLabAgents.FakeGitLab;

/// <content>Factories.</content>
public sealed partial class Fault
{
    internal const string GraphQLTimeoutMessage =
        "Request timed out. Please try a less complex query or a smaller set of records.";

    /// <summary>A status with a body; without one, what GitLab itself sends with it.</summary>
    public static Fault Status(
        int status,
        string? body = null,
        string contentType = ApiResponse.JsonType,
        params ReadOnlySpan<(string Name, string Value)> headers)
    {
        Fault fault = Body(body ?? DefaultBody(status), contentType, status);
        foreach ((string name, string value) in headers)
        {
            fault.Headers[name] = value;
        }

        return fault;
    }

    /// <summary>429 in plain text, with <c>Retry-After</c> in seconds unless null.</summary>
    public static Fault RateLimited(int? retryAfterSeconds = 1) =>
        TooManyRequests("Retry-After", retryAfterSeconds?.ToString(CultureInfo.InvariantCulture));

    /// <summary>429 in plain text, with <c>Retry-After</c> as a date.</summary>
    public static Fault RateLimited(DateTimeOffset retryAt) =>
        TooManyRequests("Retry-After", retryAt.ToString("R", CultureInfo.InvariantCulture));

    /// <summary>
    /// 429 in plain text, without <c>Retry-After</c>, but with <c>RateLimit-Reset</c> (seconds since 1970).
    /// </summary>
    public static Fault RateLimitedUntil(DateTimeOffset reset) =>
        TooManyRequests("RateLimit-Reset", reset.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));

    /// <summary>429 as JSON, without <c>Retry-After</c>, as single endpoints send it.</summary>
    public static Fault RateLimitedJson() => Status(429);

    /// <summary>GraphQL's 503 for a query that takes too long.</summary>
    public static Fault GraphQLTimeout() => Status(
        503,
        $$"""{"errors":[{"message":"{{GraphQLTimeoutMessage}}"}]}""");

    /// <summary>A response of something that is not GitLab.</summary>
    /// <param name="response">Which one.</param>
    /// <param name="status">The status; null: its usual one.</param>
    public static Fault Foreign(ForeignResponse response, int? status = null) => response switch
    {
        ForeignResponse.SignInPage => Body(ForeignPages.SignIn, "text/html", status ?? 200),
        ForeignResponse.SignInRedirect => Redirect(status ?? 302, "https://sso.example.com/login"),
        ForeignResponse.ErrorPage => Html(status ?? 502),
        ForeignResponse.StatusOk => Body("""{"status":"ok"}""", status: status ?? 200),
        ForeignResponse.Code => Body("""{"code":404}""", status: status ?? 404),
        ForeignResponse.GatewayFault => Body(
            """{"fault":{"faultstring":"Invalid ApiKey","detail":{"errorcode":"oauth.v2.InvalidApiKey"}}}""",
            status: status ?? 403),
        ForeignResponse.Empty => Body([], contentType: null, status ?? 200),
        ForeignResponse.TruncatedJson => Body("""{"id":11,"name":"pro""", status: status ?? 200),
        _ => throw new ArgumentOutOfRangeException(nameof(response)),
    };

    /// <summary>A proxy's HTML error page.</summary>
    public static Fault Html(int status = 502) => Body(ForeignPages.Block(status), "text/html", status);

    /// <summary>Responds as usual, but late.</summary>
    public static Fault Delay(TimeSpan time) => new() { Kind = FaultKind.Delay, Wait = time };

    /// <summary>Never responds.</summary>
    public static Fault Hang() => new() { Kind = FaultKind.Hang };

    /// <summary>Resets the connection.</summary>
    public static Fault Reset() => new() { Kind = FaultKind.Reset };

    /// <summary>Closes the connection without a response.</summary>
    public static Fault CloseWithoutResponse() => new() { Kind = FaultKind.CloseWithoutResponse };

    /// <summary>Sends half of the usual body, then closes. The server always acts.</summary>
    public static Fault Truncate() => new() { Kind = FaultKind.Truncate };

    /// <summary>Takes that long to send the usual body. The server always acts.</summary>
    public static Fault SlowBody(TimeSpan total) => new() { Kind = FaultKind.SlowBody, Wait = total };

    /// <summary>Sends half of the usual body, chunked, then resets the connection. The server always acts.</summary>
    public static Fault ResetMidBody() => new() { Kind = FaultKind.ResetMidBody };

    /// <summary>Sends these bytes as the body.</summary>
    public static Fault Body(byte[] content, string? contentType = ApiResponse.JsonType, int status = 200) => new()
    {
        Kind = FaultKind.Status,
        StatusCode = status,
        Content = content,
        ContentType = contentType,
    };

    /// <summary>Sends this text as the body.</summary>
    public static Fault Body(string content, string? contentType = ApiResponse.JsonType, int status = 200) =>
        Body(Encoding.UTF8.GetBytes(content), contentType, status);

    /// <summary>Streams that many bytes of garbage, chunked.</summary>
    public static Fault Garbage(long length, string contentType = ApiResponse.JsonType) =>
        new() { Kind = FaultKind.Garbage, Length = length, ContentType = contentType };

    /// <summary>Redirects somewhere else, with a page of HTML.</summary>
    public static Fault Redirect(int status, string location) => Status(
        status, "<html><body>You are being redirected.</body></html>", "text/html", ("Location", location));

    /// <summary>Removes headers from the usual response. The server always acts.</summary>
    public static Fault DropHeaders(params ReadOnlySpan<string> names)
    {
        var fault = new Fault { Kind = FaultKind.ChangeHeaders };
        foreach (string name in names)
        {
            fault.Headers[name] = null;
        }

        return fault;
    }

    /// <summary>Adds a header to the usual response, or replaces its value. The server always acts.</summary>
    public static Fault SetHeader(string name, string value) =>
        new Fault { Kind = FaultKind.ChangeHeaders }.WithHeader(name, value);

    private static Fault TooManyRequests(string header, string? value)
    {
        Fault fault = Status(
            429,
            "Retry later\n",
            "text/plain",
            ("RateLimit-Limit", "600"),
            ("RateLimit-Remaining", "0"),
            ("RateLimit-Observed", "601"));
        if (value is not null)
        {
            fault.Headers[header] = value;
        }

        return fault;
    }

    private static string DefaultBody(int status) => status switch
    {
        401 => """{"message":"401 Unauthorized"}""",
        403 => """{"message":"403 Forbidden"}""",
        404 => """{"message":"404 Not found"}""",
        409 => """{"message":"409 Conflict: Resource lock"}""",
        412 => """{"message":"412 Precondition Failed"}""",
        429 => """{"message":{"error":"This endpoint has been requested too many times. Try again later."}}""",
        500 => """{"message":"500 Internal Server Error"}""",
        502 => """{"message":"502 Bad Gateway"}""",
        503 => """{"message":"503 Service Unavailable"}""",
        504 => """{"message":"504 Gateway Timeout"}""",
        204 or 304 => string.Empty,
        _ => $$"""{"message":"{{status}}"}""",
    };
}
