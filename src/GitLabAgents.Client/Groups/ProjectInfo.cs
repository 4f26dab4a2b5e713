namespace GitLabAgents;

/// <summary>A project, as a group's list has it.</summary>
internal sealed class ProjectInfo
{
    public long Id { get; set; }

    public string? PathWithNamespace { get; set; }

    public override string ToString()
        => PathWithNamespace ?? Id.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
