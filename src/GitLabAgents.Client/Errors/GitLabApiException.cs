using System;
using System.Net;

namespace GitLabAgents;

/// <summary>
/// The exception for every operation that fails. No part of it holds a secret or a control character.
/// </summary>
public sealed class GitLabApiException : Exception
{
    internal GitLabApiException(
        GitLabErrorKind kind, string message, string advice = "", Exception? innerException = null)
        : base(DisplayText.Sanitize(advice.Length == 0 ? message : message + " " + advice), innerException)
    {
        Kind = kind;
        Problem = DisplayText.Sanitize(message);
        RecommendedAction = DisplayText.Sanitize(advice);
        IsTransient = kind is GitLabErrorKind.RateLimited or GitLabErrorKind.ServerError
            or GitLabErrorKind.InvalidResponse or GitLabErrorKind.ConnectionFailed or GitLabErrorKind.Timeout;
    }

    /// <summary>Gets what went wrong.</summary>
    public GitLabErrorKind Kind { get; }

    /// <summary>Gets the message without the recommended action at its end.</summary>
    internal string Problem { get; }

    /// <summary>Gets what to do about it; the message ends with it. It may be empty.</summary>
    public string RecommendedAction { get; }

    /// <summary>Gets the status of the response, or <see langword="null"/> if there was none.</summary>
    public HttpStatusCode? StatusCode { get; internal set; }

    /// <summary>Gets the server's own text, in its language, or <see langword="null"/>.</summary>
    public string? ServerMessage { get; internal set; }

    /// <summary>Gets the method of the request, or <see langword="null"/> if none was sent.</summary>
    public string? Method { get; internal set; }

    /// <summary>Gets the URL of the request, or <see langword="null"/> if none was sent.</summary>
    public Uri? RequestUri { get; internal set; }

    /// <summary>Gets the ID of the request in GitLab's logs, or <see langword="null"/>.</summary>
    public string? RequestId { get; internal set; }

    /// <summary>Gets how long the server asks to wait, or <see langword="null"/>.</summary>
    public TimeSpan? RetryAfter { get; internal set; }

    /// <summary>
    /// Gets a value indicating whether the same request may succeed later, although nothing is changed.
    /// </summary>
    internal bool IsTransient { get; set; }

    /// <summary>
    /// Gets a value indicating whether something other than GitLab responded, so that the status proves nothing.
    /// </summary>
    internal bool IsForeign { get; set; }

    /// <summary>
    /// Gets a value indicating whether GitLab refused the request for a rule that its parameters break (its 400).
    /// </summary>
    internal bool IsRuleViolation { get; set; }

    /// <summary>
    /// Gets a value indicating whether the response has an error code, as for a missing scope or endpoint. For a
    /// missing role or resource GitLab sends a message alone.
    /// </summary>
    internal bool HasErrorCode { get; set; }

    /// <summary>
    /// Gets a value indicating whether this GitLab does not have the endpoint, by the form of its response.
    /// </summary>
    internal bool IsUnknownRoute => HasErrorCode && StatusCode == HttpStatusCode.NotFound;

    /// <summary>
    /// Gets a value indicating whether what should contain the missing resource was read, so that only the resource
    /// itself can be missing.
    /// </summary>
    internal bool IsConfirmedMissing { get; set; }

    /// <summary>
    /// Gets a value indicating whether GitLab did not finish a GraphQL query, so that a smaller one may succeed.
    /// </summary>
    internal bool IsTooExpensive { get; set; }

    /// <summary>Creates the same exception under the kind that further requests determined.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="finding">What was found, as a sentence that precedes the problem.</param>
    /// <param name="advice">What to do about it.</param>
    internal GitLabApiException WithKind(GitLabErrorKind kind, string finding, string advice)
        => new(kind, $"{finding} {Problem}", advice, InnerException)
        {
            StatusCode = StatusCode,
            ServerMessage = ServerMessage,
            Method = Method,
            RequestUri = RequestUri,
            RequestId = RequestId,
            RetryAfter = RetryAfter,
            IsTransient = IsTransient,
            IsForeign = IsForeign,
            IsRuleViolation = IsRuleViolation,
            HasErrorCode = HasErrorCode,
        };
}
