namespace GitLabAgents;

/// <summary>The request body that creates an agent token.</summary>
internal sealed class NewTokenBody
{
    public string Name { get; set; } = string.Empty;

    public string? Description { get; set; }
}
