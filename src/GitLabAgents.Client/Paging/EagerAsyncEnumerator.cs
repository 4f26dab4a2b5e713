using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <summary>
/// Enumerates a sequence one item ahead: reading starts before the first item is requested, so that several sequences
/// can be read at once while their items are returned one sequence after the other.
/// </summary>
internal sealed class EagerAsyncEnumerator<T> : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly IAsyncEnumerator<T> _items;

    public EagerAsyncEnumerator(Func<CancellationToken, IAsyncEnumerable<T>> open, CancellationToken cancellationToken)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _items = open(_stop.Token).GetAsyncEnumerator(_stop.Token);
        Pending = _items.MoveNextAsync().AsTask();
    }

    /// <summary>
    /// Gets the read in progress: whether there is another item. Await it before <see cref="Current"/>.
    /// </summary>
    public Task<bool> Pending { get; private set; }

    /// <summary>Gets the item that the last completed read returned.</summary>
    public T Current => _items.Current;

    /// <summary>Starts to read the next item.</summary>
    public void Advance() => Pending = _items.MoveNextAsync().AsTask();

    /// <summary>Cancels the read in progress and waits until it has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        _stop.Cancel();
        try
        {
            await Pending.ConfigureAwait(false);
        }
        catch (Exception e) when (e is GitLabApiException or OperationCanceledException)
        {
            // The failure was reported where the item was read, or nobody reads it any more.
        }

        await _items.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }
}
