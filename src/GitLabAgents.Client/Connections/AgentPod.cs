using System;

namespace GitLabAgents;

/// <summary>
/// A pod of an agent that is connected to GitLab.
/// See <see href="https://docs.gitlab.com/api/graphql/reference/#connectedagent"/>.
/// </summary>
public sealed class AgentPod
{
    internal AgentPod()
    {
    }

    /// <summary>
    /// Gets the version of the agent in the pod, or <see langword="null"/> if the agent does not report it.
    /// </summary>
    public string? Version { get; internal set; }

    /// <summary>Gets the pod's name, or <see langword="null"/> if the agent does not report it.</summary>
    public string? PodName { get; internal set; }

    /// <summary>
    /// Gets the namespace of the pod in its cluster, or <see langword="null"/> if the agent does not report it.
    /// </summary>
    public string? PodNamespace { get; internal set; }

    /// <summary>Gets when the pod connected, or <see langword="null"/> if GitLab does not report it.</summary>
    public DateTimeOffset? ConnectedAt { get; internal set; }

    /// <summary>Gets or sets the session, by whose clock <see cref="ConnectedAt"/> is.</summary>
    internal GitLabSession? Session { get; set; }

    /// <summary>Returns the pod's namespace and name.</summary>
    /// <returns>
    /// Text such as <c>gitlab-agent/agent-0</c>, with <c>?</c> if the agent does not report the name.
    /// </returns>
    public override string ToString() => PodNamespace is null ? PodName ?? "?" : $"{PodNamespace}/{PodName ?? "?"}";
}
