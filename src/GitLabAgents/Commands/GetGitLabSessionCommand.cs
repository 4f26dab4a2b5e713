using System.Management.Automation;

namespace GitLabAgents.Commands;

/// <summary>Returns the current session of this runspace, or nothing.</summary>
[Cmdlet(VerbsCommon.Get, "GitLabSession")]
[OutputType(typeof(GitLabSession))]
public sealed class GetGitLabSessionCommand : PSCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (CurrentSession.Get() is { } session)
        {
            WriteObject(session);
        }
    }
}
