using System;
using System.Collections.Concurrent;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <summary>Work that other threads queue for the pipeline thread.</summary>
/// <param name="pipelineStopToken">Cancels the work that has not started.</param>
internal sealed class PipelineThread(CancellationToken pipelineStopToken)
{
    private readonly ConcurrentQueue<Action> _work = new();
    private readonly SemaphoreSlim _queued = new(0);
    private Task _wait = Task.CompletedTask;

    /// <summary>Queues work.</summary>
    /// <param name="work">The work.</param>
    /// <returns>A task for the result. It is canceled if the pipeline stops before the work starts.</returns>
    public Task<T> RunAsync<T>(Func<T> work)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        CancellationTokenRegistration onStop = pipelineStopToken.Register(
            () => result.TrySetCanceled(pipelineStopToken));
        _work.Enqueue(() =>
        {
            onStop.Dispose();
            if (!result.Task.IsCanceled)
            {
                Run(work, result);
            }
        });
        _queued.Release();
        return result.Task;
    }

    /// <summary>Queues work that returns nothing.</summary>
    /// <param name="work">The work.</param>
    /// <returns>A task for its end. It is canceled if the pipeline stops before the work starts.</returns>
    public Task RunAsync(Action work) => RunAsync(() =>
    {
        work();
        return true;
    });

    /// <summary>Gets a task that completes when work is queued. Call it on the pipeline thread.</summary>
    public Task WaitForWork() => _wait.IsCompleted ? _wait = _queued.WaitAsync() : _wait;

    /// <summary>Runs the next piece of work. Call it on the pipeline thread.</summary>
    /// <returns><see langword="false"/> if there is none.</returns>
    public bool RunNext()
    {
        if (!_work.TryDequeue(out Action? work))
        {
            return false;
        }

        work();
        return true;
    }

    // What the work throws ends the pipeline. Only the failure of an operation is left to the one who queued the work.
    private static void Run<T>(Func<T> work, TaskCompletionSource<T> result)
    {
        try
        {
            result.SetResult(work());
        }
        catch (GitLabApiException e)
        {
            result.SetException(e);
        }
        catch (Exception e)
        {
            result.SetException(e);
            throw;
        }
    }
}
