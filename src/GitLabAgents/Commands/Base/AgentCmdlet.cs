using System.Management.Automation;
using GitLabAgents.Completion;

namespace GitLabAgents.Commands;

/// <summary>The base class of cmdlets that work on one agent of one project.</summary>
public abstract class AgentCmdlet : GitLabCmdlet
{
    /// <summary>Gets or sets the agent's project, by its ID or full path.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("ProjectId")]
    [ValidateProject]
    [ArgumentCompleter(typeof(ProjectCompleter))]
    public virtual ProjectReference Project { get; set; } = null!;

    /// <summary>Gets or sets the agent, by its ID or name.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("AgentId")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(AgentCompleter))]
    public virtual AgentReference Agent { get; set; } = null!;
}
