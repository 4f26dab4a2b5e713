using System;
using System.Collections.Generic;
using System.Linq;
using GitLabAgents.FakeGitLab.Routes;

namespace GitLabAgents.FakeGitLab;

/// <summary>Finds out who calls, and whether the token's scopes allow it.</summary>
internal static class Authentication
{
    private const string Bearer = "Bearer ";

    public static AccessToken Authenticate(Call call)
    {
        bool isQuery = call.Route.Access == Access.Query;
        AccessToken token = Find(call) ?? throw new RefusedException(isQuery ? GraphQLRoutes.InvalidToken : Answer.Message(401, "401 Unauthorized"));
        if (!token.Active || token.HasExpired)
        {
            if (isQuery)
            {
                throw new RefusedException(GraphQLRoutes.InvalidToken);
            }

            throw new RefusedException(Answer.Object(
                401,
                ("error", "invalid_token"),
                ("error_description", "Token is expired. You can either do re-authorization or token refresh.")));
        }

        bool reads = call.Request.IsRead || isQuery;
        bool allowed = call.Route.Access == Access.AnyScope
            || token.Scopes.Contains("api")
            || (reads && token.Scopes.Contains("read_api"));
        return allowed ? token : throw new RefusedException(Answer.Object(
            403,
            ("error", "insufficient_scope"),
            ("error_description", "The request requires higher privileges than provided by the access token."),
            ("scope", "api read_api")));
    }

    private static AccessToken? Find(Call call)
    {
        IReadOnlyDictionary<string, string> headers = call.Request.Headers;
        if (headers.TryGetValue("PRIVATE-TOKEN", out string? value))
        {
            return call.State.FindAccessToken(value) is { Type: AccessTokenType.Personal } token ? token : null;
        }

        if (headers.TryGetValue("Authorization", out value) && value.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            return call.State.FindAccessToken(value[Bearer.Length..].Trim()) is { Type: not AccessTokenType.CiJob } token ? token : null;
        }

        return null;
    }
}
