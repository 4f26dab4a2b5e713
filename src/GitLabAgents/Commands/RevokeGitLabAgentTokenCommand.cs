using System.Management.Automation;
using System.Security;
using GitLabAgents.Completion;

namespace GitLabAgents.Commands;

/// <summary>
/// Revokes tokens: agents can no longer sign in with them. Revoking a token that is already revoked is not an error.
/// </summary>
// With three sets a default one would be chosen before TokenId can bind from a pipeline.
[Cmdlet(
    VerbsSecurity.Revoke, "GitLabAgentToken", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(void))]
public sealed class RevokeGitLabAgentTokenCommand : GitLabCmdlet
{
    private const string ObjectSet = "InputObject";
    private const string TokenIdSet = "TokenId";
    private const string SecretSet = "Secret";

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

    /// <summary>Gets or sets the secret of the token. Administrators can revoke a token with nothing else.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = SecretSet)]
    [SecretOnly]
    [ValidateNotNull]
    public SecureString Secret { get; set; } = null!;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case ObjectSet:
                Attempt(InputObject, () => RevokeObject(InputObject));
                break;
            case SecretSet:
                Attempt(null, RevokeBySecret);
                break;
            default:
                Attempt(TokenId, RevokeById);
                break;
        }
    }

    private void RevokeObject(AgentToken token)
    {
        if (token.ProjectId is not { } projectId)
        {
            throw new GitLabApiException(
                GitLabErrorKind.InvalidRequest,
                $"The project of token '{token}' ({token.Id}) is not known, because the token was found by its secret. "
                    + "Nothing was revoked.",
                "Revoke it by its secret as well: Revoke-GitLabAgentToken -Secret $secret");
        }

        Revoke(GetClient(token.Session), projectId, token.AgentId, token.Id, $"token '{token}' ({token.Id})");
    }

    private void RevokeById()
    {
        GitLabClient client = GetClient();
        ProjectReference project = ResolveProject(client, Project);
        long agentId = Agent.Id ?? Wait(ResolveAgentAsync(client, project, Agent)).AgentId;
        Revoke(client, project, agentId, TokenId, $"token {TokenId}");
    }

    private void Revoke(GitLabClient client, ProjectReference project, long agentId, long tokenId, string description)
    {
        string use = IsConfirmationRead()
            ? Wait(client.DescribeTokenUseAsync(project, agentId, tokenId, PipelineStopToken))
            : string.Empty;
        if (ShouldProcess($"{description} of agent {agentId} of project {project} on {client.Session}{use}", "Revoke"))
        {
            Wait(client.RevokeTokenAsync(project, agentId, tokenId, PipelineStopToken));
        }
    }

    private void RevokeBySecret()
    {
        GitLabClient client = GetClient();
        AgentToken token = Wait(client.FindTokenBySecretAsync(Secret, PipelineStopToken));
        string use = client.DescribeTokenUse(token);
        if (ShouldProcess($"token '{token}' ({token.Id}) of agent {token.AgentId} on {client.Session}{use}", "Revoke"))
        {
            Wait(client.RevokeTokenBySecretAsync(token, Secret, PipelineStopToken));
        }
    }
}
