using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;
using System.Runtime.Loader;

namespace GitLabAgents.Loader;

/// <summary>
/// Holds the module's dependencies apart from every other module's. The framework's own assemblies come first where
/// their version suffices: they are compiled ahead of time, and their types are the ones that the rest of the process
/// uses.
/// </summary>
public sealed class DependencyContext : AssemblyLoadContext
{
    private static readonly Dictionary<string, string> Framework = ReadFramework();

    private readonly string _directory;

    private DependencyContext(string directory)
        : base("GitLabAgents") => _directory = directory;

    /// <summary>Makes a context over one folder of assemblies.</summary>
    /// <param name="directory">The full path of the folder.</param>
    /// <returns>A function that gives the assembly of a name, or <see langword="null"/> where neither the folder nor the framework has one.</returns>
    public static Func<AssemblyName, Assembly?> Create(string directory)
    {
        var context = new DependencyContext(directory);
        return context.Load;
    }

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (assemblyName.Name is not { } name || FrameworkSuffices(name, assemblyName.Version))
        {
            return null; // The default context finds it.
        }

        string path = Path.Combine(_directory, name + ".dll");
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }

    private static bool FrameworkSuffices(string name, Version? wanted)
        => Framework.TryGetValue(name, out string? path)
            && (wanted is null || AssemblyName.GetAssemblyName(path).Version >= wanted);

    private static Dictionary<string, string> ReadFramework()
    {
        var paths = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        string trusted = AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") as string ?? string.Empty;
        foreach (string path in trusted.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            paths.TryAdd(Path.GetFileNameWithoutExtension(path), path);
        }

        return paths;
    }
}
