namespace GitLabAgents;

/// <summary>What went wrong. The names are the IDs of the error records, and stable.</summary>
public enum GitLabErrorKind
{
    /// <summary>There is no session, or it was disconnected.</summary>
    NotConnected,

    /// <summary>The project does not exist, or the access token cannot see it.</summary>
    ProjectNotFound,

    /// <summary>The agent does not exist in the project, or the access token cannot see it.</summary>
    AgentNotFound,

    /// <summary>The agent does not have the token, or the token was revoked.</summary>
    TokenNotFound,

    /// <summary>The agent does not have the URL configuration, or this GitLab does not have receptive agents.</summary>
    UrlConfigurationNotFound,

    /// <summary>Something else does not exist.</summary>
    NotFound,

    /// <summary>GitLab does not accept the access token.</summary>
    AuthenticationFailed,

    /// <summary>The access token lacks a scope or a permission.</summary>
    InsufficientScope,

    /// <summary>The role of the access token is too low, or GitLab refuses the action for another reason.</summary>
    Forbidden,

    /// <summary>GitLab, or this module, does not accept a value.</summary>
    InvalidRequest,

    /// <summary>The agent has as many active tokens as GitLab allows.</summary>
    TokenLimitReached,

    /// <summary>GitLab limits the rate of requests, and the session does not wait longer.</summary>
    RateLimited,

    /// <summary>The resource already exists, or another operation has locked it.</summary>
    Conflict,

    /// <summary>GitLab, or a gateway in front of it, could not process the request.</summary>
    ServerError,

    /// <summary>The response is not valid, or it came from something in front of GitLab.</summary>
    InvalidResponse,

    /// <summary>The connection could not be established, or it broke.</summary>
    ConnectionFailed,

    /// <summary>There was no response in time.</summary>
    Timeout,

    /// <summary>The request may have created something, but the response was lost.</summary>
    OutcomeUnknown,

    /// <summary>This GitLab does not have the endpoint.</summary>
    NotSupported,

    /// <summary>The file exists, and was not to be overwritten.</summary>
    FileExists,
}
