namespace GitLabAgents;

/// <summary>Specifies how GitLab authenticates to a receptive agent.</summary>
public enum UrlAuthenticationMethod
{
    /// <summary>With a JSON Web Token, which the agent verifies with the configuration's public key.</summary>
    Jwt,

    /// <summary>With a client certificate: mutual TLS.</summary>
    Mtls,
}
