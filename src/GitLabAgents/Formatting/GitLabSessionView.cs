namespace GitLabAgents;

/// <summary>The display text of a session.</summary>
/// <param name="session">The session.</param>
public sealed class GitLabSessionView(GitLabSession session)
{
    /// <summary>Gets the name of the access token.</summary>
    public string TokenName => ViewFormatter.Text(session.TokenName);

    /// <summary>Gets the scopes of the access token.</summary>
    public string Scopes => ViewFormatter.Join(session.Scopes);

    /// <summary>Gets the day on which the access token expires.</summary>
    public string Expires
        => ViewFormatter.Highlight(ViewFormatter.Day(session.ExpiresAt), ViewFormatter.ExpiresSoon(session));

    /// <summary>Gets when the access token expires.</summary>
    public string ExpiresAt => ViewFormatter.Iso(session.ExpiresAt);

    /// <summary>Gets the address that agents connect to.</summary>
    public string KasUri => ViewFormatter.Text(session.KasUri);

    /// <summary>Gets the version of the GitLab.</summary>
    public string Version => ViewFormatter.Text(session.Version);

    /// <summary>Gets when the session was created.</summary>
    public string ConnectedAt => ViewFormatter.Iso(session.ConnectedAt);
}
