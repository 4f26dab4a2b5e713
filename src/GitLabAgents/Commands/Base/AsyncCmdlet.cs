using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using System.Runtime.ExceptionServices;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents.Commands;

/// <summary>
/// Lets a cmdlet wait for asynchronous work on the pipeline thread: it pulls, and meanwhile writes what the work has to
/// say. A stop, be it Ctrl+C, <c>Select-Object -First</c> or an error that stops, ends the work.
/// </summary>
public abstract class AsyncCmdlet : PSCmdlet, IDisposable
{
    // Ids of progress bars; any that no other command is likely to use.
    private const int RetryActivity = 0x61676e74;
    private const int ProgressActivity = 0x61676e75;

    // Work that is over sooner shows no progress, and bars that flicker tell nothing.
    private static readonly TimeSpan ProgressDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a stop waits for work to end in good order before it is left to itself.</summary>
    private protected static readonly TimeSpan StopTimeout = TimeSpan.FromMilliseconds(400);

    /// <summary>How long a stop may take where something that was just made has to be undone.</summary>
    private protected static readonly TimeSpan CleanupTimeout = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<Action> _messages = new();
    private readonly SemaphoreSlim _wake = new(0);

    private CmdletObserver? _observer;
    private bool _isRetryProgressShown;

    /// <summary>Gets the token that a stop cancels.</summary>
    private protected CancellationToken PipelineStopToken => _stop.Token;

    /// <summary>Gets who writes what the work has to say.</summary>
    private protected IGitLabObserver Observer => _observer ??= new CmdletObserver(this);

    /// <summary>Ends what is still under way; PowerShell calls it when the pipeline is over, however it ended.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Ends what is still under way.</summary>
    /// <param name="disposing">Whether it is not the finalizer that calls.</param>
    protected virtual void Dispose(bool disposing) => _stop.Cancel();

    /// <inheritdoc/>
    protected override void StopProcessing()
    {
        _stop.Cancel();
        _wake.Release();
    }

    /// <summary>Does one piece of work; if it fails that is a non-terminating error, and the next piece goes on.</summary>
    /// <param name="target">What the user passed.</param>
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

    // The four methods below replace those of Cmdlet, because their text can contain names that somebody else chose.

    /// <summary>Asks whether to continue, with text that is safe for a terminal.</summary>
    /// <param name="target">The object that would be changed.</param>
    /// <param name="action">What would be done.</param>
    private protected new bool ShouldProcess(string target, string action)
        => base.ShouldProcess(DisplayText.Sanitize(target), DisplayText.Sanitize(action));

    /// <summary>Writes a verbose message that is safe for a terminal.</summary>
    /// <param name="text">The message.</param>
    private protected new void WriteVerbose(string text) => base.WriteVerbose(DisplayText.Sanitize(text));

    /// <summary>Writes a warning that is safe for a terminal.</summary>
    /// <param name="text">The warning.</param>
    private protected new void WriteWarning(string text) => base.WriteWarning(DisplayText.Sanitize(text));

    /// <summary>Writes a progress record that is safe for a terminal.</summary>
    /// <param name="progressRecord">The record.</param>
    private protected new void WriteProgress(ProgressRecord progressRecord)
    {
        progressRecord.StatusDescription = DisplayText.Sanitize(progressRecord.StatusDescription);
        base.WriteProgress(progressRecord);
    }

    /// <summary>Writes an item, or a non-terminating error if it could not be read.</summary>
    /// <param name="result">The item or the error.</param>
    private protected void WriteResult<T>(ItemResult<T> result)
        where T : class
    {
        if (result.Error is { } error)
        {
            WriteError(ErrorRecordFactory.Create(error, result.Target));
        }
        else
        {
            WriteObject(result.Value);
        }
    }

    /// <summary>Waits for a task on the pipeline thread, and meanwhile writes its messages.</summary>
    /// <param name="work">The task. It ends when <see cref="PipelineStopToken"/> is canceled.</param>
    /// <param name="stopTimeout">How long a stop waits for the task to end. The default is less than half a second.</param>
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

    /// <summary>Waits for a task on the pipeline thread, and meanwhile writes its messages.</summary>
    /// <param name="work">The task. It ends when <see cref="PipelineStopToken"/> is canceled.</param>
    private protected void Wait(Task work) => Wait(WithResultAsync(work));

    /// <summary>
    /// Waits for the creation of an object and writes the object. If the pipeline ends before the object is out, because
    /// a message cannot be written (a preference is Stop, or someone answers Halt) or because of a stop in the last
    /// moment, the object is removed again and a warning says so.
    /// </summary>
    /// <param name="creation">The creation.</param>
    /// <param name="rollBack">Removes the object. Returns what became of it, as a sentence, and does not throw.</param>
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
            // With other commands behind this one, they may have received the object; at the end of a pipeline nobody has.
            RollBack(created, rollBack);
            throw;
        }
    }

    /// <summary>Writes the results of a reader that are available, and waits only if the reader is blocked.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="write">Writes one result.</param>
    private protected void WriteAvailable<T>(PipelineReader<T> reader, Action<T> write)
    {
        while (!reader.IsEmpty && (reader.IsBlocked || reader.Pending.IsCompleted) && Wait(reader.Pending))
        {
            if (reader.TryTake(out T item))
            {
                write(item);
            }
        }
    }

    /// <summary>Waits for all results of a reader and writes them.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="write">Writes one result.</param>
    private protected void WriteRemaining<T>(PipelineReader<T> reader, Action<T> write)
    {
        reader.Complete();
        while (Wait(reader.Pending))
        {
            if (reader.TryTake(out T item))
            {
                write(item);
            }
        }
    }

    /// <summary>Pulls a list, item by item, on the pipeline thread.</summary>
    /// <param name="source">The list.</param>
    private protected IEnumerable<T> ToBlockingEnumerable<T>(IAsyncEnumerable<T> source)
    {
        IAsyncEnumerator<T> items = source.GetAsyncEnumerator(PipelineStopToken);
        Task<bool>? waiting = null;
        try
        {
            while (true)
            {
                ValueTask<bool> step = items.MoveNextAsync();
                if (!(step.IsCompletedSuccessfully ? step.Result : Wait(waiting = step.AsTask())))
                {
                    break;
                }

                yield return items.Current;
            }
        }
        finally
        {
            if (waiting is null or { IsCompleted: true })
            {
                items.DisposeAsync().AsTask().Wait(StopTimeout);
            }
        }
    }

    /// <summary>Says something although the pipeline is being stopped, when the warning stream is closed already.</summary>
    /// <param name="message">What to say.</param>
    private protected void WarnAfterStop(string message)
    {
        try
        {
            Host?.UI?.WriteWarningLine(DisplayText.Sanitize(message));
        }
        catch (Exception e) when (e is PSNotSupportedException or NotImplementedException or System.Management.Automation.Host.HostException)
        {
            // A host without a face.
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

    // Cancels the work and waits for its end; then says what it leaves behind.
    private bool CancelAndDrain(Task work, TimeSpan patience)
    {
        _stop.Cancel();
        if (((IAsyncResult)work).AsyncWaitHandle.WaitOne(patience))
        {
            try
            {
                work.GetAwaiter().GetResult(); // Task.Wait would say that it was cancelled, and no more.
            }
            catch (OperationInterruptedException unfinished)
            {
                WarnAfterStop(unfinished.Message);
            }
            catch (Exception e) when (e is GitLabApiException or OperationCanceledException)
            {
                // The stop came first, and no one waits for the outcome.
            }
        }

        return true;
    }

    private void Post(Action message)
    {
        _messages.Enqueue(message);
        _wake.Release();
    }

    private void WriteMessages()
    {
        while (_messages.TryDequeue(out Action? write))
        {
            write();
        }
    }

    private void CompleteRetryProgress()
    {
        if (_isRetryProgressShown)
        {
            _isRetryProgressShown = false;
            WriteProgress(new ProgressRecord(RetryActivity, "GitLab", "Done") { RecordType = ProgressRecordType.Completed });
        }
    }

    // A class of its own, so that PowerShell can look at the cmdlets without loading the client.
    private sealed class CmdletObserver(AsyncCmdlet cmdlet) : IGitLabObserver
    {
        private readonly Stopwatch _watch = Stopwatch.StartNew();
        private TimeSpan _next = ProgressDelay;

        public void OnVerbose(string message) => cmdlet.Post(() => cmdlet.WriteVerbose(message));

        public void OnRetry(TimeSpan delay, string reason) => cmdlet.Post(() =>
        {
            cmdlet.WriteVerbose($"Waiting {delay.TotalSeconds:0.#} s: {reason}");
            cmdlet.WriteProgress(new ProgressRecord(RetryActivity, "GitLab", $"Waiting {delay.TotalSeconds:0} s: {reason}")
            {
                SecondsRemaining = (int)Math.Ceiling(delay.TotalSeconds),
            });
            cmdlet._isRetryProgressShown = true;
        });

        public void OnProgress(int done, int? total, int found)
        {
            if (_watch.Elapsed < _next)
            {
                return;
            }

            _next = _watch.Elapsed + ProgressInterval;
            bool over = done == total;
            string status = $"{done} of {total?.ToString(CultureInfo.InvariantCulture) ?? "?"} projects, {found} agents";
            cmdlet.Post(() => cmdlet.WriteProgress(new ProgressRecord(ProgressActivity, "Reading agents", status)
            {
                PercentComplete = total > 0 ? Math.Min(100, 100 * done / total.Value) : -1,
                RecordType = over ? ProgressRecordType.Completed : ProgressRecordType.Processing,
            }));
        }
    }
}
