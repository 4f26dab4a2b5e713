using System.Globalization;

namespace GitLabAgents;

/// <summary>The display text of an agent's connection.</summary>
/// <param name="connection">The connection.</param>
public sealed class AgentConnectionView(AgentConnection connection)
{
    /// <summary>Gets the path of the project.</summary>
    public string Project => ViewFormatter.Text(connection.Project);

    /// <summary>Gets the name of the agent.</summary>
    public string Agent => ViewFormatter.Text(connection.Agent);

    /// <summary>Gets the status.</summary>
    public string Status => ViewFormatter.Highlight($"{connection.Status}", ViewFormatter.NeedsAttention(connection));

    /// <summary>Gets why the status is not known.</summary>
    public string Reason => ViewFormatter.Text(connection.Reason);

    /// <summary>Gets the version of the agent, and whether it is behind the server's.</summary>
    public string Version
        => ViewFormatter.Text(connection.IsBehind is true ? $"{connection.Version} (behind)" : connection.Version);

    /// <summary>Gets the version of the GitLab.</summary>
    public string ServerVersion => ViewFormatter.Text(connection.ServerVersion);

    /// <summary>Gets how long ago the agent connected.</summary>
    public string Connected => ViewFormatter.Age(connection.ConnectedAt, connection.Session);

    /// <summary>Gets when the agent connected.</summary>
    public string ConnectedAt => ViewFormatter.Iso(connection.ConnectedAt);

    /// <summary>Gets when a token of the agent was last used.</summary>
    public string LastUsedAt => ViewFormatter.Iso(connection.LastUsedAt);

    /// <summary>Gets the number of connected pods, or an empty string if it is not known.</summary>
    public string Pods => connection.Status == AgentConnectionStatus.Unknown
        ? string.Empty
        : connection.Connections.Length.ToString(CultureInfo.InvariantCulture);

    /// <summary>Gets the names of the connected pods.</summary>
    public string Connections => ViewFormatter.Join(connection.Connections);

    /// <summary>Gets GitLab's warnings about the versions of the pods.</summary>
    public string Warnings => ViewFormatter.Join(connection.Warnings);
}
