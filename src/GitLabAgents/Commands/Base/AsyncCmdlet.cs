using System;
using System.Collections.Generic;
using System.Management.Automation;
using System.Runtime.ExceptionServices;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents.Commands;

/// <summary>
/// Lets a cmdlet wait for asynchronous work on the pipeline thread, and writes the messages of the work meanwhile. If
/// the pipeline is stopped, by Ctrl+C, <c>Select-Object -First</c> or a terminating error, the work is canceled.
/// </summary>
public abstract partial class AsyncCmdlet : PSCmdlet, IDisposable
{
    /// <summary>How long a stop waits for canceled work to end.</summary>
    private protected static readonly TimeSpan StopTimeout = TimeSpan.FromMilliseconds(400);

    /// <summary>How long a stop waits for a new object to be removed.</summary>
    private protected static readonly TimeSpan CleanupTimeout = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _wake = new(0);

    /// <summary>Gets the token that is canceled when the pipeline is stopped.</summary>
    private protected CancellationToken PipelineStopToken => _stop.Token;

    /// <summary>Cancels the remaining work. PowerShell calls it when the pipeline has ended.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Cancels the remaining work.</summary>
    /// <param name="disposing"><see langword="false"/> if the finalizer calls the method.</param>
    protected virtual void Dispose(bool disposing) => _stop.Cancel();

    /// <inheritdoc/>
    protected override void StopProcessing()
    {
        _stop.Cancel();
        _wake.Release();
    }

    /// <summary>Processes one item. A failure is written as a non-terminating error.</summary>
    /// <param name="target">The item, as the user specified it.</param>
    /// <param name="work">The work.</param>
    private protected void Attempt(object? target, Action work)
    {
        try
        {
            work();
        }
        catch (GitLabApiException e)
        {
            WriteError(ErrorRecordFactory.Create(e, target));
        }
    }

    /// <summary>Waits for a task on the pipeline thread, and writes its messages meanwhile.</summary>
    /// <param name="work">The task. It ends when <see cref="PipelineStopToken"/> is canceled.</param>
    /// <param name="stopTimeout">
    /// How long a stop waits for the task to end. The default is less than half a second.
    /// </param>
    private protected T Wait<T>(Task<T> work, TimeSpan? stopTimeout = null)
    {
        try
        {
            if (!work.IsCompleted)
            {
                _ = work.ContinueWith(
                    static (_, wake) => ((SemaphoreSlim)wake!).Release(),
                    _wake,
                    CancellationToken.None,
                    TaskContinuationOptions.ExecuteSynchronously,
                    TaskScheduler.Default);
                while (!work.IsCompleted && !_stop.IsCancellationRequested)
                {
                    WriteMessages();
                    _wake.Wait();
                }
            }

            if (!_stop.IsCancellationRequested)
            {
                WriteMessages();
                CompleteRetryProgress();
            }
        }
        catch (Exception e) when (CancelAndDrain(work, stopTimeout ?? StopTimeout))
        {
            // A message could not be written, which ends the pipeline. The task has ended with it.
            ExceptionDispatchInfo.Capture(e).Throw();
        }

        if (_stop.IsCancellationRequested)
        {
            CancelAndDrain(work, stopTimeout ?? StopTimeout);
        }

        return _stop.IsCancellationRequested && work.Status != TaskStatus.RanToCompletion
            ? throw new PipelineStoppedException()
            : work.GetAwaiter().GetResult();
    }

    /// <summary>Waits for a task on the pipeline thread, and writes its messages meanwhile.</summary>
    /// <param name="work">The task. It ends when <see cref="PipelineStopToken"/> is canceled.</param>
    private protected void Wait(Task work) => Wait(WithResultAsync(work));

    /// <summary>
    /// Waits for the creation of an object and writes the object. If the pipeline ends before the object is written,
    /// because it is stopped or a message ends it (a preference is Stop, or the user chooses Halt), the object is
    /// removed again and a warning says so.
    /// </summary>
    /// <param name="creation">The creation.</param>
    /// <param name="rollBack">Removes the object and returns the result as a sentence. Does not throw.</param>
    private protected void WriteCreated<T>(Task<T> creation, Func<T, Task<string>> rollBack)
        where T : class
    {
        T created;
        try
        {
            created = Wait(creation, CleanupTimeout);
        }
        catch (Exception) when (creation.Status == TaskStatus.RanToCompletion)
        {
            RollBack(creation.Result, rollBack);
            throw;
        }

        try
        {
            WriteObject(created);
        }
        catch (PipelineStoppedException) when (MyInvocation.PipelinePosition == MyInvocation.PipelineLength)
        {
            // If this is the last command of the pipeline, no other command can have received the object.
            RollBack(created, rollBack);
            throw;
        }
    }

    /// <summary>Enumerates a sequence on the pipeline thread.</summary>
    /// <param name="source">The sequence.</param>
    private protected IEnumerable<T> ToBlockingEnumerable<T>(IAsyncEnumerable<T> source)
    {
        IAsyncEnumerator<T> items = source.GetAsyncEnumerator(PipelineStopToken);
        Task<bool>? pending = null;
        try
        {
            while (true)
            {
                ValueTask<bool> next = items.MoveNextAsync();
                if (!(next.IsCompletedSuccessfully ? next.Result : Wait(pending = next.AsTask())))
                {
                    break;
                }

                yield return items.Current;
            }
        }
        finally
        {
            if (pending is null or { IsCompleted: true })
            {
                items.DisposeAsync().AsTask().Wait(StopTimeout);
            }
        }
    }

    private static async Task<bool> WithResultAsync(Task work)
    {
        await work.ConfigureAwait(false);
        return true;
    }

    private void RollBack<T>(T created, Func<T, Task<string>> rollBack)
    {
        Task<string> rollingBack = rollBack(created);
        WarnAfterStop(rollingBack.Wait(CleanupTimeout)
            ? $"The pipeline ended before '{created}' was written. {rollingBack.Result}"
            : $"The pipeline ended before '{created}' was written. It may still exist.");
    }

    // Cancels the work and waits for it to end. Warns if it may have changed something.
    private bool CancelAndDrain(Task work, TimeSpan timeout)
    {
        _stop.Cancel();
        if (((IAsyncResult)work).AsyncWaitHandle.WaitOne(timeout))
        {
            try
            {
                work.GetAwaiter().GetResult(); // Task.Wait would hide the exception of canceled work.
            }
            catch (OperationInterruptedException e)
            {
                WarnAfterStop(e.Message);
            }
            catch (Exception e) when (e is GitLabApiException or OperationCanceledException)
            {
                // The pipeline is stopped, so the error is not reported.
            }
        }

        return true;
    }
}
