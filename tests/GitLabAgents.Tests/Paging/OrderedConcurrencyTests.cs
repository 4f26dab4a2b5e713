using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace GitLabAgents.Tests;

public sealed class OrderedConcurrencyTests
{
    [Fact]
    public async Task Results_keep_the_order_of_the_items()
    {
        var gates = Enumerable.Range(0, 5).Select(_ => new TaskCompletionSource<int>()).ToArray();
        Task<List<int>> results = TestClients.ToListAsync(
            ToAsync([0, 1, 2, 3, 4]).SelectOrdered(5, (i, _) => gates[i].Task));
        foreach (int i in (int[])[3, 1, 4, 0, 2])
        {
            gates[i].SetResult(i * 10);
        }

        Assert.Equal([0, 10, 20, 30, 40], await results);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    public async Task No_more_than_the_maximum_is_in_progress(int max)
    {
        int current = 0;
        int peak = 0;
        await TestClients.ToListAsync(ToAsync(Enumerable.Range(0, 40)).SelectOrdered(max, async (i, _) =>
        {
            peak = Math.Max(peak, Interlocked.Increment(ref current));
            await Task.Yield();
            Interlocked.Decrement(ref current);
            return i;
        }));
        Assert.InRange(peak, 1, max);
    }

    [Fact]
    public async Task Items_that_arrive_while_the_first_is_in_progress_are_started()
    {
        var first = new TaskCompletionSource<int>();
        var secondStarted = new TaskCompletionSource();
        var arrival = new TaskCompletionSource();
        IAsyncEnumerator<int> results = ArriveAsync(arrival.Task).SelectOrdered(4, (i, _) =>
        {
            if (i == 2)
            {
                secondStarted.SetResult();
            }

            return i == 1 ? first.Task : Task.FromResult(i);
        }).GetAsyncEnumerator();
        Task<bool> pending = results.MoveNextAsync().AsTask();
        arrival.SetResult();
        await secondStarted.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.False(pending.IsCompleted);
        first.SetResult(1);
        Assert.True(await pending);
        Assert.Equal(1, results.Current);
        await results.DisposeAsync();
    }

    [Fact]
    public async Task A_failing_source_does_not_lose_the_items_before_it()
    {
        var seen = new List<int>();
        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await foreach (int i in FailAfterAsync(3).SelectOrdered(8, (i, _) => Task.FromResult(i)))
            {
                seen.Add(i);
            }
        });
        Assert.Equal([0, 1, 2], seen);
    }

    [Fact]
    public async Task A_consumer_that_stops_cancels_what_is_in_progress()
    {
        int canceled = 0;
        await foreach (int _ in ToAsync([0, 1, 2]).SelectOrdered(3, async (i, stop) =>
        {
            try
            {
                await Task.Delay(i == 0 ? TimeSpan.Zero : Timeout.InfiniteTimeSpan, stop);
            }
            catch (OperationCanceledException)
            {
                Interlocked.Increment(ref canceled);
                throw;
            }

            return i;
        }))
        {
            break;
        }

        Assert.Equal(2, canceled);
    }

    private static async IAsyncEnumerable<int> ToAsync(IEnumerable<int> items)
    {
        await Task.Yield();
        foreach (int item in items)
        {
            yield return item;
        }
    }

    private static async IAsyncEnumerable<int> ArriveAsync(
        Task second, [EnumeratorCancellation] CancellationToken stop = default)
    {
        yield return 1;
        await second.WaitAsync(stop);
        yield return 2;
        await Task.Delay(Timeout.InfiniteTimeSpan, stop);
    }

    private static async IAsyncEnumerable<int> FailAfterAsync(int count)
    {
        for (int i = 0; i < count; i++)
        {
            yield return i;
        }

        await Task.Yield();
        throw new InvalidOperationException();
    }
}
