using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents.Tests.Rotation;

/// <summary>The real network, until one request: there the rotation is stopped, or its process is no more.</summary>
internal sealed class InterruptingHandler(int at, bool afterActing, CancellationTokenSource? stop) : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false })
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count = -1;
    private bool _dead;

    /// <summary>Gets what ends when the request has come.</summary>
    public Task Reached => _reached.Task;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        bool isIt = Interlocked.Increment(ref _count) == at;
        HttpResponseMessage? response = isIt && afterActing ? await base.SendAsync(request, cancellationToken) : null;
        if (isIt && stop is not null)
        {
            await stop.CancelAsync();
            _reached.TrySetResult();
        }
        else if (isIt || _dead)
        {
            _dead = true;
            _reached.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, CancellationToken.None);
        }

        return response ?? await base.SendAsync(request, cancellationToken);
    }
}
