using System;
using System.Text.Json.Serialization;

namespace GitLabAgents;

/// <summary>
/// Describes where GitLab connects to a receptive agent, and how it authenticates.
/// See <see href="https://docs.gitlab.com/api/cluster_agents/#receptive-agents"/>.
/// </summary>
public sealed class AgentUrlConfiguration
{
    [JsonConstructor]
    internal AgentUrlConfiguration()
    {
    }

    /// <summary>Gets the configuration's ID.</summary>
    [JsonInclude]
    public long Id { get; internal set; }

    /// <summary>Gets the value of <see cref="Id"/>, under the name that binds from the pipeline.</summary>
    [JsonIgnore]
    public long UrlConfigurationId => Id;

    /// <summary>Gets the ID of the agent that GitLab connects to.</summary>
    [JsonInclude]
    public long AgentId { get; internal set; }

    /// <summary>Gets the ID of the agent's project.</summary>
    [JsonIgnore]
    public long ProjectId { get; internal set; }

    /// <summary>Gets the URL, <c>grpc://</c> or <c>grpcs://</c>, as the text that GitLab stores.</summary>
    [JsonInclude]
    public string? Url { get; internal set; }

    /// <summary>
    /// Gets the public key with which the agent verifies GitLab's tokens, in the form of the Helm value
    /// <c>config.api.jwtPublicKey</c>: 32 bytes in base64. <see langword="null"/> with mutual TLS.
    /// </summary>
    [JsonInclude]
    [JsonConverter(typeof(CompactBase64Converter))]
    public string? PublicKey { get; internal set; }

    /// <summary>
    /// Gets the certificate that GitLab presents to the agent, in PEM; <see langword="null"/> with JWT.
    /// </summary>
    [JsonInclude]
    [JsonPropertyName("client_cert")]
    [JsonConverter(typeof(PemConverter))]
    public string? ClientCertificate { get; internal set; }

    /// <summary>
    /// Gets the certificate authority that must have issued the agent's certificate, in PEM; <see langword="null"/> for
    /// those that GitLab's system trusts.
    /// </summary>
    [JsonInclude]
    [JsonPropertyName("ca_cert")]
    [JsonConverter(typeof(PemConverter))]
    public string? CaCertificate { get; internal set; }

    /// <summary>
    /// Gets the host name that the agent's certificate must contain; <see langword="null"/> for the URL's.
    /// </summary>
    [JsonInclude]
    public string? TlsHost { get; internal set; }

    /// <summary>Gets how GitLab authenticates to the agent.</summary>
    [JsonIgnore]
    public UrlAuthenticationMethod AuthenticationMethod
        => ClientCertificate is null ? UrlAuthenticationMethod.Jwt : UrlAuthenticationMethod.Mtls;

    /// <summary>
    /// Gets when the client certificate expires; <see langword="null"/> with JWT, or if the certificate cannot be read.
    /// </summary>
    [JsonIgnore]
    public DateTimeOffset? CertificateExpiresAt => ClientCertificate is null ? null : Pem.GetExpiry(ClientCertificate);

    /// <summary>Gets the session that the configuration was read with and that operations on it use.</summary>
    [JsonIgnore]
    public GitLabSession Session { get; internal set; } = null!;

    /// <summary>Returns the URL.</summary>
    /// <returns>The URL, or the ID if the server does not report it.</returns>
    public override string ToString() => Url ?? Id.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
