namespace GitLabAgents;

/// <summary>The state in which the rotation of a token ended.</summary>
public enum TokenRotationStatus
{
    /// <summary>The new token is in use, and the older tokens are revoked.</summary>
    Completed,

    /// <summary>
    /// The new token exists but was not seen in use, and the rotation no longer waits. The older tokens are kept.
    /// </summary>
    AwaitingUse,

    /// <summary>
    /// The new token could not be deployed. It was revoked, unless the error says otherwise. The older tokens are kept.
    /// </summary>
    DeployFailed,

    /// <summary>The new token was not seen in use in time. All tokens are kept.</summary>
    TimedOut,

    /// <summary>The new token is in use, but an older token could not be revoked.</summary>
    RevokeFailed,
}
