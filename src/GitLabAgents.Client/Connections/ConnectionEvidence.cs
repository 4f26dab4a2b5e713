using System;
using System.Collections.Generic;

namespace GitLabAgents;

/// <summary>What a response says about an agent's connections, and what could make it incomplete.</summary>
internal sealed class ConnectionEvidence
{
    /// <summary>Gets or sets the connections, or null if GitLab does not list them.</summary>
    public List<ConnectionNode?>? Connections { get; set; }

    /// <summary>Gets or sets a value indicating whether an error affects the connections.</summary>
    public bool HasError { get; set; }

    /// <summary>Gets or sets the reason GitLab does not list the connections, or null.</summary>
    public string? UnknownReason { get; set; }

    /// <summary>Gets or sets the reason an empty list may be wrong, or null if it can be trusted.</summary>
    public string? HiddenReason { get; set; }

    /// <summary>Gets or sets when a token of the agent was last used.</summary>
    public DateTimeOffset? LastUsedAt { get; set; }

    /// <summary>Gets or sets a value indicating whether all visible tokens are known.</summary>
    public bool AreTokensKnown { get; set; }

    /// <summary>Gets or sets the reason the tokens are not known, or null.</summary>
    public string? TokensReason { get; set; }

    /// <summary>Gets or sets a value indicating whether a token is active.</summary>
    public bool HasActiveToken { get; set; }

    /// <summary>Gets or sets the session that the response was read with.</summary>
    public GitLabSession? Session { get; set; }

    /// <summary>Gets or sets the time on GitLab's clock.</summary>
    public DateTimeOffset ServerTime { get; set; }
}
