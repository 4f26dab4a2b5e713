using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents.Tests.Rotation;

/// <summary>
/// Sends requests to the server until one of them, at which the rotation is stopped or its process ends.
/// </summary>
internal sealed class InterruptingHandler(int at, bool afterActing, CancellationTokenSource? stop)
    : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false })
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count = -1;
    private bool _isDead;

    /// <summary>Gets a task that completes when that request is sent.</summary>
    public Task Reached => _reached.Task;

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        bool isReached = Interlocked.Increment(ref _count) == at;
        HttpResponseMessage? response = isReached && afterActing
            ? await base.SendAsync(request, cancellationToken)
            : null;
        if (isReached && stop is not null)
        {
            await stop.CancelAsync();
            _reached.TrySetResult();
        }
        else if (isReached || _isDead)
        {
            _isDead = true;
            _reached.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, CancellationToken.None);
        }

        return response ?? await base.SendAsync(request, cancellationToken);
    }
}
