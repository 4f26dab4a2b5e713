namespace GitLabAgents;

/// <summary>A project of a group's list.</summary>
internal sealed class ProjectInfo
{
    public long Id { get; set; }

    public string? PathWithNamespace { get; set; }

    public override string ToString() => PathWithNamespace ?? Id.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
