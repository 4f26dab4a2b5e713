namespace GitLabAgents;

/// <summary>How GitLab proves to a receptive agent who it is.</summary>
public enum UrlAuthenticationMethod
{
    /// <summary>With a JSON Web Token, which the agent checks with the configuration's public key.</summary>
    Jwt,

    /// <summary>With a client certificate: mutual TLS.</summary>
    Mtls,
}
