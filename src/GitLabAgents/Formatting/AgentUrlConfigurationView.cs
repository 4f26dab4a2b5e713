namespace GitLabAgents;

/// <summary>The display text of a URL configuration.</summary>
/// <param name="configuration">The configuration.</param>
public sealed class AgentUrlConfigurationView(AgentUrlConfiguration configuration)
{
    /// <summary>Gets the URL.</summary>
    public string Url => ViewFormatter.Text(configuration.Url);

    /// <summary>Gets the day on which the client certificate expires.</summary>
    public string CertificateExpires => ViewFormatter.Day(configuration.CertificateExpiresAt);

    /// <summary>Gets when the client certificate expires.</summary>
    public string CertificateExpiresAt => ViewFormatter.Iso(configuration.CertificateExpiresAt);

    /// <summary>Gets the client certificate. Text outside its blocks can be anybody's.</summary>
    public string ClientCertificate => ViewFormatter.Lines(configuration.ClientCertificate);

    /// <summary>Gets the certificate authority. Text outside its blocks can be anybody's.</summary>
    public string CaCertificate => ViewFormatter.Lines(configuration.CaCertificate);

    /// <summary>Gets the host name that the agent's certificate is checked against.</summary>
    public string TlsHost => ViewFormatter.Text(configuration.TlsHost);
}
