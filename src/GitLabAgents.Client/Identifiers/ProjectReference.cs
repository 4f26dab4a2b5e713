using System;

namespace GitLabAgents;

/// <summary>
/// A project, by its numeric id or its full path (<c>group/subgroup/project</c>). As in GitLab itself, a string of
/// digits is always an id. <c>.</c> means the project of the clone that one stands in.
/// </summary>
public sealed class ProjectReference : IEquatable<ProjectReference>
{
    private readonly ResourceId _reference;

    /// <summary>Initializes a new instance of the <see cref="ProjectReference"/> class from an id.</summary>
    /// <param name="id">The project's id, greater than zero.</param>
    /// <exception cref="ArgumentException">The id is not greater than zero.</exception>
    public ProjectReference(long id) => _reference = ResourceId.FromId(id, "project");

    /// <summary>Initializes a new instance of the <see cref="ProjectReference"/> class from an id.</summary>
    /// <param name="id">The project's id, greater than zero.</param>
    /// <exception cref="ArgumentException">The id is not greater than zero.</exception>
    public ProjectReference(int id)
        : this((long)id)
    {
    }

    /// <summary>Initializes a new instance of the <see cref="ProjectReference"/> class from text.</summary>
    /// <param name="idOrPath">The project's full path, or digits for its id.</param>
    /// <exception cref="ArgumentException">The text is empty, or can be neither.</exception>
    public ProjectReference(string idOrPath) => _reference = ResourceId.ParsePath(idOrPath, "project");

    /// <summary>Gets the id, or <see langword="null"/> where the project was given by its path.</summary>
    public long? Id => _reference.Id;

    /// <summary>Gets the full path, or <see langword="null"/> where the project was given by its id.</summary>
    public string? Path => _reference.Text;

    /// <summary>Gets a value indicating whether it is <c>.</c>: the project of the clone that one stands in. Only a shell can tell which that is.</summary>
    public bool IsCurrentRepository => Path == ".";

    /// <summary>Gets what was given: a <see cref="long"/> or a <see cref="string"/>.</summary>
    internal object Value => Id is { } id ? id : Path!;

    /// <summary>Makes a reference of an id.</summary>
    /// <param name="id">The id.</param>
    public static implicit operator ProjectReference(long id) => new(id);

    /// <summary>Makes a reference of an id.</summary>
    /// <param name="id">The id.</param>
    public static implicit operator ProjectReference(int id) => new(id);

    /// <summary>Makes a reference of an id or a full path.</summary>
    /// <param name="idOrPath">The id or the full path.</param>
    public static implicit operator ProjectReference(string idOrPath) => new(idOrPath);

    /// <inheritdoc/>
    public bool Equals(ProjectReference? other) => other is not null && _reference.Equals(other._reference);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ProjectReference);

    /// <inheritdoc/>
    public override int GetHashCode() => _reference.GetHashCode();

    /// <summary>Gives the id or the path, as it was given.</summary>
    /// <returns>The id or the path.</returns>
    public override string ToString() => _reference.ToString();

    /// <summary>Gives the id or path as one segment of a URL's path: <c>/</c> becomes <c>%2F</c>.</summary>
    /// <exception cref="InvalidOperationException">It is <c>.</c>, which as a segment of a URL would name another resource.</exception>
    internal string ToPathSegment()
        => IsCurrentRepository ? throw new InvalidOperationException("The project '.' was not resolved.") : Uri.EscapeDataString(ToString());
}
