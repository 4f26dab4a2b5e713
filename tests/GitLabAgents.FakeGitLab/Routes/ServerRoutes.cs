using System;
using System.Globalization;

namespace GitLabAgents.FakeGitLab.Routes;

/// <summary>The server's version, and the caller's own token.</summary>
internal static class ServerRoutes
{
    private const string Revision = "7d9c1f2a3b4";

    public static Answer Metadata(Call call) => Answer.Json(200, writer =>
    {
        FakeGitLabOptions options = call.Options;
        writer.WriteStartObject();
        writer.WriteString("version"u8, options.Version);
        writer.WriteString("revision"u8, Revision);
        writer.WriteStartObject("kas"u8);
        writer.WriteBoolean("enabled"u8, options.KasEnabled);
        writer.WriteString("externalUrl"u8, options.KasEnabled ? options.KasExternalUrl : null);
        writer.WriteString("externalK8sProxyUrl"u8, options.KasEnabled ? K8sProxyUrl(options.KasExternalUrl) : null);
        writer.WriteString("version"u8, options.KasEnabled ? options.Version.Split('-')[0] : null);
        writer.WriteEndObject();
        writer.WriteBoolean("enterprise"u8, options.IsEnterprise);
        writer.WriteEndObject();
    });

    public static Answer Version(Call call) =>
        call.Options.OldServer
            ? Answer.Object(200, ("version", call.Options.Version), ("revision", Revision))
            : Metadata(call);

    public static Answer Self(Call call)
    {
        AccessToken token = call.Token;
        if (token.Type == AccessTokenType.OAuth && call.Options.OAuthSelfStatus != 200)
        {
            return Refuse(call.Options.OAuthSelfStatus);
        }

        return Answer.Json(200, writer =>
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
            writer.WriteMoment("last_used_at"u8, DateTimeOffset.UtcNow);
            writer.WriteBoolean("active"u8, token.Active);
            writer.WriteString("expires_at"u8, token.ExpiresAt?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
            writer.WriteEndObject();
        });
    }

    private static Answer Refuse(int status) => Answer.Message(status, status switch
    {
        400 => "400 Bad request - Token is not a personal access token",
        401 => "401 Unauthorized",
        403 => "403 Forbidden",
        404 => "404 Not Found",
        _ => status.ToString(CultureInfo.InvariantCulture),
    });

    private static string? K8sProxyUrl(string? url) => url?.Replace("ws", "http", StringComparison.Ordinal) is { } address
        ? address.TrimEnd('/') + "/k8s-proxy/"
        : null;
}
