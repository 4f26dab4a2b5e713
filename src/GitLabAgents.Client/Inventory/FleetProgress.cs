using System.Threading;

namespace GitLabAgents;

/// <summary>Counts the projects and agents of a read. Several projects count at once.</summary>
internal sealed class FleetProgress(IGitLabObserver? observer)
{
    private int _done;
    private int _found;

    /// <summary>Gets or sets the number of projects, or null if GitLab does not count them.</summary>
    public int? Total { get; set; }

    /// <summary>Counts an agent.</summary>
    public void CountAgent() => Interlocked.Increment(ref _found);

    /// <summary>Counts a project that was read, and reports the progress.</summary>
    public void CountProject()
        => observer?.OnProgress(Interlocked.Increment(ref _done), Total, Volatile.Read(ref _found));
}
