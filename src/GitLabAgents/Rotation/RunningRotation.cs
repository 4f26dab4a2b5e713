using System;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <summary>The rotation of one agent that the cmdlet has started.</summary>
/// <param name="agent">The agent, as the user passed it.</param>
internal sealed class RunningRotation(AgentReference agent)
{
    private readonly TaskCompletionSource<bool> _pastDeployment
        = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Gets or sets the rotation. It completes when its result is written.</summary>
    public Task<AgentTokenRotation?> Task { get; set; } = null!;

    /// <summary>Gets a task that completes when the rotation only has to wait, and the next one can start.</summary>
    public Task PastDeployment => _pastDeployment.Task;

    /// <summary>Gets the latest progress.</summary>
    public RotationProgress Progress { get; private set; }
        = new(DisplayText.Sanitize(agent.ToString()), RotationPhase.Planning, deadline: null);

    /// <summary>Gets or sets a value indicating whether the result was written to the pipeline.</summary>
    public bool IsWritten { get; set; }

    /// <summary>Sets the progress.</summary>
    public void Report(RotationProgress progress)
    {
        Progress = progress;
        if (progress.Phase >= RotationPhase.WaitingForUse)
        {
            _pastDeployment.TrySetResult(true);
        }
    }

    /// <summary>Returns what the user has to know about the rotation after a stop, or <see langword="null"/>.</summary>
    public string? GetWarning()
    {
        if (!Task.IsCompleted)
        {
            return $"Stopped. It is unknown what became of a new token of agent {Progress.Agent}. Check with "
                + "Get-GitLabAgentToken.";
        }

        try
        {
            Task.GetAwaiter().GetResult();
            return null;
        }
        catch (Exception e) when (e is OperationInterruptedException or GitLabApiException)
        {
            return e.Message;
        }
        catch (Exception)
        {
            return null; // It was stopped before anything was changed, or the pipeline ended with this error.
        }
    }
}
