using System;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents.Tests.Rotation;

/// <summary>Goes through a rotation's steps as the cmdlet does, and keeps all that a user is told.</summary>
internal sealed class RotationRun
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(4.5);

    private TokenRotator? _rotation;
    private Task<AgentTokenRotation>? _outcome;

    /// <summary>Gets the outcome, if one was put out.</summary>
    public AgentTokenRotation? Outcome { get; private set; }

    /// <summary>Gets the error, if it came to no outcome.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Gets what was said past a stop.</summary>
    public string Warning { get; private set; } = string.Empty;

    /// <summary>Gets all words.</summary>
    public string Messages => $"{Outcome?.NewToken?.Id} {Outcome?.Error} {Error} {Warning}";

    public static async Task<RotationRun> RunAsync(GitLabClient client, RotationRequest request, Action<NewAgentToken>? deploy, CancellationToken stop = default)
    {
        var run = new RotationRun();
        request.Deploys = deploy is not null;
        try
        {
            run.Outcome = await run.RotateAsync(client, request, deploy, stop);
        }
        catch (GitLabApiException e)
        {
            run.Error = e;
        }
        catch (OperationCanceledException e)
        {
            run.Error = e;
            if (run._rotation?.NewToken is not null)
            {
                using var grace = new CancellationTokenSource(Grace);
                run.Warning = await run._rotation.DisposeAsync(run._outcome, grace.Token);
            }
        }

        return run;
    }

    private async Task<AgentTokenRotation> RotateAsync(GitLabClient client, RotationRequest request, Action<NewAgentToken>? deploy, CancellationToken stop)
    {
        using var looks = new SemaphoreSlim(2);
        _rotation = await TokenRotator.PlanAsync(client, 101, 12, request, looks, stop);
        if (_rotation.Plan.Resumed is null)
        {
            NewAgentToken token = await _rotation.BeginAsync(stop);
            if (deploy is not null)
            {
                stop.ThrowIfCancellationRequested();
                try
                {
                    deploy(token);
                }
                catch (InvalidOperationException e)
                {
                    return await (_outcome = _rotation.RollBackAsync(e.Message, stop));
                }

                _rotation.IsDeployed = true;
            }

            if (request.NoWait)
            {
                return _rotation.FinishWithoutWaiting();
            }
        }

        return await (_outcome = _rotation.FinishAsync(stop));
    }
}
