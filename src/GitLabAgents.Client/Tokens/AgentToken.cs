using System;
using System.Text.Json.Serialization;

namespace GitLabAgents;

/// <summary>
/// A token with which an agent signs in to GitLab, without its secret.
/// See <see href="https://docs.gitlab.com/api/cluster_agents/"/>.
/// </summary>
public class AgentToken
{
    internal const string Revoked = "revoked";

    private DateTimeOffset? _lastUsedAt;

    [JsonConstructor]
    internal AgentToken()
    {
    }

    /// <summary>Gets the token's ID.</summary>
    [JsonInclude]
    public long Id { get; internal set; }

    /// <summary>Gets the value of <see cref="Id"/>, under the name that binds from the pipeline.</summary>
    [JsonIgnore]
    public long TokenId => Id;

    /// <summary>Gets the token's name. Several tokens of an agent can have the same name.</summary>
    [JsonInclude]
    public string? Name { get; internal set; }

    /// <summary>Gets the token's description, or <see langword="null"/>.</summary>
    [JsonInclude]
    public string? Description { get; internal set; }

    /// <summary>Gets the ID of the agent that the token is for.</summary>
    [JsonInclude]
    public long AgentId { get; internal set; }

    /// <summary>Gets the ID of the agent's project.</summary>
    [JsonIgnore]
    public long? ProjectId { get; internal set; }

    /// <summary>Gets the token's status as the server names it, such as <c>active</c> or <c>revoked</c>.</summary>
    [JsonInclude]
    public string? Status { get; internal set; }

    /// <summary>Gets when the token was created, or <see langword="null"/> if the server does not report it.</summary>
    [JsonInclude]
    public DateTimeOffset? CreatedAt { get; internal set; }

    /// <summary>
    /// Gets the ID of the user who created the token, or <see langword="null"/> if the server does not report it.
    /// </summary>
    [JsonInclude]
    public long? CreatedByUserId { get; internal set; }

    /// <summary>
    /// Gets when an agent last signed in with the token. <see langword="null"/> means never if
    /// <see cref="IsLastUsedKnown"/> is set, and otherwise that it is not known. GitLab stores it only every few
    /// minutes.
    /// </summary>
    [JsonInclude]
    public DateTimeOffset? LastUsedAt
    {
        get => _lastUsedAt;
        internal set
        {
            _lastUsedAt = value;
            IsLastUsedKnown = true; // The setter is only called if the server sends a value, even null.
        }
    }

    /// <summary>Gets a value indicating whether <see cref="LastUsedAt"/> is known: GitLab's lists omit it.</summary>
    [JsonIgnore]
    public bool IsLastUsedKnown { get; private set; }

    /// <summary>Gets the session that the token was read with and that operations on it use.</summary>
    [JsonIgnore]
    public GitLabSession Session { get; internal set; } = null!;

    /// <summary>Creates a copy with another status, because objects that were returned do not change.</summary>
    internal AgentToken With(string? status, DateTimeOffset? lastUsedAt)
    {
        var copy = (AgentToken)MemberwiseClone();
        copy.Status = status;
        copy._lastUsedAt = lastUsedAt;
        return copy;
    }

    /// <summary>Creates a copy without the last use, as in GitLab's lists.</summary>
    internal AgentToken WithoutLastUse()
    {
        var copy = (AgentToken)MemberwiseClone();
        copy._lastUsedAt = null;
        copy.IsLastUsedKnown = false;
        return copy;
    }

    /// <summary>Returns the token's name.</summary>
    /// <returns>The name, or the ID if the server does not report it.</returns>
    public override string ToString() => Name ?? Id.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
