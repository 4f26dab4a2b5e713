using System;
using System.IO;

namespace GitLabAgents.Benchmark;

/// <summary>Where things are in the clone that this was built in.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Configuration { get; } =
        new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)).Parent!.Name;

    public static string Find(params string[] path) => Path.Combine([Root, .. path]);

    /// <summary>Gives an assembly that a project of the clone was built to, in the configuration of this one.</summary>
    public static string FindBuilt(string project, string framework, string assembly)
    {
        string path = Find(project, "bin", Configuration, framework, assembly + ".dll");
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is missing: build tools/Benchmark first.");
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "GitLabAgents.psd1")))
            {
                return directory.FullName;
            }
        }

        throw new FileNotFoundException("GitLabAgents.psd1 is in no folder above the benchmark.");
    }
}
