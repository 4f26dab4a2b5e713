using System;

namespace GitLabAgents.Transport;

/// <summary>
/// The exception for a response that is larger than anything GitLab sends, and that was not read to its end.
/// </summary>
public sealed class ResponseTooLargeException : Exception
{
    /// <summary>Initializes a new instance of the <see cref="ResponseTooLargeException"/> class.</summary>
    /// <param name="limit">The maximum length, in bytes.</param>
    public ResponseTooLargeException(int limit)
        : base($"The response is larger than {limit / (1024 * 1024)} MiB.")
    {
    }
}
