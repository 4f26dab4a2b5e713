using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;
using System.Runtime.Loader;

namespace GitLabAgents.Loader;

/// <summary>
/// Isolates the module's dependencies from those of other modules. If their version suffices, the framework's own
/// assemblies take precedence: they are compiled ahead of time, and the rest of the process uses their types.
/// </summary>
public sealed class DependencyContext : AssemblyLoadContext
{
    private static readonly Dictionary<string, string> Framework = ReadFramework();

    private readonly string _directory;

    private DependencyContext(string directory)
        : base("GitLabAgents") => _directory = directory;

    /// <summary>Creates a context for a folder of assemblies.</summary>
    /// <param name="directory">The full path of the folder.</param>
    /// <returns>
    /// A function that returns the assembly of a name, or <see langword="null"/> to leave it to the default context.
    /// </returns>
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
