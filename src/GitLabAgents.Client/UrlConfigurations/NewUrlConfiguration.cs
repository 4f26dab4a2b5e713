using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace GitLabAgents;

/// <summary>
/// What a new URL configuration is to be, checked as far as this machine can. It holds the private key until it is
/// disposed of, and can serve several agents.
/// </summary>
public sealed class NewUrlConfiguration : IDisposable
{
    private readonly PemMaterial? _clientCertificate;
    private readonly PemMaterial? _clientKey;
    private readonly PemMaterial? _caCertificate;

    /// <exception cref="GitLabApiException">Something of it cannot be: the message says what.</exception>
    internal NewUrlConfiguration(string url, string? tlsHost, PemMaterial? clientCertificate, PemMaterial? clientKey, PemMaterial? caCertificate)
    {
        Url = CheckUrl(url);
        TlsHost = tlsHost;
        _clientCertificate = clientCertificate;
        _clientKey = clientKey;
        _caCertificate = caCertificate;
        if ((clientCertificate is null) != (clientKey is null))
        {
            // GitLab would refuse a key alone; a certificate alone it would drop without a word, and use JWT.
            throw new GitLabApiException(GitLabErrorKind.InvalidRequest, clientKey is null
                ? $"{clientCertificate!.Source} comes without its private key; mutual TLS takes both."
                : $"{clientKey.Source} comes without its certificate; mutual TLS takes both.");
        }

        if (clientCertificate is not null)
        {
            CheckPair(clientCertificate, clientKey!);
        }
    }

    private delegate X509Certificate2 PairReader(ReadOnlySpan<char> certificate, ReadOnlySpan<char> key);

    /// <summary>Gets the URL.</summary>
    public string Url { get; }

    /// <summary>Gets the host name that the agent's certificate is to be checked for, or <see langword="null"/> for the URL's.</summary>
    public string? TlsHost { get; }

    /// <summary>Gets a value indicating whether GitLab is to show a client certificate.</summary>
    public bool IsMutualTls => _clientCertificate is not null;

    /// <summary>
    /// Gets a value indicating whether there is a certificate in it, of the client or of an authority.
    /// </summary>
    internal bool HasCertificates => _clientCertificate is not null || _caCertificate is not null;

    /// <summary>Wipes the private key.</summary>
    public void Dispose()
    {
        _clientCertificate?.Dispose();
        _clientKey?.Dispose();
        _caCertificate?.Dispose();
    }

    /// <summary>Says what is worth a warning: certificates that are not valid now.</summary>
    internal IEnumerable<string> GetWarnings(DateTimeOffset now)
    {
        foreach (PemMaterial? certificate in (PemMaterial?[])[_clientCertificate, _caCertificate])
        {
            if (certificate is not null)
            {
                foreach (string concern in certificate.GetWarnings(now))
                {
                    yield return concern;
                }
            }
        }
    }

    /// <summary>Creates the body of the request.</summary>
    /// <param name="useBase64">
    /// Whether certificates and key are base64 of their PEM, which older releases of GitLab expect.
    /// </param>
    internal byte[] ToJson(bool useBase64)
    {
        using var stream = new MemoryStream(64 * 1024);
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("url", Url);
            Write(writer, "client_cert", _clientCertificate, useBase64);
            Write(writer, "client_key", _clientKey, useBase64);
            Write(writer, "ca_cert", _caCertificate, useBase64);
            if (TlsHost is not null)
            {
                writer.WriteString("tls_host", TlsHost);
            }

            writer.WriteEndObject();
        }

        byte[] body = stream.ToArray();
        Array.Clear(stream.GetBuffer(), 0, (int)stream.Length);
        return body;
    }

    /// <summary>Takes the private key out of a text that comes from outside: as PEM, in base64, and line by line.</summary>
    internal string Redact(string text)
    {
        if (_clientKey is null)
        {
            return text;
        }

        string pem = _clientKey.Text.ToString();
        text = text.Replace(pem, Secret.Redacted).Replace(Convert.ToBase64String(_clientKey.ToBytes()), Secret.Redacted);
        foreach (string line in pem.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            text = line.StartsWith("-----", StringComparison.Ordinal) ? text : text.Replace(line, Secret.Redacted);
        }

        return text;
    }

    private static void Write(Utf8JsonWriter writer, string name, PemMaterial? material, bool useBase64)
    {
        if (material is null)
        {
            return;
        }

        byte[] bytes = material.ToBytes();
        if (useBase64)
        {
            writer.WriteBase64String(name, bytes);
        }
        else
        {
            writer.WriteString(name, bytes);
        }

        Array.Clear(bytes, 0, bytes.Length);
    }

    private static string CheckUrl(string url)
    {
        string trimmed = url.Trim();
        return Uri.TryCreate(trimmed, UriKind.Absolute, out Uri? parsed) && parsed.Scheme is "grpc" or "grpcs" && parsed.Host.Length > 0
            ? trimmed
            : throw new GitLabApiException(GitLabErrorKind.InvalidRequest, $"'{trimmed}' is no URL of a receptive agent: it begins with grpc:// or grpcs:// and names a host.");
    }

    // .NET reads PEM pairs and compares them; .NET Framework does not, and there the server is the judge.
    private static void CheckPair(PemMaterial certificate, PemMaterial key)
    {
        MethodInfo? method = typeof(X509Certificate2).GetMethod("CreateFromPem", [typeof(ReadOnlySpan<char>), typeof(ReadOnlySpan<char>)]);
        string? algorithm = Pem.ReadCertificates(certificate.Text)[0].PublicKey.Oid.Value;
        bool known = algorithm is "1.2.840.113549.1.1.1" or "1.2.840.10045.2.1" or "1.2.840.10040.4.1"; // RSA, EC, DSA.
        if (method is null || !known)
        {
            return;
        }

        try
        {
            var read = (PairReader)method.CreateDelegate(typeof(PairReader));
            read(certificate.Text, key.Text).Dispose();
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw PemMaterial.CreateException(key.Source, $"does not belong to the certificate of {certificate.Source}, or is damaged.");
        }
    }
}
