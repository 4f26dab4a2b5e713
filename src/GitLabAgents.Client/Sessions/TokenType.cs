namespace GitLabAgents;

/// <summary>Specifies how the access token is sent.</summary>
public enum TokenType
{
    /// <summary>As <c>PRIVATE-TOKEN</c>: personal, project and group access tokens.</summary>
    PrivateToken,

    /// <summary>As <c>Authorization: Bearer</c>: OAuth tokens, and any of those.</summary>
    OAuth,
}
