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
    private const int MostPagesAhead = 8;

    /// <summary>
    /// Reads a list in the server's order, each id once. The first page is asked for alone; once half of a page is
    /// taken, the next ones are asked for ahead: two, then four, then eight, within the session's limit.
    /// </summary>
    private async IAsyncEnumerable<T> ReadPagesAsync<T>(
        Func<int, ApiCall> callFor,
        JsonTypeInfo<List<T>> type,
        Func<T, long> idOf,
        Action<ApiAnswer>? onFirstPage,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var seen = new RecentIds();
        var ahead = new PagesAhead<T>(
            (number, stop) => ReadPageAsync(callFor(number), number, type, stop),
            Math.Min(MostPagesAhead, _session.ThrottleLimit),
            cancellationToken);
        try
        {
            Page<T>? page = await ahead.TakeAsync(1).ConfigureAwait(false);
            onFirstPage?.Invoke(page.Answer);
            while (page is not null)
            {
                int taken = 0;
                foreach (T item in page.Items)
                {
                    if (taken > 0 && taken * 2 >= page.Items.Count)
                    {
                        ahead.LookBeyond(page);
                    }

                    taken++;
                    long id = item is null ? 0 : idOf(item);
                    if (id <= 0)
                    {
                        throw ApiFailure.Unreadable(callFor(page.Number), page.Answer, _session, "an entry has no id.");
                    }

                    if (seen.Add(id))
                    {
                        yield return item!;
                    }
                }

                page = page.Next is { } next ? await ahead.TakeAsync(next).ConfigureAwait(false) : null;
            }
        }
        finally
        {
            await ahead.AbandonAsync().ConfigureAwait(false);
        }
    }

    private async Task<Page<T>> ReadPageAsync<T>(ApiCall call, int number, JsonTypeInfo<List<T>> type, CancellationToken cancellationToken)
    {
        ApiAnswer answer = await SendAsync(call, cancellationToken).ConfigureAwait(false);
        List<T> items = Parse(call, answer, type);
        return new Page<T>(number, items, NextOf(call, answer, number, items.Count), NumberIn(answer, "X-Total-Pages"), answer);
    }

    private int? NextOf(ApiCall call, ApiAnswer answer, int number, int count)
    {
        string? header = answer.Header("X-Next-Page");
        if (header is null)
        {
            // Something on the way took the header. A full page then may not be the last: a list that ends early looks
            // like agents that do not exist.
            return count >= (NumberIn(answer, "X-Per-Page") ?? PageSize) ? number + 1 : null;
        }

        if (string.IsNullOrWhiteSpace(header))
        {
            return null;
        }

        return int.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out int next) && next > number
            ? next
            : throw ApiFailure.Unreadable(call, answer, _session, $"its header X-Next-Page does not lead on from page {number}.");
    }

    private static int? NumberIn(ApiAnswer answer, string header)
        => int.TryParse(answer.Header(header), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    // Rows that move between two requests come twice, a page or a few apart; so the latest ids suffice, and memory
    // does not grow with the list.
    private sealed class RecentIds
    {
        private const int Most = 16 * 1024;

        private readonly HashSet<long> _ids = [];
        private readonly Queue<long> _order = new();

        public bool Add(long id)
        {
            if (!_ids.Add(id))
            {
                return false;
            }

            _order.Enqueue(id);
            if (_order.Count > Most)
            {
                _ids.Remove(_order.Dequeue());
            }

            return true;
        }
    }
}
