using System.Globalization;

namespace GitLabAgents;

/// <summary>A project, with the agents of it that were read together with it.</summary>
internal sealed class ProjectEntry(long id, string? path)
{
    /// <summary>Gets the project's ID.</summary>
    public long Id { get; } = id;

    /// <summary>Gets the project's full path, or null if it is not known.</summary>
    public string? Path { get; } = path;

    /// <summary>Gets or sets whether the project is archived; null if that is not known.</summary>
    public bool? IsArchived { get; set; }

    /// <summary>Gets or sets the agents that were read.</summary>
    public AgentRecord[] Agents { get; set; } = [];

    /// <summary>Gets or sets the cursor after which there are more agents, or null.</summary>
    public string? Cursor { get; set; }

    /// <summary>Gets or sets a value indicating whether only the REST API can tell which agents there are.</summary>
    public bool NeedsRest { get; set; }

    /// <summary>Gets or sets a value indicating whether the user's role is too low to see agents.</summary>
    public bool IsHidden { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether the user named this project, so that it must not be skipped.
    /// </summary>
    public bool IsNamed { get; set; }

    /// <summary>Gets or sets the reason connections are not known, for agents that the REST API returns.</summary>
    public string? ConnectionsReason { get; set; }

    /// <inheritdoc/>
    public override string ToString() => Path ?? Id.ToString(CultureInfo.InvariantCulture);
}
