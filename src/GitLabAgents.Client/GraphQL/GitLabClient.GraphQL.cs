using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <content>Queries.</content>
public sealed partial class GitLabClient
{
    /// <summary>Runs a query, and repeats it in smaller sizes as long as GitLab cannot answer it.</summary>
    internal async Task<GraphQLResult> QueryAsync(
        QueryDocument document,
        AgentQuery query,
        Func<GraphQLVariables> createVariables,
        string action,
        CancellationToken cancellationToken)
    {
        while (true)
        {
            int level = query.Level;
            GraphQLResult result = await QueryAsync(
                document, query.Excluded, createVariables(), action, cancellationToken).ConfigureAwait(false);
            if (!result.IsTooExpensive || query.TryReduce(level, result) is not { } step)
            {
                return result;
            }

            ReportVerbose($"{_session}: {result.Reason} {step}");
        }
    }

    /// <summary>Parses a global ID, such as <c>gid://gitlab/Project/101</c>.</summary>
    internal static long? ParseGlobalId(string? id)
    {
        string? last = id?.Substring(id.LastIndexOf('/') + 1);
        return long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number > 0
            ? number
            : null;
    }

    /// <summary>
    /// Quotes the messages of errors, after what they mean if they are only the names of classes; null if there are
    /// none.
    /// </summary>
    internal string? QuoteMessages(IReadOnlyCollection<GraphQLError> errors)
    {
        if (errors.Count == 0)
        {
            return null;
        }

        IEnumerable<string> messages = errors.Select(static error => error.Message).OfType<string>();
        string? quoted = QuoteMessage(string.Join("; ", messages.Distinct(StringComparer.Ordinal)));
        return errors.Any(ConnectionReport.IsAgentServerDown)
            ? $"{ConnectionReport.AgentServerDown} {quoted}"
            : quoted;
    }

    private string? QuoteMessage(string message)
        => DisplayText.SanitizeMessage(message, _session.Token.Redact) is { } text
            ? $"GitLab responds: \"{text}\""
            : null;

    // Runs a query once; without the fields and arguments that this GitLab refuses.
    private async Task<GraphQLResult> QueryAsync(
        QueryDocument document,
        IEnumerable<string> excluded,
        GraphQLVariables variables,
        string action,
        CancellationToken cancellationToken)
    {
        GraphQLSupport support = _session.GraphQL;
        while (true)
        {
            if (support.UnavailableReason is { } unavailable)
            {
                return GraphQLResult.Unavailable(unavailable);
            }

            string[] refusedBefore = support.Refused; // Other queries of the session add to it at the same time.
            var body = new GraphQLQuery
            {
                Query = document.Without(excluded.Concat(refusedBefore)),
                Variables = variables,
            };
            var request = new ApiRequest(HttpMethod.Post, "../graphql", action, GitLabErrorKind.NotFound)
            {
                IsSafe = true,
                Body = JsonSerializer.SerializeToUtf8Bytes(body, GraphQLJson.Default.GraphQLQuery),
            };
            ApiResponse response;
            try
            {
                Task<ApiResponse> sending = SendAsync(request, cancellationToken);
                GraphQLJson.Prepare();
                response = await sending.ConfigureAwait(false);
            }
            catch (GitLabApiException e) when (e.IsTooExpensive)
            {
                string reason = QuoteMessage(e.ServerMessage ?? string.Empty) ?? e.Problem;
                return GraphQLResult.TooExpensive(reason, isTooComplex: false);
            }
            catch (GitLabApiException e) when (GetUnavailableReason(e) is { } reason)
            {
                return SetUnavailable(reason);
            }

            GraphQLResponse content = Parse(request, response, GraphQLJson.Default.GraphQLResponse);
            if (content.Data is not null)
            {
                return GraphQLResult.Success(content, _session.GetServerTime());
            }

            GraphQLError[] errors = [.. (content.Errors ?? []).OfType<GraphQLError>()];
            if (errors.Length == 0)
            {
                throw ApiExceptionFactory.InvalidResponse(
                    request, response, _session, "it has neither data nor errors.");
            }

            if (HandleErrors(errors, refusedBefore) is { } failure)
            {
                return failure;
            }
        }
    }

    // Returns why there is no data, or null if the query is to be repeated without what GitLab refused.
    private GraphQLResult? HandleErrors(GraphQLError[] errors, string[] refusedBefore)
    {
        string reason = QuoteMessages(errors) ?? "GitLab refuses the query.";
        if (errors.All(static error => error.Extensions?.Code is null))
        {
            // GitLab gives no code where a query is too complex, so its size is the only thing to change.
            return GraphQLResult.TooExpensive(reason, isTooComplex: true);
        }

        if (_session.GraphQL.TryRefuse(errors, refusedBefore) is not { } refused)
        {
            return GraphQLResult.Unavailable(reason);
        }

        if (refused.Length > 0)
        {
            string names = string.Join(", ", refused.Select(static name => name.TrimEnd(':')));
            ReportVerbose($"{_session} does not know {names} in GraphQL. The session leaves that out from now on.");
        }

        return null;
    }

    private static string? GetUnavailableReason(GitLabApiException e)
    {
        string end = e.StatusCode == HttpStatusCode.OK ? " without JSON" : string.Empty;
        string message = e.ServerMessage is { } text
            ? $"{(int?)e.StatusCode}: \"{text}\""
            : $"{(int?)e.StatusCode}{end}";
        return e.Kind switch
        {
            _ when e.IsForeign => $"GraphQL is off or blocked ({message}).",
            GitLabErrorKind.NotFound => $"GraphQL is off or blocked ({message}).",
            GitLabErrorKind.Forbidden or GitLabErrorKind.InsufficientScope =>
                $"The access token may not use GraphQL ({message}).",
            GitLabErrorKind.AuthenticationFailed =>
                $"GraphQL does not accept the access token ({message}); it requires the scope api or read_api.",
            _ => null,
        };
    }

    private GraphQLResult SetUnavailable(string reason)
    {
        if (_session.GraphQL.SetUnavailable(reason))
        {
            ReportVerbose($"{_session}: {reason} What the REST API offers is read from there.");
        }

        return GraphQLResult.Unavailable(reason);
    }
}
