using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <summary>Starts the work for several items at once and returns the results in the order of the items.</summary>
internal static class OrderedConcurrency
{
    /// <summary>Maps each item to one result.</summary>
    /// <param name="source">The items.</param>
    /// <param name="maxConcurrency">The number of items that may be in progress or waiting to be returned.</param>
    /// <param name="selector">Starts the work for an item.</param>
    /// <param name="cancellationToken">Cancels all work.</param>
    /// <returns>The results.</returns>
    public static IAsyncEnumerable<TResult> SelectOrdered<TSource, TResult>(
        this IAsyncEnumerable<TSource> source,
        int maxConcurrency,
        Func<TSource, CancellationToken, Task<TResult>> selector,
        CancellationToken cancellationToken = default)
        => source.SelectManyOrdered(
            maxConcurrency, (item, stop) => YieldAsync(selector, item, stop), cancellationToken);

    /// <summary>Maps each item to a sequence and concatenates the sequences.</summary>
    /// <param name="source">The items.</param>
    /// <param name="maxConcurrency">The number of items that may be in progress or waiting to be returned.</param>
    /// <param name="selector">Opens the sequence of an item.</param>
    /// <param name="cancellationToken">Cancels all work.</param>
    /// <returns>The results. A failure of the source is thrown after the results of the items before it.</returns>
    public static async IAsyncEnumerable<TResult> SelectManyOrdered<TSource, TResult>(
        this IAsyncEnumerable<TSource> source,
        int maxConcurrency,
        Func<TSource, CancellationToken, IAsyncEnumerable<TResult>> selector,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var window = new Queue<EagerAsyncEnumerator<TResult>>();
        var items = new EagerAsyncEnumerator<TSource>(_ => source, cancellationToken);
        try
        {
            bool hasMore = true;
            while (hasMore || window.Count > 0)
            {
                EagerAsyncEnumerator<TResult>? head = window.Count > 0 ? window.Peek() : null;
                bool hasRoom = hasMore && window.Count < maxConcurrency && !items.Pending.IsFaulted;
                if (hasRoom && head is not null)
                {
                    await Task.WhenAny(items.Pending, head.Pending).ConfigureAwait(false);
                }

                if (head is null || (hasRoom && items.Pending.Status == TaskStatus.RanToCompletion))
                {
                    hasMore = await items.Pending.ConfigureAwait(false);
                    if (hasMore)
                    {
                        TSource item = items.Current;
                        window.Enqueue(
                            new EagerAsyncEnumerator<TResult>(stop => selector(item, stop), cancellationToken));
                        items.Advance();
                    }
                }
                else if (await head.Pending.ConfigureAwait(false))
                {
                    TResult current = head.Current;
                    head.Advance();
                    yield return current;
                }
                else
                {
                    await window.Dequeue().DisposeAsync().ConfigureAwait(false);
                }
            }
        }
        finally
        {
            var disposals = new List<Task> { items.DisposeAsync().AsTask() };
            foreach (EagerAsyncEnumerator<TResult> sequence in window)
            {
                disposals.Add(sequence.DisposeAsync().AsTask());
            }

            await Task.WhenAll(disposals).ConfigureAwait(false);
        }
    }

    private static async IAsyncEnumerable<TResult> YieldAsync<TSource, TResult>(
        Func<TSource, CancellationToken, Task<TResult>> selector,
        TSource item,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return await selector(item, cancellationToken).ConfigureAwait(false);
    }
}
