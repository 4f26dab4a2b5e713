using System.Collections.Generic;

namespace GitLabAgents;

/// <summary>Formats a rotation plan for -WhatIf and -Confirm.</summary>
internal static class RotationPlanFormatter
{
    /// <summary>Formats the agent as the target of the operation.</summary>
    public static string FormatTarget(RotationPlan plan)
    {
        ClusterAgent agent = plan.Agent;
        string name = DisplayText.Sanitize(agent.ToString());
        return $"agent {name} ({agent.Id}) of project {RotationFormatter.GetProjectName(agent)} on {agent.Session}";
    }

    /// <summary>Formats which token will be created, waited for and revoked.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="request">The settings.</param>
    public static string Format(RotationPlan plan, RotationRequest request)
    {
        bool hasOlder = plan.Older.Length > 0;
        string older = FormatTokens(plan.Older);
        string revoke = hasOlder ? $"revoke {older}" : "revoke nothing, because there is no older token";
        if (plan.Resumed is { } resumed)
        {
            string steps = (plan.IsInUse(resumed, plan.Older), request.NoWait) switch
            {
                (true, _) => $", which is in use: {revoke}",
                (_, true) => $": if it is in use now, {revoke}",
                _ => $": wait until it is used, then {revoke}",
            };
            return $"Resume with {FormatTokens([resumed])}{steps}";
        }

        string evict = $"Revoke {FormatTokens(plan.ToEvict)} to free a slot, create";
        string create = plan.ToEvict.Length > 0 ? evict : "Create";
        string deploy = request.Deploy is null ? string.Empty : ", deploy it";
        string keep = hasOlder ? $"keep {older}" : "there is no older token";
        string wait = request.NoWait ? $" and do not wait; {keep}" : $", wait until it is used, then {revoke}";
        return $"{create} token '{DisplayText.Sanitize(plan.Name)}'{deploy}{wait}";
    }

    /// <summary>Formats tokens with what shows whether they are in use.</summary>
    public static string FormatTokens(IReadOnlyCollection<AgentToken> tokens)
        => RotationFormatter.FormatTokens(tokens, static token => ViewFormatter.LastUsed(token) switch
        {
            "?" => "last use unknown",
            "never" => $"never used, created {ViewFormatter.Age(token.CreatedAt, token.Session)}",
            string age => $"used {age}",
        });
}
