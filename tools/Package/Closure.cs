using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace GitLabAgents.Packaging;

/// <summary>
/// Whether everything that the module's DLLs refer to is found on .NET Framework 4.7.2, that is on Windows PowerShell
/// 5.1, as the module's DependencyResolver finds it there: what the framework has in the version asked for or a higher
/// one comes from it; System.Management.Automation from the host; all else from the module's folder, by name alone.
/// </summary>
/// <remarks>
/// One folder serves PowerShell 7 too, whose framework has many of these assemblies, and takes its own first
/// (GitLabAgents.Loader). So a DLL stays as long as one of the two needs it, and .NET Framework needs more: nothing is
/// shipped that it has or that nothing asks for.
/// </remarks>
public sealed class Closure
{
    /// <summary>The assembly for PowerShell 7 alone: it is for .NET, and is reached by reflection.</summary>
    public const string Loader = "GitLabAgents.Loader";

    /// <summary>The folder of what the resolver finds, within the module's.</summary>
    public const string Dependencies = "dependencies";

    private static readonly AssemblyIdentity Host = new("System.Management.Automation", new Version(3, 0, 0, 0), "31bf3856ad364e35");

    private readonly string _bin;
    private readonly Dictionary<string, ShippedAssembly> _byName;

    private Closure(string bin)
    {
        _bin = bin;
        Shipped = [.. Directory.EnumerateFiles(bin, "*.dll", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(ShippedAssembly.Read)];
        _byName = new(StringComparer.OrdinalIgnoreCase);
        foreach (ShippedAssembly assembly in Shipped)
        {
            if (!_byName.TryAdd(assembly.Name, assembly))
            {
                throw new PackageException($"{Relative(assembly)} and {Relative(_byName[assembly.Name])} are the same assembly: one of them is left from an earlier build.");
            }
        }
    }

    /// <summary>Gets the module's DLLs.</summary>
    public IReadOnlyList<ShippedAssembly> Shipped { get; }

    /// <summary>Reads the DLLs of a folder and of those below.</summary>
    /// <param name="bin">The folder of GitLabAgents.dll.</param>
    /// <returns>The closure.</returns>
    public static Closure Of(string bin)
        => Directory.Exists(bin) ? new Closure(bin) : throw new PackageException($"{bin} is not there. Build first.");

    /// <summary>Gives a DLL of the module.</summary>
    /// <param name="name">Its simple name.</param>
    /// <returns>The DLL, or <see langword="null"/>.</returns>
    public ShippedAssembly? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Whether a DLL is found by the resolver alone, not by its place beside GitLabAgents.dll.</summary>
    /// <param name="assembly">The DLL.</param>
    /// <returns>Whether it is in <see cref="Dependencies"/>.</returns>
    public bool IsBelow(ShippedAssembly assembly)
        => string.Equals(Path.GetDirectoryName(assembly.Path), Path.Combine(_bin, Dependencies), StringComparison.Ordinal);

    /// <summary>Tells who needs what that is not found.</summary>
    /// <returns>A sentence each; none when all is well.</returns>
    public IEnumerable<string> Problems()
        => from assembly in Shipped
           where assembly.Name != Loader
           from reference in assembly.References
           let problem = ProblemOf(assembly, reference)
           where problem is not null
           select problem;

    /// <summary>Tells what is shipped though nothing on .NET Framework asks for it, or though the framework has it.</summary>
    /// <returns>A sentence each; none when all is well.</returns>
    public IEnumerable<string> Unneeded()
    {
        var needed = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { Loader };
        var waiting = new Queue<string>(["GitLabAgents"]);
        while (waiting.TryDequeue(out string? name))
        {
            if (Find(name) is { } assembly && needed.Add(name))
            {
                foreach (AssemblyIdentity reference in assembly.References.Where(r => !FrameworkHas(r)))
                {
                    waiting.Enqueue(reference.Name);
                }
            }
        }

        return from assembly in Shipped
               where !needed.Contains(assembly.Name)
               select $"{Relative(assembly)} is shipped, but nothing needs it that .NET Framework 4.7.2 would not give.";
    }

    private static bool FrameworkHas(AssemblyIdentity reference)
        => NetFramework.Find(reference.Name) is { } its && its.Token == reference.Token && its.Version >= reference.Version;

    private string? ProblemOf(ShippedAssembly from, AssemblyIdentity to)
    {
        string needs = $"{Relative(from)} needs {to.Name} {to.Version}";
        if (string.Equals(to.Name, Loader, StringComparison.OrdinalIgnoreCase))
        {
            return $"{needs}, which is for .NET alone and can't be referred to.";
        }

        if (FrameworkHas(to))
        {
            return null;
        }

        if (to.Name == Host.Name)
        {
            return to.Token == Host.Token && to.Version <= Host.Version ? null : $"{needs}, but Windows PowerShell 5.1 has {Host.Version}.";
        }

        string framework = NetFramework.Find(to.Name) is { } its ? $".NET Framework 4.7.2 has {its.Version}" : ".NET Framework 4.7.2 does not have it";
        if (Find(to.Name) is not { } found)
        {
            return $"{needs}, which the module does not ship; {framework}.";
        }

        if (found.Identity.Version < to.Version || found.Identity.Token != to.Token)
        {
            return $"{needs}, but the module ships {found.Identity.Version}; {framework}.";
        }

        // The runtime looks beside the assembly that asks, the resolver in the folder of dependencies.
        return IsBelow(found) || Path.GetDirectoryName(found.Path) == Path.GetDirectoryName(from.Path)
            ? null
            : $"{needs}, which is shipped where neither .NET Framework nor the resolver looks: {Relative(found)}.";
    }

    private string Relative(ShippedAssembly assembly) => Path.GetRelativePath(_bin, assembly.Path).Replace(Path.DirectorySeparatorChar, '/');
}
