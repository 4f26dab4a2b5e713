using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace GitLabAgents.FakeGitLab;

/// <summary>What a fault does.</summary>
public enum FaultKind
{
    /// <summary>Answers with a status, headers and a body of its own.</summary>
    Status,

    /// <summary>Answers as usual, but late.</summary>
    Delay,

    /// <summary>Never answers: until the client goes, or the server is disposed.</summary>
    Hang,

    /// <summary>Resets the TCP connection (RST).</summary>
    Reset,

    /// <summary>Closes the TCP connection (FIN) without an answer.</summary>
    CloseWithoutAnswer,

    /// <summary>Announces the whole body, sends half of it and closes.</summary>
    Truncate,

    /// <summary>Dribbles the body out in pieces.</summary>
    SlowBody,

    /// <summary>Sends the head and some of a chunked body, then resets the connection.</summary>
    ResetMidBody,

    /// <summary>Streams rubbish, chunked, with status 200.</summary>
    Garbage,

    /// <summary>Answers as usual, with some headers missing or changed.</summary>
    ChangeHeaders,
}

/// <summary>Whether the server does what it was asked before the fault strikes.</summary>
public enum FaultMoment
{
    /// <summary>The state stays as it was (unless the kind needs the usual answer).</summary>
    BeforeAction,

    /// <summary>The server acts on its state, then fails.</summary>
    AfterAction,
}

/// <summary>
/// Something that goes wrong. Make one with a factory, narrow it with <see cref="On" /> and <see cref="Where" />,
/// and give it to <see cref="FakeGitLabServer.Faults" />. It strikes once unless told otherwise.
/// </summary>
public sealed class Fault
{
    /// <summary>What it does.</summary>
    public FaultKind Kind { get; init; }

    /// <summary>Only requests with this method; null: any.</summary>
    public string? Method { get; set; }

    /// <summary>Only requests whose raw target contains this; null: any.</summary>
    public string? PathContains { get; set; }

    /// <summary>Only requests whose raw target matches this regular expression; null: any.</summary>
    public string? PathMatches { get; set; }

    /// <summary>Only requests for which this is true; null: any.</summary>
    public Func<RecordedRequest, bool>? Predicate { get; set; }

    /// <summary>How many requests it strikes; <see cref="int.MaxValue" />: all.</summary>
    public int Times { get; set; } = 1;

    /// <summary>How many matching requests it lets pass first.</summary>
    public int SkipFirst { get; set; }

    /// <summary>Whether the server acts first.</summary>
    public FaultMoment When { get; set; }

    /// <summary>How long to wait before striking, or, with <see cref="FaultKind.SlowBody" />, how long the body takes.</summary>
    public TimeSpan Wait { get; set; }

    /// <summary>The status of the answer.</summary>
    public int StatusCode { get; init; } = 200;

    /// <summary>The body of the answer.</summary>
    public byte[] Content { get; init; } = [];

    /// <summary>The content type of the answer; null: none.</summary>
    public string? ContentType { get; init; }

    /// <summary>Headers to send; with a null value, to leave out.</summary>
    public IDictionary<string, string?> Headers { get; } = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);

    /// <summary>How many bytes of rubbish.</summary>
    public long Length { get; init; }

    /// <summary>How many requests it has struck.</summary>
    public int Hits { get; internal set; }

    /// <summary>How many matching requests there were, struck or not.</summary>
    public int Matches { get; internal set; }

    /// <summary>Whether it has struck as often as it may.</summary>
    public bool Exhausted => Hits >= Times;

    /// <summary>A status with a body; without one, GitLab's own words for it.</summary>
    public static Fault Status(int status, string? body = null, string contentType = ApiResponse.JsonType, params ReadOnlySpan<(string Name, string Value)> headers)
    {
        var fault = new Fault
        {
            Kind = FaultKind.Status,
            StatusCode = status,
            Content = Encoding.UTF8.GetBytes(body ?? DefaultBody(status)),
            ContentType = contentType,
        };
        foreach ((string name, string value) in headers)
        {
            fault.Headers[name] = value;
        }

        return fault;
    }

    /// <summary>429 in plain text, with <c>Retry-After</c> in seconds unless null.</summary>
    public static Fault RateLimited(int? retryAfterSeconds = 1) =>
        TooMany(retryAfterSeconds?.ToString(CultureInfo.InvariantCulture));

    /// <summary>429 in plain text, with <c>Retry-After</c> as a date.</summary>
    public static Fault RateLimited(DateTimeOffset retryAt) => TooMany(retryAt.ToString("R", CultureInfo.InvariantCulture));

    /// <summary>An HTML error page, as of a proxy before GitLab.</summary>
    public static Fault Html(int status = 502) =>
        Status(status, $"<html>\r\n<head><title>{status} Bad Gateway</title></head>\r\n<body><h1>{status} Bad Gateway</h1></body>\r\n</html>\r\n", "text/html");

    /// <summary>Answers as usual, but late.</summary>
    public static Fault Delay(TimeSpan time) => new() { Kind = FaultKind.Delay, Wait = time };

    /// <summary>Never answers.</summary>
    public static Fault Hang() => new() { Kind = FaultKind.Hang };

    /// <summary>Resets the connection.</summary>
    public static Fault Reset() => new() { Kind = FaultKind.Reset };

    /// <summary>Closes the connection without an answer.</summary>
    public static Fault CloseWithoutAnswer() => new() { Kind = FaultKind.CloseWithoutAnswer };

    /// <summary>Sends half of the usual answer's body, then closes. Acts always.</summary>
    public static Fault Truncate() => new() { Kind = FaultKind.Truncate };

    /// <summary>Takes that long to send the usual answer's body. Acts always.</summary>
    public static Fault SlowBody(TimeSpan total) => new() { Kind = FaultKind.SlowBody, Wait = total };

    /// <summary>Sends half of the usual answer's body, chunked, then resets the connection. Acts always.</summary>
    public static Fault ResetMidBody() => new() { Kind = FaultKind.ResetMidBody };

    /// <summary>Puts these bytes in place of the body.</summary>
    public static Fault Body(byte[] content, string? contentType = ApiResponse.JsonType, int status = 200) =>
        new() { Kind = FaultKind.Status, StatusCode = status, Content = content, ContentType = contentType };

    /// <summary>Puts this text in place of the body.</summary>
    public static Fault Body(string content, string? contentType = ApiResponse.JsonType, int status = 200) =>
        Body(Encoding.UTF8.GetBytes(content), contentType, status);

    /// <summary>Streams that many bytes of rubbish, chunked.</summary>
    public static Fault Garbage(long length, string contentType = ApiResponse.JsonType) =>
        new() { Kind = FaultKind.Garbage, Length = length, ContentType = contentType };

    /// <summary>Redirects somewhere else, with a page of HTML.</summary>
    public static Fault Redirect(int status, string location) =>
        Status(status, "<html><body>You are being redirected.</body></html>", "text/html", ("Location", location));

    /// <summary>Leaves headers out of the usual answer. Acts always.</summary>
    public static Fault DropHeaders(params ReadOnlySpan<string> names)
    {
        var fault = new Fault { Kind = FaultKind.ChangeHeaders };
        foreach (string name in names)
        {
            fault.Headers[name] = null;
        }

        return fault;
    }

    /// <summary>Adds a header to the usual answer, or puts another value in its place. Acts always.</summary>
    public static Fault SetHeader(string name, string value) => new Fault { Kind = FaultKind.ChangeHeaders }.WithHeader(name, value);

    /// <summary>Strikes only requests with this method (null: any) whose raw target contains this text (null: any).</summary>
    public Fault On(string? method, string? pathContains = null)
    {
        Method = method;
        PathContains = pathContains;
        return this;
    }

    /// <summary>Strikes only requests whose raw target matches this regular expression.</summary>
    public Fault Matching(string pathPattern)
    {
        PathMatches = pathPattern;
        return this;
    }

    /// <summary>Strikes only requests for which this is true. It may change the state as it looks.</summary>
    public Fault Where(Func<RecordedRequest, bool> predicate)
    {
        Predicate = predicate;
        return this;
    }

    /// <summary>Strikes once.</summary>
    public Fault Once() => Repeat(1);

    /// <summary>Strikes that often.</summary>
    public Fault Repeat(int times)
    {
        Times = times;
        return this;
    }

    /// <summary>Strikes always.</summary>
    public Fault Always() => Repeat(int.MaxValue);

    /// <summary>Lets that many matching requests pass first.</summary>
    public Fault Skip(int count)
    {
        SkipFirst = count;
        return this;
    }

    /// <summary>The server acts on its state, then fails.</summary>
    public Fault AfterActing()
    {
        When = FaultMoment.AfterAction;
        return this;
    }

    /// <summary>Waits before it strikes.</summary>
    public Fault After(TimeSpan wait)
    {
        Wait = wait;
        return this;
    }

    /// <summary>Adds a header to the answer.</summary>
    public Fault WithHeader(string name, string? value)
    {
        Headers[name] = value;
        return this;
    }

    internal bool Concerns(RecordedRequest request) =>
        (Method is null || Method.Equals(request.Method, StringComparison.OrdinalIgnoreCase))
        && (PathContains is null || request.RawTarget.Contains(PathContains, StringComparison.Ordinal))
        && (PathMatches is null || Regex.IsMatch(request.RawTarget, PathMatches))
        && (Predicate is null || Predicate(request));

    private static Fault TooMany(string? retryAfter)
    {
        Fault fault = Status(429, "Retry later\n", "text/plain", ("RateLimit-Limit", "600"), ("RateLimit-Remaining", "0"), ("RateLimit-Observed", "601"));
        if (retryAfter is not null)
        {
            fault.Headers["Retry-After"] = retryAfter;
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
