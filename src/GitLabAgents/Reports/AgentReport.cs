using System;
using System.Collections.Generic;
using System.Linq;

namespace GitLabAgents.Reports;

/// <summary>The content of a report: agents by project and name, and their findings.</summary>
internal sealed class AgentReport
{
    /// <summary>Initializes a new instance of the <see cref="AgentReport"/> class.</summary>
    /// <param name="title">The title.</param>
    /// <param name="agents">The agents.</param>
    /// <param name="asOf">The current time by GitLab's clock.</param>
    public AgentReport(string title, IEnumerable<AgentInventoryItem> agents, DateTimeOffset asOf)
    {
        var options = new AgentRuleOptions();
        Title = title;
        AsOf = asOf;
        Rows =
        [
            .. agents
                .OrderBy(static agent => agent.Project, StringComparer.OrdinalIgnoreCase)
                .ThenBy(static agent => agent.Agent, StringComparer.OrdinalIgnoreCase)
                .Select(agent => new ReportRow(agent, AgentRules.Evaluate(agent, options, asOf))),
        ];
        for (int i = 0; i < Rows.Length; i++)
        {
            Rows[i].Number = i + 1;
        }

        Servers =
        [
            .. Rows.Select(static row => row.Agent.Session)
                .GroupBy(static session => session.ToString(), StringComparer.OrdinalIgnoreCase)
                .Select(static group => group.First()),
        ];
    }

    /// <summary>Gets the title.</summary>
    public string Title { get; }

    /// <summary>Gets the time that ages are relative to.</summary>
    public DateTimeOffset AsOf { get; }

    /// <summary>Gets the agents.</summary>
    public ReportRow[] Rows { get; }

    /// <summary>Gets a session with each GitLab that the agents came from.</summary>
    public GitLabSession[] Servers { get; }

    /// <summary>Gets the active tokens that are known.</summary>
    public IEnumerable<AgentToken> Tokens => Rows.SelectMany(static row => row.Agent.Tokens ?? []);

    /// <summary>Gets the number of projects.</summary>
    public int ProjectCount
        => Rows.Select(static row => (row.Agent.Session.ToString(), row.Agent.ProjectId)).Distinct().Count();

    /// <summary>Counts the agents with a status.</summary>
    public int Count(AgentConnectionStatus status) => Rows.Count(row => row.Agent.Status == status);

    /// <summary>Counts the findings of a severity.</summary>
    public int Count(AgentFindingSeverity severity)
        => Rows.Sum(row => row.Findings.Count(finding => finding.Severity == severity));
}
