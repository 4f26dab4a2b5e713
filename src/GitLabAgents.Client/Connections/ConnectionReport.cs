using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;

namespace GitLabAgents;

/// <summary>The assessment of an agent's connections. Nothing is guessed: what may be hidden is unknown.</summary>
internal sealed class ConnectionReport
{
    /// <summary>The reason where GitLab gives none.</summary>
    public const string NotShown = "GraphQL does not show the agent to this access token.";

    /// <summary>The meaning of an error whose message is the name of a class.</summary>
    public const string AgentServerDown = "GitLab cannot reach its agent server (KAS).";

    private const string NotReported = "GitLab does not report the agent's connections.";
    private const string NoActiveToken = "The agent is not connected and has no active token. "
        + "GitLab does not show revoked ones, so whether it ever was is not known.";

    // GitLab's own code calls an agent connected for this long after it used a token.
    private static readonly TimeSpan RecentUse = TimeSpan.FromHours(1);

    private static readonly Regex ClassName = new(
        @"^[A-Z]\w*(::[A-Z]\w*)+$", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));

    private ConnectionReport(AgentConnectionStatus status, string? reason = null)
    {
        Status = status;
        Reason = reason;
    }

    /// <summary>Gets the status.</summary>
    public AgentConnectionStatus Status { get; }

    /// <summary>Gets the reason the status is unknown, or null.</summary>
    public string? Reason { get; }

    /// <summary>Gets the pods that are connected.</summary>
    public AgentPod[] Pods { get; private set; } = [];

    /// <summary>Gets GitLab's warnings about the pods' versions.</summary>
    public string[] Warnings { get; private set; } = [];

    /// <summary>Gets when a token of the agent was last used.</summary>
    public DateTimeOffset? LastUsedAt { get; private set; }

    /// <summary>Creates the report of an agent about which nothing is known.</summary>
    public static ConnectionReport Unknown(string reason) => new(AgentConnectionStatus.Unknown, reason);

    /// <summary>
    /// Returns whether an error says that GitLab cannot reach its agent server: its message is the name of a Ruby
    /// class, and it is about connections or about no field at all.
    /// </summary>
    public static bool IsAgentServerDown(GraphQLError error)
        => error.Message is { } message && ClassName.IsMatch(message)
            && (message.StartsWith("GRPC::", StringComparison.Ordinal)
                || error.Path is null or { Count: 0 }
                || error.Path.Exists(static segment => segment.ToString() == "connections"));

    /// <summary>Assesses a response.</summary>
    public static ConnectionReport Create(ConnectionEvidence evidence)
    {
        List<ConnectionNode> nodes = [.. (evidence.Connections ?? []).OfType<ConnectionNode>()];
        ConnectionReport report = Assess(evidence, nodes.Count);
        report.LastUsedAt = evidence.LastUsedAt;
        if (nodes.Count == 0)
        {
            return report;
        }

        report.Pods = [.. nodes.Select(node => new AgentPod
        {
            Version = node.Metadata?.Version,
            PodName = node.Metadata?.PodName,
            PodNamespace = node.Metadata?.PodNamespace,
            ConnectedAt = node.ConnectedAt,
            Session = evidence.Session,
        })];
        report.Warnings =
        [
            .. nodes.SelectMany(static node => node.Warnings ?? [])
                .Select(static warning => warning?.Version?.Message)
                .OfType<string>()
                .Distinct(StringComparer.Ordinal),
        ];
        return report;
    }

    private static ConnectionReport Assess(ConnectionEvidence evidence, int connected)
    {
        if (connected > 0)
        {
            return new ConnectionReport(AgentConnectionStatus.Connected);
        }

        if (evidence.Connections is not { Count: 0 } || evidence.HasError)
        {
            return Unknown(evidence.UnknownReason ?? NotReported);
        }

        if (evidence.HiddenReason is { } hidden)
        {
            return Unknown(hidden);
        }

        if (evidence.LastUsedAt is { } lastUsed)
        {
            TimeSpan age = evidence.ServerTime - lastUsed;
            return age < RecentUse
                ? Unknown(DescribeRecentUse(age))
                : new ConnectionReport(AgentConnectionStatus.Stale);
        }

        if (!evidence.AreTokensKnown)
        {
            string reason = evidence.TokensReason ?? "GitLab does not report the agent's tokens.";
            return Unknown($"{reason} The agent is not connected now; whether it ever was is not known.");
        }

        return evidence.HasActiveToken ? new ConnectionReport(AgentConnectionStatus.Never) : Unknown(NoActiveToken);
    }

    private static string DescribeRecentUse(TimeSpan age)
    {
        int minutes = Math.Max(0, (int)age.TotalMinutes);
        string when = minutes switch
        {
            0 => "less than a minute ago",
            1 => "1 minute ago",
            _ => $"{minutes} minutes ago",
        };
        return $"GitLab reports no connection, but a token of the agent was used {when}. The agent has just "
            + "disconnected, or the project hides connections because its feature Infrastructure or Repository is off.";
    }
}
