using System.Threading;

namespace GitLabAgents.FakeGitLab;

/// <summary>Counts the requests in flight, and the most there were.</summary>
internal sealed class InFlightCounter
{
    private readonly Lock gate = new();

    public int Current { get; private set; }

    public int Max { get; private set; }

    public void Begin()
    {
        lock (gate)
        {
            Current++;
            if (Current > Max)
            {
                Max = Current;
            }
        }
    }

    public void End()
    {
        lock (gate)
        {
            Current--;
        }
    }

    public void Reset()
    {
        lock (gate)
        {
            Max = Current;
        }
    }
}
