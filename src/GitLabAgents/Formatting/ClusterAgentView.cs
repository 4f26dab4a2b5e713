namespace GitLabAgents;

/// <summary>The display text of an agent.</summary>
/// <param name="agent">The agent.</param>
public sealed class ClusterAgentView(ClusterAgent agent)
{
    /// <summary>Gets the name.</summary>
    public string Name => ViewFormatter.Text(agent.Name);

    /// <summary>Gets the path of the project.</summary>
    public string Project => ViewFormatter.Text(agent.ProjectPath);

    /// <summary>Gets how long ago the agent was registered.</summary>
    public string Created => ViewFormatter.Age(agent.CreatedAt, agent.Session);

    /// <summary>Gets when the agent was registered.</summary>
    public string CreatedAt => ViewFormatter.Iso(agent.CreatedAt);
}
