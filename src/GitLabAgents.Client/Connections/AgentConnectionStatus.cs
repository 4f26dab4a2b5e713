namespace GitLabAgents;

/// <summary>Whether an agent is connected, as far as GitLab tells.</summary>
public enum AgentConnectionStatus
{
    /// <summary>GitLab does not tell; <see cref="AgentConnection.Reason"/> says why.</summary>
    Unknown,

    /// <summary>At least one pod of it is connected now.</summary>
    Connected,

    /// <summary>It is not connected now, but a token of it was used before.</summary>
    Stale,

    /// <summary>It is not connected, and none of the tokens that GitLab tells of was ever used; newer servers tell of active tokens alone.</summary>
    Never,
}
