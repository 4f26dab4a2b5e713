using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Threading.Tasks;

namespace GitLabAgents.Mono;

/// <summary>What was loaded, after all other checks.</summary>
/// <param name="bin">The folder that the module was loaded from.</param>
internal sealed class AssemblyChecks(string bin)
{
    // .NET loads it; .NET Framework cannot.
    private const string Loader = "GitLabAgents.Loader";

    private readonly string _dependencies = Path.Combine(bin, "dependencies");

    public IEnumerable<(string Name, Func<Task> Check)> All() =>
    [
        ("resolver", () => Task.Run(CheckLocations)),
        ("types", () => Task.Run(LoadTypes)),
    ];

    // Only the module's resolver knows the folder of dependencies.
    private void CheckLocations()
    {
        string[] loaded =
        [
            .. AppDomain.CurrentDomain.GetAssemblies()
                .Where(assembly => !assembly.IsDynamic && Path.GetDirectoryName(assembly.Location) == _dependencies)
                .Select(assembly => assembly.GetName().Name),
        ];
        string[] expected =
        [
            "GitLabAgents.Transport", "Microsoft.Extensions.Http", "Microsoft.Extensions.DependencyInjection",
            "System.Text.Json", "System.Memory",
        ];
        Check.Sequence([], expected.Except(loaded));
        Check.Sequence(
            [],
            AppDomain.CurrentDomain.GetAssemblies().GroupBy(assembly => assembly.GetName().Name)
                .Where(group => group.Count() > 1)
                .Select(group => group.Key));
        Check.True(!loaded.Contains(Loader), "the assembly for .NET not to be loaded.");
    }

    private void LoadTypes()
    {
        foreach (string path in Directory.GetFiles(bin, "*.dll").Concat(Directory.GetFiles(_dependencies, "*.dll")))
        {
            if (Path.GetFileNameWithoutExtension(path) != Loader)
            {
                try
                {
                    Check.True(Assembly.LoadFrom(path).GetTypes().Length > 0, "types in " + path);
                }
                catch (ReflectionTypeLoadException e)
                {
                    throw new InvalidOperationException($"{path}: {e.LoaderExceptions[0]}");
                }
            }
        }
    }
}
