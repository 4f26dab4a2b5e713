using System;
using System.Collections.Generic;

namespace GitLabAgents;

/// <summary>What became of the rotation of one agent's token.</summary>
public sealed class AgentTokenRotation
{
    internal AgentTokenRotation(ClusterAgent agent, TokenRotationStatus status)
    {
        ProjectId = agent.ProjectId;
        AgentId = agent.Id;
        Project = agent.ProjectPath ?? ProjectId.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Agent = NameOf(agent);
        Session = agent.Session;
        Status = status;
    }

    /// <summary>Gets the full path of the agent's project; its id where the server does not tell the path.</summary>
    public string Project { get; }

    /// <summary>Gets the agent's name; its id where the server does not tell the name, or where the name, being all digits, would be taken for an id.</summary>
    public string Agent { get; }

    /// <summary>Gets where the rotation ended.</summary>
    public TokenRotationStatus Status { get; }

    /// <summary>Gets the new token, a <see cref="NewAgentToken"/> with its secret where this rotation made it; <see langword="null"/> where there is none.</summary>
    public AgentToken? NewToken { get; internal set; }

    /// <summary>Gets the tokens that this rotation revoked, in the order in which it did; the new one too, where it could not be handed over.</summary>
    public IReadOnlyList<AgentToken> RevokedTokens { get; internal set; } = [];

    /// <summary>Gets the older tokens that were not revoked.</summary>
    public IReadOnlyList<AgentToken> KeptTokens { get; internal set; } = [];

    /// <summary>Gets when the rotation began.</summary>
    public DateTimeOffset StartedAt { get; internal set; }

    /// <summary>Gets when the last of the older tokens was revoked; <see langword="null"/> where that did not come about.</summary>
    public DateTimeOffset? CompletedAt { get; internal set; }

    /// <summary>
    /// Gets why the rotation did not complete, and what to do: a <see cref="GitLabApiException"/>, or, where the hand-over
    /// failed, an <see cref="InvalidOperationException"/> with its words. <see langword="null"/> where it did complete, or was
    /// not to be waited for. No part of it holds a secret.
    /// </summary>
    public Exception? Error { get; internal set; }

    /// <summary>Gets the id of the agent's project.</summary>
    public long ProjectId { get; }

    /// <summary>Gets the id of the agent.</summary>
    public long AgentId { get; }

    /// <summary>Gets the session that the rotation went through.</summary>
    public GitLabSession Session { get; }

    /// <summary>Gives the agent and the status.</summary>
    /// <returns>The agent's name and the status.</returns>
    public override string ToString() => $"{Agent}: {Status}";

    // As -Agent takes it: a name of digits alone would name another agent.
    private static string NameOf(ClusterAgent agent)
        => new AgentReference(agent.ToString()).Name ?? agent.Id.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
