using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Threading.Tasks;
using System;
using GitLabAgents.Completion;

namespace GitLabAgents.Commands;

/// <summary>
/// Gets whether agents are connected, since when and with which version. One query tells of a hundred agents of a
/// project, and the work of many projects overlaps.
/// </summary>
[Cmdlet(VerbsCommon.Get, "GitLabAgentConnection")]
[OutputType(typeof(AgentConnection))]
public sealed class GetGitLabAgentConnectionCommand : GitLabCmdlet
{
    private readonly Queue<(object Agent, Task<AgentConnection> Work)> _queries = new();
    private readonly ConnectionCache _known = new();

    /// <summary>Gets or sets the agent's project, by its id or full path.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("ProjectId")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(ProjectCompleter))]
    public ProjectReference Project { get; set; } = null!;

    /// <summary>Gets or sets the agent, by its id or name.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("AgentId")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(AgentCompleter))]
    public AgentReference Agent { get; set; } = null!;

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Agent.Value, () =>
    {
        GitLabClient client = GetClient();
        _queries.Enqueue((Agent.Value, client.GetConnectionAsync(ResolveProject(client, Project), Agent, _known, PipelineStopToken)));
        int most = client.Session.ThrottleLimit * 2; // Twice, so that a slow project at the head leaves no place idle.
        while (_queries.Count > 0 && (_queries.Count >= most || _queries.Peek().Work.IsCompleted))
        {
            WriteNext();
        }
    });

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        while (_queries.Count > 0)
        {
            WriteNext();
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);

        // Only that they have ended matters, not how.
        ((IAsyncResult)Task.WhenAll(_queries.Select(static query => query.Work))).AsyncWaitHandle.WaitOne(StopTimeout);
        _queries.Clear();
    }

    private void WriteNext()
    {
        (object agent, Task<AgentConnection> work) = _queries.Dequeue();
        Attempt(agent, () => WriteObject(Wait(work)));
    }
}
