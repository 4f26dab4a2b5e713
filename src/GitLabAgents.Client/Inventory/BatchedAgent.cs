using System;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <summary>
/// The result of a batch for one agent: what was read, or a slot to read the agent individually. Dispose it when the
/// agent has been read.
/// </summary>
internal sealed class BatchedAgent : IDisposable
{
    private readonly TaskCompletionSource<bool> _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SemaphoreSlim? _slots;

    /// <summary>Initializes a new instance of the <see cref="BatchedAgent"/> class with what was read.</summary>
    public BatchedAgent(AgentRecord record) => Record = record;

    /// <summary>
    /// Initializes a new instance of the <see cref="BatchedAgent"/> class with a slot, which it releases.
    /// </summary>
    public BatchedAgent(SemaphoreSlim slots) => _slots = slots;

    /// <summary>Gets what was read, or null if the agent must be read individually.</summary>
    public AgentRecord? Record { get; }

    /// <summary>Gets a task that ends when the slot is released.</summary>
    public Task Released => _released.Task;

    /// <inheritdoc/>
    public void Dispose()
    {
        Interlocked.Exchange(ref _slots, null)?.Release();
        _released.TrySetResult(true);
    }
}
