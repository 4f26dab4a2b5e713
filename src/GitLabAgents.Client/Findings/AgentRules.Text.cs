using System;
using System.Globalization;

namespace GitLabAgents;

/// <content>The text of findings.</content>
internal static partial class AgentRules
{
    private static string Quote(string text) => "'" + text.Replace("'", "''") + "'";

    private static string Target(AgentInventoryItem item)
        => $"-Project {Quote(item.Project)} -Agent {Quote(item.Agent)}";

    private static string RevokeCommand(AgentInventoryItem item, AgentToken token)
        => $"Revoke-GitLabAgentToken {Target(item)} -TokenId {token.Id.ToString(CultureInfo.InvariantCulture)}";

    private static string LastSeen(DateTimeOffset? date)
        => date?.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "at an unknown time";

    private static string Ago(DateTimeOffset? date, DateTimeOffset now)
    {
        int days = date is { } when ? (int)(now - when).TotalDays : 0;
        return days == 1 ? "1 day ago" : $"{days.ToString(CultureInfo.InvariantCulture)} days ago";
    }
}
