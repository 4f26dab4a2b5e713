using System;
using System.Collections.Generic;
using System.Globalization;

namespace GitLabAgents.FakeGitLab;

/// <summary>A request that the fake GitLab received.</summary>
public sealed class RecordedRequest
{
    /// <summary>The HTTP method.</summary>
    public required string Method { get; init; }

    /// <summary>The request target as it was sent, still percent-encoded, with the query.</summary>
    public required string RawTarget { get; init; }

    /// <summary>
    /// All headers; several values of one are joined by <c>", "</c>. Names are compared without regard to case.
    /// </summary>
    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    /// <summary>The body as text, without the secrets in it.</summary>
    public required string Body { get; init; }

    /// <summary>When its head arrived.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>Which connection it came over.</summary>
    public required string ConnectionId { get; init; }

    /// <summary><c>HTTP/1.1</c> or <c>HTTP/2</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>The thumbprint of the client's certificate, if it sent one.</summary>
    public string? ClientCertificateThumbprint { get; init; }

    /// <summary>The status of the response; null while, or because, there is none.</summary>
    public int? StatusCode { get; internal set; }

    /// <summary>The response's X-Request-Id.</summary>
    public string? RequestId { get; internal set; }

    /// <summary>
    /// Whether the client went away, or a fault broke the connection, before the response was complete.
    /// </summary>
    public bool Aborted { get; internal set; }

    /// <inheritdoc />
    public override string ToString()
    {
        string status = StatusCode?.ToString(CultureInfo.InvariantCulture) ?? "no response";
        return $"{Method} {RawTarget} -> {status}{(Aborted ? ", aborted" : string.Empty)}";
    }
}
