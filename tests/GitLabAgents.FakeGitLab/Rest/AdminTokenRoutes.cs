using System;

namespace GitLabAgents.FakeGitLab.Rest;

/// <summary>Finding and revoking a token by its secret, which only administrators may do.</summary>
internal static class AdminTokenRoutes
{
    public const string Path = "/api/v4/admin/token";

    public static ApiResponse Find(RequestContext context) => Respond(
        context,
        token => ApiResponse.Json(200, writer => TokenRoutes.WriteSingle(writer, token, context.Options)),
        token => ApiResponse.Json(200, writer => UserRoutes.Write(writer, token, context.State)));

    public static ApiResponse Revoke(RequestContext context) => Respond(
        context,
        token =>
        {
            context.State.RevokeToken(token.Id, context.Token.UserId);
            return ApiResponse.NoContent;
        },
        token =>
        {
            token.Active = false;
            return ApiResponse.NoContent;
        });

    private static ApiResponse Respond(
        RequestContext context,
        Func<StoredToken, ApiResponse> respondToAgentToken,
        Func<AccessToken, ApiResponse> respondToAccessToken)
    {
        string secret = context.Parameters.RequiredText("token");
        context.Parameters.Check();
        if (!context.Token.IsAdmin)
        {
            return ApiResponse.Message(403, "403 Forbidden");
        }

        // The prefix shows the kind. An instance can put its own prefix before it.
        if (secret.Contains("glagent-", StringComparison.Ordinal))
        {
            return context.State.FindToken(secret) is { } token ? respondToAgentToken(token) : NotFound;
        }

        if (secret.Contains("glpat-", StringComparison.Ordinal))
        {
            return context.State.FindAccessToken(secret) is { } token ? respondToAccessToken(token) : NotFound;
        }

        return ApiResponse.Message(422, "Unsupported token type");
    }

    private static ApiResponse NotFound => ApiResponse.Json(404, static writer =>
    {
        writer.WriteStartObject();
        writer.WriteStartObject("message"u8);
        writer.WriteString("error"u8, "Not found");
        writer.WriteEndObject();
        writer.WriteEndObject();
    });
}
