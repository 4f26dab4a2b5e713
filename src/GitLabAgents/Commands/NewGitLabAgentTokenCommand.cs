using System.Management.Automation;

namespace GitLabAgents.Commands;

/// <summary>
/// Creates a token for an agent. GitLab returns its secret only once: it is in the object that the cmdlet writes.
/// </summary>
[Cmdlet(VerbsCommon.New, "GitLabAgentToken", SupportsShouldProcess = true)]
[OutputType(typeof(NewAgentToken))]
public sealed class NewGitLabAgentTokenCommand : AgentCmdlet
{
    /// <summary>
    /// Gets or sets the token's name, 1 to 255 characters. It does not bind from the pipeline, because the name of
    /// another object would become the token's.
    /// </summary>
    [Parameter(Mandatory = true, Position = 2)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = null!;

    /// <summary>Gets or sets the token's description, at most 1024 characters.</summary>
    [Parameter]
    public string? Description { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Agent.Value, () =>
    {
        GitLabClient client = GetClient();
        ProjectReference project = ResolveProject(client, Project);
        (long projectId, long agentId) = Wait(ResolveAgentAsync(client, project, Agent));
        if (!ShouldProcess($"agent {Agent} of project {project} on {client.Session}", $"Create token '{Name}'"))
        {
            return;
        }

        WriteCreated(
            client.CreateTokenAsync(projectId, agentId, Name, Description, PipelineStopToken),
            client.RollBackAsync);
    });
}
