using System;
using System.Collections.Generic;
using System.Linq;

namespace GitLabAgents.FakeGitLab;

/// <summary>A cluster agent.</summary>
public sealed class Agent
{
    private IReadOnlyList<AgentConnection> connections = [];
    private DateTimeOffset createdAt;

    /// <summary>Its ID, from 11.</summary>
    public long Id { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The project it is registered in.</summary>
    public required Project Project { get; init; }

    /// <summary>When it was created.</summary>
    public DateTimeOffset CreatedAt
    {
        get => createdAt;
        set => createdAt = UpdatedAt = value;
    }

    /// <summary>
    /// When it was last changed, by a URL configuration too; <c>If-Unmodified-Since</c> compares with it.
    /// </summary>
    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>The user who created it.</summary>
    public long? CreatedByUserId { get; set; }

    /// <summary>Its connections, which only GraphQL shows. Each one that comes or goes is an activity event.</summary>
    public IReadOnlyList<AgentConnection> Connections
    {
        get => connections;
        set
        {
            foreach (AgentConnection added in value.Except(connections))
            {
                State.RecordActivity(this, AgentActivityKind.Connected, added.ConnectedAt);
            }

            foreach (AgentConnection _ in connections.Except(value))
            {
                State.RecordActivity(this, AgentActivityKind.Disconnected);
            }

            connections = value;
        }
    }

    internal State State { get; init; } = null!;

    internal List<StoredToken> Tokens { get; } = new(2);

    /// <summary>Usually one at most; requests at the same time can create more. GitLab shows the first.</summary>
    internal List<UrlConfiguration> UrlConfigurations { get; } = new(0);

    internal UrlConfiguration? UrlConfiguration => UrlConfigurations.Count > 0 ? UrlConfigurations[0] : null;

    internal List<AgentActivityEvent> Activity { get; } = new(0);
}

/// <summary>A connection of an agent's pod.</summary>
public sealed class AgentConnection
{
    /// <summary>Since when.</summary>
    public DateTimeOffset ConnectedAt { get; init; }

    /// <summary>Its ID.</summary>
    public long ConnectionId { get; init; } = 4611686018427387905;

    /// <summary>The agent's version.</summary>
    public string Version { get; init; } = "18.9.0";

    /// <summary>The agent's commit.</summary>
    public string Commit { get; init; } = "3f2a1b0";

    /// <summary>The pod.</summary>
    public string PodName { get; init; } = "agent-0";

    /// <summary>The pod's namespace.</summary>
    public string PodNamespace { get; init; } = "gitlab-agent";

    /// <summary>What GitLab warns of, as pairs of type and message.</summary>
    public IReadOnlyList<(string Type, string Message)> Warnings { get; init; } = [];
}

/// <summary>An agent's token.</summary>
public sealed class StoredToken
{
    /// <summary>Its ID, from 1001.</summary>
    public long Id { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its description.</summary>
    public string? Description { get; init; }

    /// <summary>The agent that it belongs to.</summary>
    public required Agent Agent { get; init; }

    /// <summary>
    /// <c>active</c>, <c>revoked</c> or any status a test needs; only <c>revoked</c> tokens are hidden.
    /// </summary>
    public string Status { get; set; } = "active";

    /// <summary>When it was created.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>The user who created it.</summary>
    public long? CreatedByUserId { get; set; }

    /// <summary>When it was last used; null: never.</summary>
    public DateTimeOffset? LastUsedAt { get; set; }

    /// <summary>The secret, which the API shows once.</summary>
    public required string Secret { get; init; }

    /// <summary>Whether it is revoked.</summary>
    public bool IsRevoked => Status == "revoked";

    /// <summary>
    /// The number of the state's change that created it; see <see cref="FakeGitLabOptions.RacyLimits" />.
    /// </summary>
    internal long CreatedIn { get; init; }
}

/// <summary>An agent's URL configuration.</summary>
public sealed class UrlConfiguration
{
    /// <summary>Its ID, from 501.</summary>
    public long Id { get; init; }

    /// <summary>The agent that it belongs to.</summary>
    public required Agent Agent { get; init; }

    /// <summary>The agent's address.</summary>
    public required string Url { get; init; }

    /// <summary>The JWT public key, 32 bytes; null with a client certificate.</summary>
    public byte[]? PublicKey { get; init; }

    /// <summary>The client certificate, as PEM.</summary>
    public string? ClientCertificate { get; init; }

    /// <summary>The client's private key, as PEM, which the API never shows.</summary>
    public string? ClientKey { get; init; }

    /// <summary>The CA certificate, as PEM.</summary>
    public string? CaCertificate { get; init; }

    /// <summary>The host name that TLS verifies.</summary>
    public string? TlsHost { get; init; }

    /// <summary>When it was created; <c>If-Unmodified-Since</c> compares with it.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    internal long CreatedIn { get; init; }
}
