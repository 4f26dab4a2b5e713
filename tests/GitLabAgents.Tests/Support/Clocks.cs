using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents.Tests;

/// <summary>A clock whose timers fire at once: the time goes on by as much, and what was waited for is kept.</summary>
internal sealed class ImmediateClock : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<TimeSpan> _waits = [];
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public TimeSpan[] Waits
    {
        get
        {
            lock (_gate)
            {
                return [.. _waits];
            }
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _now;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new FiringTimer(callback, state);
        if (dueTime >= TimeSpan.Zero)
        {
            lock (_gate)
            {
                _waits.Add(dueTime);
                _now += dueTime;
            }

            ThreadPool.QueueUserWorkItem(static t => t.Fire(), timer, preferLocal: false);
        }

        return timer;
    }
}

/// <summary>A clock that stands still until it is told to go on.</summary>
internal sealed class HeldClock : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<FiringTimer> _timers = [];

    public int Pending
    {
        get
        {
            lock (_gate)
            {
                return _timers.Count(timer => !timer.Disposed);
            }
        }
    }

    public void Release()
    {
        FiringTimer[] due;
        lock (_gate)
        {
            due = [.. _timers];
            _timers.Clear();
        }

        Array.ForEach(due, timer => timer.Fire());
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new FiringTimer(callback, state);
        lock (_gate)
        {
            _timers.Add(timer);
        }

        return timer;
    }
}

internal sealed class FiringTimer(TimerCallback callback, object? state) : ITimer
{
    public bool Disposed { get; private set; }

    public void Fire()
    {
        if (!Disposed)
        {
            callback(state);
        }
    }

    public bool Change(TimeSpan dueTime, TimeSpan period) => true;

    public void Dispose() => Disposed = true;

    public ValueTask DisposeAsync()
    {
        Disposed = true;
        return default;
    }
}
