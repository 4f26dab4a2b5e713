namespace GitLabAgents;

/// <summary>A project, as a group's list has it.</summary>
internal sealed class ProjectInfo
{
    public long Id { get; set; }

    public string? PathWithNamespace { get; set; }

    /// <summary>Gets or sets whether the project is archived; the simple form of GitLab's lists does not say.</summary>
    public bool? Archived { get; set; }

    public override string ToString()
        => PathWithNamespace ?? Id.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
