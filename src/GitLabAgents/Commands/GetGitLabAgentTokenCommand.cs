using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Runtime.CompilerServices;
using System.Threading.Tasks;
using System.Threading;
using System;
using GitLabAgents.Completion;

namespace GitLabAgents.Commands;

/// <summary>
/// Gets the active tokens of agents, with their true last use: each token is read singly, and the work of many agents
/// in a pipeline overlaps.
/// </summary>
[Cmdlet(VerbsCommon.Get, "GitLabAgentToken", DefaultParameterSetName = NameSet)]
[OutputType(typeof(AgentToken))]
public sealed class GetGitLabAgentTokenCommand : GitLabCmdlet
{
    private const string NameSet = "Name";
    private const string TokenIdSet = "TokenId";

    private readonly Queue<Query> _queries = new();

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

    /// <summary>Gets or sets names of tokens; wildcards are allowed. By default all.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(TokenNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Gets or sets ids of tokens.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = TokenIdSet)]
    [ValidateNotNullOrEmpty]
    [ValidateRange(1, long.MaxValue)]
    [ArgumentCompleter(typeof(TokenIdCompleter))]
    public long[]? TokenId { get; set; }

    /// <summary>Gets or sets a switch that spares the single reads: <c>LastUsedAt</c> is then not known.</summary>
    [Parameter]
    public SwitchParameter Summary { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Agent.Value, () =>
    {
        GitLabClient client = GetClient();
        _queries.Enqueue(Begin(client));
        int most = client.Session.ThrottleLimit * 2; // Twice, so that a slow agent at the head leaves no place idle.
        while (_queries.Count > 0 && (_queries.Count >= most || _queries.Peek().Tokens.Pending.IsCompleted))
        {
            WriteNext();
        }
    });

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        while (_queries.Count > 0)
        {
            WriteNext();
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Close(_queries);
        _queries.Clear();
    }

    private Query Begin(GitLabClient client)
    {
        ProjectReference project = ResolveProject(client, Project);
        AgentReference agent = Agent;
        long[]? ids = TokenId;
        var filter = new NameFilter(Name);
        return ParameterSetName == TokenIdSet
            ? new Query(agent, filter, stop => ReadByIdAsync(client, project, agent, ids!, stop), PipelineStopToken)
            : new Query(agent, filter, stop => ReadByNameAsync(client, project, agent, filter, Summary, stop), PipelineStopToken);
    }

    // Writes one token of the agent at the head, or, at its end, takes it from the queue.
    private void WriteNext()
    {
        Query query = _queries.Peek();
        bool ended = true;
        try
        {
            Attempt(query.Agent.Value, () =>
            {
                if (Wait(query.Tokens.Pending))
                {
                    ended = false;
                    ItemResult<AgentToken> token = query.Tokens.Current;
                    query.Tokens.Advance();
                    Write(token);
                }
                else
                {
                    WriteMissing(query);
                }
            });
        }
        finally
        {
            if (ended)
            {
                Close([_queries.Dequeue()]);
            }
        }
    }

    private void Write(ItemResult<AgentToken> token)
    {
        if (token.Error is { } error)
        {
            WriteError(ErrorRecordFactory.Create(error, token.Target));
        }
        else
        {
            WriteObject(token.Value);
        }
    }

    private void WriteMissing(Query query)
    {
        foreach (string name in query.Filter.Unmatched)
        {
            WriteError(ErrorRecordFactory.Create(
                new GitLabApiException(
                    GitLabErrorKind.TokenNotFound,
                    $"Agent {query.Agent} has no active token named '{name}'.",
                    "Check the name, or list the tokens with Get-GitLabAgentToken. Revoked tokens are not listed."),
                name));
        }
    }

    private static void Close(IEnumerable<Query> queries)
        => Task.WhenAll(queries.Select(query => query.Tokens.DisposeAsync())).Wait(StopTimeout);

    private async IAsyncEnumerable<ItemResult<AgentToken>> ReadByNameAsync(
        GitLabClient client,
        ProjectReference project,
        AgentReference agent,
        NameFilter filter,
        bool summary,
        [EnumeratorCancellation] CancellationToken stop)
    {
        (long projectId, long agentId) = await ResolveAgentAsync(client, project, agent).ConfigureAwait(false);
        if (summary)
        {
            await foreach (AgentToken token in client.GetTokensAsync(projectId, agentId, stop).ConfigureAwait(false))
            {
                if (filter.IsMatch(token.Name))
                {
                    yield return new ItemResult<AgentToken>(token);
                }
            }
        }
        else
        {
            await foreach (ItemResult<AgentToken> token in client.GetTokenDetailsAsync(projectId, agentId, t => filter.IsMatch(t.Name), stop).ConfigureAwait(false))
            {
                yield return token;
            }
        }
    }

    private async IAsyncEnumerable<ItemResult<AgentToken>> ReadByIdAsync(
        GitLabClient client,
        ProjectReference project,
        AgentReference agent,
        long[] ids,
        [EnumeratorCancellation] CancellationToken stop)
    {
        (long projectId, long agentId) = await ResolveAgentAsync(client, project, agent).ConfigureAwait(false);
        foreach (long id in ids)
        {
            ItemResult<AgentToken> fetched;
            try
            {
                fetched = new ItemResult<AgentToken>(await client.GetTokenAsync(projectId, agentId, id, stop).ConfigureAwait(false));
            }
            catch (GitLabApiException e)
            {
                fetched = new ItemResult<AgentToken>(e, id);
            }

            yield return fetched;
        }
    }

    // One agent of the pipeline: its tokens are being read while earlier agents' are written.
    private sealed class Query(AgentReference agent, NameFilter filter, Func<CancellationToken, IAsyncEnumerable<ItemResult<AgentToken>>> open, CancellationToken stop)
    {
        public AgentReference Agent { get; } = agent;

        public NameFilter Filter { get; } = filter;

        public EagerAsyncEnumerator<ItemResult<AgentToken>> Tokens { get; } = new(open, stop);
    }
}
