using System;
using System.Linq;

namespace GitLabAgents;

/// <summary>
/// Everything that is known about one agent: the agent, its connections and its active tokens. What GitLab does not
/// show is <see langword="null"/>, and <see cref="Reason"/> says why.
/// </summary>
public sealed class AgentInventoryItem
{
    private readonly ClusterAgent _agent;
    private readonly AgentConnection _connection;

    internal AgentInventoryItem(AgentRecord record)
    {
        _agent = record.Agent;
        _connection = new AgentConnection(record.Agent, record.Connection);
        Tokens = record.Tokens;
        IsArchived = record.IsArchived;
        Reason = _connection.Reason is { } reason && record.TokensReason is { } tokensReason
            ? $"{reason} {tokensReason}"
            : _connection.Reason ?? record.TokensReason;
    }

    /// <summary>Gets the full path of the agent's project; its ID as text if GitLab does not report the path.</summary>
    public string Project => _connection.Project;

    /// <summary>
    /// Gets the agent's name; its ID as text if the name is not known, or is all digits and would be taken for an ID.
    /// </summary>
    public string Agent => _connection.Agent;

    /// <summary>Gets the agent's ID, unique on its GitLab.</summary>
    public long Id => _agent.Id;

    /// <summary>Gets the same as <see cref="Id"/>, under the name that binds in a pipeline.</summary>
    public long AgentId => _agent.Id;

    /// <summary>Gets the agent's name; <see langword="null"/> if GitLab does not report it.</summary>
    public string? Name => _agent.Name;

    /// <summary>Gets the ID of the agent's project.</summary>
    public long ProjectId => _agent.ProjectId;

    /// <summary>
    /// Gets the full path of the agent's project; <see langword="null"/> if GitLab does not report it.
    /// </summary>
    public string? ProjectPath => _agent.ProjectPath;

    /// <summary>Gets the agent's project; <see langword="null"/> if GitLab does not report it.</summary>
    public ConfigProject? ConfigProject => _agent.ConfigProject;

    /// <summary>Gets whether the project is archived; <see langword="null"/> if that is not known.</summary>
    public bool? IsArchived { get; }

    /// <summary>Gets when the agent was registered.</summary>
    public DateTimeOffset? CreatedAt => _agent.CreatedAt;

    /// <summary>Gets the ID of the user who registered the agent.</summary>
    public long? CreatedByUserId => _agent.CreatedByUserId;

    /// <summary>
    /// Gets whether GitLab connects to the agent; <see langword="null"/> if this edition does not report it.
    /// </summary>
    public bool? IsReceptive => _agent.IsReceptive;

    /// <summary>Gets whether the agent is connected.</summary>
    public AgentConnectionStatus Status => _connection.Status;

    /// <summary>Gets why something is not known; <see langword="null"/> if everything is.</summary>
    public string? Reason { get; }

    /// <summary>Gets the pods that are connected.</summary>
    public AgentPod[] Connections => _connection.Connections;

    /// <summary>Gets since when a pod is connected, by the earliest of <see cref="Connections"/>.</summary>
    public DateTimeOffset? ConnectedAt => _connection.ConnectedAt;

    /// <summary>Gets the lowest version among the connected pods.</summary>
    public string? Version => _connection.Version;

    /// <summary>Gets the version of the GitLab.</summary>
    public string? ServerVersion => _connection.ServerVersion;

    /// <summary>
    /// Gets whether a connected pod has an earlier minor version than the GitLab; <see langword="null"/> if one is not
    /// known.
    /// </summary>
    public bool? IsBehind => _connection.IsBehind;

    /// <summary>Gets GitLab's own warnings about the versions of the connected pods.</summary>
    public string[] Warnings => _connection.Warnings;

    /// <summary>
    /// Gets the active tokens with their last use, last used first; <see langword="null"/> if they are not known.
    /// </summary>
    public AgentToken[]? Tokens { get; }

    /// <summary>
    /// Gets when one of <see cref="Tokens"/> was last used; <see langword="null"/> if none ever was, or that is not
    /// known.
    /// </summary>
    public DateTimeOffset? LastUsedAt => Tokens?.Max(static token => token.LastUsedAt);

    /// <summary>Gets the session that the agent was read with.</summary>
    public GitLabSession Session => _agent.Session;

    /// <summary>Returns the agent's name and its status.</summary>
    /// <returns>Text such as <c>prod: Connected</c>.</returns>
    public override string ToString() => _connection.ToString();
}
