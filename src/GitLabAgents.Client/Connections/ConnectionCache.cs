using System;
using System.Collections.Generic;
using System.Threading;

namespace GitLabAgents;

/// <summary>
/// What was read of agents' connections, kept for one piece of work: one query tells of a hundred agents of a project,
/// and a long pipeline asks for many of them. Failures are not kept, and of many projects only the latest.
/// </summary>
public sealed class ConnectionCache
{
    private const int MaxProjects = 64;

    private readonly Dictionary<(GitLabSession Session, ProjectReference Project), ProjectConnections> _projects = [];
    private readonly Queue<(GitLabSession Session, ProjectReference Project)> _order = new();

    /// <summary>Gives what is known of a project.</summary>
    internal ProjectConnections GetOrAdd(GitLabSession session, ProjectReference project)
    {
        lock (_order)
        {
            if (!_projects.TryGetValue((session, project), out ProjectConnections? known))
            {
                if (_order.Count == MaxProjects)
                {
                    _projects.Remove(_order.Dequeue());
                }

                known = new ProjectConnections();
                _projects.Add((session, project), known);
                _order.Enqueue((session, project));
            }

            return known;
        }
    }
}

/// <summary>What is known of the connections of a project's agents, and how far its list was read.</summary>
internal sealed class ProjectConnections
{
    private readonly Dictionary<long, AgentConnection> _byId = [];
    private readonly Dictionary<string, AgentConnection> _byName = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _cursors = new(StringComparer.Ordinal);

    /// <summary>Gets what lets one at a time read on.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    /// <summary>Gets or sets the project's id; zero until its first agent was found.</summary>
    public long ProjectId { get; set; }

    /// <summary>Gets or sets the project's full path, or <see langword="null"/> where it is not known.</summary>
    public string? Path { get; set; }

    /// <summary>Gets the cursor behind which the list goes on; <see langword="null"/> at its beginning.</summary>
    public string? After { get; private set; }

    /// <summary>Gets a value indicating whether there is, or may be, more to read.</summary>
    public bool HasMore { get; private set; } = true;

    /// <summary>Gets why agents that are not among those read are unknown; <see langword="null"/> where they are just not among them.</summary>
    public string? Reason { get; private set; }

    /// <summary>Gets a value indicating whether it was asked if the access token may see connections.</summary>
    public bool IsRoleKnown { get; private set; }

    /// <summary>Gets why there may be connections where GitLab tells that there are none; <see langword="null"/> where that is to be believed.</summary>
    public string? HiddenReason { get; private set; }

    /// <summary>Gives an agent by its id or name, or <see langword="null"/> where it was not read.</summary>
    public AgentConnection? Find(AgentReference agent)
    {
        AgentConnection? found;
        _ = agent.Id is { } id ? _byId.TryGetValue(id, out found) : _byName.TryGetValue(agent.Name!, out found);
        return found;
    }

    /// <summary>Keeps an agent under its id and its name.</summary>
    public void Add(AgentConnection connection)
    {
        _byId[connection.AgentId] = connection;
        _byName[connection.Agent] = connection;
    }

    /// <summary>Goes on behind a cursor, or, without one, ends the list.</summary>
    /// <returns>Whether the cursor leads on.</returns>
    public bool TryAdvance(string? cursor)
    {
        After = cursor;
        HasMore = cursor is not null;
        return cursor is null || _cursors.Add(cursor);
    }

    /// <summary>Keeps why connections may be hidden, or, without a reason, that they are not.</summary>
    public void SetHiddenReason(string? whyHidden)
    {
        HiddenReason = whyHidden;
        IsRoleKnown = true;
    }

    /// <summary>Ends the list for a reason.</summary>
    public void Fail(string reason)
    {
        Reason = reason;
        HasMore = false;
    }
}
