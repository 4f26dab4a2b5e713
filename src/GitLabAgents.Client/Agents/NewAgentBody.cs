namespace GitLabAgents;

/// <summary>The request body that registers an agent.</summary>
internal sealed class NewAgentBody
{
    public string Name { get; set; } = string.Empty;
}
