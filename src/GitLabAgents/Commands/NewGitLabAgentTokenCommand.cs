using System.Management.Automation;

namespace GitLabAgents.Commands;

/// <summary>Makes a token for an agent. GitLab shows its secret this once: it is in the object that comes out.</summary>
[Cmdlet(VerbsCommon.New, "GitLabAgentToken", SupportsShouldProcess = true)]
[OutputType(typeof(NewAgentToken))]
public sealed class NewGitLabAgentTokenCommand : AgentCmdlet
{
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

        WriteCreated(
            client.CreateTokenAsync(projectId, agentId, Name, Description, PipelineStopToken),
            client.RollBackAsync);
    });
}
