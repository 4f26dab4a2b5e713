using System.Collections.Generic;
using System.Management.Automation;
using System.Runtime.CompilerServices;
using System.Threading;

namespace GitLabAgents.Commands;

/// <summary>
/// Gets whether agents are connected, since when and with which version. One query covers a hundred agents of a
/// project, and several projects are read at once.
/// </summary>
[Cmdlet(VerbsCommon.Get, "GitLabAgentConnection")]
[OutputType(typeof(AgentConnection))]
public sealed class GetGitLabAgentConnectionCommand : AgentCmdlet
{
    private readonly ConnectionCache _cache = new();
    private PipelineReader<ItemResult<AgentConnection>>? _reader;

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Agent.Value, () =>
    {
        GitLabClient client = GetClient();
        ProjectReference project = ResolveProject(client, Project);
        AgentReference agent = Agent;
        _reader ??= new(client.Session.MaxConcurrentReads, PipelineStopToken);
        _reader.Add(stop => ReadAsync(client, project, agent, stop));
        WriteAvailable(_reader, WriteResult);
    });

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_reader is not null)
        {
            WriteRemaining(_reader, WriteResult);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _reader?.DisposeAsync().AsTask().Wait(StopTimeout);
    }

    private async IAsyncEnumerable<ItemResult<AgentConnection>> ReadAsync(
        GitLabClient client, ProjectReference project, AgentReference agent, [EnumeratorCancellation] CancellationToken stop)
    {
        yield return await ItemResult.CaptureAsync(agent.Value, () => client.GetConnectionAsync(project, agent, _cache, stop))
            .ConfigureAwait(false);
    }
}
