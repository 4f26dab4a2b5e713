using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace GitLabAgents;

/// <summary>Formats agents, tokens and durations for the messages of a rotation.</summary>
internal static class RotationFormatter
{
    private static readonly (TimeSpan Length, string Unit)[] Units =
    [
        (TimeSpan.FromDays(1), "day"), (TimeSpan.FromHours(1), "hour"), (TimeSpan.FromMinutes(1), "minute"),
    ];

    /// <summary>Formats an agent with its project and host.</summary>
    public static string FormatAgent(ClusterAgent agent)
        => $"agent {DisplayText.Sanitize(agent.ToString())} of project {GetProjectName(agent)} on {agent.Session}";

    /// <summary>Gets the name of the agent's project, or its ID if the server does not return the name.</summary>
    public static string GetProjectName(ClusterAgent agent)
        => DisplayText.Sanitize(agent.ProjectPath ?? agent.ProjectId.ToString(CultureInfo.InvariantCulture));

    /// <summary>Formats a token with its ID.</summary>
    public static string FormatToken(AgentToken token) => FormatTokens([token]);

    /// <summary>Formats tokens with their IDs.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="detail">Returns more about each token, or nothing.</param>
    public static string FormatTokens(IReadOnlyCollection<AgentToken> tokens, Func<AgentToken, string>? detail = null)
    {
        IEnumerable<string> names = tokens.Select(token =>
        {
            string rest = detail is null ? string.Empty : ", " + detail(token);
            return $"'{DisplayText.Sanitize(token.ToString())}' ({token.Id}{rest})";
        });
        return (tokens.Count == 1 ? "token " : "tokens ") + string.Join(", ", names);
    }

    /// <summary>Formats a duration in its largest unit: "1 day", "1.5 hours", "15 minutes".</summary>
    public static string FormatDuration(TimeSpan duration)
    {
        (TimeSpan length, string unit) = Array.Find(Units, candidate => duration >= candidate.Length);
        return unit is null
            ? FormatCount(duration.TotalSeconds, "second")
            : FormatCount(duration.TotalSeconds / length.TotalSeconds, unit);
    }

    /// <summary>Formats an age in whole days, or in whole hours or minutes if it is less than a day.</summary>
    public static string FormatAge(TimeSpan age)
    {
        double unit = Array.Find(Units, candidate => age >= candidate.Length).Length.TotalSeconds;
        return unit == 0
            ? "less than a minute"
            : FormatDuration(TimeSpan.FromSeconds(Math.Floor(age.TotalSeconds / unit) * unit));
    }

    /// <summary>Formats the time that is left, rounded up to minutes, or to seconds for the last two minutes.</summary>
    public static string FormatTimeLeft(TimeSpan left)
        => left > TimeSpan.FromMinutes(2)
            ? FormatDuration(TimeSpan.FromMinutes(Math.Ceiling(left.TotalMinutes)))
            : FormatCount(Math.Ceiling(left.TotalSeconds), "second");

    private static string FormatCount(double number, string unit)
    {
        string count = number.ToString("0.##", CultureInfo.InvariantCulture);
        return $"{count} {unit}{(count == "1" ? string.Empty : "s")}";
    }
}
