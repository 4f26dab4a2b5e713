using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace GitLabAgents;

/// <summary>The rules that find what needs attention. They decide from an inventory item alone, and send nothing.</summary>
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
        NeverConnected, Disconnected, NoToken, TokenUnused, TokenNeverUsed, TokenTooOld, SpareTokenUnused, TooManyTokens,
        VersionBehind, CertificateExpires, ProjectArchived, NotReadable,
    ];

    /// <summary>Applies the rules to an agent.</summary>
    /// <param name="item">The agent.</param>
    /// <param name="options">The thresholds and the selection.</param>
    /// <param name="now">The current time by GitLab's clock.</param>
    /// <returns>The findings; none for a healthy agent.</returns>
    public static IEnumerable<AgentFinding> Evaluate(AgentInventoryItem item, AgentRuleOptions options, DateTimeOffset now)
        => FindAgentProblems(item, now)
            .Concat((item.Tokens ?? []).SelectMany(token => FindTokenProblems(item, token, options, now)))
            .Concat(FindSpareToken(item, options, now))
            .Where(finding => options.Rules.Contains(finding.RuleName, StringComparer.OrdinalIgnoreCase));

    /// <summary>Applies the rule about certificates to an agent's URL configurations.</summary>
    public static IEnumerable<AgentFinding> EvaluateCertificates(
        AgentInventoryItem item, IEnumerable<AgentUrlConfiguration> configurations, AgentRuleOptions options, DateTimeOffset now)
    {
        foreach (AgentUrlConfiguration configuration in configurations)
        {
            if (configuration.CertificateExpiresAt is { } end && end - now < options.CertificateExpiresWithin)
            {
                bool isExpired = end <= now;
                string day = end.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
                yield return Create(
                    item,
                    CertificateExpires,
                    isExpired ? AgentFindingSeverity.Error : AgentFindingSeverity.Warning,
                    $"The client certificate of URL configuration {configuration.Id} {(isExpired ? "expired" : "expires")} on {day}.",
                    "Issue a new certificate, remove the URL configuration, and create it again: "
                        + $"Remove-GitLabAgentUrlConfiguration {Target(item)} -UrlConfigurationId {configuration.Id}");
            }
        }
    }

    /// <summary>Creates the finding for something that could not be read.</summary>
    public static AgentFinding CreateNotReadable(AgentInventoryItem item, string reason)
        => Create(
            item,
            NotReadable,
            AgentFindingSeverity.Warning,
            $"The agent could not be read completely: {reason}",
            $"Read it again when the cause is gone: Get-GitLabAgentInventory -Project {Quote(item.Project)} -Name {Quote(item.Agent)}");

    /// <summary>Creates the finding for a project or group that could not be read.</summary>
    public static AgentFinding CreateNotReadable(GitLabSession session, object target, GitLabApiException error)
        => new(NotReadable, AgentFindingSeverity.Warning, error.Problem, error.RecommendedAction)
        {
            Project = Convert.ToString(target, CultureInfo.InvariantCulture) ?? string.Empty,
            Session = session,
        };

    private static IEnumerable<AgentFinding> FindAgentProblems(AgentInventoryItem item, DateTimeOffset now)
    {
        if (item.Status == AgentConnectionStatus.Never && now - item.CreatedAt >= InstallationTime)
        {
            yield return Create(
                item,
                NeverConnected,
                AgentFindingSeverity.Warning,
                "The agent has never connected.",
                $"Install it, or remove it: Remove-GitLabClusterAgent {Target(item)}");
        }

        if (item.Status == AgentConnectionStatus.Stale)
        {
            yield return Create(
                item,
                Disconnected,
                AgentFindingSeverity.Error,
                $"The agent is not connected. It was last seen {LastSeen(item.LastUsedAt)}.",
                $"Check the agent's pods and their log in the cluster, then: Get-GitLabAgentActivity {Target(item)} -First 10");
        }

        if (item.Tokens is { Length: 0 })
        {
            yield return Create(
                item,
                NoToken,
                AgentFindingSeverity.Warning,
                "The agent has no active token, so it cannot connect.",
                $"Create a token, or remove the agent: New-GitLabAgentToken {Target(item)} -Name {Quote(item.Agent)}");
        }

        if (item.Tokens is { Length: > GitLabClient.TokenLimit } tokens)
        {
            yield return Create(
                item,
                TooManyTokens,
                AgentFindingSeverity.Warning,
                $"The agent has {tokens.Length} active tokens; GitLab allows {GitLabClient.TokenLimit}, so none can be added.",
                $"Revoke the ones that are not used: Get-GitLabAgentToken {Target(item)} | Sort-Object LastUsedAt");
        }

        if (item.IsBehind is true)
        {
            yield return Create(
                item,
                VersionBehind,
                AgentFindingSeverity.Information,
                $"The agent has version {item.Version}, and GitLab has {item.ServerVersion}.",
                "Upgrade the agent to GitLab's minor version: helm repo update; helm upgrade gitlab-agent gitlab/gitlab-agent "
                    + "--namespace gitlab-agent --reuse-values");
        }

        if (item.IsArchived is true)
        {
            yield return Create(
                item,
                ProjectArchived,
                AgentFindingSeverity.Information,
                "The project is archived, but the agent is still registered in it. Its tokens cannot be revoked there.",
                "Unarchive the project in GitLab, then remove the agent if nobody needs it: "
                    + $"Remove-GitLabClusterAgent {Target(item)}");
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
        string name = $"Token '{token}' ({token.Id})";
        if (!token.IsLastUsedKnown)
        {
            yield return CreateNotReadable(item, $"the last use of token '{token}' ({token.Id}) is not known.");
        }
        else if (token.LastUsedAt is null && now - token.CreatedAt >= InstallationTime)
        {
            yield return Create(
                item,
                TokenNeverUsed,
                AgentFindingSeverity.Warning,
                $"{name} was created {Ago(token.CreatedAt, now)} and never used.",
                $"Install it, or revoke it: {RevokeCommand(item, token)}",
                token);
        }
        else if (now - token.LastUsedAt >= options.UnusedFor)
        {
            yield return Create(
                item,
                TokenUnused,
                AgentFindingSeverity.Warning,
                $"{name} was last used {Ago(token.LastUsedAt, now)}.",
                $"Revoke it if its cluster is gone: {RevokeCommand(item, token)}",
                token);
        }

        if (now - token.CreatedAt >= options.TokenMaxAge)
        {
            yield return Create(
                item,
                TokenTooOld,
                AgentFindingSeverity.Warning,
                $"{name} was created {Ago(token.CreatedAt, now)}.",
                $"Rotate it: Invoke-GitLabAgentTokenRotation {Target(item)} -Deploy {{ … }}",
                token);
        }
    }

    // With two tokens, of which one is idle, there is no slot for a rotation, and the idle one is a risk without a benefit.
    private static IEnumerable<AgentFinding> FindSpareToken(AgentInventoryItem item, AgentRuleOptions options, DateTimeOffset now)
    {
        if (item.Tokens is not { Length: 2 } tokens || !tokens.All(static token => token.IsLastUsedKnown))
        {
            yield break;
        }

        AgentToken[] idle = [.. tokens.Where(token => now - (token.LastUsedAt ?? token.CreatedAt) >= options.UnusedFor)];
        if (idle.Length == 1)
        {
            AgentToken used = tokens.Single(token => token.Id != idle[0].Id);
            yield return Create(
                item,
                SpareTokenUnused,
                AgentFindingSeverity.Information,
                $"The agent uses token '{used}' ({used.Id}); its other token '{idle[0]}' ({idle[0].Id}) is idle and takes the slot "
                    + "that a rotation needs.",
                $"Revoke the idle one: {RevokeCommand(item, idle[0])}",
                idle[0]);
        }
    }

    private static AgentFinding Create(
        AgentInventoryItem item,
        string rule,
        AgentFindingSeverity severity,
        string message,
        string action,
        AgentToken? token = null)
        => new(rule, severity, message, action)
        {
            Project = item.Project,
            Agent = item.Agent,
            Token = token,
            ProjectId = item.ProjectId,
            AgentId = item.AgentId,
            Session = item.Session,
        };
}
