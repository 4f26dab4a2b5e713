using System.Collections.Generic;
using System.Management.Automation;
using System.Runtime.CompilerServices;
using System.Threading;

namespace GitLabAgents.Commands;

/// <summary>
/// Gets whether agents are connected, since when and with which version. The agents of a pipeline are read together.
/// </summary>
[Cmdlet(VerbsCommon.Get, "GitLabAgentConnection")]
[OutputType(typeof(AgentConnection))]
public sealed class GetGitLabAgentConnectionCommand : AgentCmdlet
{
    private PipelineReader<ItemResult<AgentConnection>>? _reader;

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Agent.Value, () =>
    {
        GitLabClient client = GetClient();
        ProjectReference project = ResolveProject(client, Project);
        AgentReference agent = Agent;
        AgentBatchReader batch = GetBatchReader(client, AgentParts.Tokens | AgentParts.Connections);

        _reader ??= new(AgentBatchReader.Capacity, PipelineStopToken);
        _reader.Add(stop => ReadAsync(batch, project, agent, stop));
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

    private static async IAsyncEnumerable<ItemResult<AgentConnection>> ReadAsync(
        AgentBatchReader batch,
        ProjectReference project,
        AgentReference agent,
        [EnumeratorCancellation] CancellationToken stop)
    {
        yield return await ItemResult.CaptureAsync(agent.Value, () => batch.GetConnectionAsync(project, agent, stop))
            .ConfigureAwait(false);
    }
}
