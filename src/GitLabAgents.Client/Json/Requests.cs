namespace GitLabAgents.Json;

/// <summary>The body of a new agent.</summary>
internal sealed class NewAgentBody
{
    public string Name { get; set; } = string.Empty;
}

/// <summary>The body of a new token.</summary>
internal sealed class NewTokenBody
{
    public string Name { get; set; } = string.Empty;

    public string? Description { get; set; }
}
