using System.Net.Http;

namespace GitLabAgents.Transport;

/// <summary>
/// The exception for a proxy that does not connect to the server. The server did not get the request.
/// </summary>
public sealed class ProxyRefusedException : HttpRequestException
{
    /// <summary>Initializes a new instance of the <see cref="ProxyRefusedException"/> class.</summary>
    /// <param name="message">What the proxy did; without credentials.</param>
    /// <param name="status">The status of the proxy's response, or <see langword="null"/> if it has none.</param>
    public ProxyRefusedException(string message, int? status)
        : base(message) => Status = status;

    /// <summary>Gets the status of the proxy's response, or <see langword="null"/> for a SOCKS proxy.</summary>
    public int? Status { get; }

    /// <summary>
    /// Gets a value indicating whether the proxy may connect later. If not, a retry only gets accounts locked.
    /// </summary>
    public bool IsTransient => Status is 408 or 429 or >= 500;
}
