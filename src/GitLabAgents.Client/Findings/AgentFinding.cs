namespace GitLabAgents;

/// <summary>Something about an agent that needs attention, and the command that resolves it.</summary>
public sealed class AgentFinding
{
    internal AgentFinding(string ruleName, AgentFindingSeverity severity, string message, string recommendedAction)
    {
        RuleName = ruleName;
        Severity = severity;
        Message = message;
        RecommendedAction = recommendedAction;
    }

    /// <summary>Gets the name of the rule that found it, such as <c>TokenUnused</c>.</summary>
    public string RuleName { get; }

    /// <summary>Gets how urgent the finding is.</summary>
    public AgentFindingSeverity Severity { get; }

    /// <summary>Gets the full path of the agent's project, or its ID as text if the path is not known.</summary>
    public string Project { get; internal set; } = string.Empty;

    /// <summary>
    /// Gets the agent's name, or <see langword="null"/> if the finding is about a project as a whole.
    /// </summary>
    public string? Agent { get; internal set; }

    /// <summary>Gets the token that the finding is about, or <see langword="null"/> if it is about the agent.</summary>
    public AgentToken? Token { get; internal set; }

    /// <summary>Gets what was found, as a sentence.</summary>
    public string Message { get; }

    /// <summary>Gets what to do, with the exact command.</summary>
    public string RecommendedAction { get; }

    /// <summary>Gets the ID of the agent's project, or 0 if it is not known.</summary>
    public long ProjectId { get; internal set; }

    /// <summary>Gets the agent's ID, or <see langword="null"/> if the finding is about a project as a whole.</summary>
    public long? AgentId { get; internal set; }

    /// <summary>Gets the session that the agent was read with.</summary>
    public GitLabSession Session { get; internal set; } = null!;

    /// <summary>Returns the rule and the agent.</summary>
    /// <returns>Text such as <c>TokenUnused: group/app, prod</c>.</returns>
    public override string ToString() => Agent is null ? $"{RuleName}: {Project}" : $"{RuleName}: {Project}, {Agent}";
}
