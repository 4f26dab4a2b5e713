using System;
using System.Collections.Generic;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <content>Reads lists to their end, page by page.</content>
public sealed partial class GitLabClient
{
    private const int PageSize = 100;
    private const int MaxPrefetch = 8;

    /// <summary>
    /// Reads a list in the server's order, each ID once. The first page is requested alone; once half of a page is
    /// consumed, the next ones are prefetched: two, then four, then eight, within the session's limit.
    /// </summary>
    private async IAsyncEnumerable<T> ReadPagesAsync<T>(
        Func<int, ApiRequest> createRequest,
        JsonTypeInfo<List<T>> type,
        Func<T, long> idOf,
        Action<ApiResponse>? onFirstPage,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var seen = new RecentIdSet();
        var ahead = new PagePrefetcher<T>(
            (number, stop) => ReadPageAsync(createRequest(number), number, type, stop),
            Math.Min(MaxPrefetch, _session.ThrottleLimit),
            cancellationToken);
        try
        {
            Page<T>? page = await ahead.GetAsync(1).ConfigureAwait(false);
            onFirstPage?.Invoke(page.Response);
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
                        throw ApiExceptionFactory.InvalidResponse(
                            createRequest(page.Number), page.Response, _session, "an entry has no ID.");
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

    private async Task<Page<T>> ReadPageAsync<T>(
        ApiRequest request, int number, JsonTypeInfo<List<T>> type, CancellationToken cancellationToken)
    {
        ApiResponse response = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        List<T> items = Parse(request, response, type);
        int? next = GetNextPage(request, response, number, items.Count);
        return new Page<T>(number, items, next, ReadIntegerHeader(response, "X-Total-Pages"), response);
    }

    private int? GetNextPage(ApiRequest request, ApiResponse response, int number, int count)
    {
        string? header = response.GetHeader("X-Next-Page");
        if (header is null)
        {
            // A proxy removed the header. A full page may then not be the last, and a list that ends early looks as if
            // its agents did not exist.
            return count >= (ReadIntegerHeader(response, "X-Per-Page") ?? PageSize) ? number + 1 : null;
        }

        if (string.IsNullOrWhiteSpace(header))
        {
            return null;
        }

        return int.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out int next) && next > number
            ? next
            : throw ApiExceptionFactory.InvalidResponse(
                request, response, _session, $"its header X-Next-Page does not continue after page {number}.");
    }

    private static int? ReadIntegerHeader(ApiResponse response, string header)
        => int.TryParse(response.GetHeader(header), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : null;

    // Rows that move between two requests are sent twice, a few pages apart at most. So the latest IDs suffice, and
    // memory does not grow with the list.
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
