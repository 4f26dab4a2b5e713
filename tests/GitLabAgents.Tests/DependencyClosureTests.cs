using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using GitLabAgents.Build.Packaging;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>
/// Checks for Windows PowerShell 5.1 without running it: every reference of every shipped assembly resolves on .NET
/// Framework 4.7.2, and nothing is shipped without need. Because one folder also serves PowerShell 7, .NET Framework
/// decides what is shipped: assemblies that it lacks (System.Memory, System.Buffers) or has in too low a version
/// (System.Numerics.Vectors 4.0). PowerShell 7 prefers those of its own framework.
/// </summary>
public sealed class DependencyClosureTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Dependencies
        => new(DependencyClosure.Read(Bin).Assemblies
            .Select(static assembly => assembly.Name)
            .Where(static name => name is not ("GitLabAgents" or DependencyClosure.Loader)));

    private static string Bin => Repository.PathOf("module", "bin");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_reference_resolves_on_NET_Framework()
        => Assert.Empty(DependencyClosure.Read(Bin).FindUnresolved());

    [Fact]
    public void Every_shipped_assembly_is_used() => Assert.Empty(DependencyClosure.Read(Bin).FindUnused());

    [Fact]
    public void Only_the_loader_targets_NET()
    {
        var closure = DependencyClosure.Read(Bin);
        ShippedAssembly loader = closure.Find(DependencyClosure.Loader)!;
        Assert.Contains(loader.References, static r => r.Name == "System.Runtime" && r.Version.Major >= 8);
        Assert.All(
            closure.Assemblies.Where(assembly => assembly != loader),
            static assembly => Assert.Contains(assembly.References, static r => r.Name is "netstandard" or "mscorlib"));
    }

    [Fact]
    public void The_framework_list_is_that_of_4_7_2()
    {
        Assert.Equal(new Version(2, 0, 0, 0), NetFramework.Find("netstandard")!.Version);
        Assert.Equal(new Version(4, 0, 0, 0), NetFramework.Find("mscorlib")!.Version);
        Assert.Equal(new Version(4, 1, 2, 0), NetFramework.Find("System.Runtime")!.Version); // 4.1.1 in 4.7.1.
        Assert.Null(NetFramework.Find("System.Memory"));
    }

    [Theory]
    [MemberData(nameof(Dependencies))]
    public void A_missing_dependency_is_reported(string name)
    {
        Copy();
        File.Delete(Directory.EnumerateFiles(_folder.Path, name + ".dll", SearchOption.AllDirectories).Single());
        string[] problems = [.. DependencyClosure.Read(_folder.Path).FindUnresolved()];
        string pattern = $@"^[\w/.]+\.dll references {name} [\d.]+, which the module does not ship; "
            + @"\.NET Framework 4\.7\.2 (has 4\.0|does not have it)";
        Assert.NotEmpty(problems);
        Assert.All(problems, problem => Assert.Matches(pattern, problem));
    }

    [Fact]
    public void A_dependency_of_a_lower_version_is_reported()
    {
        Copy();
        string path = PathOfDependency("System.Memory.dll");
        Write(path, new Version(4, 0, 1, 0), AssemblyName.GetAssemblyName(path).GetPublicKey()!, []);
        const string Expected = "System.Memory 4.0.2.0, but the module ships 4.0.1.0";
        Assert.Contains(
            DependencyClosure.Read(_folder.Path).FindUnresolved(),
            static problem => problem.Contains(Expected, StringComparison.Ordinal));
    }

    [Fact]
    public void A_dependency_with_another_key_is_reported()
    {
        Copy();
        Write(PathOfDependency("System.Memory.dll"), new Version(9, 0, 0, 0), [], []);
        Assert.Contains(
            DependencyClosure.Read(_folder.Path).FindUnresolved(),
            static problem => problem.Contains("references System.Memory", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("GitLabAgents.Loader", "0.0.0.0", "targets .NET")]
    [InlineData("System.Runtime", "8.0.0.0", ".NET Framework 4.7.2 has 4.1.2.0")]
    [InlineData("netstandard", "2.1.0.0", ".NET Framework 4.7.2 has 2.0.0.0")]
    [InlineData("System.Management.Automation", "7.4.0.0", "Windows PowerShell 5.1 has 3.0.0.0")]
    [InlineData("GitLabAgents.Client", "0.0.0.0", "neither")]
    public void An_unresolvable_reference_is_reported(string name, string version, string reason)
    {
        Copy();
        Write(PathOfDependency("Extra.dll"), new Version(1, 0), [], [(name, Version.Parse(version))]);
        var closure = DependencyClosure.Read(_folder.Path);
        string problem = Assert.Single(closure.FindUnresolved());
        Assert.StartsWith($"dependencies/Extra.dll references {name} {version}", problem, StringComparison.Ordinal);
        Assert.Contains(reason, problem, StringComparison.Ordinal);
        Assert.StartsWith(
            "dependencies/Extra.dll is not needed", Assert.Single(closure.FindUnused()), StringComparison.Ordinal);
    }

    private static void Write(
        string path,
        Version version,
        byte[] publicKey,
        IEnumerable<(string Name, Version Version)> references)
    {
        var metadata = new MetadataBuilder();
        string name = Path.GetFileNameWithoutExtension(path);
        StringHandle module = metadata.GetOrAddString(name + ".dll");
        metadata.AddModule(0, module, metadata.GetOrAddGuid(Guid.NewGuid()), default, default);
        metadata.AddAssembly(
            metadata.GetOrAddString(name),
            version,
            default,
            metadata.GetOrAddBlob(publicKey),
            publicKey.Length > 0 ? AssemblyFlags.PublicKey : 0,
            AssemblyHashAlgorithm.Sha1);
        metadata.AddTypeDefinition(
            default,
            default,
            metadata.GetOrAddString("<Module>"),
            default,
            MetadataTokens.FieldDefinitionHandle(1),
            MetadataTokens.MethodDefinitionHandle(1));
        foreach ((string reference, Version referenceVersion) in references)
        {
            metadata.AddAssemblyReference(
                metadata.GetOrAddString(reference),
                referenceVersion,
                default,
                metadata.GetOrAddBlob(GetPublicKeyToken(reference)),
                0,
                default);
        }

        var image = new BlobBuilder();
        var header = PEHeaderBuilder.CreateLibraryHeader();
        new ManagedPEBuilder(header, new MetadataRootBuilder(metadata), new BlobBuilder()).Serialize(image);
        File.WriteAllBytes(path, image.ToArray());
    }

    private static byte[] GetPublicKeyToken(string name)
        => Convert.FromHexString(name.StartsWith("GitLabAgents", StringComparison.Ordinal)
            ? string.Empty
            : NetFramework.Find(name)?.PublicKeyToken ?? "31bf3856ad364e35");

    private string PathOfDependency(string file)
        => Path.Combine(_folder.Path, DependencyClosure.DependencyFolder, file);

    private void Copy()
    {
        foreach (string dll in Directory.EnumerateFiles(Bin, "*.dll", SearchOption.AllDirectories))
        {
            string to = Path.Combine(_folder.Path, Path.GetRelativePath(Bin, dll));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(dll, to);
        }
    }
}
