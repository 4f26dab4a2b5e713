using System;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.DependencyInjection;

namespace GitLabAgents.Transport;

/// <summary>
/// The pipeline of one session's requests: retries, the throttle, one attempt with its timeout, the network. All
/// cmdlets and runspaces that share the session share it.
/// </summary>
public sealed class GitLabTransport : IDisposable
{
    private const string Name = "GitLab";

    private readonly ServiceProvider _services;
    private readonly SemaphoreSlim _slots;
    private readonly IHttpClientFactory _clients;

    /// <summary>Initializes a new instance of the <see cref="GitLabTransport"/> class. Nothing is sent.</summary>
    /// <param name="options">The options of the transport.</param>
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
            .SetHandlerLifetime(options.HandlerLifetime) // New connections now and then, so that DNS changes are seen.
            .RemoveAllLoggers()                          // They would log headers, and so the access token.
            .AddHttpMessageHandler(() => new RetryHandler(options))
            .AddHttpMessageHandler(() => new ThrottleHandler(_slots))
            .AddHttpMessageHandler(() => new ResponseBufferingHandler(options))
            .AddHttpMessageHandler(() => new ProxyRefusalHandler(proxy))
            .ConfigurePrimaryHttpMessageHandler(
                () => options.PrimaryHandler ?? PrimaryHandlerFactory.Create(options, proxy));
        _services = services.BuildServiceProvider();
        _clients = _services.GetRequiredService<IHttpClientFactory>();
    }

    /// <summary>Sends a request and reads the whole response into memory.</summary>
    /// <param name="request">The request, with a <see cref="RequestContext"/> attached.</param>
    /// <param name="cancellationToken">Cancels the request, and every wait for it.</param>
    /// <returns>The response, whatever its status; redirects are not followed.</returns>
    /// <exception cref="HttpRequestException">The connection failed.</exception>
    /// <exception cref="TimeoutException">An attempt took longer than the timeout.</exception>
    /// <exception cref="ResponseTooLargeException">The response was too large.</exception>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        => _clients.CreateClient(Name).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);

    /// <summary>Closes the connections.</summary>
    public void Dispose() => _services.Dispose();
}
