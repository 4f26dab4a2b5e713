using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;

namespace GitLabAgents;

/// <summary>Each runspace has a session of its own that cmdlets fall back on.</summary>
internal static class CurrentSession
{
    private static readonly ConditionalWeakTable<Runspace, GitLabSession> Sessions = new();

    /// <summary>Gives this runspace's session, or <see langword="null"/>.</summary>
    public static GitLabSession? Get()
        => Runspace.DefaultRunspace is { } runspace && Sessions.TryGetValue(runspace, out GitLabSession? session) ? session : null;

    /// <summary>Sets this runspace's session, or none.</summary>
    public static void Set(GitLabSession? session)
    {
        if (Runspace.DefaultRunspace is not { } runspace)
        {
            return;
        }

        Sessions.Remove(runspace);
        if (session is not null)
        {
            Sessions.Add(runspace, session);
        }
    }
}
