using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;

namespace GitLabAgents;

/// <summary>Formats the progress of rotations.</summary>
internal static class RotationProgressFormatter
{
    private const int ActivityId = 0x61676e76;
    private const string Activity = "Rotating agent tokens";
    private const int MaxAgents = 5;

    /// <summary>Creates the progress record of rotations that are running.</summary>
    /// <param name="running">The rotations.</param>
    /// <param name="count">The number of rotations that were started.</param>
    /// <param name="now">The time.</param>
    public static ProgressRecord Create(IReadOnlyCollection<RotationProgress> running, int count, DateTimeOffset now)
    {
        int done = count - running.Count;
        TimeSpan? left = running.Max(static rotation => rotation.Deadline) - now;
        IEnumerable<string> parts = running
            .GroupBy(static rotation => rotation.Phase)
            .OrderByDescending(static phase => phase.Key)
            .Select(static phase => $"{FormatPhase(phase.Key)}: {FormatAgents([.. phase])}")
            .Prepend($"{done} of {count} agents done");
        if (left > TimeSpan.Zero)
        {
            parts = parts.Append($"{RotationFormatter.FormatTimeLeft(left.Value)} left");
        }

        return new ProgressRecord(ActivityId, Activity, string.Join("; ", parts))
        {
            PercentComplete = 100 * done / count,
            SecondsRemaining = left > TimeSpan.Zero ? (int)Math.Min(int.MaxValue, left.Value.TotalSeconds) : -1,
        };
    }

    /// <summary>Creates the progress record that removes the others.</summary>
    public static ProgressRecord CreateCompleted()
        => new(ActivityId, Activity, "Done") { RecordType = ProgressRecordType.Completed };

    private static string FormatPhase(RotationPhase phase) => phase switch
    {
        RotationPhase.Planning => "planning",
        RotationPhase.Deploying => "deploying",
        RotationPhase.WaitingForUse => "waiting for first use",
        _ => "revoking",
    };

    private static string FormatAgents(RotationProgress[] rotations)
        => string.Join(", ", rotations.Take(MaxAgents).Select(static rotation => rotation.Agent))
            + (rotations.Length > MaxAgents ? ", …" : string.Empty);
}
