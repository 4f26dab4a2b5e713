namespace GitLabAgents;

/// <summary>How urgent a finding is.</summary>
public enum AgentFindingSeverity
{
    /// <summary>Worth knowing. Nothing breaks if it stays as it is.</summary>
    Information,

    /// <summary>Needs attention: a risk, or something that will break.</summary>
    Warning,

    /// <summary>Does not work now.</summary>
    Error,
}
