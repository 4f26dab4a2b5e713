using System.Globalization;
using System.Linq;

namespace GitLabAgents;

/// <summary>The display text of an inventory row. What needs attention is highlighted.</summary>
/// <param name="item">The row.</param>
public sealed class AgentInventoryItemView(AgentInventoryItem item)
{
    private const int MaxTokens = 2;

    /// <summary>Gets the path of the project.</summary>
    public string Project => ViewFormatter.Text(item.IsArchived is true ? $"{item.Project} (archived)" : item.Project);

    /// <summary>Gets the name of the agent.</summary>
    public string Agent => ViewFormatter.Text(item.Agent);

    /// <summary>Gets the status.</summary>
    public string Status => ViewFormatter.Highlight($"{item.Status}", item.Status != AgentConnectionStatus.Connected);

    /// <summary>Gets why something is not known.</summary>
    public string Reason => ViewFormatter.Text(item.Reason);

    /// <summary>Gets the version of the agent, and whether it is behind the server's.</summary>
    public string Version => ViewFormatter.Highlight(
        ViewFormatter.Text(item.IsBehind is true ? $"{item.Version} (behind)" : item.Version), item.IsBehind is true);

    /// <summary>Gets the version of the GitLab.</summary>
    public string ServerVersion => ViewFormatter.Text(item.ServerVersion);

    /// <summary>Gets how long ago a token was used.</summary>
    public string LastUsed => ViewFormatter.Highlight(GetLastUsed(), item.Tokens?.All(ViewFormatter.IsStale) == true);

    /// <summary>Gets the number of active tokens.</summary>
    public string Tokens => ViewFormatter.Highlight(
        item.Tokens?.Length.ToString(CultureInfo.InvariantCulture) ?? "?", item.Tokens is { Length: 0 or > MaxTokens });

    /// <summary>Gets the names of the active tokens, with their last use.</summary>
    public string TokenList => item.Tokens is null
        ? "?"
        : ViewFormatter.Join(item.Tokens.Select(static token => $"{token} ({ViewFormatter.LastUsed(token)})"));

    /// <summary>Gets when the agent connected.</summary>
    public string ConnectedAt => ViewFormatter.Iso(item.ConnectedAt);

    /// <summary>Gets when a token was used.</summary>
    public string LastUsedAt => item.LastUsedAt is null ? GetLastUsed() : ViewFormatter.Iso(item.LastUsedAt);

    /// <summary>Gets when the agent was registered.</summary>
    public string CreatedAt => ViewFormatter.Iso(item.CreatedAt);

    /// <summary>Gets the names of the connected pods.</summary>
    public string Connections => ViewFormatter.Join(item.Connections);

    /// <summary>Gets GitLab's warnings.</summary>
    public string Warnings => ViewFormatter.Join(item.Warnings);

    private string GetLastUsed() => item switch
    {
        { Tokens: null } => "?",
        { Tokens.Length: 0 } => string.Empty,
        { LastUsedAt: null } => "never",
        _ => ViewFormatter.Age(item.LastUsedAt, item.Session),
    };
}
