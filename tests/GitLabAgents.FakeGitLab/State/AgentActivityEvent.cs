using System;

namespace GitLabAgents.FakeGitLab;

/// <summary>The kinds of activity that GitLab keeps, in its words.</summary>
public static class AgentActivityKind
{
    /// <summary>A token was created.</summary>
    public const string TokenCreated = "token_created";

    /// <summary>A token was revoked.</summary>
    public const string TokenRevoked = "token_revoked";

    /// <summary>The agent connected.</summary>
    public const string Connected = "agent_connected";

    /// <summary>The agent disconnected.</summary>
    public const string Disconnected = "agent_disconnected";
}

/// <summary>Something that happened to an agent, which only GraphQL shows.</summary>
public sealed class AgentActivityEvent
{
    /// <summary>Its ID, which orders events of the same time.</summary>
    public long Id { get; init; }

    /// <summary>When it happened.</summary>
    public DateTimeOffset RecordedAt { get; set; }

    /// <summary>What happened; see <see cref="AgentActivityKind" />.</summary>
    public required string Kind { get; init; }

    /// <summary>How serious it is: <c>info</c> in everything that GitLab itself records.</summary>
    public string Level { get; init; } = "info";

    /// <summary>The user who did it; null: nobody.</summary>
    public long? UserId { get; init; }

    /// <summary>The token concerned, or null.</summary>
    public StoredToken? Token { get; init; }
}
