namespace GitLabAgents;

/// <summary>The display text of a rotation.</summary>
/// <param name="rotation">The rotation.</param>
public sealed class AgentTokenRotationView(AgentTokenRotation rotation)
{
    /// <summary>Gets the path of the project.</summary>
    public string Project => ViewFormatter.Text(rotation.Project);

    /// <summary>Gets the name of the agent.</summary>
    public string Agent => ViewFormatter.Text(rotation.Agent);

    /// <summary>Gets the status.</summary>
    public string Status => ViewFormatter.Highlight($"{rotation.Status}", rotation.Error is not null);

    /// <summary>Gets the name of the new token.</summary>
    public string NewToken => ViewFormatter.Text(rotation.NewToken);

    /// <summary>Gets the name and ID of the new token.</summary>
    public string NewTokenWithId => rotation.NewToken is { } token ? ViewFormatter.JoinWithIds([token]) : string.Empty;

    /// <summary>Gets the names of the revoked tokens.</summary>
    public string Revoked => ViewFormatter.Join(rotation.RevokedTokens);

    /// <summary>Gets the names and IDs of the revoked tokens.</summary>
    public string RevokedTokens => ViewFormatter.JoinWithIds(rotation.RevokedTokens);

    /// <summary>Gets the names of the older tokens that were not revoked.</summary>
    public string Kept => ViewFormatter.Join(rotation.KeptTokens);

    /// <summary>Gets the names and IDs of the older tokens that were not revoked.</summary>
    public string KeptTokens => ViewFormatter.JoinWithIds(rotation.KeptTokens);

    /// <summary>Gets when the rotation started.</summary>
    public string StartedAt => ViewFormatter.Iso(rotation.StartedAt);

    /// <summary>Gets when the rotation completed.</summary>
    public string CompletedAt => ViewFormatter.Iso(rotation.CompletedAt);

    /// <summary>Gets why the rotation did not complete.</summary>
    public string Error => ViewFormatter.Text(rotation.Error?.Message);
}
