using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents.Commands;

/// <summary>
/// Rotates the tokens of agents without an outage. The deployments run one after the other, and the waits overlap.
/// </summary>
[Cmdlet(VerbsLifecycle.Invoke, "GitLabAgentTokenRotation", SupportsShouldProcess = true)]
[OutputType(typeof(AgentTokenRotation))]
public sealed class InvokeGitLabAgentTokenRotationCommand : AgentCmdlet
{
    // The number of tokens that are polled at once, over all agents: one that hangs does not hold up the others.
    private const int MaxConcurrentPolls = 4;

    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);

    private readonly PipelineThread _pipelineThread;
    private readonly SemaphoreSlim _pollSlots = new(MaxConcurrentPolls);
    private readonly RotationConfirmation _confirmation;
    private readonly List<RunningRotation> _running = [];
    private readonly List<string> _writtenSecrets = [];
    private int _count;
    private bool _isProgressShown;
    private bool _isCompleted;

    /// <summary>Initializes a new instance of the <see cref="InvokeGitLabAgentTokenRotationCommand"/> class.</summary>
    public InvokeGitLabAgentTokenRotationCommand()
    {
        _pipelineThread = new PipelineThread(PipelineStopToken);
        _confirmation = new RotationConfirmation(this);
    }

    /// <summary>
    /// Gets or sets the new token's name, 1 to 255 characters. The default is the old name with the date. It does not
    /// bind from the pipeline: the name of an object never becomes the name of a token.
    /// </summary>
    [Parameter]
    [ValidateLength(1, 255)]
    [ValidatePattern(@"\S")]
    public string? Name { get; set; }

    /// <summary>Gets or sets the new token's description, at most 1024 characters.</summary>
    [Parameter]
    [ValidateLength(0, 1024)]
    public string? Description { get; set; }

    /// <summary>
    /// Gets or sets the script that deploys the new token. It gets the token as <c>$_</c> and as its first argument,
    /// and fails by throwing.
    /// </summary>
    [Parameter]
    [ValidateNotNull]
    public ScriptBlock? Deploy { get; set; }

    /// <summary>Gets or sets how many seconds to wait for each new token to be used; 0 for no limit.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int TimeoutSec { get; set; } = 900;

    /// <summary>Gets or sets the number of seconds between two polls of a new token.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int PollSec { get; set; } = 10;

    /// <summary>Gets or sets a value indicating whether to return without waiting. The old token is kept.</summary>
    [Parameter]
    public SwitchParameter NoWait { get; set; }

    /// <summary>Gets or sets a value indicating whether to resume a rotation that did not complete.</summary>
    [Parameter]
    public SwitchParameter Resume { get; set; }

    /// <summary>Gets or sets the minimum idle time after which a token may be revoked to free a slot.</summary>
    [Parameter]
    public TimeSpan UnusedFor { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Gets or sets a value indicating whether to revoke a token to free a slot without asking.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Agent.Value, () =>
    {
        GitLabClient client = GetClient();
        var running = new RunningRotation(Agent);
        RotationRequest request = CreateRequest(running, Agent.Value);
        running.Task = TokenRotator.RotateAsync(
            client, ResolveProject(client, Project), Agent, request, PipelineStopToken);
        _running.Add(running);
        _count++;
        RunUntil(Task.WhenAny(running.Task, running.PastDeployment));
        _running.RemoveAll(static rotation => rotation.Task.Status == TaskStatus.RanToCompletion);
        if (running.Task.IsFaulted)
        {
            _running.Remove(running);
            running.Task.GetAwaiter().GetResult(); // The error says what is left.
        }
    });

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        Task all = Task.WhenAll(_running.Select(static rotation => rotation.Task));
        if (!all.IsCompleted)
        {
            ShowProgress();
        }

        RunUntil(all);
        all.GetAwaiter().GetResult();
        if (_isProgressShown)
        {
            WriteProgress(RotationProgressFormatter.CreateCompleted());
        }

        _isCompleted = true;
    }

    /// <summary>Stops the rotations, and says what is left of those whose result was not written.</summary>
    /// <param name="disposing">Whether it is not the finalizer that calls.</param>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Task all = Task.WhenAll(_running.Select(static rotation => rotation.Task));
        ((IAsyncResult)all).AsyncWaitHandle.WaitOne(CleanupTimeout);
        foreach (RunningRotation rotation in _running)
        {
            if (rotation.GetWarning() is { } warning)
            {
                WarnAfterStop(warning);
            }
        }

        _running.Clear();
        if (!_isCompleted)
        {
            _writtenSecrets.ForEach(WarnAfterStop);
        }

        _writtenSecrets.Clear();
    }

    private RotationRequest CreateRequest(RunningRotation running, object target)
    {
        if (UnusedFor < TimeSpan.Zero || (UnusedFor > TimeSpan.Zero && UnusedFor < TimeSpan.FromSeconds(1)))
        {
            // PowerShell converts a plain 7 to seven ticks.
            throw new GitLabApiException(
                GitLabErrorKind.InvalidRequest,
                $"-UnusedFor {UnusedFor} is not a valid idle time.",
                "Use a time span: 7.00:00:00 or (New-TimeSpan -Days 7) for seven days.");
        }

        DeployScript? script = Deploy is null ? null : new DeployScript(Deploy, SessionState);
        var request = new RotationRequest
        {
            Name = Name,
            Description = Description,
            UnusedFor = UnusedFor,
            Timeout = TimeSpan.FromSeconds(TimeoutSec),
            PollInterval = TimeSpan.FromSeconds(PollSec),
            NoWait = NoWait,
            Resume = Resume,
            PollSlots = _pollSlots,
            Deploy = script is null ? null : token => DeployAsync(script, token),
            Write = result => WriteAsync(running, result, target),
            OnProgress = progress => Report(running, progress),
            OnWarning = Warn,
        };
        request.Confirm = plan => _pipelineThread.RunAsync(() => _confirmation.Confirm(plan, request, Force));
        return request;
    }

    // Runs what the rotations need this thread for, until a task completes.
    private void RunUntil(Task task)
    {
        while (true)
        {
            bool isCompleted = task.IsCompleted;
            if (_pipelineThread.RunNext())
            {
                continue;
            }

            if (isCompleted)
            {
                return;
            }

            Task pause = Task.Delay(ProgressInterval, PipelineStopToken);
            _ = Wait(Task.WhenAny(task, _pipelineThread.WaitForWork(), pause));
            if (PipelineStopToken.IsCancellationRequested)
            {
                throw new PipelineStoppedException();
            }

            if (pause.IsCompleted)
            {
                ShowProgress();
            }
        }
    }

    private void ShowProgress()
    {
        IEnumerable<RunningRotation> running = _running.Where(static rotation => !rotation.Task.IsCompleted);
        RotationProgress[] progress = [.. running.Select(static rotation => rotation.Progress)];
        WriteProgress(RotationProgressFormatter.Create(progress, _count, DateTimeOffset.UtcNow));
        _isProgressShown = true;
    }

    private void Report(RunningRotation running, RotationProgress progress)
    {
        running.Report(progress);
        if (progress.Phase == RotationPhase.Deploying)
        {
            _ = _pipelineThread.RunAsync(ShowProgress);
        }
    }

    private void Warn(string message) => _ = _pipelineThread.RunAsync(() => WriteWarning(message));

    private async Task DeployAsync(DeployScript script, NewAgentToken token)
    {
        string? failure;
        try
        {
            failure = await _pipelineThread.RunAsync(() => script.Run(token, Warn)).ConfigureAwait(false);
        }
        catch (PipelineStoppedException e)
        {
            throw new OperationCanceledException(e.Message, e);
        }

        if (failure is not null)
        {
            throw new InvalidOperationException(failure);
        }
    }

    private async Task WriteAsync(RunningRotation running, AgentTokenRotation result, object target)
    {
        try
        {
            await _pipelineThread.RunAsync(() => Write(running, result, target)).ConfigureAwait(false);
        }
        catch (Exception) when (running.IsWritten)
        {
            // It ends the pipeline, but the result has reached it.
        }
    }

    private void Write(RunningRotation running, AgentTokenRotation result, object target)
    {
        bool isLast = MyInvocation.PipelinePosition == MyInvocation.PipelineLength;
        running.IsWritten = !isLast; // Commands down the pipeline may have taken it, even if they stop this one.
        WriteObject(result);
        running.IsWritten = true;
        if (isLast && Deploy is null && result.NewToken is NewAgentToken { Status: "active" } token)
        {
            // If an error ends the pipeline later, an assignment does not keep the output.
            _writtenSecrets.Add(
                $"The pipeline ended after {RotationFormatter.FormatToken(token)} of agent {result.Agent} was written. "
                    + "If nothing kept the output, its secret is lost: rotate again, without -Resume.");
        }

        if (result.Error is not null)
        {
            WriteError(ErrorRecordFactory.CreateForRotation(result, target));
        }
    }
}
