using System;
using System.Collections.Generic;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <content>Lists are read to their end, page by page.</content>
public sealed partial class GitLabClient
{
    private const int PageSize = 100;
    private const int MaxPrefetch = 8;

    /// <summary>
    /// Reads a list in the server's order, each id once. The first page is asked for alone; once half of a page is
    /// taken, the next ones are asked for ahead: two, then four, then eight, within the session's limit.
    /// </summary>
    private async IAsyncEnumerable<T> ReadPagesAsync<T>(
        Func<int, ApiRequest> callFor,
        JsonTypeInfo<List<T>> type,
        Func<T, long> idOf,
        Action<ApiResponse>? onFirstPage,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var seen = new RecentIdSet();
        var ahead = new PagePrefetcher<T>(
            (number, stop) => ReadPageAsync(callFor(number), number, type, stop),
            Math.Min(MaxPrefetch, _session.ThrottleLimit),
            cancellationToken);
        try
        {
            Page<T>? page = await ahead.GetAsync(1).ConfigureAwait(false);
            onFirstPage?.Invoke(page.Answer);
            while (page is not null)
            {
                int taken = 0;
                foreach (T item in page.Items)
                {
                    if (taken > 0 && taken * 2 >= page.Items.Count)
                    {
                        ahead.Prefetch(page);
                    }

                    taken++;
                    long id = item is null ? 0 : idOf(item);
                    if (id <= 0)
                    {
                        throw ApiExceptionFactory.InvalidResponse(callFor(page.Number), page.Answer, _session, "an entry has no id.");
                    }

                    if (seen.Add(id))
                    {
                        yield return item!;
                    }
                }

                page = page.Next is { } next ? await ahead.GetAsync(next).ConfigureAwait(false) : null;
            }
        }
        finally
        {
            await ahead.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<Page<T>> ReadPageAsync<T>(ApiRequest call, int number, JsonTypeInfo<List<T>> type, CancellationToken cancellationToken)
    {
        ApiResponse answer = await SendAsync(call, cancellationToken).ConfigureAwait(false);
        List<T> items = Parse(call, answer, type);
        return new Page<T>(number, items, GetNextPage(call, answer, number, items.Count), ReadIntegerHeader(answer, "X-Total-Pages"), answer);
    }

    private int? GetNextPage(ApiRequest call, ApiResponse answer, int number, int count)
    {
        string? header = answer.GetHeader("X-Next-Page");
        if (header is null)
        {
            // Something on the way took the header. A full page then may not be the last: a list that ends early looks
            // like agents that do not exist.
            return count >= (ReadIntegerHeader(answer, "X-Per-Page") ?? PageSize) ? number + 1 : null;
        }

        if (string.IsNullOrWhiteSpace(header))
        {
            return null;
        }

        return int.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out int next) && next > number
            ? next
            : throw ApiExceptionFactory.InvalidResponse(call, answer, _session, $"its header X-Next-Page does not lead on from page {number}.");
    }

    private static int? ReadIntegerHeader(ApiResponse answer, string header)
        => int.TryParse(answer.GetHeader(header), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    // Rows that move between two requests come twice, a page or a few apart; so the latest ids suffice, and memory
    // does not grow with the list.
    private sealed class RecentIdSet
    {
        private const int MaxCount = 16 * 1024;

        private readonly HashSet<long> _ids = [];
        private readonly Queue<long> _order = new();

        public bool Add(long id)
        {
            if (!_ids.Add(id))
            {
                return false;
            }

            _order.Enqueue(id);
            if (_order.Count > MaxCount)
            {
                _ids.Remove(_order.Dequeue());
            }

            return true;
        }
    }
}
