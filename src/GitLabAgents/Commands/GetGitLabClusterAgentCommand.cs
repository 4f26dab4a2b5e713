using System.Collections.Generic;
using System.Management.Automation;
using GitLabAgents.Completion;

namespace GitLabAgents.Commands;

/// <summary>Gets the agents of a project or of a whole group, or some of them by name or ID.</summary>
[Cmdlet(VerbsCommon.Get, "GitLabClusterAgent")]
[OutputType(typeof(ClusterAgent))]
public sealed class GetGitLabClusterAgentCommand : ProjectOrGroupCmdlet
{
    /// <summary>Gets or sets the names of agents; wildcards are allowed. The default is all agents.</summary>
    [Parameter(Position = 1, ParameterSetName = ProjectSet)]
    [Parameter(ParameterSetName = GroupSet)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(AgentCompleter))]
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case AgentIdSet:
                foreach (long id in AgentId!)
                {
                    Attempt(id, () => WriteAgent(id));
                }

                break;
            case GroupSet:
                Attempt(Group.Value, WriteGroup);
                break;
            default:
                Attempt(Project.Value, WriteProject);
                break;
        }
    }

    private void WriteAgent(long id)
    {
        GitLabClient client = GetClient();
        WriteObject(Wait(client.GetAgentAsync(ResolveProject(client, Project), id, PipelineStopToken)));
    }

    private void WriteProject()
    {
        GitLabClient client = GetClient();
        ProjectReference project = ResolveProject(client, Project);
        var filter = new NameFilter(Name);
        foreach (ClusterAgent agent in ToBlockingEnumerable(client.GetAgentsAsync(project, PipelineStopToken)))
        {
            if (filter.IsMatch(agent.Name))
            {
                WriteObject(agent);
                if (filter.IsSatisfied)
                {
                    return; // Names are unique in a project.
                }
            }
        }

        WriteUnmatched(filter, $"Project {project}");
    }

    private void WriteGroup()
    {
        var filter = new NameFilter(Name);
        IAsyncEnumerable<ItemResult<ClusterAgent>> agents =
            GetClient().GetGroupAgentsAsync(Group, Recurse, PipelineStopToken);
        foreach (ItemResult<ClusterAgent> agent in ToBlockingEnumerable(agents))
        {
            if (agent.Error is { } error)
            {
                WriteError(ErrorRecordFactory.Create(error, agent.Target));
            }
            else if (filter.IsMatch(agent.Value!.Name))
            {
                WriteObject(agent.Value);
            }
        }

        WriteUnmatched(filter, $"Group {Group}");
    }

    private void WriteUnmatched(NameFilter filter, string scope)
    {
        foreach (string name in filter.Unmatched)
        {
            WriteError(ErrorRecordFactory.Create(
                new GitLabApiException(
                    GitLabErrorKind.AgentNotFound,
                    $"{scope} has no agent named '{name}'.",
                    "Check the name, or list the agents with Get-GitLabClusterAgent."),
                name));
        }
    }
}
