using System;

namespace GitLabAgents.Transport;

/// <summary>An answer was larger than anything GitLab sends, and was not read to its end.</summary>
public sealed class ResponseTooLargeException : Exception
{
    /// <summary>Initializes a new instance of the <see cref="ResponseTooLargeException"/> class.</summary>
    /// <param name="limit">The largest length that is read, in bytes.</param>
    public ResponseTooLargeException(int limit)
        : base($"The answer is larger than {limit / (1024 * 1024)} MiB.")
    {
    }
}
