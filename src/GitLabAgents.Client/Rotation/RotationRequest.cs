using System;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <summary>The settings of a rotation, and what it asks of its caller.</summary>
internal sealed class RotationRequest
{
    /// <summary>Gets or sets the name of the new token. The default is the old name with the date.</summary>
    public string? Name { get; set; }

    /// <summary>Gets or sets the description of the new token.</summary>
    public string? Description { get; set; }

    /// <summary>Gets or sets the minimum idle time after which a token may be revoked to free a slot.</summary>
    public TimeSpan UnusedFor { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Gets or sets how long to wait for the use of the new token. Zero means no limit.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(900);

    /// <summary>Gets or sets the time between two polls of the new token.</summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets or sets a value indicating whether to return before the new token is used.</summary>
    public bool NoWait { get; set; }

    /// <summary>Gets or sets a value indicating whether to resume a rotation that did not complete.</summary>
    public bool Resume { get; set; }

    /// <summary>Gets or sets the confirmation of the plan. If it returns false, nothing is changed.</summary>
    public Func<RotationPlan, Task<bool>>? Confirm { get; set; }

    /// <summary>
    /// Gets or sets the deployment of the new token. It throws if the cluster did not get the token, which is then
    /// rolled back, and an <see cref="OperationCanceledException"/> if it was stopped. Without a deployment, only the
    /// caller has the secret.
    /// </summary>
    public Func<NewAgentToken, Task>? Deploy { get; set; }

    /// <summary>
    /// Gets or sets what takes the result. If it throws, nobody has the result, and a token that was not deployed is
    /// rolled back.
    /// </summary>
    public Func<AgentTokenRotation, Task>? Write { get; set; }

    /// <summary>Gets or sets what gets the progress at the start of each phase.</summary>
    public Action<RotationProgress>? OnProgress { get; set; }

    /// <summary>Gets or sets what gets a message about a failure that is retried.</summary>
    public Action<string>? OnWarning { get; set; }

    /// <summary>
    /// Gets or sets the slots for polls. Rotations that share them do not occupy all connections if the server hangs.
    /// </summary>
    public SemaphoreSlim PollSlots { get; set; } = new(1);
}
