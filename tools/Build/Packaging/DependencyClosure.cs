using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace GitLabAgents.Build.Packaging;

/// <summary>
/// The assemblies that the module ships, and whether they are complete on Windows PowerShell 5.1, that is on .NET
/// Framework 4.7.2. There, references resolve as the module's DependencyResolver resolves them: an assembly of the
/// framework comes from the framework if its version is high enough, System.Management.Automation comes from the host,
/// and everything else comes from the module's folder, by simple name.
/// </summary>
/// <remarks>
/// The same folder serves PowerShell 7, whose framework already has many of these assemblies and prefers its own (see
/// GitLabAgents.Loader). An assembly is shipped if either needs it, and .NET Framework needs more.
/// </remarks>
public sealed class DependencyClosure
{
    /// <summary>The assembly for PowerShell 7 only. It targets .NET, and the module calls it by reflection.</summary>
    public const string Loader = "GitLabAgents.Loader";

    /// <summary>The name of the subfolder in which the resolver looks for dependencies.</summary>
    public const string DependencyFolder = "dependencies";

    private static readonly AssemblyIdentity Host =
        new("System.Management.Automation", new Version(3, 0, 0, 0), "31bf3856ad364e35");

    private readonly string _bin;
    private readonly Dictionary<string, ShippedAssembly> _byName;

    private DependencyClosure(string bin)
    {
        _bin = bin;
        Assemblies =
        [
            .. Directory.EnumerateFiles(bin, "*.dll", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal)
                .Select(ShippedAssembly.Read),
        ];
        _byName = new(StringComparer.OrdinalIgnoreCase);
        foreach (ShippedAssembly assembly in Assemblies)
        {
            if (!_byName.TryAdd(assembly.Name, assembly))
            {
                throw new BuildException(
                    $"{GetRelativePath(assembly)} and {GetRelativePath(_byName[assembly.Name])} are the same assembly. "
                    + "Delete module/bin and build again.");
            }
        }
    }

    /// <summary>Gets the assemblies that the module ships.</summary>
    public IReadOnlyList<ShippedAssembly> Assemblies { get; }

    /// <summary>Reads the assemblies in a folder and its subfolders.</summary>
    /// <param name="bin">The folder of GitLabAgents.dll.</param>
    /// <returns>The closure.</returns>
    /// <exception cref="BuildException">The folder does not exist, or contains an assembly twice.</exception>
    public static DependencyClosure Read(string bin)
        => Directory.Exists(bin)
            ? new DependencyClosure(bin)
            : throw new BuildException($"'{bin}' does not exist. Run: dotnet build");

    /// <summary>Finds a shipped assembly.</summary>
    /// <param name="name">The simple name.</param>
    /// <returns>The assembly, or <see langword="null"/> if the module does not ship it.</returns>
    public ShippedAssembly? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Gets a value indicating whether only the resolver finds an assembly.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <returns>Whether it is in <see cref="DependencyFolder"/>, and not beside GitLabAgents.dll.</returns>
    public bool IsDependency(ShippedAssembly assembly)
        => string.Equals(
            Path.GetDirectoryName(assembly.Path),
            Path.Combine(_bin, DependencyFolder),
            StringComparison.Ordinal);

    /// <summary>Finds references that do not resolve on .NET Framework.</summary>
    /// <returns>A message for each.</returns>
    public IEnumerable<string> FindUnresolved()
        => from assembly in Assemblies
           where assembly.Name != Loader
           from reference in assembly.References
           let problem = GetProblem(assembly, reference)
           where problem is not null
           select problem;

    /// <summary>Finds shipped assemblies that .NET Framework has itself, or that nothing references.</summary>
    /// <returns>A message for each.</returns>
    public IEnumerable<string> FindUnused()
    {
        var used = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { Loader };
        var queue = new Queue<string>(["GitLabAgents"]);
        while (queue.TryDequeue(out string? name))
        {
            if (Find(name) is { } assembly && used.Add(name))
            {
                foreach (AssemblyIdentity reference in assembly.References.Where(static r => !IsInFramework(r)))
                {
                    queue.Enqueue(reference.Name);
                }
            }
        }

        return from assembly in Assemblies
               where !used.Contains(assembly.Name)
               let path = GetRelativePath(assembly)
               select $"{path} is not needed: .NET Framework 4.7.2 has it, or nothing references it.";
    }

    private static bool IsInFramework(AssemblyIdentity reference)
        => NetFramework.Find(reference.Name) is { } own
            && own.PublicKeyToken == reference.PublicKeyToken
            && own.Version >= reference.Version;

    private string? GetProblem(ShippedAssembly from, AssemblyIdentity to)
    {
        string references = $"{GetRelativePath(from)} references {to.Name} {to.Version}";
        if (string.Equals(to.Name, Loader, StringComparison.OrdinalIgnoreCase))
        {
            return $"{references}, which targets .NET and cannot be referenced.";
        }

        if (IsInFramework(to))
        {
            return null;
        }

        if (to.Name == Host.Name)
        {
            return to.PublicKeyToken == Host.PublicKeyToken && to.Version <= Host.Version
                ? null
                : $"{references}, but Windows PowerShell 5.1 has {Host.Version}.";
        }

        string framework = NetFramework.Find(to.Name) is { } own
            ? $".NET Framework 4.7.2 has {own.Version}"
            : ".NET Framework 4.7.2 does not have it";
        if (Find(to.Name) is not { } found)
        {
            return $"{references}, which the module does not ship; {framework}.";
        }

        if (found.Identity.Version < to.Version || found.Identity.PublicKeyToken != to.PublicKeyToken)
        {
            return $"{references}, but the module ships {found.Identity.Version}; {framework}.";
        }

        // The runtime probes the folder of the referencing assembly, the resolver the folder of dependencies.
        bool isProbed = IsDependency(found) || Path.GetDirectoryName(found.Path) == Path.GetDirectoryName(from.Path);
        return isProbed
            ? null
            : $"{references}, but neither .NET Framework nor the resolver probes {GetRelativePath(found)}.";
    }

    private string GetRelativePath(ShippedAssembly assembly)
        => Path.GetRelativePath(_bin, assembly.Path).Replace(Path.DirectorySeparatorChar, '/');
}
