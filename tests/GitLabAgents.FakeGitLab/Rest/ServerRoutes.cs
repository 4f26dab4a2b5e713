using System;

namespace GitLabAgents.FakeGitLab.Rest;

/// <summary>The server's version.</summary>
internal static class ServerRoutes
{
    public const string Revision = "7d9c1f2a3b4";

    public static ApiResponse Metadata(RequestContext context) => ApiResponse.Json(200, writer =>
    {
        FakeGitLabOptions options = context.Options;
        writer.WriteStartObject();
        writer.WriteString("version"u8, options.Version);
        writer.WriteString("revision"u8, Revision);
        writer.WriteStartObject("kas"u8);
        writer.WriteBoolean("enabled"u8, options.KasEnabled);
        writer.WriteString("externalUrl"u8, options.KasEnabled ? options.KasExternalUrl : null);
        writer.WriteString("externalK8sProxyUrl"u8, options.KasEnabled ? K8sProxyUrl(options.KasExternalUrl) : null);
        writer.WriteString("version"u8, options.KasEnabled ? KasVersion(options) : null);
        writer.WriteEndObject();
        writer.WriteBoolean("enterprise"u8, options.IsEnterprise);
        writer.WriteEndObject();
    });

    public static ApiResponse Version(RequestContext context) => context.Options.OldServer
        ? ApiResponse.Object(200, ("version", context.Options.Version), ("revision", Revision))
        : Metadata(context);

    public static string KasVersion(FakeGitLabOptions options) => options.Version.Split('-')[0];

    public static string? K8sProxyUrl(string? url) =>
        url?.Replace("ws", "http", StringComparison.Ordinal).TrimEnd('/') is { } address
            ? address + "/k8s-proxy/"
            : null;
}
