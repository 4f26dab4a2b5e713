namespace GitLabAgents;

/// <summary>What went wrong. The names are the ids of the error records, and stable.</summary>
public enum GitLabErrorKind
{
    /// <summary>There is no session, or it was disconnected.</summary>
    NotConnected,

    /// <summary>The project does not exist, or the token may not see it.</summary>
    ProjectNotFound,

    /// <summary>The agent does not exist in the project, or the token may not see it.</summary>
    AgentNotFound,

    /// <summary>The agent has no such token, or it was revoked.</summary>
    TokenNotFound,

    /// <summary>The agent has no such URL configuration, or this GitLab has none at all.</summary>
    UrlConfigurationNotFound,

    /// <summary>Something else does not exist.</summary>
    NotFound,

    /// <summary>GitLab does not take the access token.</summary>
    AuthenticationFailed,

    /// <summary>The access token lacks a scope.</summary>
    InsufficientScope,

    /// <summary>The access token's role does not suffice.</summary>
    Forbidden,

    /// <summary>GitLab, or this module, does not take what was given.</summary>
    InvalidRequest,

    /// <summary>The agent has as many active tokens as GitLab allows.</summary>
    TokenLimitReached,

    /// <summary>GitLab asked to wait, longer or more often than the session is willing to.</summary>
    RateLimited,

    /// <summary>It exists already, or is locked by other work.</summary>
    Conflict,

    /// <summary>GitLab failed.</summary>
    ServerError,

    /// <summary>The answer is not what GitLab's API answers.</summary>
    InvalidResponse,

    /// <summary>No connection, or one that broke.</summary>
    ConnectionFailed,

    /// <summary>No answer in time.</summary>
    Timeout,

    /// <summary>Something may have been made, and no one can tell from here.</summary>
    OutcomeUnknown,
}
