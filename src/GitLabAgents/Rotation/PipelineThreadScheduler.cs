using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Runtime.ExceptionServices;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <summary>Runs tasks on the pipeline thread, when that thread calls <see cref="RunNext"/>.</summary>
/// <param name="pipelineStopToken">Cancels the tasks that have not started.</param>
internal sealed class PipelineThreadScheduler(CancellationToken pipelineStopToken) : TaskScheduler
{
    private readonly ConcurrentQueue<Task> _tasks = new();
    private readonly SemaphoreSlim _queued = new(0);
    private Task _wait = Task.CompletedTask;

    /// <summary>Queues work for the pipeline thread.</summary>
    /// <param name="work">The work.</param>
    /// <returns>The work's task. It is canceled if the pipeline stops before.</returns>
    public Task<T> RunAsync<T>(Func<T> work)
        => Task.Factory.StartNew(work, pipelineStopToken, TaskCreationOptions.HideScheduler, this);

    /// <summary>Queues work for the pipeline thread.</summary>
    /// <param name="work">The work.</param>
    /// <returns>The work's task. It is canceled if the pipeline stops before.</returns>
    public Task RunAsync(Action work)
        => Task.Factory.StartNew(work, pipelineStopToken, TaskCreationOptions.HideScheduler, this);

    /// <summary>Gets a task that completes when work is queued. Call it on the pipeline thread.</summary>
    public Task WaitForWork() => _wait.IsCompleted ? _wait = _queued.WaitAsync() : _wait;

    /// <summary>Runs the next task. Call it on the pipeline thread.</summary>
    /// <returns><see langword="false"/> if there is none.</returns>
    /// <remarks>
    /// Throws what the task threw, because it ends the pipeline. Only a <see cref="GitLabApiException"/> is left to
    /// those who wait for the task.
    /// </remarks>
    public bool RunNext()
    {
        if (!_tasks.TryDequeue(out Task? task))
        {
            return false;
        }

        if (TryExecuteTask(task) && task.Exception?.InnerException is { } exception and not GitLabApiException)
        {
            ExceptionDispatchInfo.Capture(exception).Throw();
        }

        return true;
    }

    /// <inheritdoc/>
    protected override void QueueTask(Task task)
    {
        _tasks.Enqueue(task);
        _queued.Release();
    }

    /// <inheritdoc/>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    /// <inheritdoc/>
    protected override IEnumerable<Task> GetScheduledTasks() => _tasks;
}
