using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Threading;

namespace GitLabAgents.FakeGitLab;

/// <summary>The faults still to come. The first that concerns a request strikes it; there is one fault a request.</summary>
public sealed class FaultList : IEnumerable<Fault>
{
    private readonly Lock gate = new();
    private Fault[] faults = [];

    /// <summary>How many there are, exhausted ones too.</summary>
    public int Count => faults.Length;

    /// <summary>Adds a fault behind the others, and returns it.</summary>
    public Fault Add(Fault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        lock (gate)
        {
            faults = [.. faults, fault];
        }

        return fault;
    }

    /// <summary>Takes a fault away again.</summary>
    public void Remove(Fault fault)
    {
        lock (gate)
        {
            faults = [.. faults.Where(other => other != fault)];
        }
    }

    /// <summary>Takes all faults away. Requests that hang already go on hanging.</summary>
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

    /// <summary>The fault that strikes this request, if any.</summary>
    internal Fault? Take(RecordedRequest request)
    {
        lock (gate)
        {
            foreach (Fault fault in faults)
            {
                if (!fault.Exhausted && fault.Concerns(request) && ++fault.Matches > fault.SkipFirst)
                {
                    fault.Hits++;
                    return fault;
                }
            }

            return null;
        }
    }
}
