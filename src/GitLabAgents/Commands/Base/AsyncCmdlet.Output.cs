using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;

namespace GitLabAgents.Commands;

/// <content>Writes results and messages, the latter in a form that is safe for a terminal.</content>
public abstract partial class AsyncCmdlet
{
    // IDs of progress bars that no other command is likely to use.
    private const int RetryActivity = 0x61676e74;
    private const int ProgressActivity = 0x61676e75;

    // Short operations show no progress, and updates are limited so that the bar does not flicker.
    private static readonly TimeSpan ProgressDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentQueue<Action> _messages = new();

    private CmdletObserver? _observer;
    private bool _isRetryProgressShown;

    /// <summary>Gets the observer that writes the messages of the client.</summary>
    private protected IGitLabObserver Observer => _observer ??= new CmdletObserver(this);

    // The next four methods replace those of Cmdlet, because their text can contain names that other people chose.

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

    /// <summary>
    /// Writes a warning while the pipeline is being stopped, when the warning stream is already closed.
    /// </summary>
    /// <param name="message">The warning.</param>
    private protected void WarnAfterStop(string message)
    {
        try
        {
            Host?.UI?.WriteWarningLine(DisplayText.Sanitize(message));
        }
        catch (Exception e) when (e is PSNotSupportedException or NotImplementedException or HostException)
        {
            // The host has no user interface.
        }
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
            WriteProgress(new ProgressRecord(RetryActivity, "GitLab", "Done")
            {
                RecordType = ProgressRecordType.Completed,
            });
        }
    }

    // A separate class, so that PowerShell can inspect the cmdlets without loading the client.
    private sealed class CmdletObserver(AsyncCmdlet cmdlet) : IGitLabObserver
    {
        private readonly Stopwatch _watch = Stopwatch.StartNew();
        private TimeSpan _nextUpdate = ProgressDelay;

        public void OnVerbose(string message) => cmdlet.Post(() => cmdlet.WriteVerbose(message));

        public void OnRetry(TimeSpan delay, string reason) => cmdlet.Post(() =>
        {
            cmdlet.WriteVerbose($"Waiting {delay.TotalSeconds:0.#} s: {reason}");
            string status = $"Waiting {delay.TotalSeconds:0} s: {reason}";
            cmdlet.WriteProgress(new ProgressRecord(RetryActivity, "GitLab", status)
            {
                SecondsRemaining = (int)Math.Ceiling(delay.TotalSeconds),
            });
            cmdlet._isRetryProgressShown = true;
        });

        public void OnProgress(int done, int? total, int found)
        {
            if (_watch.Elapsed < _nextUpdate)
            {
                return;
            }

            _nextUpdate = _watch.Elapsed + ProgressInterval;
            bool isComplete = done == total;
            string count = total?.ToString(CultureInfo.InvariantCulture) ?? "?";
            string status = $"{done} of {count} projects, {found} agents";
            cmdlet.Post(() => cmdlet.WriteProgress(new ProgressRecord(ProgressActivity, "Reading agents", status)
            {
                PercentComplete = total > 0 ? Math.Min(100, 100 * done / total.Value) : -1,
                RecordType = isComplete ? ProgressRecordType.Completed : ProgressRecordType.Processing,
            }));
        }
    }
}
