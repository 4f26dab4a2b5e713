using System;
using System.Linq;

namespace GitLabAgents;

/// <summary>
/// Whether an agent is connected to GitLab, by which pods, since when and with which version. Nothing is guessed: if
/// GitLab does not say, <see cref="Status"/> is <see cref="AgentConnectionStatus.Unknown"/> and <see cref="Reason"/>
/// says why. See <see href="https://docs.gitlab.com/api/graphql/reference/#clusteragent"/>.
/// </summary>
public sealed class AgentConnection
{
    internal AgentConnection(ClusterAgent agent, ConnectionReport report)
    {
        Session = agent.Session;
        ProjectId = agent.ProjectId;
        AgentId = agent.Id;
        Project = agent.ProjectText;
        Agent = agent.AgentText;
        Status = report.Status;
        Reason = report.Reason;
        Connections = report.Pods;
        Warnings = report.Warnings;
        LastUsedAt = report.LastUsedAt;
    }

    /// <summary>Gets the full path of the agent's project; its ID as text if GitLab does not report the path.</summary>
    public string Project { get; }

    /// <summary>
    /// Gets the agent's name; its ID as text if the name is not known, or is all digits and would be taken for an ID.
    /// </summary>
    public string Agent { get; }

    /// <summary>Gets the ID of the agent's project.</summary>
    public long ProjectId { get; }

    /// <summary>Gets the agent's ID, unique on its GitLab.</summary>
    public long AgentId { get; }

    /// <summary>Gets whether the agent is connected.</summary>
    public AgentConnectionStatus Status { get; }

    /// <summary>Gets the pods that are connected, in GitLab's order; empty if none is, or that is not known.</summary>
    public AgentPod[] Connections { get; }

    /// <summary>
    /// Gets since when a pod is connected, by the earliest of <see cref="Connections"/>; <see langword="null"/> if none
    /// is, or GitLab does not report it.
    /// </summary>
    public DateTimeOffset? ConnectedAt => Connections.Min(static pod => pod.ConnectedAt);

    /// <summary>
    /// Gets the lowest version among the connected pods, because that one is to be updated; <see langword="null"/> if
    /// none is known.
    /// </summary>
    public string? Version => AgentVersion.GetLowest(Connections.Select(static pod => pod.Version));

    /// <summary>
    /// Gets the version of the GitLab, as the session knows it; <see langword="null"/> if it does not.
    /// </summary>
    public string? ServerVersion => Session.Version;

    /// <summary>
    /// Gets whether a connected pod has an earlier minor version than the GitLab: 18.4 is behind 18.5, and 18.5.0 is
    /// not behind 18.5.1. <see langword="null"/> if one of the versions is not known.
    /// </summary>
    public bool? IsBehind => AgentVersion.IsBehind(Connections.Select(static pod => pod.Version), ServerVersion);

    /// <summary>Gets GitLab's own warnings about the versions of the connected pods.</summary>
    public string[] Warnings { get; }

    /// <summary>
    /// Gets when a token of the agent was last used, of those that GitLab shows: newer servers hide revoked tokens.
    /// <see langword="null"/> if none ever was, or that is not known. GitLab can be up to an hour behind.
    /// </summary>
    public DateTimeOffset? LastUsedAt { get; }

    /// <summary>
    /// Gets why <see cref="Status"/> is unknown, in GitLab's own words if it gives any; else <see langword="null"/>.
    /// </summary>
    public string? Reason { get; }

    /// <summary>Gets the session that the connection was read with.</summary>
    public GitLabSession Session { get; }

    /// <summary>Returns the agent's name and its status.</summary>
    /// <returns>Text such as <c>prod: Connected</c>.</returns>
    public override string ToString() => $"{Agent}: {Status}";
}
