using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <summary>
/// Reads agents that arrive one by one, as a pipeline delivers them. The first is read individually and at once; the
/// agents that arrive meanwhile are read together, with as few queries as possible.
/// </summary>
internal sealed class AgentBatchReader(GitLabClient client, AgentParts parts, CancellationToken cancellationToken)
{
    /// <summary>The number of agents that may wait for a result.</summary>
    public const int Capacity = 512;

    // GitLab accepts at most 50 paths.
    private const int MaxProjects = 100;
    private const int MaxPaths = 50;

    private readonly AgentQuery _query = new(client.Session.GraphQL, parts);
    private readonly SemaphoreSlim _slots = new(client.Session.MaxConcurrentReads);
    private readonly Queue<Arrival> _arrivals = new();
    private bool _isRunning;
    private (ProjectReference Project, ProjectAgentIndex Index)? _last;

    private bool NeedsConnections => (parts & AgentParts.Connections) != AgentParts.None;

    /// <summary>Reads the connection of an agent.</summary>
    public async Task<AgentConnection> GetConnectionAsync(
        ProjectReference project, AgentReference agent, CancellationToken stop)
    {
        using BatchedAgent batched = await GetAsync(project, agent, stop).ConfigureAwait(false);
        return batched.Record is { } record
            ? new AgentConnection(record.Agent, record.Connection)
            : await client.GetConnectionAsync(project, agent, stop).ConfigureAwait(false);
    }

    /// <summary>Reads an agent in a batch.</summary>
    /// <param name="project">The agent's project.</param>
    /// <param name="agent">The agent.</param>
    /// <param name="stop">Cancels the wait.</param>
    /// <returns>What was read, or a slot to read the agent individually.</returns>
    public Task<BatchedAgent> GetAsync(ProjectReference project, AgentReference agent, CancellationToken stop)
        => AddAsync(new Arrival(project, agent), stop);

    /// <summary>Waits for a slot to read an agent individually, in the order of arrival.</summary>
    public Task<BatchedAgent> GetSlotAsync(CancellationToken stop) => AddAsync(new Arrival(null, null), stop);

    private async Task<BatchedAgent> AddAsync(Arrival arrival, CancellationToken stop)
    {
        using CancellationTokenRegistration registration = stop.Register(() => arrival.Result.TrySetCanceled(stop));
        bool starts;
        lock (_arrivals)
        {
            _arrivals.Enqueue(arrival);
            starts = !_isRunning;
            _isRunning = true;
        }

        if (starts)
        {
            _ = RunAsync();
        }

        return await arrival.Result.Task.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        while (TakeBatch() is { Count: > 0 } batch)
        {
            try
            {
                await ReadAsync(batch).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                batch.ForEach(static arrival => arrival.Result.TrySetCanceled());
            }
            catch (Exception e)
            {
                batch.ForEach(arrival => arrival.Result.TrySetException(e));
            }
        }
    }

    // Takes what has arrived, up to what one query may hold.
    private List<Arrival> TakeBatch()
    {
        var batch = new List<Arrival>();
        var projects = new HashSet<ProjectReference>();
        int paths = 0;
        lock (_arrivals)
        {
            while (_arrivals.Count > 0)
            {
                Arrival next = _arrivals.Peek();
                bool isNew = next.Project is { } project && !projects.Contains(project);
                bool isPath = isNew && next.Project!.Id is null;
                bool isFull = isNew && (projects.Count == MaxProjects || (isPath && paths == MaxPaths));
                if (isFull || (next.Project is null && batch.Count > 0))
                {
                    break;
                }

                batch.Add(_arrivals.Dequeue());
                if (next.Project is null)
                {
                    break;
                }

                paths += isPath ? 1 : 0;
                projects.Add(next.Project);
            }

            _isRunning = batch.Count > 0;
            return batch;
        }
    }

    private async Task ReadAsync(List<Arrival> batch)
    {
        if (client.Session.GraphQL.UnavailableReason is not null || batch[0].Project is null)
        {
            foreach (Arrival arrival in batch)
            {
                await GrantSlotAsync(arrival).ConfigureAwait(false);
            }
        }
        else if (batch.Count == 1)
        {
            BatchedAgent alone = await GrantSlotAsync(batch[0]).ConfigureAwait(false);
            using var stopped = new CancellationTokenSource();
            using CancellationTokenRegistration onStop = cancellationToken.Register(stopped.Cancel);
            await Task.WhenAny(alone.Released, Task.Delay(Timeout.Infinite, stopped.Token)).ConfigureAwait(false);
            stopped.Cancel();
        }
        else
        {
            await ReadTogetherAsync(batch).ConfigureAwait(false);
        }
    }

    // Results come in the order of arrival. So do slots: whoever holds one can always be written next.
    private async Task ReadTogetherAsync(List<Arrival> batch)
    {
        Dictionary<ProjectReference, ProjectAgentIndex> projects = await ReadProjectsAsync(batch).ConfigureAwait(false);
        foreach (Arrival arrival in batch)
        {
            AgentRecord? record = projects.TryGetValue(arrival.Project!, out ProjectAgentIndex? index)
                ? await index.FindAsync(arrival.Agent!, cancellationToken).ConfigureAwait(false)
                : null;
            if (record is not null && IsComplete(record))
            {
                arrival.Result.TrySetResult(new BatchedAgent(record));
            }
            else
            {
                await GrantSlotAsync(arrival).ConfigureAwait(false);
            }
        }

        ProjectReference last = batch[batch.Count - 1].Project!;
        _last = projects.TryGetValue(last, out ProjectAgentIndex? lastIndex) ? (last, lastIndex) : null;
        lastIndex?.Trim();
    }

    private bool IsComplete(AgentRecord record)
        => NeedsConnections ? _query.ConnectionsReason is null : record.Tokens is not null;

    private async Task<Dictionary<ProjectReference, ProjectAgentIndex>> ReadProjectsAsync(List<Arrival> batch)
    {
        var indexes = new Dictionary<ProjectReference, ProjectAgentIndex>();
        List<ProjectReference> wanted = [.. batch.Select(static arrival => arrival.Project!).Distinct()];
        if (_last is { } last && last.Index.IsFresh && wanted.Remove(last.Project))
        {
            indexes.Add(last.Project, last.Index);
        }

        foreach (IGrouping<bool, ProjectReference> kind in wanted.GroupBy(static project => project.Id is not null))
        {
            foreach (ProjectEntry project in await TryReadProjectsAsync([.. kind]).ConfigureAwait(false) ?? [])
            {
                ProjectReference? reference = kind.FirstOrDefault(wish => wish.Id is { } id
                    ? id == project.Id
                    : string.Equals(wish.Path, project.Path, StringComparison.OrdinalIgnoreCase));
                if (reference is not null)
                {
                    indexes[reference] = new ProjectAgentIndex(client, _query, project);
                }
            }
        }

        return indexes;
    }

    // Where the REST API can answer too, a failure of GraphQL is not one of the user's.
    private async Task<List<ProjectEntry>?> TryReadProjectsAsync(IReadOnlyList<ProjectReference> projects)
    {
        try
        {
            return await client.TryReadProjectsAsync(projects, _query, cancellationToken).ConfigureAwait(false);
        }
        catch (GitLabApiException e) when (!NeedsConnections && GitLabClient.CanUseRestInstead(e))
        {
            return null;
        }
    }

    private async Task<BatchedAgent> GrantSlotAsync(Arrival arrival)
    {
        await _slots.WaitAsync(cancellationToken).ConfigureAwait(false);
        var slot = new BatchedAgent(_slots);
        if (!arrival.Result.TrySetResult(slot))
        {
            slot.Dispose(); // The reader went away.
        }

        return slot;
    }

    private sealed class Arrival(ProjectReference? project, AgentReference? agent)
    {
        public ProjectReference? Project { get; } = project;

        public AgentReference? Agent { get; } = agent;

        public TaskCompletionSource<BatchedAgent> Result { get; } = new();
    }
}
