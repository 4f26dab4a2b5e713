using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace GitLabAgents;

/// <summary>
/// The rules that find what needs attention. They decide from what was read, and send nothing. Each rule is independent
/// of the others, so that excluding one hides nothing that another would report.
/// </summary>
internal static class AgentRules
{
    public const string NeverConnected = nameof(NeverConnected);
    public const string Disconnected = nameof(Disconnected);
    public const string NoToken = nameof(NoToken);
    public const string TokenUnused = nameof(TokenUnused);
    public const string TokenNeverUsed = nameof(TokenNeverUsed);
    public const string TokenTooOld = nameof(TokenTooOld);
    public const string SpareTokenUnused = nameof(SpareTokenUnused);
    public const string TooManyTokens = nameof(TooManyTokens);
    public const string VersionBehind = nameof(VersionBehind);
    public const string CertificateExpires = nameof(CertificateExpires);
    public const string ProjectArchived = nameof(ProjectArchived);
    public const string NotReadable = nameof(NotReadable);

    // An installation may take a while: a token that was created today need not be in use yet.
    private static readonly TimeSpan InstallationTime = TimeSpan.FromDays(1);

    /// <summary>Gets the names of all rules.</summary>
    public static string[] Names { get; } =
    [
        NeverConnected, Disconnected, NoToken, TokenUnused, TokenNeverUsed, TokenTooOld, SpareTokenUnused,
        TooManyTokens,
        VersionBehind, CertificateExpires, ProjectArchived, NotReadable,
    ];

    /// <summary>Applies the rules to an agent.</summary>
    /// <param name="item">The agent.</param>
    /// <param name="options">The thresholds and the selection.</param>
    /// <param name="now">The current time by GitLab's clock.</param>
    /// <returns>The findings; none for a healthy agent.</returns>
    public static IEnumerable<AgentFinding> Evaluate(
        AgentInventoryItem item, AgentRuleOptions options, DateTimeOffset now)
        => FindConnectionProblem(item, now)
            .Concat(FindTokenCountProblem(item))
            .Concat((item.Tokens ?? []).SelectMany(token => FindTokenProblems(item, token, options, now)))
            .Concat(FindSpareToken(item, options, now))
            .Concat(FindProjectProblems(item))
            .Where(finding => options.Rules.Contains(finding.RuleName, StringComparer.Ordinal));

    /// <summary>Applies the rule about certificates to an agent's URL configurations.</summary>
    /// <param name="item">The agent.</param>
    /// <param name="configurations">The URL configurations.</param>
    /// <param name="options">The thresholds.</param>
    /// <param name="now">The current time by GitLab's clock.</param>
    public static IEnumerable<AgentFinding> EvaluateCertificates(
        AgentInventoryItem item,
        IEnumerable<AgentUrlConfiguration> configurations,
        AgentRuleOptions options,
        DateTimeOffset now)
    {
        foreach (AgentUrlConfiguration configuration in configurations)
        {
            if (configuration.CertificateExpiresAt is { } end && end - now < options.CertificateExpiresWithin)
            {
                bool isExpired = end <= now;
                string day = end.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
                string verb = isExpired ? "expired" : "expires";
                string command =
                    SuggestedCommand.DeleteUrlConfiguration(item.ProjectId, item.AgentId, configuration.Id);
                yield return Create(
                    item,
                    CertificateExpires,
                    isExpired ? AgentFindingSeverity.Error : AgentFindingSeverity.Warning,
                    $"The client certificate of URL configuration {configuration.Id} {verb} on {day}.",
                    $"Issue a new certificate, remove the URL configuration, and create it again: {command}");
            }
        }
    }

    /// <summary>Creates the finding for something about an agent that could not be read.</summary>
    public static AgentFinding CreateNotReadable(AgentInventoryItem item, string reason)
        => Create(
            item,
            NotReadable,
            AgentFindingSeverity.Warning,
            $"The agent could not be read completely: {reason}",
            $"Read it again when the cause is gone: {SuggestedCommand.ReadInventory(item)}");

    /// <summary>Creates the finding for a project or group that could not be read.</summary>
    public static AgentFinding CreateNotReadable(GitLabSession session, object? target, GitLabApiException error)
        => new(NotReadable, AgentFindingSeverity.Warning, error.Problem, error.RecommendedAction)
        {
            Project = DisplayText.Sanitize(Convert.ToString(target, CultureInfo.InvariantCulture) ?? string.Empty),
            Session = session,
        };

    private static IEnumerable<AgentFinding> FindConnectionProblem(AgentInventoryItem item, DateTimeOffset now)
    {
        switch (item.Status)
        {
            case AgentConnectionStatus.Never when IsOlder(item.CreatedAt, InstallationTime, now):
                yield return Create(
                    item,
                    NeverConnected,
                    AgentFindingSeverity.Warning,
                    "The agent has never connected.",
                    $"Install it, or remove it: {SuggestedCommand.Remove(item)}");
                break;
            case AgentConnectionStatus.Stale:
                yield return Create(
                    item,
                    Disconnected,
                    AgentFindingSeverity.Error,
                    $"The agent is not connected. It was last seen {FormatAgo(item.LastUsedAt, now)}.",
                    "Check the agent's pods and their log in the cluster, and what happened in GitLab: "
                        + SuggestedCommand.ListActivity(item));
                break;
        }

        if (item.IsBehind is true)
        {
            // An agent one minor version behind works; GitLab itself warns about those that may not.
            bool isWarned = item.Warnings.Length > 0;
            string warnings = isWarned ? " GitLab warns: " + string.Join(" ", item.Warnings) : string.Empty;
            yield return Create(
                item,
                VersionBehind,
                isWarned ? AgentFindingSeverity.Warning : AgentFindingSeverity.Information,
                $"The agent has version {item.Version}, and GitLab has {item.ServerVersion}.{warnings}",
                "Upgrade the agent to GitLab's minor version: helm repo update; "
                    + "helm upgrade gitlab-agent gitlab/gitlab-agent --namespace gitlab-agent --reuse-values");
        }
    }

    private static IEnumerable<AgentFinding> FindTokenCountProblem(AgentInventoryItem item)
    {
        // GitLab connects to a receptive agent, which needs no token.
        if (item.Tokens is { Length: 0 } && item.IsReceptive is not true)
        {
            yield return Create(
                item,
                NoToken,
                AgentFindingSeverity.Warning,
                "The agent has no active token, so it cannot connect.",
                $"Create a token, or remove the agent: {SuggestedCommand.CreateToken(item)}");
        }

        if (item.Tokens is { Length: > GitLabClient.TokenLimit } tokens)
        {
            yield return Create(
                item,
                TooManyTokens,
                AgentFindingSeverity.Warning,
                $"The agent has {tokens.Length} active tokens; GitLab allows {GitLabClient.TokenLimit}, so none can be "
                    + "added.",
                $"Revoke the ones that are not used: {SuggestedCommand.ListTokens(item)} | Sort-Object LastUsedAt");
        }
    }

    private static IEnumerable<AgentFinding> FindProjectProblems(AgentInventoryItem item)
    {
        if (item.IsArchived is true)
        {
            yield return Create(
                item,
                ProjectArchived,
                AgentFindingSeverity.Information,
                "The project is archived, but the agent is still registered in it. Its tokens cannot be revoked there.",
                "Unarchive the project in GitLab, then remove the agent if nobody needs it: "
                    + SuggestedCommand.Remove(item));
        }

        bool isExplained = item.Tokens is { Length: 0 } || item.IsArchived is true;
        if (item.Tokens is null || (item.Status == AgentConnectionStatus.Unknown && !isExplained))
        {
            yield return CreateNotReadable(item, item.Reason ?? "GitLab did not return its tokens.");
        }
    }

    private static IEnumerable<AgentFinding> FindTokenProblems(
        AgentInventoryItem item, AgentToken token, AgentRuleOptions options, DateTimeOffset now)
    {
        string name = $"Token {FormatToken(token)}";
        if (!token.IsLastUsedKnown)
        {
            yield return CreateNotReadable(item, $"the last use of token {FormatToken(token)} is not known.");
        }
        else if (token.LastUsedAt is null && IsOlder(token.CreatedAt, InstallationTime, now))
        {
            yield return Create(
                item,
                TokenNeverUsed,
                AgentFindingSeverity.Warning,
                $"{name} was created {FormatAgo(token.CreatedAt, now)} and never used.",
                $"Install it, or revoke it: {RevokeCommand(item, token)}",
                token);
        }
        else if (token.LastUsedAt is { } lastUsed && IsOlder(lastUsed, options.UnusedFor, now))
        {
            yield return Create(
                item,
                TokenUnused,
                AgentFindingSeverity.Warning,
                $"{name} was last used {FormatAgo(lastUsed, now)}.",
                $"Revoke it if its cluster is gone: {RevokeCommand(item, token)}",
                token);
        }

        if (token.CreatedAt is { } created && IsOlder(created, options.TokenMaxAge, now))
        {
            yield return Create(
                item,
                TokenTooOld,
                AgentFindingSeverity.Warning,
                $"{name} was created {FormatAgo(created, now)}.",
                $"Rotate it: {SuggestedCommand.Rotate(item)}",
                token);
        }
    }

    // With two tokens, of which one is idle, a rotation has no free slot, and the idle one is a risk without a benefit.
    private static IEnumerable<AgentFinding> FindSpareToken(
        AgentInventoryItem item, AgentRuleOptions options, DateTimeOffset now)
    {
        if (item.Tokens is not { Length: 2 } tokens || !tokens.All(static token => token.IsLastUsedKnown))
        {
            yield break;
        }

        AgentToken[] idle =
            [.. tokens.Where(token => IsOlder(token.LastUsedAt ?? token.CreatedAt, options.UnusedFor, now))];
        if (idle.Length == 1)
        {
            AgentToken used = tokens.Single(token => token.Id != idle[0].Id);
            yield return Create(
                item,
                SpareTokenUnused,
                AgentFindingSeverity.Information,
                $"The agent uses token {FormatToken(used)}. Its other token {FormatToken(idle[0])} is idle and takes "
                    + "the slot that a rotation needs.",
                $"Revoke the idle one: {RevokeCommand(item, idle[0])}",
                idle[0]);
        }
    }

    // What has no date is old: GitLab has reported the dates for years.
    private static bool IsOlder(DateTimeOffset? date, TimeSpan age, DateTimeOffset now)
        => date is null || now - date >= age;

    private static string FormatToken(AgentToken token) => $"'{token}' ({token.Id})";

    private static string FormatAgo(DateTimeOffset? date, DateTimeOffset now)
        => date is { } time ? RotationFormatter.FormatAge(now - time) + " ago" : "at an unknown time";

    private static string RevokeCommand(AgentInventoryItem item, AgentToken token)
        => SuggestedCommand.Revoke(item.Project, item.AgentId, token.Id);

    private static AgentFinding Create(
        AgentInventoryItem item,
        string rule,
        AgentFindingSeverity severity,
        string message,
        string action,
        AgentToken? token = null)
        => new(rule, severity, DisplayText.Sanitize(message), DisplayText.Sanitize(action))
        {
            Project = item.Project,
            Agent = item.Agent,
            Token = token,
            ProjectId = item.ProjectId,
            AgentId = item.AgentId,
            Session = item.Session,
        };
}
