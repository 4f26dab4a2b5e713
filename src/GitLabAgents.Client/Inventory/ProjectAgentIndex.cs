using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <summary>Finds agents in the pages of a project, and reads pages only as far as needed.</summary>
internal sealed class ProjectAgentIndex
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);

    private readonly GitLabClient _client;
    private readonly AgentQuery _query;
    private readonly ProjectEntry _project;
    private readonly Dictionary<long, AgentRecord> _byId = [];
    private readonly Dictionary<string, AgentRecord> _byName = new(StringComparer.OrdinalIgnoreCase);
    private readonly Stopwatch _age = Stopwatch.StartNew();
    private ProjectEntry? _page;

    public ProjectAgentIndex(GitLabClient client, AgentQuery query, ProjectEntry project)
    {
        _client = client;
        _query = query;
        _project = project;
        Add(project);
    }

    /// <summary>Gets a value indicating whether the pages were read a moment ago.</summary>
    public bool IsFresh => _age.Elapsed < MaxAge;

    /// <summary>Finds an agent; null if it is not there, or GraphQL cannot show it.</summary>
    public async Task<AgentRecord?> FindAsync(AgentReference agent, CancellationToken cancellationToken)
    {
        while (true)
        {
            AgentRecord? found;
            bool isFound = agent.Id is { } id
                ? _byId.TryGetValue(id, out found)
                : _byName.TryGetValue(agent.Name!, out found);
            if (isFound || _page is not { NeedsRest: false, Cursor: { } cursor })
            {
                return found;
            }

            ProjectEntry? next = await _client.TryReadAgentPageAsync(_project, cursor, _query, cancellationToken)
                .ConfigureAwait(false);
            _age.Restart();
            if (next is null)
            {
                _page = null;
            }
            else
            {
                Add(next);
            }
        }
    }

    /// <summary>Forgets all pages but the last: agents arrive in the order of the pages.</summary>
    public void Trim()
    {
        if (_page is { } page && page.Agents.Length < _byId.Count)
        {
            _byId.Clear();
            _byName.Clear();
            Add(page);
        }
    }

    private void Add(ProjectEntry page)
    {
        _page = page;
        foreach (AgentRecord record in page.Agents)
        {
            _byId[record.Agent.Id] = record;
            if (record.Agent.Name is { } name)
            {
                _byName[name] = record;
            }
        }
    }
}
