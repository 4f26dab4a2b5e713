using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net.Http;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <content>Connections, of which only GraphQL tells.</content>
public sealed partial class GitLabClient
{
    private const string AgentNotVisible = "GraphQL does not show the agent to this access token.";

    /// <summary>
    /// Tells whether an agent is connected. Where GitLab does not tell (GraphQL is off, the role does not suffice, the
    /// agent server cannot be reached) that is no error, but an answer whose status is unknown, with the reason.
    /// See <see href="https://docs.gitlab.com/api/graphql/reference/#projectclusteragents"/>.
    /// </summary>
    /// <param name="project">The agent's project.</param>
    /// <param name="agent">The agent's id or name.</param>
    /// <param name="cache">What was read before, and keeps what is read now; <see langword="null"/> to read afresh.</param>
    /// <param name="cancellationToken">Ends the requests.</param>
    /// <returns>The agent's connection.</returns>
    public async Task<AgentConnection> GetConnectionAsync(ProjectReference project, AgentReference agent, ConnectionCache? cache = null, CancellationToken cancellationToken = default)
    {
        ProjectConnections known = (cache ?? new ConnectionCache()).GetOrAdd(_session, project);
        await known.Gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ClusterAgent? found = null;
            if (known.ProjectId == 0)
            {
                found = await FindAgentAsync(project, agent, cancellationToken).ConfigureAwait(false);
                known.Path = found.ProjectPath ?? project.Path;
                known.ProjectId = found.ProjectId;
            }

            AgentReference wanted = found?.Id ?? agent;
            while (known.Find(wanted) is null && known.HasMore)
            {
                await ReadConnectionsAsync(known, cancellationToken).ConfigureAwait(false);
            }

            if (known.Find(wanted) is { } connection)
            {
                return connection;
            }

            // It may be missing, or hidden: the agents' own list tells which.
            found ??= await FindAgentAsync(project, agent, cancellationToken).ConfigureAwait(false);
            return new AgentConnection(_session, known.Path ?? $"{known.ProjectId}", known.ProjectId, found.Id, found.Name) { Reason = known.Reason ?? AgentNotVisible };
        }
        finally
        {
            known.Gate.Release();
        }
    }

    // Reads one page of a project's agents.
    private async Task ReadConnectionsAsync(ProjectConnections known, CancellationToken cancellationToken)
    {
        if (known.Path is not { } path)
        {
            known.Fail($"GitLab does not tell the path of project {known.ProjectId}, by which GraphQL finds it.");
            return;
        }

        ApiRequest call = CreateQueryRequest(GraphQLQuery.Connections, path, known.After, $"read the connections of the agents of project {path}");
        (ApiResponse? answer, string? refusal) = await QueryAsync(call, cancellationToken).ConfigureAwait(false);
        if (answer is null)
        {
            known.Fail(refusal!);
            return;
        }

        GraphQLResponse content = ParseGraphQL(call, answer);
        if (!known.IsRoleKnown && ReportsNone(content))
        {
            await ReadRoleAsync(known, path, cancellationToken).ConfigureAwait(false);
        }

        AddPage(known, path, call, answer, content);
    }

    // Reads whether the access token may see a project's connections.
    private async Task ReadRoleAsync(ProjectConnections known, string path, CancellationToken cancellationToken)
    {
        ApiRequest call = CreateQueryRequest(GraphQLQuery.Role, path, after: null, $"read the access token's role in project {path}");
        (ApiResponse? answer, string? refusal) = await QueryAsync(call, cancellationToken).ConfigureAwait(false);
        known.SetHiddenReason(answer is null ? refusal : GetHiddenReason(ParseGraphQL(call, answer)));
    }

    private static ApiRequest CreateQueryRequest(string query, string path, string? after, string action)
    {
        var body = new GraphQLQuery { Query = query, Variables = new GraphQLVariables { Path = path, After = after } };
        return new ApiRequest(HttpMethod.Post, "../graphql", action, GitLabErrorKind.NotFound)
        {
            IsSafe = true,
            Body = JsonSerializer.SerializeToUtf8Bytes(body, GraphQLJson.Default.GraphQLQuery),
        };
    }

    // Gives GraphQL's answer, or says why there is none.
    private async Task<(ApiResponse? Answer, string? Refusal)> QueryAsync(ApiRequest call, CancellationToken cancellationToken)
    {
        try
        {
            ApiResponse answer = await SendAsync(call, cancellationToken).ConfigureAwait(false);
            return answer.ContentType?.MediaType is { } type && type.IndexOf("json", StringComparison.OrdinalIgnoreCase) < 0
                ? (null, $"GraphQL is off or blocked; it answers {(int)answer.Status} without JSON.")
                : (answer, null);
        }
        catch (GitLabApiException e) when (e.IsForeign || e.Kind is GitLabErrorKind.NotFound)
        {
            string end = e.StatusCode == System.Net.HttpStatusCode.OK ? " without JSON." : ".";
            string words = e.ServerMessage is { } message ? $": \"{message}\"" : end;
            return (null, $"GraphQL is off or blocked; it answers {(int?)e.StatusCode}{words}");
        }
        catch (GitLabApiException e) when (e.Kind is GitLabErrorKind.Forbidden or GitLabErrorKind.InsufficientScope)
        {
            string words = e.ServerMessage is { } message ? $": \"{message}\"" : ".";
            return (null, $"The access token may not use GraphQL; it answers {(int?)e.StatusCode}{words}");
        }
    }

    private GraphQLResponse ParseGraphQL(ApiRequest call, ApiResponse answer)
    {
        GraphQLResponse content = Parse(call, answer, GraphQLJson.Default.GraphQLResponse);
        return content.Data is not null || GetErrors(content).Any()
            ? content
            : throw ApiExceptionFactory.InvalidResponse(call, answer, _session, "it has neither data nor errors.");
    }

    // Whether GitLab tells of an agent that it has no connections, which may as well mean that they are hidden.
    private static bool ReportsNone(GraphQLResponse content)
        => (content.Data?.Project?.ClusterAgents?.Nodes ?? [])
            .Where((node, index) => node?.Connections?.Nodes is { Count: 0 } && !GetErrors(content, index, "connections").Any())
            .Any();

    // To those who may not see connections GitLab says that there are none. A server that knows no such field refuses the
    // query as a whole: then its word is taken, as GitLab's own pages take it.
    private string? GetHiddenReason(GraphQLResponse content) => (content.Data?.Project?.UserPermissions?.AdminProject, content.Data?.Project?.Archived) switch
    {
        _ when content.Data is null => null,
        (true, false) => null,
        (false, _) => "It takes the role Maintainer: GitLab tells others that there are no connections.",
        (_, true) => "The project is archived: GitLab tells that there are no connections.",
        _ => FormatErrors(GetErrors(content)) ?? "GitLab tells of no connections, and not whether the access token may see them.",
    };

    // Keeps what an answer tells of a page's agents.
    private void AddPage(ProjectConnections known, string path, ApiRequest call, ApiResponse answer, GraphQLResponse content)
    {
        if (content.Data?.Project?.ClusterAgents is not { Nodes: { } nodes } page)
        {
            known.Fail(FormatErrors(GetErrors(content)) ?? "GraphQL does not show the agents of the project to this access token.");
            return;
        }

        for (int index = 0; index < nodes.Count; index++)
        {
            if (nodes[index] is { } node)
            {
                long id = ParseGlobalId(node.Id) ?? throw ApiExceptionFactory.InvalidResponse(call, answer, _session, "an agent has no id.");
                var connection = new AgentConnection(_session, path, known.ProjectId, id, node.Name);
                SetStatus(connection, node, known.HiddenReason, field => [.. GetErrors(content, index, field)]);
                known.Add(connection);
            }
        }

        string? next = page.PageInfo is { HasNextPage: true } info
            ? info.EndCursor ?? throw ApiExceptionFactory.InvalidResponse(call, answer, _session, "its next page has no cursor.")
            : null;
        if (!known.TryAdvance(next))
        {
            throw ApiExceptionFactory.InvalidResponse(call, answer, _session, "its pages go in a circle.");
        }
    }

    // Decides by what was told alone. An error spoils an empty list: it may be empty for that.
    private void SetStatus(AgentConnection connection, AgentNode node, string? hidden, Func<string, List<GraphQLError>> errorsOf)
    {
        List<GraphQLError> errors = errorsOf("connections");
        List<ConnectionNode> pods = [.. (node.Connections?.Nodes ?? []).OfType<ConnectionNode>()];
        connection.Connections = [.. pods.Select(static pod => new AgentPod
        {
            Version = pod.Metadata?.Version,
            PodName = pod.Metadata?.PodName,
            PodNamespace = pod.Metadata?.PodNamespace,
            ConnectedAt = pod.ConnectedAt,
        })];
        connection.LastUsedAt = node.Tokens?.Nodes?.Max(static token => token?.LastUsedAt);
        if (pods.Count > 0)
        {
            connection.Status = AgentConnectionStatus.Connected;
        }
        else if (node.Connections?.Nodes is not { Count: 0 } || errors.Count > 0)
        {
            connection.Reason = FormatErrors(errors) ?? "GitLab does not tell of the agent's connections.";
        }
        else if (hidden is not null)
        {
            connection.Reason = hidden;
        }
        else if (connection.LastUsedAt is not null)
        {
            connection.Status = AgentConnectionStatus.Stale;
        }
        else if (node.Tokens?.Nodes is not { } tokens || tokens.Contains(null) || errorsOf("tokens").Count > 0)
        {
            string reason = FormatErrors(errorsOf("tokens")) ?? "GitLab does not tell of the agent's tokens.";
            connection.Reason = $"{reason} The agent is not connected now; whether it ever was is not known.";
        }
        else
        {
            connection.Status = AgentConnectionStatus.Never;
        }
    }

    private static IEnumerable<GraphQLError> GetErrors(GraphQLResponse content) => (content.Errors ?? []).OfType<GraphQLError>();

    private static IEnumerable<GraphQLError> GetErrors(GraphQLResponse content, int index, string field)
        => GetErrors(content).Where(error => Affects(error, index, field));

    // Whether an error concerns a field of an agent: it names the field, what lies within, what it lies within, or no path.
    private static bool Affects(GraphQLError error, int index, string field)
    {
        string[] path = ["project", "clusterAgents", "nodes", index.ToString(CultureInfo.InvariantCulture), field];
        return (error.Path ?? []).Zip(path, static (given, own) => given.ToString() == own).All(static same => same);
    }

    private string? FormatErrors(IEnumerable<GraphQLError> errors)
    {
        string[] messages = [.. errors.Select(static error => error.Message).OfType<string>().Distinct(StringComparer.Ordinal)];
        return DisplayText.SanitizeMessage(string.Join("; ", messages), _session.Token.Redact) is { } words ? $"GitLab answers: \"{words}\"" : null;
    }

    private static long? ParseGlobalId(string? id)
        => id is not null && long.TryParse(id.Substring(id.LastIndexOf('/') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number > 0
            ? number
            : null;
}
