using System;
using System.Text.Json.Serialization;

namespace GitLabAgents;

/// <summary>
/// A token that an agent signs in to GitLab with: what is known of it, never its secret.
/// See <see href="https://docs.gitlab.com/api/cluster_agents/"/>.
/// </summary>
public class AgentToken
{
    private DateTimeOffset? _lastUsedAt;

    [JsonConstructor]
    internal AgentToken()
    {
    }

    /// <summary>Gets the token's id.</summary>
    [JsonInclude]
    public long Id { get; internal set; }

    /// <summary>Gets the same as <see cref="Id"/>, under the name that binds in a pipeline.</summary>
    [JsonIgnore]
    public long TokenId => Id;

    /// <summary>Gets the token's name. Several tokens of an agent may bear the same.</summary>
    [JsonInclude]
    public string? Name { get; internal set; }

    /// <summary>Gets its description, or <see langword="null"/>.</summary>
    [JsonInclude]
    public string? Description { get; internal set; }

    /// <summary>Gets the id of the agent that the token is for.</summary>
    [JsonInclude]
    public long AgentId { get; internal set; }

    /// <summary>
    /// Gets the ID of the agent's project; <see langword="null"/> if the token was found by its secret, because GitLab does
    /// not report the project then.
    /// </summary>
    [JsonIgnore]
    public long? ProjectId { get; internal set; }

    /// <summary>Gets what the server calls its state: <c>active</c>, <c>revoked</c>, or what later servers add.</summary>
    [JsonInclude]
    public string? Status { get; internal set; }

    /// <summary>Gets when it was made, or <see langword="null"/> where the server does not tell.</summary>
    [JsonInclude]
    public DateTimeOffset? CreatedAt { get; internal set; }

    /// <summary>Gets the id of the user who made it, or <see langword="null"/> where the server does not tell.</summary>
    [JsonInclude]
    public long? CreatedByUserId { get; internal set; }

    /// <summary>
    /// Gets when an agent last signed in with it. <see langword="null"/> means never if <see cref="IsLastUsedKnown"/>, and
    /// not known otherwise. GitLab keeps it to the nearest few minutes.
    /// </summary>
    [JsonInclude]
    public DateTimeOffset? LastUsedAt
    {
        get => _lastUsedAt;
        internal set
        {
            _lastUsedAt = value;
            IsLastUsedKnown = true; // Set by the reader only where the server sends it, be it null.
        }
    }

    /// <summary>Gets a value indicating whether <see cref="LastUsedAt"/> is known: GitLab's lists leave it out.</summary>
    [JsonIgnore]
    public bool IsLastUsedKnown { get; private set; }

    /// <summary>Gets the session that the token was read with, and that whatever is done to it goes through.</summary>
    [JsonIgnore]
    public GitLabSession Session { get; internal set; } = null!;

    /// <summary>Copies the token with another state, so that nobody who holds it sees it change.</summary>
    internal AgentToken With(string? status, DateTimeOffset? lastUsedAt)
    {
        var copy = (AgentToken)MemberwiseClone();
        copy.Status = status;
        copy._lastUsedAt = lastUsedAt;
        return copy;
    }

    /// <summary>Copies the token without its last use, as GitLab's lists have it.</summary>
    internal AgentToken WithoutLastUse()
    {
        var copy = (AgentToken)MemberwiseClone();
        copy._lastUsedAt = null;
        copy.IsLastUsedKnown = false;
        return copy;
    }

    /// <summary>Gives the token's name.</summary>
    /// <returns>The name, or the id where the server does not tell.</returns>
    public override string ToString() => Name ?? Id.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
