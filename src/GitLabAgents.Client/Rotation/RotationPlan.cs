using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;
using static GitLabAgents.RotationFormatter;

namespace GitLabAgents;

/// <summary>What a rotation will do, decided from the agent's active tokens alone.</summary>
internal sealed class RotationPlan
{
    private const int MaxNameLength = 255;

    // GitLab records the use of a token every 40 to 55 minutes: the last use may be that much later than it reports.
    private static readonly TimeSpan LastUsedResolution = TimeSpan.FromMinutes(55);

    private static readonly Regex DatedName = new(
        "^(?<stem>.+?)-(?<date>[0-9]{4}-[0-9]{2}-[0-9]{2})(-(?<number>[0-9]{1,3}))?$",
        RegexOptions.ExplicitCapture,
        TimeSpan.FromSeconds(1));

    private RotationPlan(ClusterAgent agent, string name, AgentToken? resumed, AgentToken[] toEvict, AgentToken[] older)
    {
        Agent = agent;
        Name = name;
        Resumed = resumed;
        ToEvict = toEvict;
        Older = older;
    }

    /// <summary>Gets the agent.</summary>
    public ClusterAgent Agent { get; }

    /// <summary>Gets the name of the token to create.</summary>
    public string Name { get; }

    /// <summary>Gets the new token of a rotation that is resumed, or <see langword="null"/>.</summary>
    public AgentToken? Resumed { get; }

    /// <summary>Gets the tokens to revoke first, to free a slot for the new one.</summary>
    public AgentToken[] ToEvict { get; }

    /// <summary>Gets the tokens to revoke when the new one is in use.</summary>
    public AgentToken[] Older { get; }

    /// <summary>Creates the plan.</summary>
    /// <param name="agent">The agent.</param>
    /// <param name="tokens">All its active tokens, with their last use.</param>
    /// <param name="request">The settings.</param>
    /// <param name="now">The server's time.</param>
    /// <exception cref="GitLabApiException">All slots are taken by tokens that may be in use.</exception>
    public static RotationPlan Create(
        ClusterAgent agent, IReadOnlyCollection<AgentToken> tokens, RotationRequest request, DateTimeOffset now)
    {
        // IDs increase: they tell which token is the newest even if the server does not return the date.
        AgentToken[] byAge = [.. tokens.OrderBy(static token => token.Id)];
        AgentToken? current = byAge.OrderBy(static token => token.LastUsedAt?.UtcTicks ?? 0).LastOrDefault();
        string today = now.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        string name = request.Name ?? CreateName(current?.Name ?? agent.ToString(), today, tokens);
        if (request.Resume && IsStarted(byAge, request, today))
        {
            return new RotationPlan(agent, name, byAge[byAge.Length - 1], [], [.. byAge.Take(byAge.Length - 1)]);
        }

        if (request.Resume && request.Deploy is null)
        {
            throw new GitLabApiException(
                GitLabErrorKind.TokenNotFound,
                $"There is no rotation to resume: {FormatAgent(agent)} has no active token.",
                "Start a rotation with -Deploy or -NoWait, without -Resume.");
        }

        if (byAge.Length < GitLabClient.TokenLimit)
        {
            return new RotationPlan(agent, name, null, [], byAge);
        }

        AgentToken[] others = [.. byAge.Where(token => token != current)];
        return Array.TrueForAll(others, token => CanEvict(token, current!, request.UnusedFor, now))
            ? new RotationPlan(agent, name, null, others, [current!])
            : throw CreateTokenLimitException(agent, tokens, request.UnusedFor);
    }

    /// <summary>Returns a value indicating whether the agent uses the new token, and no older one.</summary>
    /// <param name="newToken">The new token, as read last.</param>
    /// <param name="older">The older tokens, as read last.</param>
    public bool IsInUse(AgentToken newToken, IEnumerable<AgentToken> older)
    {
        if (newToken.LastUsedAt is null)
        {
            return false;
        }

        // The first use of a token is evidence if it happens while the rotation watches. A token that was in use before
        // may have been abandoned: the agent could be back to an older one, which must be ruled out.
        return Resumed is null or { IsLastUsedKnown: true, LastUsedAt: null }
            || older.All(token => token.IsLastUsedKnown && IsUsedBefore(token, newToken));
    }

    // Never used, or idle for long enough and not used since the agent signed in with the current token.
    private static bool CanEvict(AgentToken token, AgentToken current, TimeSpan unusedFor, DateTimeOffset now)
        => token.IsLastUsedKnown && current.LastUsedAt is not null
            && (token.LastUsedAt is not { } lastUse || (IsUsedBefore(token, current) && now - lastUse >= unusedFor));

    // Certain, although the last use of the earlier token may be later than GitLab reports.
    private static bool IsUsedBefore(AgentToken earlier, AgentToken later)
        => earlier.LastUsedAt is not { } lastUse || lastUse + LastUsedResolution <= later.LastUsedAt;

    private static GitLabApiException CreateTokenLimitException(
        ClusterAgent agent, IReadOnlyCollection<AgentToken> tokens, TimeSpan unusedFor)
        => new(
            GitLabErrorKind.TokenLimitReached,
            $"Cannot free a slot for a new token: {FormatAgent(agent)} has {tokens.Count} active tokens, and GitLab "
                + $"allows {GitLabClient.TokenLimit}: {FormatTokens(tokens, FormatLastUse)}. A token can be revoked to "
                + $"free a slot only if it was never used, or not for {FormatDuration(unusedFor)} while another was "
                + $"used at least {FormatDuration(LastUsedResolution)} later. Nothing was changed.",
            "If the newest token belongs to a rotation that did not complete, resume that: "
                + $"{SuggestedCommand.ResumeRotation(agent.ProjectId, agent.Id)}. Otherwise revoke the token that is "
                + $"not needed with {SuggestedCommand.RevokeToken}.");

    private static string FormatLastUse(AgentToken token)
    {
        if (!token.IsLastUsedKnown)
        {
            return "last use unknown";
        }

        return token.LastUsedAt is { } lastUse
            ? string.Format(CultureInfo.InvariantCulture, "last used {0:yyyy-MM-dd HH:mm:ss} UTC", lastUse.UtcDateTime)
            : "never used";
    }

    // A single token is the new one if a rotation of today created it, or if no other can be created without -Deploy.
    private static bool IsStarted(AgentToken[] byAge, RotationRequest request, string today)
        => byAge.Length > 1 || (byAge.Length == 1 && (request.Deploy is null || IsCreatedBy(request, byAge[0], today)));

    private static bool IsCreatedBy(RotationRequest request, AgentToken token, string today)
        => request.Name is { } name ? token.Name == name : GetNumber(token, today) > 0;

    // The old name with today's date instead of an earlier one, and with a number if it is not the first of today.
    private static string CreateName(string old, string today, IEnumerable<AgentToken> tokens)
    {
        string stem = DatedName.Match(old) is { Success: true } match ? match.Groups["stem"].Value : old;
        int number = tokens.Select(token => GetNumber(token, today)).DefaultIfEmpty().Max() + 1;
        string suffix = number == 1 ? $"-{today}" : $"-{today}-{number}";
        return Truncate(stem, MaxNameLength - suffix.Length) + suffix;
    }

    // The number in a name that a rotation of today created; 0 for any other name.
    private static int GetNumber(AgentToken token, string today)
    {
        Match match = DatedName.Match(token.Name ?? string.Empty);
        if (!match.Success || match.Groups["date"].Value != today)
        {
            return 0;
        }

        string number = match.Groups["number"].Value;
        return number.Length > 0 ? int.Parse(number, CultureInfo.InvariantCulture) : 1;
    }

    private static string Truncate(string text, int maxLength)
    {
        if (text.Length <= maxLength)
        {
            return text;
        }

        return text.Substring(0, char.IsHighSurrogate(text[maxLength - 1]) ? maxLength - 1 : maxLength);
    }
}
