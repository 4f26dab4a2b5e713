using System.Collections.Generic;
using System.Linq;

namespace GitLabAgents.Reports;

/// <summary>An agent of a report, with its findings.</summary>
/// <param name="agent">The agent.</param>
/// <param name="findings">The findings.</param>
internal sealed class ReportRow(AgentInventoryItem agent, IEnumerable<AgentFinding> findings)
{
    /// <summary>Gets the agent.</summary>
    public AgentInventoryItem Agent { get; } = agent;

    /// <summary>Gets the findings.</summary>
    public AgentFinding[] Findings { get; } = [.. findings];

    /// <summary>Gets the highest severity of the findings, or null if there are none.</summary>
    public AgentFindingSeverity? Severity => Findings.Max(static finding => (AgentFindingSeverity?)finding.Severity);

    /// <summary>Gets a value indicating whether the last use of all tokens is known.</summary>
    public bool IsLastUsedKnown => Agent.Tokens?.All(static token => token.IsLastUsedKnown) == true;

    /// <summary>Gets or sets the number that identifies the row in its report.</summary>
    public int Number { get; set; }
}
