using System.Globalization;

namespace GitLabAgents;

/// <summary>A project.</summary>
internal sealed class ProjectInfo
{
    public long Id { get; set; }

    public string? PathWithNamespace { get; set; }

    /// <summary>Gets or sets whether the project is archived. GitLab's simple lists do not report it.</summary>
    public bool? Archived { get; set; }

    public override string ToString() => PathWithNamespace ?? Id.ToString(CultureInfo.InvariantCulture);
}
