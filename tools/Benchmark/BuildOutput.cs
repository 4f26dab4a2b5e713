using System;
using System.IO;

namespace GitLabAgents.Benchmark;

/// <summary>Locates what the build of this repository wrote.</summary>
internal static class BuildOutput
{
    /// <summary>Gets the configuration in which this program was built.</summary>
    public static string Configuration { get; } =
        new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)).Parent!.Name;

    /// <summary>Gets the assembly of a project, built in the same configuration as this program.</summary>
    public static string FindAssembly(string project, string framework, string name)
    {
        string path = Repository.PathOf(project, "bin", Configuration, framework, name + ".dll");
        return File.Exists(path)
            ? path
            : throw new FileNotFoundException($"'{path}' is missing. Build tools/Benchmark.");
    }
}
