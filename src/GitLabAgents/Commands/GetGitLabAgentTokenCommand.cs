using System.Collections.Generic;
using System.Management.Automation;
using System.Runtime.CompilerServices;
using System.Security;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.Completion;

namespace GitLabAgents.Commands;

/// <summary>
/// Gets the active tokens of agents with their true last use. Each token of a single agent is read individually; the
/// agents of a pipeline are read together.
/// </summary>
[Cmdlet(VerbsCommon.Get, "GitLabAgentToken")] // A default set would be chosen before TokenId can bind.
[OutputType(typeof(AgentToken))]
public sealed class GetGitLabAgentTokenCommand : AgentCmdlet
{
    private const string NameSet = "Name";
    private const string SecretSet = "Secret";

    private PipelineReader<ItemResult<AgentToken>>? _reader;

    /// <inheritdoc/>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [Alias("ProjectId")]
    [ValidateProject]
    [ArgumentCompleter(typeof(ProjectCompleter))]
    public override ProjectReference Project { get; set; } = null!;

    /// <inheritdoc/>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [Alias("AgentId")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(AgentCompleter))]
    public override AgentReference Agent { get; set; } = null!;

    /// <summary>Gets or sets the names of tokens; wildcards are allowed. The default is all tokens.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(TokenNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Gets or sets the IDs of tokens, instead of their names.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [ValidateRange(1, long.MaxValue)]
    [ArgumentCompleter(typeof(TokenIdCompleter))]
    public long[]? TokenId { get; set; }

    /// <summary>
    /// Gets or sets a switch that omits the last use, which saves a request for each token of a single agent.
    /// </summary>
    [Parameter(ParameterSetName = NameSet)]
    public SwitchParameter Summary { get; set; }

    /// <summary>Gets or sets the secret of the token. Administrators can find a token with nothing else.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = SecretSet)]
    [SecretOnly]
    [ValidateNotNull]
    public SecureString Secret { get; set; } = null!;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == SecretSet)
        {
            Attempt(null, () => WriteObject(Wait(GetClient().FindTokenBySecretAsync(Secret, PipelineStopToken))));
        }
        else
        {
            Attempt(Agent.Value, ReadTokens);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_reader is not null)
        {
            WriteRemaining(_reader, WriteResult);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _reader?.DisposeAsync().AsTask().Wait(StopTimeout);
    }

    private void ReadTokens()
    {
        if (Name is not null && TokenId is not null)
        {
            throw new GitLabApiException(
                GitLabErrorKind.InvalidRequest, "-Name and -TokenId exclude each other.", "Specify one of them.");
        }

        GitLabClient client = GetClient();
        ProjectReference project = ResolveProject(client, Project);
        AgentReference agent = Agent;
        long[]? ids = TokenId;
        var filter = new NameFilter(Name);
        AgentBatchReader batch = GetBatchReader(client, AgentParts.Tokens);

        _reader ??= new(AgentBatchReader.Capacity, PipelineStopToken);
        _reader.Add(stop => ItemResult.Capture(
            agent.Value,
            ids is null
                ? ReadByNameAsync(client, batch, project, agent, filter, stop)
                : ReadByIdAsync(client, batch, project, agent, ids, stop),
            stop));
        WriteAvailable(_reader, WriteResult);
    }

    private async IAsyncEnumerable<ItemResult<AgentToken>> ReadByNameAsync(
        GitLabClient client,
        AgentBatchReader batch,
        ProjectReference project,
        AgentReference agent,
        NameFilter filter,
        [EnumeratorCancellation] CancellationToken stop)
    {
        using BatchedAgent batched = await batch.GetAsync(project, agent, stop).ConfigureAwait(false);
        if (batched.Record?.Tokens is { } read)
        {
            foreach (AgentToken token in read)
            {
                if (filter.IsMatch(token.Name))
                {
                    yield return new ItemResult<AgentToken>(Summary ? token.WithoutLastUse() : token);
                }
            }
        }
        else
        {
            IAsyncEnumerable<ItemResult<AgentToken>> tokens =
                ReadIndividuallyAsync(client, project, agent, filter, stop);
            await foreach (ItemResult<AgentToken> token in tokens.ConfigureAwait(false))
            {
                yield return token;
            }
        }

        foreach (string name in filter.Unmatched)
        {
            var error = new GitLabApiException(
                GitLabErrorKind.TokenNotFound,
                $"Agent {agent} of project {project} on {client.Session} has no active token named '{name}'.",
                "Check the name, or list the tokens with Get-GitLabAgentToken. Revoked tokens are not listed.");
            yield return new ItemResult<AgentToken>(error, name);
        }
    }

    private async IAsyncEnumerable<ItemResult<AgentToken>> ReadIndividuallyAsync(
        GitLabClient client,
        ProjectReference project,
        AgentReference agent,
        NameFilter filter,
        [EnumeratorCancellation] CancellationToken stop)
    {
        (long projectId, long agentId) = await ResolveAgentAsync(client, project, agent).ConfigureAwait(false);
        if (Summary)
        {
            await foreach (AgentToken token in client.GetTokensAsync(projectId, agentId, stop).ConfigureAwait(false))
            {
                if (filter.IsMatch(token.Name))
                {
                    yield return new ItemResult<AgentToken>(token);
                }
            }

            yield break;
        }

        IAsyncEnumerable<ItemResult<AgentToken>> tokens =
            client.GetTokenDetailsAsync(projectId, agentId, token => filter.IsMatch(token.Name), stop);
        await foreach (ItemResult<AgentToken> token in tokens.ConfigureAwait(false))
        {
            yield return token;
        }
    }

    private async IAsyncEnumerable<ItemResult<AgentToken>> ReadByIdAsync(
        GitLabClient client,
        AgentBatchReader batch,
        ProjectReference project,
        AgentReference agent,
        long[] ids,
        [EnumeratorCancellation] CancellationToken stop)
    {
        using BatchedAgent slot = await batch.GetSlotAsync(stop).ConfigureAwait(false);
        (long projectId, long agentId) = await ResolveAgentAsync(client, project, agent).ConfigureAwait(false);
        foreach (long id in ids)
        {
            yield return await ItemResult.CaptureAsync(id, () => client.GetTokenAsync(projectId, agentId, id, stop))
                .ConfigureAwait(false);
        }
    }
}
