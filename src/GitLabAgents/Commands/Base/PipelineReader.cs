using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents.Commands;

/// <summary>
/// Reads sequences that arrive one by one, as a pipeline delivers them: several are read at once, and their items are
/// returned in the order of arrival.
/// </summary>
internal sealed class PipelineReader<T> : IAsyncDisposable
{
    private readonly ConcurrentQueue<Func<CancellationToken, IAsyncEnumerable<T>>> _arrivals = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly int _capacity;
    private readonly EagerAsyncEnumerator<Entry> _entries;
    private bool _isComplete;
    private int _count;

    /// <summary>Initializes a new instance of the <see cref="PipelineReader{T}"/> class.</summary>
    /// <param name="capacity">
    /// The number of sequences that may be in progress before <see cref="IsBlocked"/> is set.
    /// </param>
    /// <param name="cancellationToken">Cancels all reads.</param>
    public PipelineReader(int capacity, CancellationToken cancellationToken)
    {
        _capacity = capacity;
        _entries = new EagerAsyncEnumerator<Entry>(
            stop => GetArrivalsAsync(stop).SelectManyOrdered(capacity, static (open, s) => ReadAsync(open, s), stop),
            cancellationToken);
    }

    /// <summary>Gets the read in progress. Await it before <see cref="TryTake"/>.</summary>
    public Task<bool> Pending => _entries.Pending;

    /// <summary>Gets a value indicating whether results should be taken before more sequences are added.</summary>
    public bool IsBlocked => _count >= _capacity;

    /// <summary>Gets a value indicating whether every result was taken.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>Adds a sequence, and starts to read it when there is room.</summary>
    /// <param name="open">Opens the sequence.</param>
    public void Add(Func<CancellationToken, IAsyncEnumerable<T>> open)
    {
        _count++;
        _arrivals.Enqueue(open);
        _arrived.Release();
    }

    /// <summary>Marks the end of the arrivals.</summary>
    public void Complete()
    {
        _isComplete = true;
        _arrived.Release();
    }

    /// <summary>Takes the result of the completed read, and starts the next one.</summary>
    /// <param name="item">The item.</param>
    /// <returns><see langword="false"/> if the read reached the end of a sequence instead of an item.</returns>
    public bool TryTake(out T item)
    {
        Entry entry = _entries.Current;
        _entries.Advance();
        item = entry.Item;
        _count -= entry.IsEnd ? 1 : 0;
        return !entry.IsEnd;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _entries.DisposeAsync();

    // The end of each sequence is an entry too, so that a read always completes, even if a sequence has no items.
    private static async IAsyncEnumerable<Entry> ReadAsync(
        Func<CancellationToken, IAsyncEnumerable<T>> open, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (T item in open(cancellationToken).ConfigureAwait(false))
        {
            yield return new Entry(item, isEnd: false);
        }

        yield return new Entry(default!, isEnd: true);
    }

    private async IAsyncEnumerable<Func<CancellationToken, IAsyncEnumerable<T>>> GetArrivalsAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            await _arrived.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (_arrivals.TryDequeue(out Func<CancellationToken, IAsyncEnumerable<T>>? open))
            {
                yield return open;
            }
            else if (_isComplete)
            {
                yield break;
            }
        }
    }

    private readonly struct Entry(T item, bool isEnd)
    {
        public T Item { get; } = item;

        public bool IsEnd { get; } = isEnd;
    }
}
