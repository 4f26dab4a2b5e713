using System.Management.Automation;
using GitLabAgents.Completion;

namespace GitLabAgents.Commands;

/// <summary>
/// Revokes tokens: agents can no longer sign in with them. Revoking a token that is already revoked is not an error.
/// </summary>
[Cmdlet(
    VerbsSecurity.Revoke,
    "GitLabAgentToken",
    SupportsShouldProcess = true,
    ConfirmImpact = ConfirmImpact.High,
    DefaultParameterSetName = ObjectSet)]
[OutputType(typeof(void))]
public sealed class RevokeGitLabAgentTokenCommand : GitLabCmdlet
{
    private const string ObjectSet = "InputObject";
    private const string TokenIdSet = "TokenId";

    /// <summary>Gets or sets the token to revoke.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ObjectSet)]
    [ValidateNotNull]
    public AgentToken InputObject { get; set; } = null!;

    /// <summary>Gets or sets the agent's project, by its ID or full path.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = TokenIdSet)]
    [Alias("ProjectId")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(ProjectCompleter))]
    public ProjectReference Project { get; set; } = null!;

    /// <summary>Gets or sets the agent, by its ID or name.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true, ParameterSetName = TokenIdSet)]
    [Alias("AgentId")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(AgentCompleter))]
    public AgentReference Agent { get; set; } = null!;

    /// <summary>Gets or sets the token's ID.</summary>
    [Parameter(Mandatory = true, Position = 2, ValueFromPipelineByPropertyName = true, ParameterSetName = TokenIdSet)]
    [ValidateRange(1, long.MaxValue)]
    [ArgumentCompleter(typeof(TokenIdCompleter))]
    public long TokenId { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == ObjectSet)
        {
            Attempt(InputObject, () => Revoke(
                GetClient(InputObject.Session),
                InputObject.ProjectId,
                InputObject.AgentId,
                InputObject.Id,
                $"token '{InputObject}' ({InputObject.Id})"));
        }
        else
        {
            Attempt(TokenId, () =>
            {
                GitLabClient client = GetClient();
                ProjectReference project = ResolveProject(client, Project);
                long agentId = Agent.Id ?? Wait(ResolveAgentAsync(client, project, Agent)).AgentId;
                Revoke(client, project, agentId, TokenId, $"token {TokenId}");
            });
        }
    }

    private void Revoke(GitLabClient client, ProjectReference project, long agentId, long tokenId, string description)
    {
        if (ShouldProcess($"{description} of agent {agentId} of project {project} on {client.Session}", "Revoke"))
        {
            Wait(client.RevokeTokenAsync(project, agentId, tokenId, PipelineStopToken));
        }
    }
}
