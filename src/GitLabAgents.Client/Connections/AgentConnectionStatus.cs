namespace GitLabAgents;

/// <summary>Specifies whether an agent is connected, as GitLab reports it.</summary>
public enum AgentConnectionStatus
{
    /// <summary>GitLab does not report it; <see cref="AgentConnection.Reason"/> says why.</summary>
    Unknown,

    /// <summary>At least one pod is connected now.</summary>
    Connected,

    /// <summary>No pod is connected now, but a token of the agent was used before.</summary>
    Stale,

    /// <summary>No pod is connected, and none of the agent's active tokens was ever used.</summary>
    Never,
}
