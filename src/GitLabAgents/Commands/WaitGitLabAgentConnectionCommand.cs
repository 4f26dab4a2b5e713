using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents.Commands;

/// <summary>
/// Waits until agents are connected, such as after an installation or an upgrade. The agents of a pipeline are awaited
/// together, and written as they connect.
/// </summary>
[Cmdlet(VerbsLifecycle.Wait, "GitLabAgentConnection")]
[OutputType(typeof(AgentConnection))]
public sealed class WaitGitLabAgentConnectionCommand : AgentCmdlet
{
    private const int WaitActivity = 0x61676e77;
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);

    private readonly List<Task<ItemResult<AgentConnection>>> _waits = [];
    private int _total;
    private Version? _minimumVersion;

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
    protected override void BeginProcessing()
    {
        _minimumVersion = AgentVersion.ParseMinimum(MinimumVersion);
        if (MinimumVersion is not null && _minimumVersion is null)
        {
            var error = new GitLabApiException(
                GitLabErrorKind.InvalidRequest,
                $"-MinimumVersion '{MinimumVersion}' is not a valid version.",
                "Specify a version such as 18.9 or v18.9.0.");
            ThrowTerminatingError(ErrorRecordFactory.Create(error, MinimumVersion));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Agent.Value, () =>
    {
        GitLabClient client = GetClient();
        ProjectReference project = ResolveProject(client, Project);
        AgentReference agent = Agent;
        AgentBatchReader batch = GetBatchReader(client, AgentParts.Tokens | AgentParts.Connections);

        _waits.Add(ItemResult.CaptureAsync(agent.Value, () => client.PollConnectionAsync(
            $"Agent {agent} of project {project} on {client.Session}",
            stop => batch.GetConnectionAsync(project, agent, stop),
            _minimumVersion,
            TimeSpan.FromSeconds(TimeoutSec),
            TimeSpan.FromSeconds(PollSec),
            PipelineStopToken)));
        _total++;
        WriteCompleted();
    });

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var progress = new ProgressRecord(WaitActivity, "Waiting for agents to connect", "Waiting");
        while (_waits.Count > 0)
        {
            int done = _total - _waits.Count;
            progress.StatusDescription = $"{done} of {_total} agents";
            progress.PercentComplete = 100 * done / _total;
            WriteProgress(progress);
            Wait(WaitForNextAsync());
            WriteCompleted();
        }

        if (_total > 0)
        {
            progress.RecordType = ProgressRecordType.Completed;
            WriteProgress(progress);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Task.WhenAny(Task.WhenAll(_waits), Task.Delay(StopTimeout)).Wait();
    }

    private async Task WaitForNextAsync()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(PipelineStopToken);
        await Task.WhenAny([.. _waits, Task.Delay(ProgressInterval, stop.Token)]).ConfigureAwait(false);
        stop.Cancel();
    }

    private void WriteCompleted()
    {
        foreach (Task<ItemResult<AgentConnection>> wait in _waits.Where(static wait => wait.IsCompleted).ToList())
        {
            _waits.Remove(wait);
            WriteResult(Wait(wait));
        }
    }
}
