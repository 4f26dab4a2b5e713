using System;

namespace GitLabAgents;

/// <summary>
/// Identifies a project by its numeric ID or its full path (<c>group/subgroup/project</c>). As in GitLab itself, a
/// string of digits is always an ID. <c>.</c> stands for the project of the Git repository in the current location.
/// </summary>
public sealed class ProjectReference : ResourceReference<ProjectReference>
{
    /// <summary>Initializes a new instance of the <see cref="ProjectReference"/> class from an ID.</summary>
    /// <param name="id">The project's ID, greater than zero.</param>
    /// <exception cref="ArgumentException">The ID is not greater than zero.</exception>
    public ProjectReference(long id)
        : base(id, "project")
    {
    }

    /// <summary>Initializes a new instance of the <see cref="ProjectReference"/> class from an ID.</summary>
    /// <param name="id">The project's ID, greater than zero.</param>
    /// <exception cref="ArgumentException">The ID is not greater than zero.</exception>
    public ProjectReference(int id)
        : this((long)id)
    {
    }

    /// <summary>Initializes a new instance of the <see cref="ProjectReference"/> class from text.</summary>
    /// <param name="idOrPath">The project's full path, or digits for its ID.</param>
    /// <exception cref="ArgumentException">The text is empty, or neither an ID nor a full path.</exception>
    public ProjectReference(string idOrPath)
        : base(idOrPath, "project", ValidateProject)
    {
    }

    /// <summary>Gets the full path, or <see langword="null"/> if the project was given by its ID.</summary>
    public string? Path => Text;

    /// <summary>
    /// Gets a value indicating whether the reference is <c>.</c>, the project of the Git repository in the current
    /// location. Only a shell can resolve it.
    /// </summary>
    public bool IsCurrentRepository => Path == ".";

    /// <summary>Creates a reference from an ID.</summary>
    /// <param name="id">The ID.</param>
    public static implicit operator ProjectReference(long id) => new(id);

    /// <summary>Creates a reference from an ID.</summary>
    /// <param name="id">The ID.</param>
    public static implicit operator ProjectReference(int id) => new(id);

    /// <summary>Creates a reference from an ID or a full path.</summary>
    /// <param name="idOrPath">The ID or the full path.</param>
    public static implicit operator ProjectReference(string idOrPath) => new(idOrPath);

    /// <summary>Returns the ID or path as one segment of a URL's path: <c>/</c> becomes <c>%2F</c>.</summary>
    /// <exception cref="InvalidOperationException">The reference is <c>.</c> and was not resolved.</exception>
    internal string ToPathSegment()
        => IsCurrentRepository
            ? throw new InvalidOperationException("The project \".\" was not resolved.")
            : EscapeSegment();

    private static string ValidateProject(string path, string kind) => path == "." ? path : ValidatePath(path, kind);
}
