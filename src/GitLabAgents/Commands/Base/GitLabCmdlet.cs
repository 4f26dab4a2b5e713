using System.Management.Automation;
using System.Threading.Tasks;

namespace GitLabAgents.Commands;

/// <summary>A cmdlet that works with a session: the one that is given or piped, else the runspace's current one.</summary>
public abstract class GitLabCmdlet : AsyncCmdlet
{
    private readonly AgentIdResolver _agentIds = new();

    /// <summary>Gets or sets the session to work with. By default the one that the object came from, else the current one.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    public GitLabSession? Session { get; set; }

    /// <summary>Makes a client of the session.</summary>
    /// <exception cref="GitLabApiException">There is no session.</exception>
    private protected GitLabClient GetClient()
        => new(Session ?? CurrentSession.Get() ?? throw CreateNotConnectedException(), Observer);

    /// <summary>Makes a client of the session that an object came from.</summary>
    /// <param name="origin">The object's session.</param>
    /// <exception cref="GitLabApiException">Another session was asked for: its ids mean other things there.</exception>
    private protected GitLabClient GetClient(GitLabSession origin)
    {
        if (Session is not null && !ReferenceEquals(Session, origin))
        {
            throw new GitLabApiException(
                GitLabErrorKind.InvalidRequest,
                $"The object came from {origin}, and -Session names {Session}.",
                "Leave -Session away: an object goes back to where it came from.");
        }

        return new GitLabClient(origin, Observer);
    }

    /// <summary>Gives the project that is meant, where it was given as <c>.</c>.</summary>
    private protected ProjectReference ResolveProject(GitLabClient client, ProjectReference project)
        => project.IsCurrentRepository ? GitRemoteProject.Resolve(SessionState.Path.CurrentFileSystemLocation.ProviderPath, client.Session) : project;

    /// <summary>Turns what people give into the ids of an agent and its project.</summary>
    private protected Task<(long ProjectId, long AgentId)> ResolveAgentAsync(GitLabClient client, ProjectReference project, AgentReference agent)
        => _agentIds.ResolveAsync(client, project, agent, PipelineStopToken);

    private static GitLabApiException CreateNotConnectedException()
        => new(GitLabErrorKind.NotConnected, "There is no session with a GitLab.", "Connect first, with Connect-GitLab.");
}
