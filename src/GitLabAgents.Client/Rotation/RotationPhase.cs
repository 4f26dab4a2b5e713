namespace GitLabAgents;

/// <summary>What a rotation is doing.</summary>
internal enum RotationPhase
{
    /// <summary>It reads the agent's tokens, and creates the new one.</summary>
    Planning,

    /// <summary>It deploys the new token.</summary>
    Deploying,

    /// <summary>It waits until GitLab has seen the new token in use.</summary>
    WaitingForUse,

    /// <summary>It revokes the older tokens.</summary>
    Revoking,
}
