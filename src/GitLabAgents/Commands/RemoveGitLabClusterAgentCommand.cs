using System.Management.Automation;
using GitLabAgents.Completion;

namespace GitLabAgents.Commands;

/// <summary>Removes agents and their tokens, which disconnects their clusters from GitLab.</summary>
[Cmdlet(
    VerbsCommon.Remove,
    "GitLabClusterAgent",
    SupportsShouldProcess = true,
    ConfirmImpact = ConfirmImpact.High,
    DefaultParameterSetName = ObjectSet)]
[OutputType(typeof(void))]
public sealed class RemoveGitLabClusterAgentCommand : GitLabCmdlet
{
    private const string ObjectSet = "InputObject";
    private const string AgentSet = "Agent";

    private bool _isExplicit;

    /// <summary>Gets or sets the agent to remove.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ObjectSet)]
    [ValidateNotNull]
    public ClusterAgent InputObject { get; set; } = null!;

    /// <summary>Gets or sets the agent's project, by its ID or full path.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = AgentSet)]
    [Alias("ProjectId")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(ProjectCompleter))]
    public ProjectReference Project { get; set; } = null!;

    /// <summary>
    /// Gets or sets the agent, by its ID or name. It has no alias, because the <c>AgentId</c> of a piped token would
    /// bind to it, and the token's agent would be removed.
    /// </summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true, ParameterSetName = AgentSet)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(AgentCompleter))]
    public AgentReference Agent { get; set; } = null!;

    /// <inheritdoc/>
    protected override void BeginProcessing()
        => _isExplicit = MyInvocation.BoundParameters.ContainsKey(nameof(Agent))
            || MyInvocation.BoundParameters.ContainsKey(nameof(Session));

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == ObjectSet)
        {
            Attempt(InputObject, () => Remove(
                GetClient(InputObject.Session),
                InputObject.ProjectId,
                InputObject.Id,
                $"agent '{InputObject}' ({InputObject.Id}) of project {InputObject.ProjectText}"));
        }
        else
        {
            Attempt(Agent.Value, () =>
            {
                if (!_isExplicit && Session is not null)
                {
                    // Only objects of this module have a session, so this is a rotation result or a connection.
                    throw new GitLabApiException(
                        GitLabErrorKind.InvalidRequest,
                        $"The piped object describes agent {Agent} of project {Project}, but is not an agent. Nothing "
                            + "was removed.",
                        "Pipe the output of Get-GitLabClusterAgent.");
                }

                GitLabClient client = GetClient();
                ProjectReference project = ResolveProject(client, Project);
                if (Agent.Id is { } id)
                {
                    Remove(client, project, id, $"agent {id} of project {project}");
                }
                else
                {
                    ClusterAgent agent = Wait(client.FindAgentAsync(project, Agent, PipelineStopToken));
                    Remove(client, project, agent.Id, $"agent '{agent}' ({agent.Id}) of project {project}");
                }
            });
        }
    }

    private void Remove(GitLabClient client, ProjectReference project, long agentId, string description)
    {
        string use = string.Empty;
        if (IsConfirmationRead())
        {
            use = Wait(client.DescribeAgentUseAsync(project, agentId, PipelineStopToken));
        }

        if (ShouldProcess($"{description} on {client.Session}{use}", "Remove the agent and its tokens"))
        {
            Wait(client.DeleteAgentAsync(project, agentId, PipelineStopToken));
        }
    }
}
