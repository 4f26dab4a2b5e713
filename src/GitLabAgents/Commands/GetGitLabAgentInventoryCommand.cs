using System;
using System.Collections.Generic;
using System.Management.Automation;
using GitLabAgents.Completion;

namespace GitLabAgents.Commands;

/// <summary>
/// Gets everything that is known about the agents of a project, of a group or of all projects: status, version, tokens
/// and their last use.
/// </summary>
[Cmdlet(VerbsCommon.Get, "GitLabAgentInventory", DefaultParameterSetName = ProjectSet)]
[OutputType(typeof(AgentInventoryItem))]
public sealed class GetGitLabAgentInventoryCommand : GitLabCmdlet
{
    private const string ProjectSet = "Project";
    private const string GroupSet = "Group";
    private const string AllSet = "All";

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

    /// <summary>Gets or sets the names of agents; wildcards are allowed. The default is all agents.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(AgentCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Gets or sets a switch that includes archived projects of a group or of all projects.</summary>
    [Parameter]
    public SwitchParameter IncludeArchived { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case GroupSet:
                Attempt(Group.Value, () => Write($"Group {Group}", (client, filter)
                    => client.GetGroupInventoryAsync(Group, Recurse, IncludeArchived, filter, PipelineStopToken)));
                break;
            case AllSet when All:
                Attempt(null, () => Write("GitLab", (client, filter)
                    => client.GetInventoryAsync(IncludeArchived, filter, PipelineStopToken)));
                break;
            case ProjectSet:
                Attempt(Project.Value, () => Write($"Project {Project}", (client, filter)
                    => client.GetProjectInventoryAsync(ResolveProject(client, Project), filter, PipelineStopToken)));
                break;
        }
    }

    private void Write(
        string scope,
        Func<GitLabClient, Func<ClusterAgent, bool>, IAsyncEnumerable<ItemResult<AgentInventoryItem>>> read)
    {
        GitLabClient client = GetClient();
        var filter = new NameFilter(Name);
        bool IsMatch(ClusterAgent agent)
        {
            // Several projects are read at once.
            lock (filter)
            {
                return filter.IsMatch(agent.Name);
            }
        }

        foreach (ItemResult<AgentInventoryItem> item in ToBlockingEnumerable(read(client, IsMatch)))
        {
            WriteResult(item);
        }

        foreach (string name in filter.Unmatched)
        {
            WriteError(ErrorRecordFactory.Create(
                new GitLabApiException(
                    GitLabErrorKind.AgentNotFound,
                    $"{scope} on {client.Session} has no agent named '{name}'.",
                    "Check the name, or list the agents without -Name."),
                name));
        }
    }
}
