using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <content>What depends on an agent or a token, for the text that is shown before it is taken away.</content>
public sealed partial class GitLabClient
{
    private const int MaxNamedEnvironments = 5;

    /// <summary>Describes whether an agent is connected, and which environments use it.</summary>
    /// <returns>Clauses to append to a description of the agent; without those that GitLab does not answer.</returns>
    internal async Task<string> DescribeAgentUseAsync(
        ProjectReference project, long agentId, CancellationToken cancellationToken)
    {
        Task<string?> connection = OmitFailureAsync(() => DescribeConnectionAsync(project, agentId, cancellationToken));
        Task<string?> environments = OmitFailureAsync(
            () => DescribeEnvironmentsAsync(project, agentId, cancellationToken));
        return JoinClauses([await connection.ConfigureAwait(false), await environments.ConfigureAwait(false)]);
    }

    /// <summary>Describes when a token was last used, and whether the agent has another one.</summary>
    /// <returns>Clauses to append to a description of the token; without those that GitLab does not answer.</returns>
    internal async Task<string> DescribeTokenUseAsync(
        ProjectReference project, long agentId, long tokenId, CancellationToken cancellationToken)
    {
        Task<string?> lastUse = OmitFailureAsync(
            () => DescribeLastUseAsync(project, agentId, tokenId, cancellationToken));
        Task<string?> others = OmitFailureAsync(
            () => DescribeOtherTokensAsync(project, agentId, tokenId, cancellationToken));
        return JoinClauses([await lastUse.ConfigureAwait(false), await others.ConfigureAwait(false)]);
    }

    /// <summary>Describes when a token that was just read was last used.</summary>
    internal string DescribeTokenUse(AgentToken token)
    {
        bool isRevoked = string.Equals(token.Status, "revoked", StringComparison.OrdinalIgnoreCase);
        return JoinClauses([DescribeLastUse(token), isRevoked ? "already revoked" : null]);
    }

    private static string JoinClauses(IEnumerable<string?> clauses)
    {
        string text = string.Join("; ", clauses.OfType<string>());
        return text.Length == 0 ? string.Empty : $" ({text})";
    }

    private static async Task<string?> OmitFailureAsync(Func<Task<string?>> describe)
    {
        try
        {
            return await describe().ConfigureAwait(false);
        }
        catch (GitLabApiException)
        {
            return null; // The text only helps to decide: what GitLab does not answer is left out.
        }
    }

    private async Task<string?> DescribeConnectionAsync(
        ProjectReference project, long agentId, CancellationToken cancellationToken)
    {
        AgentConnection connection = await GetConnectionAsync(project, agentId, cancellationToken)
            .ConfigureAwait(false);
        return connection.Status switch
        {
            AgentConnectionStatus.Connected => "it is connected now",
            AgentConnectionStatus.Stale => $"it is not connected, and was last seen {FormatAgo(connection.LastUsedAt)}",
            AgentConnectionStatus.Never => "it has never connected",
            _ => null,
        };
    }

    private async Task<string?> DescribeEnvironmentsAsync(
        ProjectReference project, long agentId, CancellationToken cancellationToken)
    {
        List<string> names = [];
        IAsyncEnumerable<ProjectEnvironment> found = GetEnvironmentsAsync(project, cancellationToken);
        await foreach (ProjectEnvironment environment in found.ConfigureAwait(false))
        {
            if (environment.ClusterAgent?.Id == agentId && environment.State != "stopped")
            {
                names.Add(environment.Name ?? "?");
            }
        }

        string list = string.Join(", ", names.Take(MaxNamedEnvironments));
        return names.Count switch
        {
            0 => null,
            1 => $"environment {list} uses it",
            <= MaxNamedEnvironments => $"environments {list} use it",
            _ => $"environments {list} and {names.Count - MaxNamedEnvironments} more use it",
        };
    }

    private async Task<string?> DescribeLastUseAsync(
        ProjectReference project, long agentId, long tokenId, CancellationToken cancellationToken)
    {
        var request = new ApiRequest(
            HttpMethod.Get,
            $"{TokensPath(project, agentId)}/{tokenId}",
            $"read token {tokenId} of agent {agentId} of project {project}",
            GitLabErrorKind.TokenNotFound) { ResolvesNotFound = false };
        return DescribeLastUse(
            await ReadAsync(request, GitLabJson.Default.AgentToken, static token => token.Id, cancellationToken)
                .ConfigureAwait(false));
    }

    private async Task<string?> DescribeOtherTokensAsync(
        ProjectReference project, long agentId, long tokenId, CancellationToken cancellationToken)
    {
        IAsyncEnumerable<AgentToken> tokens = ReadPagesAsync(
            page => ListTokensRequest(project, agentId, page),
            GitLabJson.Default.ListAgentToken,
            static token => token.Id,
            onFirstPage: null,
            cancellationToken);
        bool isActive = false;
        int count = 0;
        await foreach (AgentToken token in tokens.ConfigureAwait(false))
        {
            isActive |= token.Id == tokenId;
            count++;
        }

        return isActive && count == 1 ? "the only active token of the agent" : null;
    }

    private string? DescribeLastUse(AgentToken token) => token switch
    {
        { IsLastUsedKnown: false } => null,
        { LastUsedAt: { } time } => $"last used {FormatAgo(time)}",
        _ => "never used",
    };

    private string FormatAgo(DateTimeOffset? time) => time is { } known
        ? RotationFormatter.FormatAge(_session.GetServerTime() - known) + " ago"
        : "at an unknown time";
}
