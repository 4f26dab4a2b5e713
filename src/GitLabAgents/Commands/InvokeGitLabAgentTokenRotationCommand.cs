using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Management.Automation.Language;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.Completion;

namespace GitLabAgents.Commands;

/// <summary>
/// Rotates the tokens of agents without an outage: makes a new token, hands it over, waits until GitLab has seen it in
/// use, and only then revokes the old one. Of many agents the hand-overs follow each other, and the waits overlap.
/// </summary>
[Cmdlet(VerbsLifecycle.Invoke, "GitLabAgentTokenRotation", SupportsShouldProcess = true)]
[OutputType(typeof(AgentTokenRotation))]
public sealed class InvokeGitLabAgentTokenRotationCommand : GitLabCmdlet
{
    private const int WaitActivity = 0x61676e76;

    // Looks at tokens that may be under way at once, for all agents together: gentle, and one that hangs holds up no other.
    private const int MaxConcurrentPolls = 4;

    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RollBackTimeout = CleanupTimeout - TimeSpan.FromMilliseconds(500);

    private readonly SemaphoreSlim _pollSlots = new(MaxConcurrentPolls);
    private readonly HashSet<(Uri Server, long AgentId)> _seen = [];
    private readonly List<RunningRotation> _running = [];
    private readonly List<string> _emittedSecrets = [];
    private bool _isCompleted;
    private bool _yesToAll;
    private bool _noToAll;

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

    /// <summary>Gets or sets the new token's name, 1 to 255 characters. By default the old name and the date. It does not bind from a pipeline: no object's name becomes a token's.</summary>
    [Parameter]
    [ValidateLength(1, 255)]
    [ValidatePattern(@"\S")]
    public string? Name { get; set; }

    /// <summary>Gets or sets what the new token is for, at most 1024 characters.</summary>
    [Parameter]
    [ValidateLength(0, 1024)]
    public string? Description { get; set; }

    /// <summary>Gets or sets what hands the new token over. It gets the token as <c>$_</c> and as its first argument, and fails by throwing.</summary>
    [Parameter]
    [ValidateNotNull]
    public ScriptBlock? Deploy { get; set; }

    /// <summary>Gets or sets how many seconds to wait for the new token to be used, for each agent; 0 for no limit.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int TimeoutSec { get; set; } = 900;

    /// <summary>Gets or sets how many seconds lie between two looks at a new token.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int PollSec { get; set; } = 10;

    /// <summary>Gets or sets a switch that does not wait: the old token stays until <c>-Resume</c>.</summary>
    [Parameter]
    public SwitchParameter NoWait { get; set; }

    /// <summary>Gets or sets a switch that goes on with a rotation that did not complete, and begins one where there is none.</summary>
    [Parameter]
    public SwitchParameter Resume { get; set; }

    /// <summary>Gets or sets how long a token must not have been used to be given up where both places are taken.</summary>
    [Parameter]
    public TimeSpan UnusedFor { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Gets or sets a switch that gives a token up without asking.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        Attempt(Agent.Value, Rotate);
        WriteCompleted();
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        while (_running.Count > 0)
        {
            WriteProgress(GetProgress());
            _ = Wait(Task.WhenAny([.. _running.Select(running => (Task)running.Outcome!), Task.Delay(ProgressInterval, PipelineStopToken)]));
            if (WriteCompleted() && _running.Count == 0)
            {
                WriteProgress(new ProgressRecord(WaitActivity, "Waiting", "Done") { RecordType = ProgressRecordType.Completed });
            }
        }

        _isCompleted = true;
    }

    /// <summary>Says what is left of rotations whose outcome could not be put out, and takes back the tokens that no one has.</summary>
    /// <param name="disposing">Whether it is not the finalizer that calls.</param>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        using var time = new CancellationTokenSource(RollBackTimeout);
        Task<string>[] settling = [.. _running.Where(static running => running.Rotation.NewToken is not null).Select(running => running.Rotation.DisposeAsync(running.Outcome, time.Token))];
        _running.Clear();
        ((IAsyncResult)Task.WhenAll(settling)).AsyncWaitHandle.WaitOne(CleanupTimeout);
        foreach (Task<string> settled in settling)
        {
            string left = settled.Status == TaskStatus.RanToCompletion ? settled.Result : "What became of a new token is not known: look with Get-GitLabAgentToken.";
            WarnAfterStop(left.StartsWith("Stopped", StringComparison.Ordinal) ? left : "Stopped. " + left);
        }

        if (!_isCompleted)
        {
            _emittedSecrets.ForEach(WarnAfterStop);
        }

        _emittedSecrets.Clear();
    }

    private void Rotate()
    {
        GitLabClient client = GetClient();
        TokenRotator rotation = Wait(TokenRotator.PlanAsync(client, ResolveProject(client, Project), Agent, CreateRequest(), _pollSlots, PipelineStopToken));
        if (!_seen.Add((client.Session.Uri, rotation.Agent.Id)))
        {
            WriteWarning($"Agent {rotation.Agent} of project {RotationPlanFormatter.GetProjectName(rotation.Agent)} came more than once. It is rotated once.");
            return;
        }

        if (!ShouldProcess($"agent {rotation.Agent} ({rotation.Agent.Id}) of project {RotationPlanFormatter.GetProjectName(rotation.Agent)} on {client.Session}", RotationPlanFormatter.Format(rotation.Plan, Deploy is not null, NoWait)) || !ConfirmEviction(rotation))
        {
            return;
        }

        var running = new RunningRotation(rotation, Agent.Value);
        _running.Add(running);
        try
        {
            if (rotation.Plan.Resumed is null)
            {
                DeployNewToken(running);
            }

            running.Outcome ??= rotation.FinishAsync(PipelineStopToken);
        }
        catch (GitLabApiException)
        {
            _running.Remove(running); // There is no new token, and the error says what there is.
            throw;
        }
    }

    private RotationRequest CreateRequest()
    {
        ScriptBlockAst? deploy = (Deploy?.Ast as FunctionDefinitionAst)?.Body ?? Deploy?.Ast as ScriptBlockAst;
        if (deploy is { BeginBlock: not null } or { ProcessBlock: not null, EndBlock: not null })
        {
            throw new GitLabApiException(GitLabErrorKind.InvalidRequest, "-Deploy is run once for each token, and cannot have a begin block, or blocks for process and end.", "Give a script block without them.");
        }

        if (UnusedFor < TimeSpan.Zero || (UnusedFor > TimeSpan.Zero && UnusedFor < TimeSpan.FromSeconds(1)))
        {
            // To PowerShell a plain 7 is seven ticks.
            throw new GitLabApiException(GitLabErrorKind.InvalidRequest, $"-UnusedFor {UnusedFor} is no time that a token can be unused for.", "Give a time span: 7.00:00:00 or (New-TimeSpan -Days 7) for seven days.");
        }

        return new RotationRequest
        {
            Name = Name,
            Description = Description,
            UnusedFor = UnusedFor,
            Timeout = TimeSpan.FromSeconds(TimeoutSec),
            PollInterval = TimeSpan.FromSeconds(PollSec),
            Deploys = Deploy is not null,
            NoWait = NoWait,
            Resume = Resume,
        };
    }

    // Makes the new token and hands it over. Where that fails, or where it is not to be waited for, it is the outcome.
    private void DeployNewToken(RunningRotation running)
    {
        NewAgentToken token = Wait(running.Rotation.BeginAsync(PipelineStopToken), CleanupTimeout);
        if (Deploy is null && !NoWait)
        {
            WriteWarning($"Without -Deploy no one installs token '{token}' of agent {running.Rotation.Agent} while it is waited for. Its secret comes out at the end; -NoWait puts it out at once.");
        }

        if (Deploy is not null && TryDeploy(token) is { } failure)
        {
            running.Outcome = Task.FromResult(Wait(running.Rotation.RollBackAsync(failure, PipelineStopToken), CleanupTimeout));
            return;
        }

        running.Rotation.IsDeployed = Deploy is not null;
        if (NoWait)
        {
            running.Outcome = Task.FromResult(running.Rotation.FinishWithoutWaiting());
        }
    }

    // Gives what went wrong. A stop is not caught: the token is then taken back with the rest.
    private string? TryDeploy(NewAgentToken token)
    {
        if (Stopping)
        {
            throw new PipelineStoppedException();
        }

        var errors = SessionState.PSVariable.GetValue("Error") as IList;
        object? newest = errors is { Count: > 0 } ? errors[0] : null;
        object? exitCode = SessionState.PSVariable.GetValue("global:LASTEXITCODE");
        Exception? thrown = null;
        try
        {
            SessionState.PSVariable.Set("global:LASTEXITCODE", 0);

            // What it puts out is no output of this cmdlet, and might hold the secret.
            Deploy!.InvokeWithContext(null, [new PSVariable("_", token)], token);
            if (SessionState.PSVariable.GetValue("global:LASTEXITCODE") is not (0 or null) and { } code)
            {
                WriteWarning($"The last command that -Deploy ran for token '{token}' ended with exit code {code}. It did not throw, so the token is taken for handed over.");
            }

            return null;
        }
        catch (FlowControlException)
        {
            return "-Deploy was left with break, continue or exit";
        }
        catch (Exception e) when (e is not PipelineStoppedException)
        {
            thrown = e;
            string? words = (e as IContainsErrorRecord)?.ErrorRecord?.ToString();
            return string.IsNullOrWhiteSpace(words) ? e.Message : words;
        }
        finally
        {
            RemoveSecretFromErrors(token, errors, newest, thrown);
            SessionState.PSVariable.Set("global:LASTEXITCODE", exitCode);
        }
    }

    // PowerShell keeps the errors of a script in $Error, as they are; this cmdlet says the same without the secret.
    private static void RemoveSecretFromErrors(NewAgentToken token, IList? errors, object? newest, Exception? thrown)
    {
        Exception? cause = (thrown as IContainsErrorRecord)?.ErrorRecord?.Exception ?? thrown;
        for (int index = 0; index < errors?.Count && !ReferenceEquals(errors[index], newest); index++)
        {
            var record = errors[index] as ErrorRecord;
            string text = record is null ? $"{errors[index]}" : $"{record} {record.Exception} {record.TargetObject} {record.ErrorDetails?.RecommendedAction}";
            if (token.Redact(text) != text || (cause is not null && ReferenceEquals(record?.Exception ?? errors[index], cause)))
            {
                errors.RemoveAt(index--);
            }
        }
    }

    // Giving a token up asks as a cmdlet of high impact does.
    private bool ConfirmEviction(TokenRotator rotation)
    {
        RotationPlan plan = rotation.Plan;
        bool isHigh = !LanguagePrimitives.TryConvertTo(SessionState.PSVariable.GetValue("ConfirmPreference"), CultureInfo.InvariantCulture, out ConfirmImpact preference) || preference == ConfirmImpact.High;
        if (plan.ToEvict.Count == 0 || Force || MyInvocation.BoundParameters.ContainsKey("Confirm") || !isHigh)
        {
            return true; // Asked already, with all the rest, or not to be asked.
        }

        string question = $"Agent {rotation.Agent} of project {RotationPlanFormatter.GetProjectName(rotation.Agent)} on {rotation.Agent.Session} has as many active tokens as GitLab allows. Revoke {RotationPlanFormatter.FormatTokens(plan.ToEvict)} to make room for a new one, and keep {RotationPlanFormatter.FormatTokens(plan.Older)} until that is in use?";
        try
        {
            return ShouldContinue(question, "Give a token up", ref _yesToAll, ref _noToAll);
        }
        catch (Exception e) when (e is PSInvalidOperationException or HostException or NotImplementedException)
        {
            throw new GitLabApiException(
                GitLabErrorKind.TokenLimitReached,
                $"Agent {rotation.Agent} of project {RotationPlanFormatter.GetProjectName(rotation.Agent)} on {rotation.Agent.Session} has as many active tokens as GitLab allows. To revoke {RotationPlanFormatter.FormatTokens(plan.ToEvict)} would make room, but no one is here to be asked. Nothing was changed.",
                "Give -Force to give it up unasked, or -Resume to go on with a rotation that waits for it.");
        }
    }

    private bool WriteCompleted()
    {
        RunningRotation[] ended = [.. _running.Where(static running => running.Outcome is { IsCompleted: true })];
        foreach (RunningRotation running in ended)
        {
            AgentTokenRotation outcome = Wait(running.Outcome!);
            if (MyInvocation.PipelinePosition < MyInvocation.PipelineLength)
            {
                _running.Remove(running); // Behind other commands they may have taken it, even if a stop comes meanwhile.
            }

            WriteObject(outcome);
            _running.Remove(running);
            if (MyInvocation.PipelinePosition == MyInvocation.PipelineLength && !running.Rotation.IsDeployed && outcome.NewToken is NewAgentToken { Status: "active" } token)
            {
                // An assignment comes to nothing where an error ends the pipeline later.
                _emittedSecrets.Add($"Ended after token '{RotationPlan.GetDisplayName(token)}' ({token.Id}) of agent {outcome.Agent} was put out. If nothing kept it, its secret is lost: rotate again, without -Resume.");
            }

            if (outcome.Error is { } error)
            {
                WriteError(ErrorRecordFactory.CreateForRotation(error, running.Target));
            }
        }

        return ended.Length > 0;
    }

    private ProgressRecord GetProgress()
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        DateTimeOffset? last = _running.Max(static running => running.Rotation.Deadline);
        return new ProgressRecord(WaitActivity, "Waiting until GitLab has seen the new tokens in use", $"{_seen.Count - _running.Count} of {_seen.Count} agents done; waiting for {string.Join(", ", _running.Take(5).Select(static running => running.Rotation.Agent))}{(_running.Count > 5 ? ", …" : string.Empty)}")
        {
            PercentComplete = 100 * (_seen.Count - _running.Count) / _seen.Count,
            SecondsRemaining = last > now ? (int)Math.Min(int.MaxValue, (last.Value - now).TotalSeconds) : -1,
        };
    }

    // One agent whose outcome is not put out yet.
    private sealed class RunningRotation(TokenRotator rotation, object target)
    {
        public TokenRotator Rotation { get; } = rotation;

        public object Target { get; } = target;

        public Task<AgentTokenRotation>? Outcome { get; set; }
    }
}
