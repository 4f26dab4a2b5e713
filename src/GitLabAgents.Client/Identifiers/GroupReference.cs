using System;

namespace GitLabAgents;

/// <summary>
/// A group, by its numeric id or its full path (<c>group/subgroup</c>). As in GitLab itself, a string of
/// digits is always an id.
/// </summary>
public sealed class GroupReference : IEquatable<GroupReference>
{
    private readonly ResourceId _reference;

    /// <summary>Initializes a new instance of the <see cref="GroupReference"/> class from an id.</summary>
    /// <param name="id">The group's id, greater than zero.</param>
    /// <exception cref="ArgumentException">The id is not greater than zero.</exception>
    public GroupReference(long id) => _reference = ResourceId.FromId(id, "group");

    /// <summary>Initializes a new instance of the <see cref="GroupReference"/> class from an id.</summary>
    /// <param name="id">The group's id, greater than zero.</param>
    /// <exception cref="ArgumentException">The id is not greater than zero.</exception>
    public GroupReference(int id)
        : this((long)id)
    {
    }

    /// <summary>Initializes a new instance of the <see cref="GroupReference"/> class from text.</summary>
    /// <param name="idOrPath">The group's full path, or digits for its id.</param>
    /// <exception cref="ArgumentException">The text is empty, or can be neither.</exception>
    public GroupReference(string idOrPath) => _reference = ResourceId.ParsePath(idOrPath, "group");

    /// <summary>Gets the id, or <see langword="null"/> where the group was given by its path.</summary>
    public long? Id => _reference.Id;

    /// <summary>Gets the full path, or <see langword="null"/> where the group was given by its id.</summary>
    public string? Path => _reference.Text;

    /// <summary>Gets what was given: a <see cref="long"/> or a <see cref="string"/>.</summary>
    internal object Value => Id is { } id ? id : Path!;

    /// <summary>Makes a reference of an id.</summary>
    /// <param name="id">The id.</param>
    public static implicit operator GroupReference(long id) => new(id);

    /// <summary>Makes a reference of an id.</summary>
    /// <param name="id">The id.</param>
    public static implicit operator GroupReference(int id) => new(id);

    /// <summary>Makes a reference of an id or a full path.</summary>
    /// <param name="idOrPath">The id or the full path.</param>
    public static implicit operator GroupReference(string idOrPath) => new(idOrPath);

    /// <inheritdoc/>
    public bool Equals(GroupReference? other) => other is not null && _reference.Equals(other._reference);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as GroupReference);

    /// <inheritdoc/>
    public override int GetHashCode() => _reference.GetHashCode();

    /// <summary>Gives the id or the path, as it was given.</summary>
    /// <returns>The id or the path.</returns>
    public override string ToString() => _reference.ToString();

    /// <summary>Gives the id or path as one segment of a URL's path: <c>/</c> becomes <c>%2F</c>.</summary>
    internal string ToPathSegment() => Uri.EscapeDataString(ToString());
}
