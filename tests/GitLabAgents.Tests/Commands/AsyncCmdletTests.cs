using System;
using System.Diagnostics;
using System.Management.Automation;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.Commands;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks how long a stop of a cmdlet takes.</summary>
public sealed class AsyncCmdletTests
{
    // The documented limit is half a second; the rest is for a busy machine.
    private static readonly TimeSpan MaxStopTime = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stop_ends_within_half_a_second_even_if_the_work_ignores_it(bool isCancelable)
    {
        using var cmdlet = new WaitingCmdlet(isCancelable);
        Task run = Task.Run(cmdlet.Run);
        await cmdlet.Started.WaitAsync(TimeSpan.FromSeconds(10));

        var watch = Stopwatch.StartNew();
        cmdlet.Stop();
        await Assert.ThrowsAsync<PipelineStoppedException>(() => run.WaitAsync(TimeSpan.FromSeconds(10)));

        Assert.InRange(watch.Elapsed, isCancelable ? TimeSpan.Zero : WaitingCmdlet.MinStopTime, MaxStopTime);
        Assert.InRange(WaitingCmdlet.MinStopTime, TimeSpan.Zero, TimeSpan.FromSeconds(0.5));
    }

    private sealed class WaitingCmdlet(bool isCancelable) : AsyncCmdlet
    {
        private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

        // A timer may fire some milliseconds early.
        public static TimeSpan MinStopTime => StopTimeout - TimeSpan.FromMilliseconds(20);

        public Task Started => _started.Task;

        public void Run() => Wait(WorkAsync());

        public void Stop() => StopProcessing();

        private async Task WorkAsync()
        {
            _started.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, isCancelable ? PipelineStopToken : CancellationToken.None);
        }
    }
}
