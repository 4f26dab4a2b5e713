using System;
using System.Collections.Generic;
using System.Linq;
using GitLabAgents.FakeGitLab.GraphQLApi;

namespace GitLabAgents.FakeGitLab.Rest;

/// <summary>Finds out who the caller is, and whether the token's scopes allow the request.</summary>
internal static class Authentication
{
    private const string Bearer = "Bearer ";
    private const string Realm = "Bearer realm=\"Protected by OAuth 2.0\"";

    /// <exception cref="RequestRejectedException">The caller is unknown, or may not send this request.</exception>
    public static AccessToken? Authenticate(RequestContext context)
    {
        bool isGraphQL = context.Route.Access == Access.GraphQL;
        AccessToken? token = Find(context, out bool isAnonymous);
        if (isGraphQL && isAnonymous)
        {
            return null;
        }

        if (Refuse(token, context) is not { } refusal)
        {
            return token;
        }

        throw new RequestRejectedException(isGraphQL && refusal.Status == 401 ? GraphQLEndpoint.InvalidToken : refusal);
    }

    private static ApiResponse? Refuse(AccessToken? token, RequestContext context)
    {
        if (token is null)
        {
            return ApiResponse.Message(401, "401 Unauthorized");
        }

        if (!token.Active)
        {
            return InvalidToken("Token was revoked. You have to re-authorize from the user.");
        }

        if (token.ExpiresAt is { } day && day <= DateOnly.FromDateTime(context.State.Now.UtcDateTime))
        {
            return InvalidToken("Token is expired. You can either do re-authorization or token refresh.");
        }

        return context.Route.Access == Access.GraphQL ? RefuseGraphQL(token) : RefuseRest(token, context);
    }

    /// <summary>GraphQL rejects a token without the scope like an unknown one.</summary>
    private static ApiResponse? RefuseGraphQL(AccessToken token)
    {
        if (!token.Scopes.Contains("api") && !token.Scopes.Contains("read_api"))
        {
            return GraphQLEndpoint.InvalidToken;
        }

        return token.IsBlocked ? GraphQLEndpoint.Reject(403, "API not accessible for user") : null;
    }

    private static ApiResponse? RefuseRest(AccessToken token, RequestContext context)
    {
        if (token.IsBlocked)
        {
            return ApiResponse.Message(403, "403 Forbidden - Your account has been blocked.");
        }

        if (token.Scopes.Contains("granular"))
        {
            return RefuseGranular(token, context.Route.Permission);
        }

        string[] scopes = context.Route.Access == Access.ReadUser
            ? ["api", "read_api", "read_user"]
            : ["api", "read_api"];
        bool allowed = context.Route.Access == Access.AnyScope
            || token.Scopes.Contains("api")
            || (context.Request.IsSafe && token.Scopes.Intersect(scopes).Any());
        return allowed ? null : InsufficientScope(string.Join(' ', scopes));
    }

    /// <summary>A fine-grained token needs the permission of the route.</summary>
    private static ApiResponse? RefuseGranular(AccessToken token, string? permission) =>
        permission is null || token.Permissions.Contains(permission)
            ? null
            : ApiResponse.Object(
                403,
                ("error", "insufficient_granular_scope"),
                ("error_description", "Access denied: This operation requires a fine-grained personal access token "
                    + $"with the following project permissions: [{permission}]."));

    private static ApiResponse InvalidToken(string description) => ApiResponse
        .Object(401, ("error", "invalid_token"), ("error_description", description))
        .With("WWW-Authenticate", $"{Realm}, error=\"invalid_token\", error_description=\"{description}\"");

    private static ApiResponse InsufficientScope(string scopes)
    {
        const string Description = "The request requires higher privileges than provided by the access token.";
        return ApiResponse
            .Object(403, ("error", "insufficient_scope"), ("error_description", Description), ("scope", scopes))
            .With(
                "WWW-Authenticate",
                $"{Realm}, error=\"insufficient_scope\", error_description=\"{Description}\", scope=\"{scopes}\"");
    }

    private static AccessToken? Find(RequestContext context, out bool isAnonymous)
    {
        IReadOnlyDictionary<string, string> headers = context.Request.Headers;
        isAnonymous = false;
        if (headers.TryGetValue("PRIVATE-TOKEN", out string? value))
        {
            return context.State.FindAccessToken(value) is { Type: AccessTokenType.Personal } token ? token : null;
        }

        if (headers.TryGetValue("Authorization", out value)
            && value.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            AccessToken? token = context.State.FindAccessToken(value[Bearer.Length..].Trim());
            return token is { Type: not AccessTokenType.CiJob } ? token : null;
        }

        isAnonymous = true;
        return null;
    }
}
