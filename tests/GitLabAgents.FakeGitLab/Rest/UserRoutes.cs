using System.Globalization;
using System.Text.Json;

namespace GitLabAgents.FakeGitLab.Rest;

/// <summary>The caller, and the caller's access token.</summary>
internal static class UserRoutes
{
    public static ApiResponse Get(RequestContext context) => ApiResponse.Json(200, writer =>
    {
        AccessToken token = context.Token;
        writer.WriteStartObject();
        writer.WriteNumber("id"u8, token.UserId);
        writer.WriteString("username"u8, token.Username);
        writer.WriteString("name"u8, token.Username);
        writer.WriteString("state"u8, "active");
        if (token.IsAdmin)
        {
            writer.WriteBoolean("is_admin"u8, true);
        }

        writer.WriteEndObject();
    });

    public static ApiResponse GetToken(RequestContext context) =>
        context is { Token.Type: AccessTokenType.OAuth, Options.OAuthSelfStatus: not 200 and var status }
            ? Refuse(status)
            : ApiResponse.Json(200, writer => Write(writer, context.Token, context.State));

    /// <summary>Writes a personal access token.</summary>
    public static void Write(Utf8JsonWriter writer, AccessToken token, State state)
    {
        writer.WriteStartObject();
        writer.WriteNumber("id"u8, token.Id);
        writer.WriteString("name"u8, token.Name);
        writer.WriteBoolean("revoked"u8, !token.Active);
        writer.WriteMoment("created_at"u8, token.CreatedAt);
        writer.WriteNull("description"u8);
        writer.WriteStartArray("scopes"u8);
        foreach (string scope in token.Scopes)
        {
            writer.WriteStringValue(scope);
        }

        writer.WriteEndArray();
        writer.WriteNumber("user_id"u8, token.UserId);
        writer.WriteMoment("last_used_at"u8, state.Now);
        writer.WriteBoolean("active"u8, token.Active);
        writer.WriteString("expires_at"u8, token.ExpiresAt?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        writer.WriteEndObject();
    }

    private static ApiResponse Refuse(int status) => ApiResponse.Message(status, status switch
    {
        400 => "400 Bad request - Token is not a personal access token",
        401 => "401 Unauthorized",
        403 => "403 Forbidden",
        404 => "404 Not Found",
        _ => status.ToString(CultureInfo.InvariantCulture),
    });
}
