using System;
using System.Net;
using System.Net.Http;
using System.Security.Cryptography.X509Certificates;

namespace GitLabAgents.Transport;

/// <summary>How the requests of one session travel.</summary>
public sealed class TransportOptions
{
    /// <summary>Gets or sets the time that one try may take, answer included. <see cref="TimeSpan.Zero"/> means no limit.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>Gets or sets how often a request is tried again. Zero means never.</summary>
    public int MaximumRetryCount { get; set; } = 4;

    /// <summary>Gets or sets how many requests of the session may be under way at once.</summary>
    public int ThrottleLimit { get; set; } = 8;

    /// <summary>Gets or sets the time that one request may spend waiting to be tried again, all its tries together.</summary>
    public TimeSpan RetryBudget { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Gets or sets the largest answer that is read, in bytes.</summary>
    public int MaxResponseLength { get; set; } = 16 * 1024 * 1024;

    /// <summary>
    /// Gets or sets the proxy, or <see langword="null"/> for that of the environment as it is when the session starts,
    /// or else the system's.
    /// </summary>
    public IWebProxy? Proxy { get; set; }

    /// <summary>Gets or sets a value indicating whether every proxy is passed by, the environment's too.</summary>
    public bool NoProxy { get; set; }

    /// <summary>
    /// Gets or sets the certificate that the client sends to the server, with its private key, or
    /// <see langword="null"/>.
    /// </summary>
    public X509Certificate2? ClientCertificate { get; set; }

    /// <summary>
    /// Gets or sets the intermediate certificates of <see cref="ClientCertificate"/>, or <see langword="null"/>.
    /// </summary>
    public X509Certificate2Collection? ClientCertificateChain { get; set; }

    /// <summary>Gets or sets certificate authorities to trust besides the system's, or <see langword="null"/>.</summary>
    public X509Certificate2Collection? TrustedRoots { get; set; }

    /// <summary>Gets or sets a value indicating whether any server certificate is taken.</summary>
    public bool SkipCertificateCheck { get; set; }

    /// <summary>Gets or sets how long connections are used before they are replaced, so that DNS changes are seen.</summary>
    internal TimeSpan HandlerLifetime { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Gets or sets the clock that waits between tries go by; tests set it.</summary>
    internal TimeProvider Clock { get; set; } = TimeProvider.System;

    /// <summary>Gets or sets what replaces the network; tests set it.</summary>
    internal HttpMessageHandler? PrimaryHandler { get; set; }
}
