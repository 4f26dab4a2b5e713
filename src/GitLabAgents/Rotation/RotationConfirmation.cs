using System;
using System.Collections.Generic;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;

namespace GitLabAgents;

/// <summary>Asks the user whether the rotation of an agent may start. Call it on the pipeline thread.</summary>
/// <param name="cmdlet">The cmdlet.</param>
internal sealed class RotationConfirmation(PSCmdlet cmdlet)
{
    private readonly HashSet<(Uri Server, long AgentId)> _confirmed = [];
    private bool _yesToAll;
    private bool _noToAll;

    /// <summary>Confirms a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="request">The settings.</param>
    /// <param name="force">Whether to revoke a token to free a slot without asking.</param>
    /// <returns><see langword="false"/> if nothing is to be changed.</returns>
    /// <exception cref="GitLabApiException">The user has to be asked, but the host is not interactive.</exception>
    public bool Confirm(RotationPlan plan, RotationRequest request, bool force)
    {
        string agent = RotationFormatter.FormatAgent(plan.Agent);
        if (!_confirmed.Add((plan.Agent.Session.Uri, plan.Agent.Id)))
        {
            cmdlet.WriteWarning($"The input contains {agent} more than once. It is rotated once.");
            return false;
        }

        if (!cmdlet.ShouldProcess(RotationPlanFormatter.FormatTarget(plan), RotationPlanFormatter.Format(plan, request))
            || !(force || ConfirmEviction(plan, agent)))
        {
            return false;
        }

        if (plan.Resumed is null && request.Deploy is null && !request.NoWait)
        {
            cmdlet.WriteWarning(
                $"Without -Deploy, nobody installs the new token of {agent} while the rotation waits for its use. The "
                    + "secret is written when the wait ends. Use -NoWait to get it at once.");
        }

        return true;
    }

    // Asks like a cmdlet of high impact, unless ShouldProcess has asked, or nobody wants to be asked.
    private bool ConfirmEviction(RotationPlan plan, string agent)
    {
        object preference = cmdlet.SessionState.PSVariable.GetValue("ConfirmPreference");
        bool asksForHighImpactOnly = !LanguagePrimitives.TryConvertTo(
            preference, CultureInfo.InvariantCulture, out ConfirmImpact impact) || impact == ConfirmImpact.High;
        bool isConfirmed = !asksForHighImpactOnly || cmdlet.MyInvocation.BoundParameters.ContainsKey("Confirm");
        if (plan.ToEvict.Length == 0 || isConfirmed)
        {
            return true;
        }

        string tokens = RotationPlanFormatter.FormatTokens(plan.ToEvict);
        string question = $"All slots for active tokens of {agent} are taken. Revoke {tokens} to free a slot for a new "
            + $"token, and keep {RotationPlanFormatter.FormatTokens(plan.Older)} until the new one is in use?";
        try
        {
            return cmdlet.ShouldContinue(question, "Revoke a token", ref _yesToAll, ref _noToAll);
        }
        catch (Exception e) when (e is PSInvalidOperationException or HostException or NotImplementedException)
        {
            throw new GitLabApiException(
                GitLabErrorKind.TokenLimitReached,
                $"All slots for active tokens of {agent} are taken. Revoking {tokens} would free a slot, but the host "
                    + "cannot ask for confirmation. Nothing was changed.",
                "Use -Force to revoke it without asking, or -Resume to resume a rotation that waits for it.");
        }
    }
}
