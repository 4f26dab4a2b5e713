using System;
using System.Linq;

namespace GitLabAgents;

/// <summary>
/// Reports whether an agent is connected to GitLab, by which pods, since when and with which version. Nothing is
/// guessed: if GitLab does not report it, <see cref="Status"/> is <see cref="AgentConnectionStatus.Unknown"/> and
/// <see cref="Reason"/> says why.
/// See <see href="https://docs.gitlab.com/api/graphql/reference/#clusteragent"/>.
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

    /// <summary>
    /// Gets the full path of the agent's project, or its ID as text if GitLab does not report the path.
    /// </summary>
    public string Project { get; }

    /// <summary>
    /// Gets the agent's name, or its ID as text if the name is not known or consists of digits, which would be read as
    /// an ID.
    /// </summary>
    public string Agent { get; }

    /// <summary>Gets the ID of the agent's project.</summary>
    public long ProjectId { get; }

    /// <summary>Gets the agent's ID, unique on its GitLab.</summary>
    public long AgentId { get; }

    /// <summary>Gets whether the agent is connected.</summary>
    public AgentConnectionStatus Status { get; }

    /// <summary>Gets the connected pods in GitLab's order; empty if there are none, or if that is not known.</summary>
    public AgentPod[] Connections { get; }

    /// <summary>
    /// Gets when the first of <see cref="Connections"/> was established; <see langword="null"/> if there are none, or
    /// if GitLab does not report it.
    /// </summary>
    public DateTimeOffset? ConnectedAt => Connections.Min(static pod => pod.ConnectedAt);

    /// <summary>
    /// Gets the lowest version among the connected pods, which is the one to update; <see langword="null"/> if no
    /// version is known.
    /// </summary>
    public string? Version => AgentVersion.GetLowest(Connections.Select(static pod => pod.Version));

    /// <summary>Gets the version of the GitLab; <see langword="null"/> if the session does not know it.</summary>
    public string? ServerVersion => Session.Version;

    /// <summary>
    /// Gets whether a connected pod has an earlier minor version than the GitLab: 18.4 is behind 18.5, but 18.5.0 is
    /// not behind 18.5.1. <see langword="null"/> if a version is not known.
    /// </summary>
    public bool? IsBehind => AgentVersion.IsBehind(Connections.Select(static pod => pod.Version), ServerVersion);

    /// <summary>Gets GitLab's own warnings about the versions of the connected pods.</summary>
    public string[] Warnings { get; }

    /// <summary>
    /// Gets when a token of the agent was last used, among those that GitLab lists: newer servers hide revoked tokens.
    /// <see langword="null"/> if none was ever used, or if that is not known. GitLab can be up to an hour behind.
    /// </summary>
    public DateTimeOffset? LastUsedAt { get; }

    /// <summary>
    /// Gets why <see cref="Status"/> is unknown, with GitLab's own message if there is one; otherwise
    /// <see langword="null"/>.
    /// </summary>
    public string? Reason { get; }

    /// <summary>Gets the session that the connection was read with.</summary>
    public GitLabSession Session { get; }

    /// <summary>Returns the agent's name and its status.</summary>
    /// <returns>Text such as <c>prod: Connected</c>.</returns>
    public override string ToString() => $"{Agent}: {Status}";
}
