using System;
using System.Collections.Generic;
using System.Management.Automation;
using GitLabAgents.Completion;

namespace GitLabAgents.Commands;

/// <summary>The base class of cmdlets that read the inventory of a project, of a group or of all projects.</summary>
public abstract class InventoryCmdlet : GitLabCmdlet
{
    /// <summary>The parameter set that reads a project.</summary>
    private protected const string ProjectSet = "Project";

    /// <summary>The parameter set that reads a group.</summary>
    private protected const string GroupSet = "Group";

    /// <summary>The parameter set that reads all projects.</summary>
    private protected const string AllSet = "All";

    /// <summary>Gets or sets the project, by its ID or full path. It is read even if it is archived.</summary>
    [Parameter(
        Mandatory = true,
        Position = 0,
        ValueFromPipeline = true,
        ValueFromPipelineByPropertyName = true,
        ParameterSetName = ProjectSet)]
    [Alias("ProjectId")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(ProjectCompleter))]
    public ProjectReference Project { get; set; } = null!;

    /// <summary>Gets or sets the group, by its ID or full path.</summary>
    [Parameter(Mandatory = true, ParameterSetName = GroupSet)]
    [Alias("GroupId")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(GroupCompleter))]
    public GroupReference Group { get; set; } = null!;

    /// <summary>Gets or sets a switch that includes the projects of the group's subgroups.</summary>
    [Parameter(ParameterSetName = GroupSet)]
    public SwitchParameter Recurse { get; set; }

    /// <summary>
    /// Gets or sets a switch that reads all projects in which the user is at least Developer; for administrators, all
    /// projects of the GitLab.
    /// </summary>
    [Parameter(Mandatory = true, ParameterSetName = AllSet)]
    public SwitchParameter All { get; set; }

    /// <summary>Gets or sets a switch that includes archived projects of a group or of all projects.</summary>
    [Parameter(ParameterSetName = ProjectSet)]
    [Parameter(ParameterSetName = GroupSet)]
    [Parameter(ParameterSetName = AllSet)]
    public SwitchParameter IncludeArchived { get; set; }

    /// <summary>
    /// Gets a value indicating whether there is anything to read: <c>-All:$false</c> selects nothing.
    /// </summary>
    private protected bool IsScopeSelected => ParameterSetName != AllSet || All;

    /// <summary>Gets the value that the user passed, for error records.</summary>
    private protected object? Target => ParameterSetName switch
    {
        GroupSet => Group.Value,
        AllSet => null,
        _ => Project.Value,
    };

    /// <summary>Reads the inventory that the parameters select.</summary>
    /// <param name="client">The client.</param>
    /// <param name="filter">The agents to read, or null for all.</param>
    private protected IEnumerable<ItemResult<AgentInventoryItem>> ReadInventory(
        GitLabClient client, Func<ClusterAgent, bool>? filter)
        => ParameterSetName switch
        {
            GroupSet => ToBlockingEnumerable(
                client.GetGroupInventoryAsync(Group, Recurse, IncludeArchived, filter, PipelineStopToken)),
            AllSet => ToBlockingEnumerable(client.GetInventoryAsync(IncludeArchived, filter, PipelineStopToken)),
            _ => ToBlockingEnumerable(
                client.GetProjectInventoryAsync(ResolveProject(client, Project), filter, PipelineStopToken)),
        };
}
