using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;

namespace GitLabAgents;

/// <summary>Stores the current session of each runspace, which cmdlets use by default.</summary>
internal static class CurrentSession
{
    private static readonly ConditionalWeakTable<Runspace, GitLabSession> Sessions = new();

    /// <summary>Returns this runspace's session, or <see langword="null"/>.</summary>
    public static GitLabSession? Get() => Runspace.DefaultRunspace is { } runspace
        && Sessions.TryGetValue(runspace, out GitLabSession? session) ? session : null;

    /// <summary>Sets or clears this runspace's session.</summary>
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
