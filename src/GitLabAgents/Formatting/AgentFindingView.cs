namespace GitLabAgents;

/// <summary>The display text of a finding.</summary>
/// <param name="finding">The finding.</param>
public sealed class AgentFindingView(AgentFinding finding)
{
    /// <summary>Gets the path of the project.</summary>
    public string Project => ViewFormatter.Text(finding.Project);

    /// <summary>Gets the name of the agent.</summary>
    public string Agent => ViewFormatter.Text(finding.Agent);

    /// <summary>Gets the name of the token.</summary>
    public string Token => ViewFormatter.Text(finding.Token);

    /// <summary>Gets the severity.</summary>
    public string Severity => ViewFormatter.Highlight($"{finding.Severity}", finding.Severity != AgentFindingSeverity.Information);

    /// <summary>Gets what was found.</summary>
    public string Message => ViewFormatter.Text(finding.Message);

    /// <summary>Gets what to do.</summary>
    public string RecommendedAction => ViewFormatter.Text(finding.RecommendedAction);
}
