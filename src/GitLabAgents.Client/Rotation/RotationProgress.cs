using System;

namespace GitLabAgents;

/// <summary>How far a rotation is.</summary>
/// <param name="agent">The agent's name.</param>
/// <param name="phase">What the rotation is doing.</param>
/// <param name="deadline">The time at which it stops waiting, or <see langword="null"/>.</param>
internal sealed class RotationProgress(string agent, RotationPhase phase, DateTimeOffset? deadline)
{
    /// <summary>Gets the agent's name.</summary>
    public string Agent { get; } = agent;

    /// <summary>Gets what the rotation is doing.</summary>
    public RotationPhase Phase { get; } = phase;

    /// <summary>Gets the time at which it stops waiting, or <see langword="null"/>.</summary>
    public DateTimeOffset? Deadline { get; } = deadline;
}
