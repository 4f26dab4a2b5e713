using System;
using System.Text.Json.Serialization;

namespace GitLabAgents;

/// <summary>
/// A GitLab agent for Kubernetes, as registered in its project.
/// See <see href="https://docs.gitlab.com/api/cluster_agents/"/>.
/// </summary>
public sealed class ClusterAgent
{
    [JsonConstructor]
    internal ClusterAgent()
    {
    }

    /// <summary>Gets the agent's id, unique on its GitLab.</summary>
    [JsonInclude]
    public long Id { get; internal set; }

    /// <summary>Gets the same as <see cref="Id"/>, under the name that binds in a pipeline.</summary>
    [JsonIgnore]
    public long AgentId => Id;

    /// <summary>Gets the agent's name, unique in its project. Servers of old leave it out: then <see langword="null"/>.</summary>
    [JsonInclude]
    public string? Name { get; internal set; }

    /// <summary>Gets the id of the project that holds the agent and its configuration.</summary>
    [JsonIgnore]
    public long ProjectId { get; internal set; }

    /// <summary>Gets the full path of that project, or <see langword="null"/> where the server does not tell.</summary>
    [JsonIgnore]
    public string? ProjectPath => ConfigProject?.PathWithNamespace;

    /// <summary>Gets that project, or <see langword="null"/> where the server does not tell.</summary>
    [JsonInclude]
    public ConfigProject? ConfigProject { get; internal set; }

    /// <summary>Gets when the agent was registered, or <see langword="null"/> where the server does not tell.</summary>
    [JsonInclude]
    public DateTimeOffset? CreatedAt { get; internal set; }

    /// <summary>Gets the id of the user who registered it, or <see langword="null"/> where the server does not tell.</summary>
    [JsonInclude]
    public long? CreatedByUserId { get; internal set; }

    /// <summary>Gets whether GitLab connects to the agent instead of the other way round; <see langword="null"/> where the edition does not tell.</summary>
    [JsonInclude]
    public bool? IsReceptive { get; internal set; }

    /// <summary>Gets the session that the agent was read with, and that whatever is done to it goes through.</summary>
    [JsonIgnore]
    public GitLabSession Session { get; internal set; } = null!;

    /// <summary>Gives the agent's name.</summary>
    /// <returns>The name, or the id where the server does not tell.</returns>
    public override string ToString() => Name ?? Id.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
