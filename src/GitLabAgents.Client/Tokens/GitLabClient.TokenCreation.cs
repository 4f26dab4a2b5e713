using System;
using System.Net.Http;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.Transport;

namespace GitLabAgents;

/// <content>Creation of tokens: operation 7.</content>
public sealed partial class GitLabClient
{
    internal const int TokenLimit = 2;

    // Both together stay within the five seconds that a stop may take.
    private static readonly TimeSpan ResponseGracePeriod = TimeSpan.FromSeconds(2.5);
    private static readonly TimeSpan RollBackTimeout = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Creates a token. If its secret cannot reach the caller, because the operation is canceled while the server
    /// creates the token or because the response has no secret, the token is revoked.
    /// See <see href="https://docs.gitlab.com/api/cluster_agents/#create-an-agent-token"/>.
    /// </summary>
    /// <param name="projectId">The ID of the agent's project.</param>
    /// <param name="agentId">The agent's ID.</param>
    /// <param name="name">The token's name, 1 to 255 characters.</param>
    /// <param name="description">The description, at most 1024 characters, or <see langword="null"/>.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The token, with its secret.</returns>
    /// <exception cref="OperationInterruptedException">
    /// The operation was canceled while it was in progress; the message says what became of the token.
    /// </exception>
    public async Task<NewAgentToken> CreateTokenAsync(
        long projectId,
        long agentId,
        string name,
        string? description = null,
        CancellationToken cancellationToken = default)
    {
        var body = new NewTokenBody { Name = name, Description = description };
        var request = new ApiRequest(
            HttpMethod.Post,
            TokensPath(projectId, agentId),
            $"create token '{name}' for agent {agentId} of project {projectId}",
            GitLabErrorKind.AgentNotFound)
        {
            RequiredRole = "Maintainer",
            Body = JsonSerializer.SerializeToUtf8Bytes(body, GitLabJson.Default.NewTokenBody),
            RecoveryHint = $"Look for token '{name}', and revoke it if it exists, because nobody knows its secret: "
                + SuggestedCommand.FindToken(projectId, agentId, name),
        };
        NewAgentToken token;
        try
        {
            token = await SendNewTokenAsync(request, agentId, cancellationToken).ConfigureAwait(false);
        }
        catch (GitLabApiException e) when (e.IsRuleViolation)
        {
            // Counting decides which rule it was, because the server's text can be translated.
            int? count = await CountTokensAsync(projectId, agentId, cancellationToken).ConfigureAwait(false);
            if (count >= TokenLimit)
            {
                throw e.WithKind(
                    GitLabErrorKind.TokenLimitReached,
                    $"Agent {agentId} has {count} active tokens, and GitLab allows {TokenLimit}.",
                    $"Revoke one that is no longer used: {SuggestedCommand.GetToken} shows when each was last used.");
            }

            throw;
        }

        AttachSession(token, projectId, agentId);
        if (cancellationToken.IsCancellationRequested)
        {
            throw new OperationInterruptedException(
                $"Stopped while token '{name}' ({token.Id}) was created for agent {agentId} of project {projectId} on "
                    + $"{_session}. {await RollBackAsync(token).ConfigureAwait(false)}",
                cancellationToken);
        }

        if (token.Token is not { Length: > 0 })
        {
            throw new GitLabApiException(
                GitLabErrorKind.InvalidResponse,
                $"{_session} created token '{name}' ({token.Id}) for agent {agentId} of project {projectId}, but did "
                    + $"not return its secret. {await RollBackAsync(token).ConfigureAwait(false)}");
        }

        return token;
    }

    // A stop does not cancel a request that may be creating a token: its response is awaited for a moment, because only
    // the response shows which token to revoke.
    private async Task<NewAgentToken> SendNewTokenAsync(
        ApiRequest request, long agentId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var context = new RequestContext();
        using var grace = new CancellationTokenSource();
        using CancellationTokenRegistration onStop = cancellationToken.Register(() =>
        {
            if (context.RequestStop())
            {
                grace.CancelAfter(ResponseGracePeriod);
            }
            else
            {
                grace.Cancel();
            }
        });
        ApiResponse response = await SendAsync(request, grace.Token, context).ConfigureAwait(false);
        try
        {
            NewAgentToken token = Parse(request, response, GitLabJson.Default.NewAgentToken);
            bool hasSecret = token.Token is { Length: > 0 };
            string? flaw = token switch
            {
                { Id: <= 0 } => "the token has no ID.",
                _ when !hasSecret && token.AgentId != agentId => "it has neither a secret nor the agent's ID.",
                _ => null,
            };

            // Without a secret the token is revoked. So it must not be one that something other than GitLab names.
            return flaw is null
                ? token
                : throw ApiExceptionFactory.InvalidResponse(request, response, _session, flaw);
        }
        finally
        {
            response.ClearBody();
        }
    }

    private async Task<int?> CountTokensAsync(long projectId, long agentId, CancellationToken cancellationToken)
    {
        try
        {
            int count = 0;
            await foreach (AgentToken _ in GetTokensAsync(projectId, agentId, cancellationToken).ConfigureAwait(false))
            {
                count++;
            }

            return count;
        }
        catch (GitLabApiException)
        {
            return null; // The server's own message is reported instead.
        }
    }
}
