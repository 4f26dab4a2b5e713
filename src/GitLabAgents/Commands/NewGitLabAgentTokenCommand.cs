using System.Management.Automation;
using GitLabAgents.Completion;

namespace GitLabAgents.Commands;

/// <summary>Makes a token for an agent. GitLab shows its secret this once: it is in the object that comes out.</summary>
[Cmdlet(VerbsCommon.New, "GitLabAgentToken", SupportsShouldProcess = true)]
[OutputType(typeof(NewAgentToken))]
public sealed class NewGitLabAgentTokenCommand : GitLabCmdlet
{
    /// <summary>Gets or sets the agent's project, by its id or full path.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("ProjectId")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(ProjectCompleter))]
    public ProjectReference Project { get; set; } = null!;

    /// <summary>Gets or sets the agent, by its id or name.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("AgentId")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(AgentCompleter))]
    public AgentReference Agent { get; set; } = null!;

    /// <summary>Gets or sets the token's name, 1 to 255 characters. It does not bind from a pipeline: no object's name becomes a token's.</summary>
    [Parameter(Mandatory = true, Position = 2)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = null!;

    /// <summary>Gets or sets what the token is for, at most 1024 characters.</summary>
    [Parameter]
    public string? Description { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Agent.Value, () =>
    {
        GitLabClient client = GetClient();
        ProjectReference project = ResolveProject(client, Project);
        (long projectId, long agentId) = Wait(ResolveAgentAsync(client, project, Agent));
        if (!ShouldProcess($"agent {Agent} of project {project} on {client.Session}", $"Make token '{Name}'"))
        {
            return;
        }

        NewAgentToken token = Wait(client.CreateTokenAsync(projectId, agentId, Name, Description, PipelineStopToken), CleanupTimeout);
        try
        {
            WriteObject(token);
        }
        catch (PipelineStoppedException) when (MyInvocation.PipelinePosition == MyInvocation.PipelineLength)
        {
            // A stop came in the last moment. Behind other commands they may have taken it; at the end no one has.
            System.Threading.Tasks.Task<string> undoing = client.RollBackAsync(projectId, token);
            string outcome = undoing.Wait(CleanupTimeout) ? undoing.Result : "Whether it was revoked again is not known.";
            WarnAfterStop($"Stopped when token '{token.Name}' ({token.Id}) of agent {agentId} had just been made. {outcome}");
            throw;
        }
    });
}
