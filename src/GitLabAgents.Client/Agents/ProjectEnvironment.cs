namespace GitLabAgents;

/// <summary>An environment of a project, and the agent that it uses.</summary>
internal sealed class ProjectEnvironment
{
    public long Id { get; set; }

    public string? Name { get; set; }

    /// <summary>Gets or sets the state, such as <c>available</c> or <c>stopped</c>.</summary>
    public string? State { get; set; }

    public EnvironmentAgent? ClusterAgent { get; set; }
}

/// <summary>The agent of an environment.</summary>
internal sealed class EnvironmentAgent
{
    public long Id { get; set; }
}
