using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;

namespace GitLabAgents;

/// <summary>What a rotation has to do, decided by the agent's active tokens alone. Nothing is sent.</summary>
internal sealed class RotationPlan
{
    private const int MaxNameLength = 255;

    // GitLab notes uses to the nearest few minutes, and the tokens of an old and a new pod side by side are both in use.
    private static readonly TimeSpan LastUsedResolution = TimeSpan.FromMinutes(10);

    private static readonly Regex Dated = new("^(?<base>.+?)-(?<date>[0-9]{4}-[0-9]{2}-[0-9]{2})(-[0-9]{1,3})?$", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));

    private RotationPlan(string name, AgentToken? resumed, IReadOnlyList<AgentToken> givenUp, IReadOnlyList<AgentToken> older)
    {
        Name = name;
        Resumed = resumed;
        ToEvict = givenUp;
        Older = older;
    }

    /// <summary>Gets the name of the new token.</summary>
    public string Name { get; }

    /// <summary>Gets the new token of a rotation that is gone on with; <see langword="null"/> where one is to be made.</summary>
    public AgentToken? Resumed { get; }

    /// <summary>Gets the tokens to revoke before, to make room for the new one.</summary>
    public IReadOnlyList<AgentToken> ToEvict { get; }

    /// <summary>Gets the tokens to revoke once the new one is in use.</summary>
    public IReadOnlyList<AgentToken> Older { get; }

    /// <summary>Makes the plan.</summary>
    /// <param name="agent">The agent.</param>
    /// <param name="tokens">All its active tokens, in detail.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="GitLabApiException">All places are taken by tokens that may be in use.</exception>
    public static RotationPlan Create(ClusterAgent agent, IReadOnlyList<AgentToken> tokens, RotationRequest request, DateTimeOffset now)
    {
        // GitLab counts ids upwards: they tell which token is the newest even where the server leaves the date out.
        List<AgentToken> byAge = [.. tokens.OrderBy(static token => token.Id)];
        AgentToken? current = byAge.OrderBy(static token => token.LastUsedAt ?? DateTimeOffset.MinValue).LastOrDefault();
        string today = now.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        string name = request.Name ?? CreateName(current?.Name ?? agent.ToString(), today, tokens);
        if (request.Resume && (byAge.Count > 1 || (byAge.Count == 1 && (!request.Deploys || IsCreatedBy(request, byAge[0], today)))))
        {
            return new RotationPlan(name, byAge[byAge.Count - 1], [], byAge.GetRange(0, byAge.Count - 1));
        }

        if (request.Resume && !request.Deploys)
        {
            throw new GitLabApiException(GitLabErrorKind.TokenNotFound, $"{Describe(agent)} has no active token: there is no rotation to go on with.", "Begin one, with -Deploy or -NoWait and without -Resume.");
        }

        if (byAge.Count < GitLabClient.TokenLimit)
        {
            return new RotationPlan(name, null, [], byAge);
        }

        byAge.Remove(current!);
        return byAge.TrueForAll(token => CanEvict(token, current!, request.UnusedFor, now))
            ? new RotationPlan(name, null, byAge, [current!])
            : throw CreateTokenLimitException(agent, tokens, request);
    }

    /// <summary>Tells whether the new token is in use.</summary>
    /// <param name="token">The new token, as it is now.</param>
    public bool IsInUse(AgentToken token)
    {
        // A token that this rotation made can only have been used since. Of one that was found, the use may be long
        // past, and the agent back with an older one.
        return token.LastUsedAt is { } used && (Resumed is null || Older.All(older => older.IsLastUsedKnown && (older.LastUsedAt is null || older.LastUsedAt <= used + LastUsedResolution)));
    }

    /// <summary>Gives a token's name for a message: on one line, since whoever may name tokens could forge others.</summary>
    public static string GetDisplayName(AgentToken token) => DisplayText.SanitizeMessage(token.ToString(), static text => text) ?? string.Empty;

    /// <summary>Names a token, with its last use.</summary>
    public static string Describe(AgentToken token)
    {
        string use = !token.IsLastUsedKnown ? "last use not known"
            : token.LastUsedAt is { } used ? string.Format(CultureInfo.InvariantCulture, "last used {0:yyyy-MM-dd HH:mm:ss} UTC", used.UtcDateTime)
            : "never used";
        return $"'{GetDisplayName(token)}' ({token.Id}, {use})";
    }

    private static string Describe(ClusterAgent agent)
        => $"Agent {agent} of project {agent.ProjectPath ?? agent.ProjectId.ToString(CultureInfo.InvariantCulture)} on {agent.Session}";

    // Never used, or long ago, while the other was used later: so it is not the one that the agent signs in with.
    private static bool CanEvict(AgentToken token, AgentToken current, TimeSpan unusedFor, DateTimeOffset now)
        => token.IsLastUsedKnown && current.LastUsedAt is not null
            && (token.LastUsedAt is not { } used || (used < current.LastUsedAt && now - used >= unusedFor));

    private static GitLabApiException CreateTokenLimitException(ClusterAgent agent, IReadOnlyList<AgentToken> tokens, RotationRequest request)
        => new(
            GitLabErrorKind.TokenLimitReached,
            $"{Describe(agent)} has {tokens.Count} active tokens, and GitLab allows {GitLabClient.TokenLimit}: "
                + string.Join(", ", tokens.Select(Describe))
                + $". To be given up, a token must never have been used, or not for {FormatDuration(request.UnusedFor)}, and another be used later. Nothing was changed.",
            "If the newest of them is of a rotation, go on with -Resume. Else revoke the one that is not needed with Revoke-GitLabAgentToken.");

    // So that to go on, on the same day, with a rotation that is done does not begin another.
    private static bool IsCreatedBy(RotationRequest request, AgentToken token, string today)
        => request.Name is { } name
            ? string.Equals(token.Name, name, StringComparison.Ordinal)
            : Dated.Match(token.Name ?? string.Empty) is { Success: true } dated && dated.Groups["date"].Value == today;

    // The old name with today's date in place of an earlier one.
    private static string CreateName(string old, string today, IReadOnlyList<AgentToken> tokens)
    {
        string stem = Dated.Match(old) is { Success: true } dated ? dated.Groups["base"].Value : old;
        for (int number = 1; ; number++)
        {
            string suffix = number == 1 ? "-" + today : string.Format(CultureInfo.InvariantCulture, "-{0}-{1}", today, number);
            string name = Truncate(stem, MaxNameLength - suffix.Length) + suffix;
            if (!tokens.Any(token => string.Equals(token.Name, name, StringComparison.Ordinal)))
            {
                return name;
            }
        }
    }

    private static string Truncate(string text, int most)
        => text.Length <= most ? text : text.Substring(0, char.IsHighSurrogate(text[most - 1]) ? most - 1 : most);

    private static string FormatDuration(TimeSpan span)
        => span.TotalDays >= 1 ? string.Format(CultureInfo.InvariantCulture, "{0:0.##} days", span.TotalDays)
            : string.Format(CultureInfo.InvariantCulture, "{0:0.##} hours", span.TotalHours);
}
