using System;
using System.Collections.Generic;
using System.Text.Json.Serialization;

namespace GitLabAgents;

/// <summary>The response to <c>GET /metadata</c> or, on older servers, <c>GET /version</c>.</summary>
internal sealed class ServerInfo
{
    public string? Version { get; set; }

    public bool? Enterprise { get; set; }

    public KasInfo? Kas { get; set; }
}

/// <summary>The server that agents connect to.</summary>
internal sealed class KasInfo
{
    public bool Enabled { get; set; }

    [JsonPropertyName("externalUrl")]
    public string? ExternalUrl { get; set; }
}

/// <summary>The response to <c>GET /personal_access_tokens/self</c> about the session's own token.</summary>
internal sealed class TokenInfo
{
    public long Id { get; set; }

    public string? Name { get; set; }

    public List<string>? Scopes { get; set; }

    public DateTimeOffset? ExpiresAt { get; set; }
}
