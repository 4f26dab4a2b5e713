namespace GitLabAgents;

/// <summary>The display text of a token.</summary>
/// <param name="token">The token.</param>
public sealed class AgentTokenView(AgentToken token)
{
    /// <summary>Gets the name.</summary>
    public string Name => ViewFormatter.Text(token.Name);

    /// <summary>Gets the description.</summary>
    public string Description => ViewFormatter.Text(token.Description);

    /// <summary>Gets the status.</summary>
    public string Status => ViewFormatter.Text(token.Status);

    /// <summary>Gets how long ago the token was used.</summary>
    public string LastUsed => ViewFormatter.Highlight(ViewFormatter.LastUsed(token), ViewFormatter.IsStale(token));

    /// <summary>Gets when the token was used.</summary>
    public string LastUsedAt => token is { IsLastUsedKnown: true, LastUsedAt: not null }
        ? ViewFormatter.Iso(token.LastUsedAt)
        : ViewFormatter.LastUsed(token);

    /// <summary>Gets how long ago the token was created.</summary>
    public string Created => ViewFormatter.Age(token.CreatedAt, token.Session);

    /// <summary>Gets when the token was created.</summary>
    public string CreatedAt => ViewFormatter.Iso(token.CreatedAt);
}
