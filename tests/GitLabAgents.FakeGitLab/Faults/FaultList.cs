using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Threading;

namespace GitLabAgents.FakeGitLab;

/// <summary>
/// The faults to come. The first one that matches a request strikes it; a request has one fault at most.
/// </summary>
public sealed class FaultList : IEnumerable<Fault>
{
    private readonly Lock gate = new();
    private Fault[] faults = [];

    /// <summary>Their number, with exhausted ones.</summary>
    public int Count => faults.Length;

    /// <summary>Adds a fault after the others, and returns it.</summary>
    public Fault Add(Fault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        lock (gate)
        {
            faults = [.. faults, fault];
        }

        return fault;
    }

    /// <summary>Removes a fault.</summary>
    public void Remove(Fault fault)
    {
        lock (gate)
        {
            faults = [.. faults.Where(other => other != fault)];
        }
    }

    /// <summary>Removes all faults. Requests that hang already keep hanging.</summary>
    public void Clear()
    {
        lock (gate)
        {
            faults = [];
        }
    }

    /// <inheritdoc />
    public IEnumerator<Fault> GetEnumerator() => ((IEnumerable<Fault>)faults).GetEnumerator();

    /// <inheritdoc />
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Finds the fault for this request, and counts it; null if there is none.</summary>
    internal Fault? FindMatch(RecordedRequest request)
    {
        lock (gate)
        {
            foreach (Fault fault in faults)
            {
                if (!fault.Exhausted && fault.IsFor(request) && ++fault.Matches > fault.SkipFirst)
                {
                    fault.Hits++;
                    return fault;
                }
            }

            return null;
        }
    }
}
