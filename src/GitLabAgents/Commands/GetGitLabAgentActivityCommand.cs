using System.Collections.Generic;
using System.Management.Automation;

namespace GitLabAgents.Commands;

/// <summary>
/// Gets the activity of agents: who created or revoked which token, and when an agent connected or disconnected.
/// </summary>
[Cmdlet(VerbsCommon.Get, "GitLabAgentActivity")]
[OutputType(typeof(AgentActivity))]
public sealed class GetGitLabAgentActivityCommand : AgentCmdlet
{
    /// <summary>Gets or sets the number of events to return at most for each agent. The default is all.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? First { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Agent.Value, () =>
    {
        GitLabClient client = GetClient();
        ProjectReference project = ResolveProject(client, Project);
        IAsyncEnumerable<AgentActivity> activities = client.GetActivityAsync(project, Agent, First, PipelineStopToken);
        foreach (AgentActivity activity in ToBlockingEnumerable(activities))
        {
            WriteObject(activity);
        }
    });
}
