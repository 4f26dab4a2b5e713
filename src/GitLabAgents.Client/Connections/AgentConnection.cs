using System;
using System.Globalization;
using System.Linq;

namespace GitLabAgents;

/// <summary>
/// Whether an agent is connected to GitLab, by which pods, since when and with which version. What GitLab does not tell
/// is not guessed: then <see cref="Status"/> is <see cref="AgentConnectionStatus.Unknown"/>, and <see cref="Reason"/> says why.
/// See <see href="https://docs.gitlab.com/api/graphql/reference/#clusteragent"/>.
/// </summary>
public sealed class AgentConnection
{
    internal AgentConnection(GitLabSession session, string project, long projectId, long agentId, string? name)
    {
        Session = session;
        Project = project;
        ProjectId = projectId;
        AgentId = agentId;

        // A name of digits would be taken for an id wherever it is piped to.
        Agent = name is not null && name.Any(static c => c is < '0' or > '9') ? name : agentId.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Gets the full path of the agent's project; its id as text where the server does not tell the path.</summary>
    public string Project { get; }

    /// <summary>Gets the agent's name; its id as text where the server does not tell the name, or where the name is all digits and would be taken for another id.</summary>
    public string Agent { get; }

    /// <summary>Gets the id of the agent's project.</summary>
    public long ProjectId { get; }

    /// <summary>Gets the agent's id, unique on its GitLab.</summary>
    public long AgentId { get; }

    /// <summary>Gets whether the agent is connected.</summary>
    public AgentConnectionStatus Status { get; internal set; }

    /// <summary>Gets the pods that are connected, in GitLab's order; empty where none is, or where that is not known.</summary>
    public AgentPod[] Connections { get; internal set; } = [];

    /// <summary>Gets since when a pod is connected without a break, by the earliest of <see cref="Connections"/>; <see langword="null"/> where none is, or GitLab does not tell.</summary>
    public DateTimeOffset? ConnectedAt => Connections.Min(static pod => pod.ConnectedAt);

    /// <summary>Gets the lowest version among the connected pods, since that one is to be updated; <see langword="null"/> where none is known.</summary>
    public string? Version => AgentVersion.GetLowest(Connections.Select(static pod => pod.Version));

    /// <summary>Gets the version of the GitLab, as the session knows it; <see langword="null"/> where it does not.</summary>
    public string? ServerVersion => Session.Version;

    /// <summary>
    /// Gets whether a connected pod has an earlier minor version than the GitLab: 18.4 is behind 18.5, and 18.5.0 is not
    /// behind 18.5.1. <see langword="null"/> where one of the versions is not known.
    /// </summary>
    public bool? IsBehind => AgentVersion.IsBehind(Connections.Select(static pod => pod.Version), ServerVersion);

    /// <summary>
    /// Gets when a token of the agent was used last, of those that GitLab tells of: newer servers leave revoked tokens out.
    /// <see langword="null"/> where none was ever used, or that is not known. GitLab keeps it to the nearest few minutes.
    /// </summary>
    public DateTimeOffset? LastUsedAt { get; internal set; }

    /// <summary>Gets why <see cref="Status"/> is unknown, on one line and in the server's words where it has any; else <see langword="null"/>.</summary>
    public string? Reason { get; internal set; }

    /// <summary>Gets the session that the connection was read with, and that whatever is done to the agent goes through.</summary>
    public GitLabSession Session { get; }

    /// <summary>Gives the agent's name and its status.</summary>
    /// <returns>Such as <c>prod: Connected</c>.</returns>
    public override string ToString() => $"{Agent}: {Status}";
}
