using System.Collections.Generic;

namespace GitLabAgents;

/// <summary>Everything that was read about one agent.</summary>
internal sealed class AgentRecord(
    ClusterAgent agent, AgentToken[]? tokens, ConnectionReport connection, bool? isArchived)
{
    /// <summary>Gets the agent.</summary>
    public ClusterAgent Agent { get; } = agent;

    /// <summary>Gets the active tokens, last used first; null if they were not read, or not completely.</summary>
    public AgentToken[]? Tokens { get; } = tokens;

    /// <summary>Gets the reason the tokens could not be read, or null.</summary>
    public string? TokensReason { get; private set; }

    /// <summary>Gets the assessment of the agent's connections.</summary>
    public ConnectionReport Connection { get; } = connection;

    /// <summary>Gets whether the project is archived; null if that is not known.</summary>
    public bool? IsArchived { get; } = isArchived;

    /// <summary>Returns a record with the tokens.</summary>
    public AgentRecord WithTokens(List<AgentToken> tokens) => new(Agent, [.. tokens], Connection, IsArchived);

    /// <summary>Returns a record that says why there are no tokens.</summary>
    public AgentRecord WithoutTokens(string reason)
        => new(Agent, null, Connection, IsArchived) { TokensReason = reason };
}
