using System.Threading;

namespace GitLabAgents.FakeGitLab;

/// <summary>How many requests are under way, and how many were at most.</summary>
internal sealed class InFlightCounter
{
    private readonly Lock gate = new();

    public int Now { get; private set; }

    public int Most { get; private set; }

    public void Enter()
    {
        lock (gate)
        {
            Now++;
            if (Now > Most)
            {
                Most = Now;
            }
        }
    }

    public void Leave()
    {
        lock (gate)
        {
            Now--;
        }
    }

    public void Reset()
    {
        lock (gate)
        {
            Most = Now;
        }
    }
}
