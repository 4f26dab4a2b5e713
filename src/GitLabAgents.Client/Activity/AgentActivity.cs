using System;

namespace GitLabAgents;

/// <summary>
/// Something that happened to an agent: who created or revoked which token, and when the agent connected or
/// disconnected.
/// See <see href="https://docs.gitlab.com/user/clusters/agent/work_with_agent/#view-an-agents-activity-information"/>.
/// </summary>
public sealed class AgentActivity
{
    internal AgentActivity(ClusterAgent agent)
    {
        Project = agent.ProjectText;
        Agent = agent.AgentText;
        ProjectId = agent.ProjectId;
        AgentId = agent.Id;
        Session = agent.Session;
    }

    /// <summary>Gets when it happened, by GitLab's clock.</summary>
    public DateTimeOffset? RecordedAt { get; internal set; }

    /// <summary>
    /// Gets what happened, as GitLab calls it: <c>token_created</c>, <c>token_revoked</c>, <c>agent_connected</c> or
    /// <c>agent_disconnected</c>.
    /// </summary>
    public string? Kind { get; internal set; }

    /// <summary>Gets how important it is, as GitLab calls it, such as <c>info</c>.</summary>
    public string? Level { get; internal set; }

    /// <summary>
    /// Gets the name of the user who did it; <see langword="null"/> if nobody did, or GitLab does not report the user.
    /// </summary>
    public string? User { get; internal set; }

    /// <summary>Gets the name of the token that it is about; <see langword="null"/> if there is none.</summary>
    public string? Token { get; internal set; }

    /// <summary>Gets the agent's name; its ID as text if the name is all digits and would be taken for an ID.</summary>
    public string Agent { get; }

    /// <summary>Gets the full path of the agent's project.</summary>
    public string Project { get; }

    /// <summary>Gets the ID of the agent's project.</summary>
    public long ProjectId { get; }

    /// <summary>Gets the agent's ID.</summary>
    public long AgentId { get; }

    /// <summary>Gets the session that the activity was read with.</summary>
    public GitLabSession Session { get; }

    /// <summary>Returns what happened.</summary>
    /// <returns>Text such as <c>prod: token_created</c>.</returns>
    public override string ToString() => $"{Agent}: {Kind}";
}
