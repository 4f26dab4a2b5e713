using System;
using System.Collections.Generic;
using System.Management.Automation;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents.Commands;

/// <summary>Waits until agents are connected, such as after an installation or an upgrade. Many agents are awaited at once.</summary>
[Cmdlet(VerbsLifecycle.Wait, "GitLabAgentConnection")]
[OutputType(typeof(AgentConnection))]
public sealed class WaitGitLabAgentConnectionCommand : AgentCmdlet
{
    private const int WaitActivity = 0x61676e77;
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);

    private PipelineReader<ItemResult<AgentConnection>>? _reader;
    private int _total;
    private int _done;

    /// <summary>Gets or sets how many seconds to wait for each agent; 0 to wait without a limit.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int TimeoutSec { get; set; } = 300;

    /// <summary>Gets or sets the number of seconds between two polls.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int PollSec { get; set; } = 5;

    /// <summary>Gets or sets the version that the agent must have at least, such as 18.9 or v18.9.0.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? MinimumVersion { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Agent.Value, () =>
    {
        Version? minimum = ParseMinimumVersion();
        GitLabClient client = GetClient();
        ProjectReference project = ResolveProject(client, Project);
        AgentReference agent = Agent;
        _reader ??= new(int.MaxValue, PipelineStopToken);
        _reader.Add(stop => ReadAsync(client, project, agent, minimum, stop));
        _total++;
        WriteAvailable(_reader, Write);
    });

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_reader is null)
        {
            return;
        }

        var progress = new ProgressRecord(WaitActivity, "Waiting for agents to connect", "Waiting");
        while (!_reader.IsEmpty)
        {
            progress.StatusDescription = $"{_done} of {_total} agents";
            progress.PercentComplete = 100 * _done / _total;
            WriteProgress(progress);
            Wait(Task.WhenAny(_reader.Pending, Task.Delay(ProgressInterval, PipelineStopToken)));
            WriteAvailable(_reader, Write);
        }

        progress.RecordType = ProgressRecordType.Completed;
        WriteProgress(progress);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _reader?.DisposeAsync().AsTask().Wait(StopTimeout);
    }

    private async IAsyncEnumerable<ItemResult<AgentConnection>> ReadAsync(
        GitLabClient client,
        ProjectReference project,
        AgentReference agent,
        Version? minimum,
        [EnumeratorCancellation] CancellationToken stop)
    {
        yield return await ItemResult.CaptureAsync(agent.Value, () => client.WaitForConnectionAsync(
            project, agent, minimum, TimeSpan.FromSeconds(TimeoutSec), TimeSpan.FromSeconds(PollSec), stop)).ConfigureAwait(false);
    }

    private void Write(ItemResult<AgentConnection> result)
    {
        _done++;
        WriteResult(result);
    }

    private Version? ParseMinimumVersion()
    {
        if (MinimumVersion is null)
        {
            return null;
        }

        return AgentVersion.Parse(MinimumVersion) ?? throw new GitLabApiException(
            GitLabErrorKind.InvalidRequest,
            $"'{MinimumVersion}' is not a valid version.",
            "Specify a version such as 18.9 or v18.9.0.");
    }
}
