using System.Management.Automation;
using GitLabAgents.Completion;

namespace GitLabAgents.Commands;

/// <summary>Removes URL configurations: GitLab no longer connects to the agents.</summary>
[Cmdlet(
    VerbsCommon.Remove,
    "GitLabAgentUrlConfiguration",
    SupportsShouldProcess = true,
    ConfirmImpact = ConfirmImpact.High,
    DefaultParameterSetName = ObjectSet)]
[OutputType(typeof(void))]
public sealed class RemoveGitLabAgentUrlConfigurationCommand : GitLabCmdlet
{
    private const string ObjectSet = "InputObject";
    private const string IdSet = "UrlConfigurationId";

    /// <summary>Gets or sets the configuration to remove.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ObjectSet)]
    [ValidateNotNull]
    public AgentUrlConfiguration InputObject { get; set; } = null!;

    /// <summary>Gets or sets the agent's project, by its ID or full path.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = IdSet)]
    [Alias("ProjectId")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(ProjectCompleter))]
    public ProjectReference Project { get; set; } = null!;

    /// <summary>Gets or sets the agent, by its ID or name.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true, ParameterSetName = IdSet)]
    [Alias("AgentId")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(AgentCompleter))]
    public AgentReference Agent { get; set; } = null!;

    /// <summary>Gets or sets the configuration's ID.</summary>
    [Parameter(Mandatory = true, Position = 2, ValueFromPipelineByPropertyName = true, ParameterSetName = IdSet)]
    [ValidateRange(1, long.MaxValue)]
    public long UrlConfigurationId { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == ObjectSet)
        {
            Attempt(InputObject, () => Remove(
                GetClient(InputObject.Session),
                InputObject.ProjectId,
                InputObject.AgentId,
                InputObject.Id,
                $"URL configuration '{InputObject}' ({InputObject.Id})"));
        }
        else
        {
            Attempt(UrlConfigurationId, () =>
            {
                GitLabClient client = GetClient();
                ProjectReference project = ResolveProject(client, Project);
                long agentId = Agent.Id ?? Wait(ResolveAgentAsync(client, project, Agent)).AgentId;
                Remove(client, project, agentId, UrlConfigurationId, $"URL configuration {UrlConfigurationId}");
            });
        }
    }

    private void Remove(GitLabClient client, ProjectReference project, long agentId, long id, string description)
    {
        if (ShouldProcess($"{description} of agent {agentId} of project {project} on {client.Session}", "Remove"))
        {
            Wait(client.DeleteUrlConfigurationAsync(project, agentId, id, PipelineStopToken));
        }
    }
}
