using System;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <content>Waits until agents are connected.</content>
public sealed partial class GitLabClient
{
    /// <summary>
    /// Waits until an agent is connected.
    /// See <see href="https://docs.gitlab.com/api/graphql/reference/#projectclusteragent"/>.
    /// </summary>
    /// <param name="project">The agent's project.</param>
    /// <param name="agent">The agent's ID or name.</param>
    /// <param name="minimumVersion">
    /// The version that every connected pod must have at least; null for any version.
    /// </param>
    /// <param name="timeout">How long to wait; <see cref="TimeSpan.Zero"/> to wait without a limit.</param>
    /// <param name="pollInterval">The time between two polls.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="GitLabApiException">The agent cannot be read, or was not connected in time.</exception>
    public Task<AgentConnection> WaitForConnectionAsync(
        ProjectReference project,
        AgentReference agent,
        Version? minimumVersion,
        TimeSpan timeout,
        TimeSpan pollInterval,
        CancellationToken cancellationToken = default)
    {
        if (timeout < TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(nameof(timeout), timeout, "The timeout must not be negative.");
        }

        if (pollInterval <= TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(
                nameof(pollInterval), pollInterval, "The time between two polls must be greater than zero.");
        }

        return PollConnectionAsync(
            $"Agent {agent} of project {project} on {_session}",
            stop => GetConnectionAsync(project, agent, stop),
            minimumVersion,
            timeout,
            pollInterval,
            cancellationToken);
    }

    /// <summary>Waits until an agent is connected.</summary>
    /// <param name="description">The agent, as the subject of a sentence.</param>
    /// <param name="readAsync">Reads the connection, together with those of other agents.</param>
    /// <param name="minimumVersion">
    /// The version that every connected pod must have at least; null for any version.
    /// </param>
    /// <param name="timeout">How long to wait; <see cref="TimeSpan.Zero"/> to wait without a limit.</param>
    /// <param name="pollInterval">The time between two polls.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    internal async Task<AgentConnection> PollConnectionAsync(
        string description,
        Func<CancellationToken, Task<AgentConnection>> readAsync,
        Version? minimumVersion,
        TimeSpan timeout,
        TimeSpan pollInterval,
        CancellationToken cancellationToken)
    {
        DateTimeOffset start = _session.Clock.GetUtcNow();
        string? lastSeen = null;
        while (true)
        {
            string seen;
            TimeSpan pause = pollInterval;
            try
            {
                AgentConnection connection = await readAsync(cancellationToken).ConfigureAwait(false);
                if (IsConnected(connection, minimumVersion))
                {
                    return connection;
                }

                seen = Describe(connection);
            }
            catch (GitLabApiException e) when (e.IsTransient)
            {
                seen = $"The last read failed: {e.Problem}";
                pause = e.RetryAfter > pollInterval ? e.RetryAfter.Value : pollInterval;
            }

            if (seen != lastSeen)
            {
                lastSeen = seen;
                ReportVerbose($"{description}: {seen}");
            }

            TimeSpan left = timeout == TimeSpan.Zero
                ? TimeSpan.MaxValue
                : start + timeout - _session.Clock.GetUtcNow();
            if (left <= TimeSpan.Zero)
            {
                throw NotConnectedInTime(description, minimumVersion, timeout, seen);
            }

            await _session.Clock.Delay(pause < left ? pause : left, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool IsConnected(AgentConnection connection, Version? minimumVersion)
        => connection.Status == AgentConnectionStatus.Connected
            && AgentVersion.AreAtLeast(
                Array.ConvertAll(connection.Connections, static pod => pod.Version), minimumVersion);

    private static string Describe(AgentConnection connection) => connection switch
    {
        { Status: AgentConnectionStatus.Connected } => $"It is connected with version {connection.Version ?? "?"}.",
        { Reason: { } reason } => $"Its status is {connection.Status}: {reason}",
        { LastUsedAt: { } lastUsed }
            => $"Its status is {connection.Status}; it was last seen at {lastUsed.UtcDateTime:u}.",
        _ => $"Its status is {connection.Status}.",
    };

    private static GitLabApiException NotConnectedInTime(
        string description, Version? minimumVersion, TimeSpan timeout, string seen)
    {
        string goal = minimumVersion is null ? "connected" : $"connected with version {minimumVersion} or later";
        return new GitLabApiException(
            GitLabErrorKind.Timeout,
            $"{description} was not {goal} within {RotationFormatter.FormatDuration(timeout)}. {seen}",
            "Check the agent's pods and their log in the cluster, or wait longer with -TimeoutSec.");
    }
}
