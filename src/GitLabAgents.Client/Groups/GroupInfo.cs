namespace GitLabAgents;

/// <summary>A group of a list of groups.</summary>
internal sealed class GroupInfo
{
    public long Id { get; set; }

    public string? FullPath { get; set; }
}
