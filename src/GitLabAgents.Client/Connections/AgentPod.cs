using System;

namespace GitLabAgents;

/// <summary>
/// A pod by which an agent is connected to GitLab.
/// See <see href="https://docs.gitlab.com/api/graphql/reference/#connectedagent"/>.
/// </summary>
public sealed class AgentPod
{
    internal AgentPod()
    {
    }

    /// <summary>
    /// Gets the version of the agent in it, as it tells it; <see langword="null"/> where it does not.
    /// </summary>
    public string? Version { get; internal set; }

    /// <summary>Gets the pod's name, or <see langword="null"/> where the agent does not tell.</summary>
    public string? PodName { get; internal set; }

    /// <summary>
    /// Gets the namespace of the pod in its cluster, or <see langword="null"/> where the agent does not tell.
    /// </summary>
    public string? PodNamespace { get; internal set; }

    /// <summary>Gets since when it is connected, or <see langword="null"/> where GitLab does not tell.</summary>
    public DateTimeOffset? ConnectedAt { get; internal set; }

    /// <summary>Gives the pod's name, behind its namespace.</summary>
    /// <returns>The name; <c>?</c> where the agent does not tell.</returns>
    public override string ToString() => PodNamespace is null ? PodName ?? "?" : $"{PodNamespace}/{PodName ?? "?"}";
}
