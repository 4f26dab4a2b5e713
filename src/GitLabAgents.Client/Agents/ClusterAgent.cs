using System;
using System.Globalization;
using System.Linq;
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

    /// <summary>Gets the agent's ID, unique on its GitLab.</summary>
    [JsonInclude]
    public long Id { get; internal set; }

    /// <summary>Gets the value of <see cref="Id"/>, under the name that binds from the pipeline.</summary>
    [JsonIgnore]
    public long AgentId => Id;

    /// <summary>
    /// Gets the agent's name, unique in its project, or <see langword="null"/> on older servers, which do not report
    /// it.
    /// </summary>
    [JsonInclude]
    public string? Name { get; internal set; }

    /// <summary>Gets the ID of the project that holds the agent and its configuration.</summary>
    [JsonIgnore]
    public long ProjectId { get; internal set; }

    /// <summary>
    /// Gets the full path of that project, or <see langword="null"/> if the server does not report it.
    /// </summary>
    [JsonIgnore]
    public string? ProjectPath => ConfigProject?.PathWithNamespace;

    /// <summary>Gets that project, or <see langword="null"/> if the server does not report it.</summary>
    [JsonInclude]
    public ConfigProject? ConfigProject { get; internal set; }

    /// <summary>
    /// Gets when the agent was registered, or <see langword="null"/> if the server does not report it.
    /// </summary>
    [JsonInclude]
    public DateTimeOffset? CreatedAt { get; internal set; }

    /// <summary>
    /// Gets the ID of the user who registered the agent, or <see langword="null"/> if the server does not report it.
    /// </summary>
    [JsonInclude]
    public long? CreatedByUserId { get; internal set; }

    /// <summary>
    /// Gets whether GitLab connects to the agent instead of the other way round, or <see langword="null"/> if the
    /// edition does not report it.
    /// </summary>
    [JsonInclude]
    public bool? IsReceptive { get; internal set; }

    /// <summary>Gets the session that the agent was read with and that operations on it use.</summary>
    [JsonIgnore]
    public GitLabSession Session { get; internal set; } = null!;

    /// <summary>Gets the full path of the agent's project; its ID as text if GitLab does not report the path.</summary>
    internal string ProjectText => ProjectPath ?? ProjectId.ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// Gets the agent's name; its ID as text if the name is not known, or is all digits and would be taken for an ID
    /// wherever it is piped to.
    /// </summary>
    internal string AgentText => Name is { } name && name.Any(static c => c is < '0' or > '9')
        ? name
        : Id.ToString(CultureInfo.InvariantCulture);

    /// <summary>Returns the agent's name.</summary>
    /// <returns>The name, or the ID if GitLab does not report it.</returns>
    public override string ToString() => Name ?? Id.ToString(CultureInfo.InvariantCulture);
}
