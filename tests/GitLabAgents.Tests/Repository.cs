using System;
using System.IO;

namespace GitLabAgents.Tests;

/// <summary>Finds the files of the project from wherever the tests run.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string FindRoot()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "GitLabAgents.sln")))
            {
                return directory.FullName;
            }
        }

        throw new DirectoryNotFoundException("GitLabAgents.sln is in no folder above the tests.");
    }
}
