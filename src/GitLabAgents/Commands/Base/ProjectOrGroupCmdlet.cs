using System.Management.Automation;
using GitLabAgents.Completion;

namespace GitLabAgents.Commands;

/// <summary>The base class of cmdlets that read agents of a project, or of all projects of a group.</summary>
/// <remarks>
/// There is no default parameter set, because PowerShell would choose it before <see cref="AgentId"/> can bind from the
/// pipeline.
/// </remarks>
public abstract class ProjectOrGroupCmdlet : GitLabCmdlet
{
    /// <summary>The parameter set that reads a project.</summary>
    private protected const string ProjectSet = "Project";

    /// <summary>The parameter set that reads some agents of a project.</summary>
    private protected const string AgentIdSet = "AgentId";

    /// <summary>The parameter set that reads a group.</summary>
    private protected const string GroupSet = "Group";

    /// <summary>Gets or sets the project, by its ID or full path.</summary>
    [Parameter(
        Mandatory = true,
        Position = 0,
        ValueFromPipeline = true,
        ValueFromPipelineByPropertyName = true,
        ParameterSetName = ProjectSet)]
    [Parameter(
        Mandatory = true,
        Position = 0,
        ValueFromPipeline = true,
        ValueFromPipelineByPropertyName = true,
        ParameterSetName = AgentIdSet)]
    [Alias("ProjectId")]
    [ValidateProject]
    [ArgumentCompleter(typeof(ProjectCompleter))]
    public ProjectReference Project { get; set; } = null!;

    /// <summary>Gets or sets the IDs of agents of the project.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = AgentIdSet)]
    [ValidateNotNullOrEmpty]
    [ValidateRange(1, long.MaxValue)]
    [ArgumentCompleter(typeof(AgentIdCompleter))]
    public long[]? AgentId { get; set; }

    /// <summary>Gets or sets the group, by its ID or full path.</summary>
    [Parameter(Mandatory = true, ParameterSetName = GroupSet)]
    [Alias("GroupId")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(GroupCompleter))]
    public GroupReference Group { get; set; } = null!;

    /// <summary>Gets or sets a switch that includes the projects of the group's subgroups.</summary>
    [Parameter(ParameterSetName = GroupSet)]
    public SwitchParameter Recurse { get; set; }
}
