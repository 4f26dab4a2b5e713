using System;
using System.Net;

namespace GitLabAgents;

/// <summary>The one exception of every operation that did not succeed. No part of it holds a secret.</summary>
public sealed class GitLabApiException : Exception
{
    internal GitLabApiException(GitLabErrorKind kind, string message, string advice = "", Exception? innerException = null)
        : base(advice.Length == 0 ? message : message + " " + advice, innerException)
    {
        Kind = kind;
        Problem = message;
        RecommendedAction = advice;
    }

    /// <summary>Gets what went wrong.</summary>
    public GitLabErrorKind Kind { get; }

    /// <summary>Gets the message without the advice at its end.</summary>
    internal string Problem { get; }

    /// <summary>Gets what to do about it; it ends the message too. May be empty.</summary>
    public string RecommendedAction { get; }

    /// <summary>Gets the status that the server answered with, or <see langword="null"/> where there was no answer.</summary>
    public HttpStatusCode? StatusCode { get; internal set; }

    /// <summary>Gets the server's own words, in its language, or <see langword="null"/>.</summary>
    public string? ServerMessage { get; internal set; }

    /// <summary>Gets the method of the request, or <see langword="null"/> where none was made.</summary>
    public string? Method { get; internal set; }

    /// <summary>Gets the URL of the request, or <see langword="null"/> where none was made.</summary>
    public Uri? RequestUri { get; internal set; }

    /// <summary>Gets the id under which GitLab's logs know the request, or <see langword="null"/>.</summary>
    public string? RequestId { get; internal set; }

    /// <summary>Gets how long the server asked to wait, or <see langword="null"/>.</summary>
    public TimeSpan? RetryAfter { get; internal set; }

    /// <summary>Gets a value indicating whether the server does not know the call at all, by the form of its answer.</summary>
    internal bool IsUnknownRoute { get; set; }

    /// <summary>Gives the same failure under the name that a closer look found for it.</summary>
    internal GitLabApiException WithKind(GitLabErrorKind kind, string finding, string advice) => new(kind, $"{finding} {Problem}", advice, InnerException)
    {
        StatusCode = StatusCode,
        ServerMessage = ServerMessage,
        Method = Method,
        RequestUri = RequestUri,
        RequestId = RequestId,
        RetryAfter = RetryAfter,
    };
}
