using System;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <content>Waits until agents are connected.</content>
public sealed partial class GitLabClient
{
    /// <summary>Waits until an agent is connected.</summary>
    /// <param name="project">The agent's project.</param>
    /// <param name="agent">The agent's ID or name.</param>
    /// <param name="minimumVersion">The version that every connected pod must have at least; null for any version.</param>
    /// <param name="timeout">How long to wait; <see cref="TimeSpan.Zero"/> to wait without a limit.</param>
    /// <param name="pollInterval">The time between two polls.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="GitLabApiException">The agent cannot be read, or was not connected in time.</exception>
    public async Task<AgentConnection> WaitForConnectionAsync(
        ProjectReference project,
        AgentReference agent,
        Version? minimumVersion,
        TimeSpan timeout,
        TimeSpan pollInterval,
        CancellationToken cancellationToken = default)
    {
        DateTimeOffset start = _session.Clock.GetUtcNow();
        while (true)
        {
            AgentConnection? connection = null;
            GitLabApiException? failure = null;
            try
            {
                connection = await GetConnectionAsync(project, agent, cancellationToken).ConfigureAwait(false);
                if (connection.Status == AgentConnectionStatus.Connected && AgentVersion.IsAtLeast(connection.Version, minimumVersion))
                {
                    return connection;
                }
            }
            catch (GitLabApiException e) when (e.IsTransient)
            {
                failure = e;
            }

            TimeSpan left = timeout == TimeSpan.Zero ? TimeSpan.MaxValue : start + timeout - _session.Clock.GetUtcNow();
            if (left <= TimeSpan.Zero)
            {
                throw NotConnectedInTime(project, agent, minimumVersion, timeout, connection, failure);
            }

            TimeSpan pause = failure?.RetryAfter > pollInterval ? failure.RetryAfter.Value : pollInterval;
            await _session.Clock.Delay(pause < left ? pause : left, cancellationToken).ConfigureAwait(false);
        }
    }

    private GitLabApiException NotConnectedInTime(
        ProjectReference project,
        AgentReference agent,
        Version? minimumVersion,
        TimeSpan timeout,
        AgentConnection? connection,
        GitLabApiException? failure)
    {
        string goal = minimumVersion is null ? "connected" : $"connected with version {minimumVersion} or later";
        string last = (connection, failure) switch
        {
            ({ Status: AgentConnectionStatus.Connected, Version: var version }, _) => $"It is connected with version {version ?? "?"}.",
            ({ Reason: { } reason }, _) => $"Its status is {connection.Status}: {reason}",
            ({ } known, _) => $"Its status is {known.Status}.",
            (_, { } error) => $"The last read failed: {error.Problem}",
            _ => string.Empty,
        };
        return new GitLabApiException(
            GitLabErrorKind.Timeout,
            $"Agent {agent} of project {project} on {_session} was not {goal} within {timeout.TotalSeconds:0} seconds. {last}".TrimEnd(),
            "Check the agent's pods and their log in the cluster, or wait longer with -TimeoutSec.");
    }
}
