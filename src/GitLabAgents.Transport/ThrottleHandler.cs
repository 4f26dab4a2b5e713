using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents.Transport;

/// <summary>Lets only so many requests of a session be under way at once. Waiting for the next try takes no place.</summary>
internal sealed class ThrottleHandler(SemaphoreSlim places) : DelegatingHandler
{
    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        await places.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            places.Release();
        }
    }
}
