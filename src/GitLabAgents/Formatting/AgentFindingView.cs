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

    /// <summary>Gets the name of the rule.</summary>
    public string Rule => finding.RuleName;

    /// <summary>Gets the severity, in red for an error and in yellow for a warning.</summary>
    public string Severity => finding.Severity == AgentFindingSeverity.Error
        ? ViewFormatter.HighlightError($"{finding.Severity}")
        : ViewFormatter.Highlight($"{finding.Severity}", finding.Severity == AgentFindingSeverity.Warning);

    /// <summary>Gets what was found.</summary>
    public string Message => ViewFormatter.Text(finding.Message);

    /// <summary>Gets what to do.</summary>
    public string RecommendedAction => ViewFormatter.Text(finding.RecommendedAction);
}
