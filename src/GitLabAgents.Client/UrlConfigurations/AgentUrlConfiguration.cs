using System;
using System.Text.Json.Serialization;

namespace GitLabAgents;

/// <summary>
/// Where GitLab reaches a receptive agent, and how it proves who it is.
/// See <see href="https://docs.gitlab.com/api/cluster_agents/#receptive-agents"/>.
/// </summary>
public sealed class AgentUrlConfiguration
{
    [JsonConstructor]
    internal AgentUrlConfiguration()
    {
    }

    /// <summary>Gets the configuration's id.</summary>
    [JsonInclude]
    public long Id { get; internal set; }

    /// <summary>Gets the same as <see cref="Id"/>, under the name that binds in a pipeline.</summary>
    [JsonIgnore]
    public long UrlConfigurationId => Id;

    /// <summary>Gets the id of the agent that is reached so.</summary>
    [JsonInclude]
    public long AgentId { get; internal set; }

    /// <summary>Gets the id of the agent's project.</summary>
    [JsonIgnore]
    public long ProjectId { get; internal set; }

    /// <summary>Gets the URL, <c>grpc://</c> or <c>grpcs://</c>. GitLab takes it as text, and so it is kept.</summary>
    [JsonInclude]
    public string? Url { get; internal set; }

    /// <summary>Gets the public key that the agent checks GitLab's tokens with, as the Helm value <c>config.api.jwtPublicKey</c> takes it: 32 bytes in base64. <see langword="null"/> with mutual TLS.</summary>
    [JsonInclude]
    [JsonConverter(typeof(CompactBase64Converter))]
    public string? PublicKey { get; internal set; }

    /// <summary>Gets the certificate that GitLab shows to the agent, in PEM. <see langword="null"/> with JWT.</summary>
    [JsonInclude]
    [JsonPropertyName("client_cert")]
    [JsonConverter(typeof(PemConverter))]
    public string? ClientCertificate { get; internal set; }

    /// <summary>Gets the certificate authority that the agent's own certificate is checked against, in PEM; <see langword="null"/> for the system's.</summary>
    [JsonInclude]
    [JsonPropertyName("ca_cert")]
    [JsonConverter(typeof(PemConverter))]
    public string? CaCertificate { get; internal set; }

    /// <summary>Gets the host name that the agent's certificate is checked for; <see langword="null"/> for the URL's.</summary>
    [JsonInclude]
    public string? TlsHost { get; internal set; }

    /// <summary>Gets how GitLab proves who it is.</summary>
    [JsonIgnore]
    public UrlAuthenticationMethod AuthenticationMethod => ClientCertificate is null ? UrlAuthenticationMethod.Jwt : UrlAuthenticationMethod.Mtls;

    /// <summary>Gets when the client certificate expires; <see langword="null"/> with JWT, or where it cannot be read.</summary>
    [JsonIgnore]
    public DateTimeOffset? CertificateExpiresAt => ClientCertificate is null ? null : Pem.GetExpiry(ClientCertificate);

    /// <summary>Gets the session that the configuration was read with, and that whatever is done to it goes through.</summary>
    [JsonIgnore]
    public GitLabSession Session { get; internal set; } = null!;

    /// <summary>Gives the URL.</summary>
    /// <returns>The URL, or the id where the server does not tell.</returns>
    public override string ToString() => Url ?? Id.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
