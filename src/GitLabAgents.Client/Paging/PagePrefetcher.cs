using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <summary>One page of a list.</summary>
internal sealed class Page<T>(int number, List<T> items, int? next, int? total, ApiResponse response)
{
    public int Number { get; } = number;

    public List<T> Items { get; } = items;

    /// <summary>Gets the number of the next page, or <see langword="null"/> at the end.</summary>
    public int? Next { get; } = next;

    /// <summary>Gets the number of pages, or <see langword="null"/> where the server does not count them.</summary>
    public int? Total { get; } = total;

    public ApiResponse Response { get; } = response;
}

/// <summary>
/// Requests pages of a list before they are needed: two, then four, then eight at a time, the more of the list is read.
/// </summary>
internal sealed class PagePrefetcher<T>
{
    // Over 10,000 rows some servers leave out how many pages there are. Until a list has shown that it is long, no page
    // is asked for that may not exist.
    private const int LongListThreshold = 10;

    private readonly Func<int, CancellationToken, Task<Page<T>>> _read;
    private readonly int _maxPrefetch;
    private readonly CancellationTokenSource _stop;
    private readonly Queue<(int Number, Task<Page<T>> Task)> _pages = new();

    private int _window = 2;
    private int _lastPlanned;
    private Page<T>? _prefetchedFrom;

    public PagePrefetcher(
        Func<int, CancellationToken, Task<Page<T>>> read, int most, CancellationToken cancellationToken)
    {
        _read = read;
        _maxPrefetch = most;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    }

    /// <summary>Requests the pages after this one. A second call for the same page does nothing.</summary>
    public void Prefetch(Page<T> page)
    {
        if (ReferenceEquals(page, _prefetchedFrom) || page.Next is not { } next)
        {
            return;
        }

        _prefetchedFrom = page;
        int lastKnown = page.Total ?? (page.Number > LongListThreshold ? int.MaxValue : next);
        long end = Math.Min((long)page.Number + Math.Min(_window, _maxPrefetch), lastKnown);
        for (int number = Math.Max(next, _lastPlanned + 1); number <= end; number++)
        {
            _pages.Enqueue((number, _read(number, _stop.Token)));
            _lastPlanned = number;
        }

        _window = Math.Min(_window * 2, _maxPrefetch);
    }

    /// <summary>Gets a page: the prefetched one, or the response to a new request.</summary>
    public async Task<Page<T>> GetAsync(int number)
    {
        while (_pages.Count > 0 && _pages.Peek().Number < number)
        {
            await DrainAsync(_pages.Dequeue().Task).ConfigureAwait(false); // The server skips page numbers.
        }

        return await (_pages.Count > 0 && _pages.Peek().Number == number
            ? _pages.Dequeue().Task
            : _read(number, _stop.Token)).ConfigureAwait(false);
    }

    /// <summary>Cancels the requests that are in flight, and waits until they have ended.</summary>
    public async Task DisposeAsync()
    {
        _stop.Cancel();
        foreach ((_, Task<Page<T>> task) in _pages)
        {
            await DrainAsync(task).ConfigureAwait(false);
        }

        _stop.Dispose();
    }

    private static async Task DrainAsync(Task task)
    {
        try
        {
            await task.ConfigureAwait(false);
        }
        catch (Exception e) when (e is GitLabApiException or OperationCanceledException)
        {
            // The reader went away before it mattered.
        }
    }
}
