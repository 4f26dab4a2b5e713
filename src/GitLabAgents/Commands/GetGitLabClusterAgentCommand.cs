using System.Management.Automation;

namespace GitLabAgents.Commands;

/// <summary>Gets the agents of a project, or some of them by name or id.</summary>
[Cmdlet(VerbsCommon.Get, "GitLabClusterAgent", DefaultParameterSetName = ProjectSet)]
[OutputType(typeof(ClusterAgent))]
public sealed class GetGitLabClusterAgentCommand : GitLabCmdlet
{
    private const string ProjectSet = "Project";
    private const string AgentIdSet = "AgentId";

    /// <summary>Gets or sets the project, by its id or full path.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("ProjectId")]
    [ValidateNotNull]
    public ProjectReference Project { get; set; } = null!;

    /// <summary>Gets or sets names of agents; wildcards are allowed. By default all.</summary>
    [Parameter(Position = 1, ParameterSetName = ProjectSet)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <summary>Gets or sets ids of agents.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = AgentIdSet)]
    [ValidateNotNullOrEmpty]
    [ValidateRange(1, long.MaxValue)]
    public long[]? AgentId { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == AgentIdSet)
        {
            foreach (long id in AgentId!)
            {
                Attempt(id, () => WriteObject(Wait(GetClient().GetAgentAsync(Project, id, StopToken))));
            }
        }
        else
        {
            Attempt(Project.Value, WriteByName);
        }
    }

    private void WriteByName()
    {
        var filter = new NameFilter(Name);
        foreach (ClusterAgent agent in Pull(GetClient().GetAgentsAsync(Project, StopToken)))
        {
            if (filter.Takes(agent.Name))
            {
                WriteObject(agent);
                if (filter.IsSatisfied)
                {
                    return; // A project has each name once.
                }
            }
        }

        foreach (string name in filter.Missing)
        {
            WriteError(ErrorRecords.From(
                new GitLabApiException(
                    GitLabErrorKind.AgentNotFound,
                    $"Project {Project} has no agent named '{name}'.",
                    "Check the name, or list the agents with Get-GitLabClusterAgent."),
                name));
        }
    }
}
