using System;
using System.Collections.Generic;
using System.IO;

namespace GitLabAgents.Build.Packaging;

/// <summary>The assemblies of .NET Framework 4.7.2, from NETFramework-4.7.2.txt.</summary>
public static class NetFramework
{
    private static readonly Dictionary<string, AssemblyIdentity> Assemblies = Read();

    /// <summary>Finds an assembly of the framework.</summary>
    /// <param name="name">The simple name.</param>
    /// <returns>The assembly's identity, or <see langword="null"/> if the framework does not have it.</returns>
    public static AssemblyIdentity? Find(string name) => Assemblies.GetValueOrDefault(name);

    private static Dictionary<string, AssemblyIdentity> Read()
    {
        using Stream stream = typeof(NetFramework).Assembly.GetManifestResourceStream("NETFramework-4.7.2.txt")!;
        using var reader = new StreamReader(stream);
        var assemblies = new Dictionary<string, AssemblyIdentity>(StringComparer.OrdinalIgnoreCase);
        while (reader.ReadLine() is { } line)
        {
            if (!line.StartsWith('#') && line.Split(' ') is [string name, string version, string token])
            {
                assemblies.Add(name, new AssemblyIdentity(name, Version.Parse(version), token));
            }
        }

        return assemblies;
    }
}
