namespace GitLabAgents;

/// <summary>A group.</summary>
internal sealed class GroupInfo
{
    public long Id { get; set; }

    public string? FullPath { get; set; }
}
