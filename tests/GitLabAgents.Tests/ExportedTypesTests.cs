using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.Loader;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>
/// PowerShell calls <see cref="Assembly.GetExportedTypes"/> on a binary module before the module can resolve its
/// dependencies. An engine that brings an older version of a dependency then fails to import the module, so no exported
/// type may need a dependency to load.
/// </summary>
public sealed class ExportedTypesTests
{
    [Theory]
    [InlineData("GitLabAgents")]
    [InlineData("GitLabAgents.Client")]
    [InlineData("GitLabAgents.Loader")]
    public void Exported_types_load_without_the_dependencies(string assembly)
    {
        var context = new RefusingContext(Repository.PathOf("module", "bin"));
        try
        {
            Assert.NotEmpty(context.LoadFromAssemblyName(new AssemblyName(assembly)).GetExportedTypes());
        }
        finally
        {
            context.Unload();
        }
    }

    [Fact]
    public void The_test_context_rejects_the_dependencies()
    {
        // Otherwise the other test could not fail.
        var context = new RefusingContext(Repository.PathOf("module", "bin"));
        try
        {
            Assembly client = context.LoadFromAssemblyName(new AssemblyName("GitLabAgents.Client"));
            MethodInfo method = client.GetType("GitLabAgents.GitLabClient", throwOnError: true)!
                .GetMethods().First(static method => method.Name == "GetAgentsAsync");
            Assert.Throws<FileNotFoundException>(() => method.ReturnType);
        }
        finally
        {
            context.Unload();
        }
    }

    /// <summary>Loads the assemblies of the module and rejects everything in <c>dependencies/</c>.</summary>
    private sealed class RefusingContext(string folder) : AssemblyLoadContext("Refusing", isCollectible: true)
    {
        private readonly HashSet<string> _refused = Directory
            .EnumerateFiles(Path.Combine(folder, "dependencies"), "*.dll")
            .Select(static path => Path.GetFileNameWithoutExtension(path))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);

        protected override Assembly? Load(AssemblyName assemblyName)
        {
            string name = assemblyName.Name!;
            if (_refused.Contains(name))
            {
                throw new FileNotFoundException($"{name} is refused.", name);
            }

            string path = Path.Combine(folder, name + ".dll");
            return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
        }
    }
}
