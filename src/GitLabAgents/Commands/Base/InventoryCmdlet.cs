using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;

namespace GitLabAgents.Commands;

/// <summary>The base class of cmdlets that read the inventory of a project, of a group or of all projects.</summary>
public abstract class InventoryCmdlet : ProjectOrGroupCmdlet
{
    /// <summary>The parameter set that reads all projects.</summary>
    private protected const string AllSet = "All";

    private readonly List<AgentInventoryItem> _lastItems = [];
    private GitLabSession? _lastSession;
    private string? _lastProject;

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
            AgentIdSet => ReadAgents(client, filter),
            _ => ReadProject(client, filter),
        };

    private IEnumerable<ItemResult<AgentInventoryItem>> ReadProject(
        GitLabClient client, Func<ClusterAgent, bool>? filter)
        => ToBlockingEnumerable(
            client.GetProjectInventoryAsync(ResolveProject(client, Project), filter, PipelineStopToken));

    // The agents of a pipeline come project by project: each project is read once, not once for each of its agents.
    private IEnumerable<ItemResult<AgentInventoryItem>> ReadAgents(
        GitLabClient client, Func<ClusterAgent, bool>? filter)
    {
        string project = Project.ToString();
        if (!ReferenceEquals(_lastSession, client.Session)
            || !string.Equals(_lastProject, project, StringComparison.OrdinalIgnoreCase))
        {
            _lastProject = null;
            _lastItems.Clear();
            foreach (ItemResult<AgentInventoryItem> item in ReadProject(client, filter))
            {
                if (item.Value is { } value)
                {
                    _lastItems.Add(value);
                }
                else
                {
                    yield return item;
                }
            }

            (_lastSession, _lastProject) = (client.Session, project);
        }

        foreach (long id in AgentId!)
        {
            yield return _lastItems.FirstOrDefault(item => item.AgentId == id) is { } found
                ? new ItemResult<AgentInventoryItem>(found)
                : new ItemResult<AgentInventoryItem>(
                    new GitLabApiException(
                        GitLabErrorKind.AgentNotFound,
                        $"Project {project} on {client.Session} has no agent with the ID {id}, or it could not be "
                            + "read.",
                        "List the agents of the project with Get-GitLabClusterAgent."),
                    id);
        }
    }
}
