using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace GitLabAgents;

/// <summary>What a rotation is about to do, in words for who is asked, or wants to see it first.</summary>
internal static class RotationPlanFormatter
{
    /// <summary>Says which token would be made, waited for and revoked.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="deploys">Whether the new token is handed over.</param>
    /// <param name="noWait">Whether it is not waited for.</param>
    public static string Format(RotationPlan plan, bool deploys, bool noWait)
    {
        string revoke = plan.Older.Count > 0 ? $"revoke {FormatTokens(plan.Older)}" : "revoke nothing, since there is no older token";
        if (plan.Resumed is { } resumed)
        {
            return plan.IsInUse(resumed) ? $"Go on with {FormatTokens([resumed])}, which is in use: {revoke}"
                : noWait ? $"Go on with {FormatTokens([resumed])}: if it is in use now, {revoke}"
                : $"Go on with {FormatTokens([resumed])}: wait until it is used, then {revoke}";
        }

        string room = plan.ToEvict.Count > 0 ? $"Revoke {FormatTokens(plan.ToEvict)} to make room, make" : "Make";
        string deploy = deploys ? ", deploy it" : string.Empty;
        string keep = plan.Older.Count > 0 ? $"keep {FormatTokens(plan.Older)}" : "there is no older token";
        return $"{room} token '{plan.Name}'{deploy}{(noWait ? $" and leave it; {keep}" : $", wait until it is used, then {revoke}")}";
    }

    /// <summary>Names tokens, with what tells whether they are in use.</summary>
    public static string FormatTokens(IEnumerable<AgentToken> tokens) => "token " + string.Join(" and ", tokens.Select(static token =>
    {
        string use = ViewFormatter.LastUsed(token) switch
        {
            "?" => "last use not known",
            "never" => $"never used, made {ViewFormatter.Age(token.CreatedAt)}",
            string age => $"used {age}",
        };
        return $"'{RotationPlan.GetDisplayName(token)}' ({token.Id}, {use})";
    }));

    /// <summary>Names an agent's project.</summary>
    public static string GetProjectName(ClusterAgent agent) => agent.ProjectPath ?? agent.ProjectId.ToString(CultureInfo.InvariantCulture);
}
