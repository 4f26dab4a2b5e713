using System.Management.Automation;

namespace GitLabAgents.Commands;

/// <summary>
/// Disconnects a session: closes its connections and clears its access token. Without a session it does nothing.
/// </summary>
[Cmdlet(VerbsCommunications.Disconnect, "GitLab")]
[OutputType(typeof(void))]
public sealed class DisconnectGitLabCommand : PSCmdlet
{
    /// <summary>Gets or sets the session to disconnect. The default is the current one.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    public GitLabSession? Session { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        GitLabSession? current = CurrentSession.Get();
        if ((Session ?? current) is not { } session)
        {
            WriteVerbose("There is no session to disconnect.");
            return;
        }

        if (ReferenceEquals(session, current))
        {
            CurrentSession.Set(null);
        }

        session.Dispose();
        WriteVerbose($"Disconnected from {session}.");
    }
}
