using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;

namespace GitLabAgents.FakeGitLab.Routes;

/// <summary>Operations 9 to 12.</summary>
internal static class UrlConfigurationRoutes
{
    private const int Columns = 76;

    public static Answer List(Call call)
    {
        Agent agent = Agent(call, call.Parameters.Id("agent_id"));
        return Answer.Json(200, writer =>
        {
            writer.WriteStartArray();
            if (agent.UrlConfiguration is { } configuration)
            {
                Write(writer, configuration, call.Options.CertificateEncoding);
            }

            writer.WriteEndArray();
        });
    }

    public static Answer Get(Call call)
    {
        long agentId = call.Parameters.Id("agent_id");
        long id = call.Parameters.Id("url_configuration_id");
        return Agent(call, agentId).UrlConfiguration is { } configuration && configuration.Id == id
            ? Answer.Json(200, writer => Write(writer, configuration, call.Options.CertificateEncoding))
            : Answer.Message(404, "404 Not Found");
    }

    public static Answer Create(Call call)
    {
        long agentId = call.Parameters.Id("agent_id");
        string url = call.Parameters.RequiredText("url");
        string? certificate = NullIfEmpty(call.Parameters.Text("client_cert"));
        string? key = NullIfEmpty(call.Parameters.Text("client_key"));
        string? ca = NullIfEmpty(call.Parameters.Text("ca_cert"));
        string? tlsHost = NullIfEmpty(call.Parameters.Text("tls_host"));
        Agent agent = Agent(call, agentId);
        if (agent.UrlConfiguration is not null)
        {
            return Answer.BadRequest("URL configuration already exists for this agent");
        }

        // A certificate alone is dropped without a word, and a JWT key is made instead.
        if (key is null)
        {
            certificate = null;
        }

        List<string> errors = [];
        CheckUrl(url, errors);
        Credentials credentials = Credentials.Read(certificate, key, ca, errors);
        if (errors.Count > 0)
        {
            return Answer.Invalid(errors);
        }

        UrlConfiguration configuration = call.State.AddUrlConfiguration(
            agent, url, credentials.Certificate, credentials.Key, credentials.CaCertificate, tlsHost);
        return Answer.Json(201, writer => Write(writer, configuration, call.Options.CertificateEncoding));
    }

    public static Answer Delete(Call call)
    {
        long agentId = call.Parameters.Id("agent_id");
        long id = call.Parameters.Id("url_configuration_id");
        Agent agent = Agent(call, agentId);
        if (agent.UrlConfiguration is not { } configuration || configuration.Id != id)
        {
            return Answer.Message(404, "404 Not Found");
        }

        call.RequireUnmodified(configuration.CreatedAt);
        call.State.RemoveUrlConfiguration(agent);
        return Answer.NoContent;
    }

    /// <summary>The last check of parameters, then project, role and agent.</summary>
    private static Agent Agent(Call call, long id)
    {
        call.Parameters.Check();
        Project project = call.Project();
        call.RequireMaintainer(project);
        return call.Agent(project, id);
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static void CheckUrl(string url, List<string> errors)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? address) || address.Host.Length == 0)
        {
            errors.Add("Url must be a valid URL");
        }
        else if (address.Scheme is not ("grpc" or "grpcs"))
        {
            errors.Add("Url is blocked: Only allowed schemes are grpc, grpcs");
        }
    }

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
