using System;

namespace GitLabAgents;

/// <summary>
/// An agent within a project, by its numeric id or its name. A string of digits is always an id.
/// </summary>
public sealed class AgentReference : IEquatable<AgentReference>
{
    private readonly ResourceId _reference;

    /// <summary>Initializes a new instance of the <see cref="AgentReference"/> class from an id.</summary>
    /// <param name="id">The agent's id, greater than zero.</param>
    /// <exception cref="ArgumentException">The id is not greater than zero.</exception>
    public AgentReference(long id) => _reference = ResourceId.FromId(id, "agent");

    /// <summary>Initializes a new instance of the <see cref="AgentReference"/> class from an id.</summary>
    /// <param name="id">The agent's id, greater than zero.</param>
    /// <exception cref="ArgumentException">The id is not greater than zero.</exception>
    public AgentReference(int id)
        : this((long)id)
    {
    }

    /// <summary>Initializes a new instance of the <see cref="AgentReference"/> class from text.</summary>
    /// <param name="idOrName">The agent's name, or digits for its id.</param>
    /// <exception cref="ArgumentException">The text is empty, or an id that is not greater than zero.</exception>
    public AgentReference(string idOrName) => _reference = ResourceId.Parse(idOrName, "agent");

    /// <summary>Gets the id, or <see langword="null"/> where the agent was given by its name.</summary>
    public long? Id => _reference.Id;

    /// <summary>Gets the name, or <see langword="null"/> where the agent was given by its id.</summary>
    public string? Name => _reference.Text;

    /// <summary>Gets what was given: a <see cref="long"/> or a <see cref="string"/>.</summary>
    internal object Value => Id is { } id ? id : Name!;

    /// <summary>Makes a reference of an id.</summary>
    /// <param name="id">The id.</param>
    public static implicit operator AgentReference(long id) => new(id);

    /// <summary>Makes a reference of an id.</summary>
    /// <param name="id">The id.</param>
    public static implicit operator AgentReference(int id) => new(id);

    /// <summary>Makes a reference of an id or a name.</summary>
    /// <param name="idOrName">The id or the name.</param>
    public static implicit operator AgentReference(string idOrName) => new(idOrName);

    /// <inheritdoc/>
    public bool Equals(AgentReference? other) => other is not null && _reference.Equals(other._reference);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as AgentReference);

    /// <inheritdoc/>
    public override int GetHashCode() => _reference.GetHashCode();

    /// <summary>Gives the id or the name, as it was given.</summary>
    /// <returns>The id or the name.</returns>
    public override string ToString() => _reference.ToString();
}
