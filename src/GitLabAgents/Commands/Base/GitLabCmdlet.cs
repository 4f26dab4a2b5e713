using System.Globalization;
using System.Management.Automation;
using System.Threading.Tasks;

namespace GitLabAgents.Commands;

/// <summary>
/// The base class of cmdlets that use a session: the specified one, the piped object's, or the runspace's current one.
/// </summary>
public abstract class GitLabCmdlet : AsyncCmdlet
{
    private readonly AgentIdResolver _agentIds = new();

    /// <summary>
    /// Gets or sets the session to use. The default is the session that the piped object came from, or the current one.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [SessionTransformation]
    [ValidateNotNull]
    public GitLabSession? Session { get; set; }

    /// <summary>Creates a client for the session.</summary>
    /// <exception cref="GitLabApiException">
    /// There is no session, or the piped object came from another GitLab than the current one.
    /// </exception>
    private protected GitLabClient GetClient()
    {
        if (Session is { IsDetached: false })
        {
            return new GitLabClient(Session, Observer);
        }

        GitLabSession current = CurrentSession.Get() ?? throw new GitLabApiException(
            GitLabErrorKind.NotConnected, "There is no session.", "Connect with Connect-GitLab first.");
        return Session is null || Session.HasSameAddress(current)
            ? new GitLabClient(current, Observer)
            : throw new GitLabApiException(
                GitLabErrorKind.InvalidRequest,
                $"The object came from {Session}, but the current session is with {current}. Nothing was sent.",
                $"Connect to {Session} with Connect-GitLab, or specify the session to use with -Session.");
    }

    /// <summary>Creates a client for the session that an object came from.</summary>
    /// <param name="origin">The object's session.</param>
    /// <exception cref="GitLabApiException">
    /// Another session was specified. There, the object's IDs would identify other objects.
    /// </exception>
    private protected GitLabClient GetClient(GitLabSession origin)
    {
        if (Session is not null && !ReferenceEquals(Session, origin))
        {
            throw new GitLabApiException(
                GitLabErrorKind.InvalidRequest,
                $"The object came from {origin}, but -Session specifies {Session}.",
                "Omit -Session: an object always uses the session that it came from.");
        }

        return new GitLabClient(origin, Observer);
    }

    /// <summary>
    /// Returns a value indicating whether somebody reads what <c>ShouldProcess</c> says: it will ask, or it is written
    /// by <c>-WhatIf</c> or <c>-Verbose</c>. Requests that only serve this text are not sent otherwise.
    /// </summary>
    private protected bool IsConfirmationRead()
    {
        bool asks = MyInvocation.BoundParameters.TryGetValue("Confirm", out object? confirm)
            ? (SwitchParameter)confirm
            : GetPreference(ConfirmImpact.High, "ConfirmPreference") is > ConfirmImpact.None and <= ConfirmImpact.High;
        bool isVerbose = MyInvocation.BoundParameters.TryGetValue("Verbose", out object? verbose)
            ? (SwitchParameter)verbose
            : GetPreference(ActionPreference.SilentlyContinue, "VerbosePreference")
                is not (ActionPreference.SilentlyContinue or ActionPreference.Ignore);
        bool isWhatIf = MyInvocation.BoundParameters.TryGetValue("WhatIf", out object? whatIf)
            ? (SwitchParameter)whatIf
            : LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference"));
        return asks || isVerbose || isWhatIf;
    }

    /// <summary>Resolves <c>.</c> to the project of the Git repository in the current location.</summary>
    private protected ProjectReference ResolveProject(GitLabClient client, ProjectReference project)
        => project.IsCurrentRepository
            ? GitRemoteProject.Resolve(SessionState.Path.CurrentFileSystemLocation.ProviderPath, client.Session)
            : project;

    /// <summary>Resolves a project and an agent to their IDs.</summary>
    private protected Task<(long ProjectId, long AgentId)> ResolveAgentAsync(
        GitLabClient client, ProjectReference project, AgentReference agent)
        => _agentIds.ResolveAsync(client, project, agent, PipelineStopToken);

    private T GetPreference<T>(T standard, string name)
        => LanguagePrimitives.TryConvertTo(GetVariableValue(name), CultureInfo.InvariantCulture, out T value)
            ? value
            : standard;
}
