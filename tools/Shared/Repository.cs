using System;
using System.IO;

namespace GitLabAgents;

/// <summary>Locates files of the repository. Linked into the tests and tools, which run from inside it.</summary>
internal static class Repository
{
    private const string Marker = "GitLabAgents.sln";

    /// <summary>Gets the full path of the repository's root folder.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Gets the full path of a file or folder of the repository.</summary>
    /// <param name="parts">The path below the root, part by part.</param>
    /// <returns>The full path.</returns>
    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, Marker)))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No parent folder of '{AppContext.BaseDirectory}' contains {Marker}.");
    }
}
