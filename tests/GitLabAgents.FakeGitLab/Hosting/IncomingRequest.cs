using System;
using System.Collections.Generic;

namespace GitLabAgents.FakeGitLab;

/// <summary>A request as it was sent.</summary>
internal sealed class IncomingRequest
{
    public required string Method { get; init; }

    /// <summary>The raw path, still percent-encoded.</summary>
    public required string Path { get; init; }

    /// <summary>The raw query with its question mark, or nothing.</summary>
    public required string Query { get; init; }

    /// <summary>Scheme, host and port, as the client knows them.</summary>
    public required string Origin { get; init; }

    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>How many tokens and URL configurations had been created when the request arrived.</summary>
    public long CreationsAtArrival { get; init; }

    public bool IsSafe => Method is "GET" or "HEAD";

    /// <summary>Splits a request target, which a proxy's client sends with scheme and host.</summary>
    public static (string Path, string Query) Split(string rawTarget)
    {
        string target = rawTarget;
        if (!target.StartsWith('/') && target.IndexOf("://", StringComparison.Ordinal) is > 0 and int scheme)
        {
            int slash = target.IndexOf('/', scheme + 3);
            target = slash < 0 ? "/" : target[slash..];
        }

        int mark = target.IndexOf('?', StringComparison.Ordinal);
        return mark < 0 ? (target, string.Empty) : (target[..mark], target[mark..]);
    }
}
