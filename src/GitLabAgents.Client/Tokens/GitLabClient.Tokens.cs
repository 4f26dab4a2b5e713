using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <content>Lists and reads of tokens: operations 5 and 6.</content>
public sealed partial class GitLabClient
{
    /// <summary>
    /// Lists the active tokens of an agent without their last use, which GitLab's list does not contain. GitLab before
    /// 16.0 lists revoked tokens as well; they are left out.
    /// See <see href="https://docs.gitlab.com/api/cluster_agents/#list-tokens-for-an-agent"/>.
    /// </summary>
    /// <param name="projectId">The ID of the agent's project.</param>
    /// <param name="agentId">The agent's ID.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The tokens.</returns>
    public async IAsyncEnumerable<AgentToken> GetTokensAsync(
        long projectId, long agentId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        IAsyncEnumerable<AgentToken> tokens = ReadPagesAsync(
            page => ListTokensRequest(projectId, agentId, page),
            GitLabJson.Default.ListAgentToken,
            static token => token.Id,
            onFirstPage: null,
            cancellationToken);
        await foreach (AgentToken token in tokens.ConfigureAwait(false))
        {
            if (token.Status != AgentToken.Revoked)
            {
                yield return AttachSession(token, projectId, agentId);
            }
        }
    }

    /// <summary>
    /// Reads one token, with its last use.
    /// See <see href="https://docs.gitlab.com/api/cluster_agents/#get-a-single-agent-token"/>.
    /// </summary>
    /// <param name="projectId">The ID of the agent's project.</param>
    /// <param name="agentId">The agent's ID.</param>
    /// <param name="tokenId">The token's ID.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The token.</returns>
    public async Task<AgentToken> GetTokenAsync(
        long projectId, long agentId, long tokenId, CancellationToken cancellationToken = default)
    {
        var request = new ApiRequest(
            HttpMethod.Get,
            $"{TokensPath(projectId, agentId)}/{tokenId}",
            $"read token {tokenId} of agent {agentId} of project {projectId}",
            GitLabErrorKind.TokenNotFound);
        AgentToken token = await ReadAsync(request, GitLabJson.Default.AgentToken, static t => t.Id, cancellationToken)
            .ConfigureAwait(false);
        return AttachSession(token, projectId, agentId);
    }

    /// <summary>
    /// Lists the active tokens of an agent with their last use, for which each token is read individually. Several are
    /// read at once; the order is that of the list. A token that is revoked in the meantime is skipped.
    /// </summary>
    /// <param name="projectId">The ID of the agent's project.</param>
    /// <param name="agentId">The agent's ID.</param>
    /// <param name="filter">Selects the tokens to read.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The tokens, and an error for each token that could not be read.</returns>
    public async IAsyncEnumerable<ItemResult<AgentToken>> GetTokenDetailsAsync(
        long projectId,
        long agentId,
        Func<AgentToken, bool> filter,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        _ = filter ?? throw new ArgumentNullException(nameof(filter));
        IAsyncEnumerable<AgentToken> tokens = ListTokensAsync(projectId, agentId, filter, cancellationToken);
        IAsyncEnumerable<ItemResult<AgentToken>?> details = tokens.SelectOrdered(
            _session.MaxConcurrentReads,
            (token, stop) => GetTokenOrErrorAsync(projectId, token, stop),
            cancellationToken);
        await foreach (ItemResult<AgentToken>? detail in details.ConfigureAwait(false))
        {
            if (detail is { } token)
            {
                yield return token;
            }
        }
    }

    private async IAsyncEnumerable<AgentToken> ListTokensAsync(
        long projectId,
        long agentId,
        Func<AgentToken, bool> filter,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (AgentToken token in GetTokensAsync(projectId, agentId, cancellationToken).ConfigureAwait(false))
        {
            if (filter(token))
            {
                yield return token;
            }
        }
    }

    private static ApiRequest ListTokensRequest(ProjectReference project, long agentId, int page)
        => new(
            HttpMethod.Get,
            $"{TokensPath(project, agentId)}?per_page={PageSize}&page={page}",
            $"list the tokens of agent {agentId} of project {project}",
            GitLabErrorKind.AgentNotFound);

    private static string TokensPath(ProjectReference project, long agentId)
        => $"{AgentsPath(project)}/{agentId}/tokens";

    private async Task<ItemResult<AgentToken>?> GetTokenOrErrorAsync(
        long projectId, AgentToken listed, CancellationToken cancellationToken)
    {
        try
        {
            AgentToken token = await GetTokenAsync(projectId, listed.AgentId, listed.Id, cancellationToken)
                .ConfigureAwait(false);
            if (token.Status != AgentToken.Revoked)
            {
                return new ItemResult<AgentToken>(token);
            }
        }
        catch (GitLabApiException e) when (e is { Kind: GitLabErrorKind.TokenNotFound, IsConfirmedMissing: true })
        {
            // It was revoked: the agent still exists.
        }
        catch (GitLabApiException e)
        {
            return new ItemResult<AgentToken>(e, listed);
        }

        ReportVerbose($"Token {listed.Id} of agent {listed.AgentId} was revoked in the meantime.");
        return null;
    }

    private T AttachSession<T>(T token, long projectId, long agentId)
        where T : AgentToken
    {
        token.Session = _session;
        token.ProjectId = projectId;
        if (token.AgentId == 0)
        {
            token.AgentId = agentId;
        }

        return token;
    }
}
