namespace GitLabAgents;

/// <summary>The user of the access token.</summary>
internal sealed class UserInfo
{
    public long Id { get; set; }

    /// <summary>Gets or sets whether the user is an administrator. GitLab reports it to administrators only.</summary>
    public bool? IsAdmin { get; set; }
}
