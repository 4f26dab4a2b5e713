using System;
using System.Globalization;

namespace GitLabAgents;

/// <summary>The result of the rotation of one agent's token.</summary>
public sealed class AgentTokenRotation
{
    internal AgentTokenRotation(
        ClusterAgent agent,
        TokenRotationStatus status,
        AgentToken? newToken,
        AgentToken[] revokedTokens,
        AgentToken[] keptTokens,
        DateTimeOffset startedAt,
        DateTimeOffset? completedAt,
        Exception? error,
        string recommendedAction)
    {
        ProjectId = agent.ProjectId;
        AgentId = agent.Id;
        Project = agent.ProjectPath ?? ProjectId.ToString(CultureInfo.InvariantCulture);
        Agent = GetName(agent);
        Session = agent.Session;
        Status = status;
        NewToken = newToken;
        RevokedTokens = revokedTokens;
        KeptTokens = keptTokens;
        StartedAt = startedAt;
        CompletedAt = completedAt;
        Error = error;
        RecommendedAction = recommendedAction;
    }

    /// <summary>Gets the full path of the agent's project, or its ID if the server does not return the path.</summary>
    public string Project { get; }

    /// <summary>
    /// Gets the agent's name, or its ID if the server does not return the name, or if the name consists of digits and
    /// would be read as an ID.
    /// </summary>
    public string Agent { get; }

    /// <summary>Gets the state in which the rotation ended.</summary>
    public TokenRotationStatus Status { get; }

    /// <summary>
    /// Gets the new token in its final state: a <see cref="NewAgentToken"/> with its secret if this rotation created
    /// it.
    /// </summary>
    public AgentToken? NewToken { get; }

    /// <summary>
    /// Gets the tokens that this rotation revoked, in that order. They include the new token if it could not be
    /// deployed.
    /// </summary>
    public AgentToken[] RevokedTokens { get; }

    /// <summary>Gets the older tokens that were not revoked.</summary>
    public AgentToken[] KeptTokens { get; }

    /// <summary>Gets the time at which the rotation started.</summary>
    public DateTimeOffset StartedAt { get; }

    /// <summary>Gets the time at which the rotation completed, or <see langword="null"/> if it did not.</summary>
    public DateTimeOffset? CompletedAt { get; }

    /// <summary>
    /// Gets the reason why the rotation did not complete, and what to do: an <see cref="InvalidOperationException"/> if
    /// the deployment failed, otherwise a <see cref="GitLabApiException"/>. It is <see langword="null"/> if the
    /// rotation completed or does not wait. No part of it contains a secret.
    /// </summary>
    public Exception? Error { get; }

    /// <summary>Gets the ID of the agent's project.</summary>
    public long ProjectId { get; }

    /// <summary>Gets the ID of the agent.</summary>
    public long AgentId { get; }

    /// <summary>Gets the session that the rotation used.</summary>
    public GitLabSession Session { get; }

    /// <summary>Gets what to do about the error. The message of the error ends with it.</summary>
    internal string RecommendedAction { get; }

    /// <summary>Returns the agent and the status.</summary>
    /// <returns>The agent's name and the status.</returns>
    public override string ToString() => $"{Agent}: {Status}";

    // As -Agent takes it: a name of digits alone would select another agent.
    private static string GetName(ClusterAgent agent)
        => new AgentReference(agent.ToString()).Name ?? agent.Id.ToString(CultureInfo.InvariantCulture);
}
