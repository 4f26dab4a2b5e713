using System;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.DependencyInjection;

namespace GitLabAgents.Transport;

/// <summary>
/// The way of one session's requests: retries, then the throttle, then one try with its time-out, then the wire. All
/// cmdlets and runspaces that share the session share it.
/// </summary>
public sealed class GitLabTransport : IDisposable
{
    private const string Name = "GitLab";

    private readonly ServiceProvider _services;
    private readonly SemaphoreSlim _slots;
    private readonly IHttpClientFactory _clients;

    /// <summary>Initializes a new instance of the <see cref="GitLabTransport"/> class. Nothing is sent.</summary>
    /// <param name="options">How requests travel.</param>
    public GitLabTransport(TransportOptions options)
    {
        if (options is null)
        {
            throw new ArgumentNullException(nameof(options));
        }

        _slots = new SemaphoreSlim(options.ThrottleLimit, options.ThrottleLimit);
        var proxy = ProxySelection.Create(options);
        var services = new ServiceCollection();
        services.AddHttpClient(Name, client => client.Timeout = Timeout.InfiniteTimeSpan)
            .SetHandlerLifetime(TimeSpan.FromMinutes(2)) // A new connection pool now and then, so that DNS changes are seen.
            .RemoveAllLoggers()                          // They would know headers; the client says what it does by itself.
            .AddHttpMessageHandler(() => new RetryHandler(options))
            .AddHttpMessageHandler(() => new ThrottleHandler(_slots))
            .AddHttpMessageHandler(() => new ResponseBufferingHandler(options))
            .AddHttpMessageHandler(() => new ProxyRefusalHandler(proxy))
            .ConfigurePrimaryHttpMessageHandler(
                () => options.PrimaryHandler ?? PrimaryHandlerFactory.Create(options, proxy));
        _services = services.BuildServiceProvider();
        _clients = _services.GetRequiredService<IHttpClientFactory>();
    }

    /// <summary>Sends a request and reads the answer's body into its <see cref="RequestContext"/>.</summary>
    /// <param name="request">The request, with a <see cref="RequestContext"/> attached.</param>
    /// <param name="cancellationToken">Ends the request, and every wait for it.</param>
    /// <returns>The answer, whatever its status. Redirects are answers too.</returns>
    /// <exception cref="HttpRequestException">The connection failed.</exception>
    /// <exception cref="TimeoutException">A try took longer than it may.</exception>
    /// <exception cref="ResponseTooLargeException">The answer was too large to be GitLab's.</exception>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        => _clients.CreateClient(Name).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);

    /// <summary>Closes the connections.</summary>
    public void Dispose() => _services.Dispose();
}
