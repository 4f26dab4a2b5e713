using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace GitLabAgents.FakeGitLab.Rest;

/// <summary>Operations 9 to 12.</summary>
internal static partial class UrlConfigurationRoutes
{
    private const int Columns = 76;
    private const int MaxUrlLength = 2048;

    public static ApiResponse List(RequestContext context)
    {
        Agent agent = Agent(context, context.Parameters.Id("agent_id"));
        return ApiResponse.Json(200, writer =>
        {
            writer.WriteStartArray();
            if (agent.UrlConfiguration is { } configuration)
            {
                Write(writer, configuration, context.Features.Certificates);
            }

            writer.WriteEndArray();
        });
    }

    public static ApiResponse Get(RequestContext context)
    {
        long agentId = context.Parameters.Id("agent_id");
        long id = context.Parameters.Id("url_configuration_id");
        Agent agent = Agent(context, agentId);
        return agent.UrlConfigurations.FirstOrDefault(other => other.Id == id) is { } configuration
            ? ApiResponse.Json(200, writer => Write(writer, configuration, context.Features.Certificates))
            : ApiResponse.Message(404, "404 Not Found");
    }

    public static ApiResponse Create(RequestContext context)
    {
        long agentId = context.Parameters.Id("agent_id");
        string url = context.Parameters.RequiredText("url");
        string? certificate = NullIfEmpty(context.Parameters.Text("client_cert"));
        string? key = NullIfEmpty(context.Parameters.Text("client_key"));
        string? ca = NullIfEmpty(context.Parameters.Text("ca_cert"));
        string? tlsHost = NullIfEmpty(context.Parameters.Text("tls_host"));
        Agent agent = Agent(context, agentId);
        if (agent.UrlConfigurations.Any(other => context.IsCounted(other.CreatedIn)))
        {
            return ApiResponse.BadRequest("URL configuration already exists for this agent");
        }

        if (key is not null && certificate is null)
        {
            return ApiResponse.InternalServerError;
        }

        // GitLab drops a certificate without a key silently, and creates a JWT key instead.
        if (key is null)
        {
            certificate = null;
        }

        List<string> errors = [];
        ValidateUrl(url, errors);
        ValidateTlsHost(tlsHost, errors);
        CertificateEncoding encoding = context.Features.Certificates;
        if (UrlConfigurationCertificates.Read(encoding, certificate, key, ca, errors) is not { } read)
        {
            return ApiResponse.InternalServerError;
        }

        if (errors.Count > 0)
        {
            return ApiResponse.Invalid(errors);
        }

        UrlConfiguration configuration = context.State.AddUrlConfiguration(
            agent, url, read.Certificate, read.Key, read.CaCertificate, tlsHost);
        return ApiResponse.Json(201, writer => Write(writer, configuration, encoding));
    }

    public static ApiResponse Delete(RequestContext context)
    {
        long agentId = context.Parameters.Id("agent_id");
        long id = context.Parameters.Id("url_configuration_id");
        Agent agent = Agent(context, agentId);
        if (agent.UrlConfigurations.FirstOrDefault(other => other.Id == id) is not { } configuration)
        {
            return ApiResponse.Message(404, "404 Not Found");
        }

        context.RequireUnmodified(configuration.CreatedAt);
        context.State.RemoveUrlConfiguration(configuration);
        return ApiResponse.NoContent;
    }

    /// <summary>Checks in the server's order: project, feature, parameters, role, agent.</summary>
    private static Agent Agent(RequestContext context, long id)
    {
        Project project = context.Project();
        if (context.Options.ReceptiveAgents == ReceptiveAgents.Off)
        {
            throw new RequestRejectedException(ApiResponse.Message(404, "404 Not Found"));
        }

        context.Parameters.Check();
        context.RequireMaintainer(project);
        return context.Agent(project, id);
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static void ValidateUrl(string url, List<string> errors)
    {
        if (url.Length > MaxUrlLength)
        {
            errors.Add("Url is too long (maximum is 2048 characters)");
        }
        else if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? address) || address.Host.Length == 0)
        {
            errors.Add("Url must be a valid URL");
        }
        else if (address.Scheme is not ("grpc" or "grpcs"))
        {
            errors.Add("Url is blocked: Only allowed schemes are grpc, grpcs");
        }
    }

    private static void ValidateTlsHost(string? tlsHost, List<string> errors)
    {
        if (tlsHost?.Length > MaxUrlLength)
        {
            errors.Add("Tls host is too long (maximum is 2048 characters)");
        }
        else if (tlsHost is not null && !HostName().IsMatch(tlsHost))
        {
            errors.Add("Tls host must be a valid hostname!");
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*\z")]
    private static partial Regex HostName();

    private static void Write(Utf8JsonWriter writer, UrlConfiguration configuration, CertificateEncoding encoding)
    {
        writer.WriteStartObject();
        writer.WriteNumber("id"u8, configuration.Id);
        writer.WriteNumber("agent_id"u8, configuration.Agent.Id);
        writer.WriteString("url"u8, configuration.Url);
        writer.WriteString("public_key"u8, configuration.PublicKey is { } key ? Base64(key, encoding) : null);
        writer.WriteString("client_cert"u8, Encode(configuration.ClientCertificate, encoding));
        writer.WriteString("ca_cert"u8, Encode(configuration.CaCertificate, encoding));
        writer.WriteString("tls_host"u8, configuration.TlsHost);
        writer.WriteEndObject();
    }

    private static string? Encode(string? pem, CertificateEncoding encoding) =>
        pem is null || encoding == CertificateEncoding.Pem ? pem : Base64(Encoding.UTF8.GetBytes(pem), encoding);

    private static string Base64(byte[] bytes, CertificateEncoding encoding)
    {
        string text = Convert.ToBase64String(bytes);
        if (encoding != CertificateEncoding.LineBreaks)
        {
            return text;
        }

        var lines = new StringBuilder();
        for (int start = 0; start < text.Length; start += Columns)
        {
            lines.Append(text.AsSpan(start, Math.Min(Columns, text.Length - start))).Append('\n');
        }

        return lines.ToString();
    }
}
