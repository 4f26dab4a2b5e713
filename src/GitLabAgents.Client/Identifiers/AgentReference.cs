using System;

namespace GitLabAgents;

/// <summary>
/// Identifies an agent of a project by its numeric ID or its name. As in GitLab itself, a string of digits is always an
/// ID.
/// </summary>
public sealed class AgentReference : ResourceReference<AgentReference>
{
    /// <summary>Initializes a new instance of the <see cref="AgentReference"/> class from an ID.</summary>
    /// <param name="id">The agent's ID, greater than zero.</param>
    /// <exception cref="ArgumentException">The ID is not greater than zero.</exception>
    public AgentReference(long id)
        : base(id, "agent")
    {
    }

    /// <summary>Initializes a new instance of the <see cref="AgentReference"/> class from an ID.</summary>
    /// <param name="id">The agent's ID, greater than zero.</param>
    /// <exception cref="ArgumentException">The ID is not greater than zero.</exception>
    public AgentReference(int id)
        : this((long)id)
    {
    }

    /// <summary>Initializes a new instance of the <see cref="AgentReference"/> class from text.</summary>
    /// <param name="idOrName">The agent's name, or digits for its ID.</param>
    /// <exception cref="ArgumentException">The text is empty, or neither an ID nor a name.</exception>
    public AgentReference(string idOrName)
        : base(idOrName, "agent", ValidateName)
    {
    }

    /// <summary>Gets the name, or <see langword="null"/> if the agent was given by its ID.</summary>
    public string? Name => Text;

    /// <summary>Creates a reference from an ID.</summary>
    /// <param name="id">The ID.</param>
    public static implicit operator AgentReference(long id) => new(id);

    /// <summary>Creates a reference from an ID.</summary>
    /// <param name="id">The ID.</param>
    public static implicit operator AgentReference(int id) => new(id);

    /// <summary>Creates a reference from an ID or a name.</summary>
    /// <param name="idOrName">The ID or the name.</param>
    public static implicit operator AgentReference(string idOrName) => new(idOrName);
}
