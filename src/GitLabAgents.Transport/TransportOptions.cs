using System;
using System.Net;
using System.Net.Http;
using System.Security.Cryptography.X509Certificates;

namespace GitLabAgents.Transport;

/// <summary>Configures how the requests of one session are sent.</summary>
public sealed class TransportOptions
{
    /// <summary>
    /// Gets or sets the time that one attempt may take, including the response. <see cref="TimeSpan.Zero"/> means no
    /// limit.
    /// </summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>Gets or sets how often a request is retried. Zero means never.</summary>
    public int MaximumRetryCount { get; set; } = 4;

    /// <summary>Gets or sets how many requests of the session may be in flight at once.</summary>
    public int ThrottleLimit { get; set; } = 8;

    /// <summary>Gets or sets the total time that one request may wait between its attempts.</summary>
    public TimeSpan RetryBudget { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Gets or sets the length of the largest response that is read, in bytes.</summary>
    public int MaxResponseLength { get; set; } = 16 * 1024 * 1024;

    /// <summary>
    /// Gets or sets the proxy, or <see langword="null"/> for the environment's when the session starts, or else the
    /// system's.
    /// </summary>
    public IWebProxy? Proxy { get; set; }

    /// <summary>Gets or sets a value indicating whether no proxy is used, not even the environment's.</summary>
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

    /// <summary>
    /// Gets or sets the certificate authorities to trust in addition to the system's, or <see langword="null"/>.
    /// </summary>
    public X509Certificate2Collection? TrustedRoots { get; set; }

    /// <summary>Gets or sets a value indicating whether any server certificate is accepted.</summary>
    public bool SkipCertificateCheck { get; set; }

    /// <summary>
    /// Gets or sets how long connections are used before they are replaced, so that DNS changes take effect.
    /// </summary>
    internal TimeSpan HandlerLifetime { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Gets or sets the clock that times the delays between attempts. Tests replace it.</summary>
    internal TimeProvider Clock { get; set; } = TimeProvider.System;

    /// <summary>Gets or sets a handler that replaces the network, for tests.</summary>
    internal HttpMessageHandler? PrimaryHandler { get; set; }
}
