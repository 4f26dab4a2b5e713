using System;

namespace GitLabAgents;

/// <summary>
/// Identifies a group by its numeric ID or its full path (<c>group/subgroup</c>). As in GitLab itself, a string of
/// digits is always an ID.
/// </summary>
public sealed class GroupReference : ResourceReference<GroupReference>
{
    /// <summary>Initializes a new instance of the <see cref="GroupReference"/> class from an ID.</summary>
    /// <param name="id">The group's ID, greater than zero.</param>
    /// <exception cref="ArgumentException">The ID is not greater than zero.</exception>
    public GroupReference(long id)
        : base(id, "group")
    {
    }

    /// <summary>Initializes a new instance of the <see cref="GroupReference"/> class from an ID.</summary>
    /// <param name="id">The group's ID, greater than zero.</param>
    /// <exception cref="ArgumentException">The ID is not greater than zero.</exception>
    public GroupReference(int id)
        : this((long)id)
    {
    }

    /// <summary>Initializes a new instance of the <see cref="GroupReference"/> class from text.</summary>
    /// <param name="idOrPath">The group's full path, or digits for its ID.</param>
    /// <exception cref="ArgumentException">The text is empty, or neither an ID nor a full path.</exception>
    public GroupReference(string idOrPath)
        : base(idOrPath, "group", ValidatePath)
    {
    }

    /// <summary>Gets the full path, or <see langword="null"/> if the group was given by its ID.</summary>
    public string? Path => Text;

    /// <summary>Creates a reference from an ID.</summary>
    /// <param name="id">The ID.</param>
    public static implicit operator GroupReference(long id) => new(id);

    /// <summary>Creates a reference from an ID.</summary>
    /// <param name="id">The ID.</param>
    public static implicit operator GroupReference(int id) => new(id);

    /// <summary>Creates a reference from an ID or a full path.</summary>
    /// <param name="idOrPath">The ID or the full path.</param>
    public static implicit operator GroupReference(string idOrPath) => new(idOrPath);

    /// <summary>Returns the ID or path as one segment of a URL's path: <c>/</c> becomes <c>%2F</c>.</summary>
    internal string ToPathSegment() => EscapeSegment();
}
