using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <summary>
/// A list whose reading has begun before anyone asks for its first item, so that the work of several lists overlaps
/// while they are read one after the other.
/// </summary>
internal sealed class EagerAsyncEnumerator<T>
{
    private readonly CancellationTokenSource _stop;
    private readonly IAsyncEnumerator<T> _items;
    private Task<bool> _pending;

    public EagerAsyncEnumerator(Func<CancellationToken, IAsyncEnumerable<T>> open, CancellationToken cancellationToken)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _items = open(_stop.Token).GetAsyncEnumerator(_stop.Token);
        _pending = _items.MoveNextAsync().AsTask();
    }

    /// <summary>Gets the step that is under way: whether there is an item. Await it before <see cref="Current"/>.</summary>
    public Task<bool> Pending => _pending;

    /// <summary>Gets the item that the last step led to.</summary>
    public T Current => _items.Current;

    /// <summary>Begins the next step.</summary>
    public void Advance() => _pending = _items.MoveNextAsync().AsTask();

    /// <summary>Stops what is under way, and waits until it has ended. What it throws no longer matters.</summary>
    public async Task DisposeAsync()
    {
        _stop.Cancel();
        try
        {
            await _pending.ConfigureAwait(false);
        }
        catch (Exception e) when (e is GitLabApiException or OperationCanceledException)
        {
            // It was reported where it was read, or no one reads it any more.
        }

        await _items.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }
}

/// <summary>Reads lists of lists.</summary>
internal static class EagerAsyncEnumerator
{
    /// <summary>Opens a list for each item of another, several at once, and gives what they hold in order.</summary>
    public static async IAsyncEnumerable<T> FlattenAsync<TSource, T>(
        IAsyncEnumerable<TSource> source,
        int most,
        Func<TSource, CancellationToken, IAsyncEnumerable<T>> open,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var begun = new Queue<EagerAsyncEnumerator<T>>();
        IAsyncEnumerator<TSource> items = source.GetAsyncEnumerator(cancellationToken);
        try
        {
            bool more = true;
            do
            {
                while (more && begun.Count < most && (more = await items.MoveNextAsync().ConfigureAwait(false)))
                {
                    TSource item = items.Current;
                    begun.Enqueue(new EagerAsyncEnumerator<T>(stop => open(item, stop), cancellationToken));
                }

                if (begun.Count > 0)
                {
                    EagerAsyncEnumerator<T> head = begun.Peek();
                    while (await head.Pending.ConfigureAwait(false))
                    {
                        T current = head.Current;
                        head.Advance();
                        yield return current;
                    }

                    await begun.Dequeue().DisposeAsync().ConfigureAwait(false);
                }
            }
            while (more || begun.Count > 0);
        }
        finally
        {
            var closing = new List<Task>();
            foreach (EagerAsyncEnumerator<T> stream in begun)
            {
                closing.Add(stream.DisposeAsync());
            }

            await Task.WhenAll(closing).ConfigureAwait(false);
            await items.DisposeAsync().ConfigureAwait(false);
        }
    }
}
