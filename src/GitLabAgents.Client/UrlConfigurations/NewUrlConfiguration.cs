using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace GitLabAgents;

/// <summary>
/// The content of a new URL configuration, validated as far as that is possible without the server. It holds the
/// private key until it is disposed, and can be used for several agents.
/// </summary>
public sealed class NewUrlConfiguration : IDisposable
{
    private readonly PemMaterial? _clientCertificate;
    private readonly PemMaterial? _clientKey;
    private readonly PemMaterial? _caCertificate;

    /// <summary>Initializes a new instance of the <see cref="NewUrlConfiguration"/> class.</summary>
    /// <param name="url">The URL at which GitLab reaches the agent, <c>grpc://</c> or <c>grpcs://</c>.</param>
    /// <param name="tlsHost">The host name of the agent's certificate, or <see langword="null"/> for the URL's.</param>
    /// <param name="clientCertificate">GitLab's certificate for mutual TLS, or <see langword="null"/> for JWT.</param>
    /// <param name="clientKey">The private key of <paramref name="clientCertificate"/>.</param>
    /// <param name="caCertificate">The authority of the agent's certificate, or <see langword="null"/>.</param>
    /// <exception cref="GitLabApiException">The content is not valid. The message says why.</exception>
    public NewUrlConfiguration(
        string url,
        string? tlsHost = null,
        PemMaterial? clientCertificate = null,
        PemMaterial? clientKey = null,
        PemMaterial? caCertificate = null)
    {
        Url = CheckUrl(url);
        TlsHost = tlsHost;
        _clientCertificate = clientCertificate;
        _clientKey = clientKey;
        _caCertificate = caCertificate;
        if ((clientCertificate is null) != (clientKey is null))
        {
            // GitLab would reject a key alone, but silently ignore a certificate alone and use JWT.
            throw new GitLabApiException(GitLabErrorKind.InvalidRequest, clientKey is null
                ? $"{clientCertificate!.Source} was specified without its private key. Mutual TLS requires both."
                : $"{clientKey.Source} was specified without its certificate. Mutual TLS requires both.");
        }

        if (clientCertificate is not null)
        {
            CheckPair(clientCertificate, clientKey!);
        }
    }

    private delegate X509Certificate2 PairReader(ReadOnlySpan<char> certificate, ReadOnlySpan<char> key);

    /// <summary>Gets the URL.</summary>
    public string Url { get; }

    /// <summary>
    /// Gets the host name that the agent's certificate must contain, or <see langword="null"/> for the URL's.
    /// </summary>
    public string? TlsHost { get; }

    /// <summary>Gets a value indicating whether GitLab presents a client certificate.</summary>
    public bool IsMutualTls => _clientCertificate is not null;

    /// <summary>
    /// Gets a value indicating whether the content has a certificate of the client or of an authority.
    /// </summary>
    internal bool HasCertificates => _clientCertificate is not null || _caCertificate is not null;

    /// <summary>Wipes the private key.</summary>
    public void Dispose()
    {
        _clientCertificate?.Dispose();
        _clientKey?.Dispose();
        _caCertificate?.Dispose();
    }

    /// <summary>Returns a warning for each certificate that is not valid now.</summary>
    internal IEnumerable<string> GetWarnings(DateTimeOffset now)
    {
        foreach (PemMaterial? certificate in (PemMaterial?[])[_clientCertificate, _caCertificate])
        {
            if (certificate is not null)
            {
                foreach (string warning in certificate.GetWarnings(now))
                {
                    yield return warning;
                }
            }
        }
    }

    /// <summary>Creates the body of the request.</summary>
    /// <param name="useBase64">
    /// Whether certificates and key are sent as base64 of their PEM, which older releases of GitLab expect.
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

    /// <summary>Removes the private key from text of the server: as PEM, as base64, and line by line.</summary>
    internal string Redact(string text)
    {
        if (_clientKey is null)
        {
            return text;
        }

        string pem = _clientKey.Text.ToString();
        string base64 = Convert.ToBase64String(_clientKey.ToBytes());
        text = text.Replace(pem, Secret.Redacted).Replace(base64, Secret.Redacted);
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
        bool isValid = Uri.TryCreate(trimmed, UriKind.Absolute, out Uri? parsed)
            && parsed.Scheme is "grpc" or "grpcs"
            && parsed.Host.Length > 0;
        return isValid ? trimmed : throw new GitLabApiException(
            GitLabErrorKind.InvalidRequest,
            $"'{trimmed}' is not a valid URL of a receptive agent. It must begin with grpc:// or grpcs:// and have a "
                + "host.");
    }

    // .NET checks whether certificate and key match. .NET Framework does not; there the server does.
    private static void CheckPair(PemMaterial certificate, PemMaterial key)
    {
        MethodInfo? method = typeof(X509Certificate2).GetMethod(
            "CreateFromPem", [typeof(ReadOnlySpan<char>), typeof(ReadOnlySpan<char>)]);
        string? algorithm = Pem.ReadCertificates(certificate.Text)[0].PublicKey.Oid.Value;
        bool isSupported = // RSA, EC, DSA.
            algorithm is "1.2.840.113549.1.1.1" or "1.2.840.10045.2.1" or "1.2.840.10040.4.1";
        if (method is null || !isSupported)
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
            throw PemMaterial.CreateException(
                key.Source, $"does not belong to the certificate of {certificate.Source}, or is damaged.");
        }
    }
}
