namespace GitLabAgents;

/// <summary>Where a rotation ended.</summary>
public enum TokenRotationStatus
{
    /// <summary>The new token is in use, and the older ones are revoked.</summary>
    Completed,

    /// <summary>The new token is made, and was not seen in use yet; it is not waited for any longer. The older ones stay.</summary>
    AwaitingUse,

    /// <summary>The new token could not be handed over. It was revoked again, unless the error says otherwise. The older ones stay.</summary>
    DeployFailed,

    /// <summary>The new token was not seen in use in time. All stay.</summary>
    TimedOut,

    /// <summary>The new token is in use, but an older one could not be revoked.</summary>
    RevokeFailed,
}
