using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using GitLabAgents.Packaging;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>
/// Windows PowerShell 5.1, as far as it can be tried without it: every reference of every shipped DLL is found as .NET
/// Framework 4.7.2 and the module's resolver find it, and nothing is shipped that need not be. For one folder that
/// serves PowerShell 7 as well the .NET Framework decides: what PowerShell 7.4 has and it has not (System.Memory, System.Buffers,
/// System.Threading.Tasks.Extensions, …), or has in a version too low (System.Numerics.Vectors and
/// System.ComponentModel.Annotations 4.0), is kept. PowerShell 7 prefers its framework's own.
/// </summary>
public sealed class DependencyClosureTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Dependencies
        => new(Closure.Of(Bin).Shipped.Select(a => a.Name).Where(name => name is not ("GitLabAgents" or Closure.Loader)));

    private static string Bin => Repository.PathOf("module", "bin");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_reference_is_found_on_NET_Framework() => Assert.Empty(Closure.Of(Bin).Problems());

    [Fact]
    public void Nothing_is_shipped_that_is_not_needed() => Assert.Empty(Closure.Of(Bin).Unneeded());

    [Fact]
    public void Public_types_load_before_the_resolver_is_there() => Assert.Empty(ImportOrder.Problems(Closure.Of(Bin)));

    [Fact]
    public void The_loader_alone_is_for_NET()
    {
        Closure closure = Closure.Of(Bin);
        Assert.Contains(closure.Find(Closure.Loader)!.References, r => r.Name == "System.Runtime" && r.Version.Major >= 8);
        Assert.All(closure.Shipped.Where(a => a.Name != Closure.Loader), a => Assert.Contains(a.References, r => r.Name is "netstandard" or "mscorlib"));
    }

    [Fact]
    public void The_list_of_the_framework_is_that_of_4_7_2()
    {
        Assert.Equal(new Version(2, 0, 0, 0), NetFramework.Find("netstandard")!.Version);
        Assert.Equal(new Version(4, 0, 0, 0), NetFramework.Find("mscorlib")!.Version);
        Assert.Equal(new Version(4, 1, 2, 0), NetFramework.Find("System.Runtime")!.Version); // 4.1.1 in 4.7.1.
        Assert.Null(NetFramework.Find("System.Memory"));
    }

    [Theory]
    [MemberData(nameof(Dependencies))]
    public void Without_one_of_them_it_says_who_needs_what(string name)
    {
        Copy();
        File.Delete(Directory.EnumerateFiles(_folder.Path, name + ".dll", SearchOption.AllDirectories).Single());
        string[] problems = [.. Closure.Of(_folder.Path).Problems()];
        Assert.NotEmpty(problems);
        Assert.All(problems, problem => Assert.Matches($@"^[\w/.]+\.dll needs {name} [\d.]+, which the module does not ship; \.NET Framework 4\.7\.2 (has 4\.0|does not have it)", problem));
    }

    [Fact]
    public void One_that_is_too_old_is_a_problem()
    {
        Copy();
        string path = Path.Combine(_folder.Path, Closure.Dependencies, "System.Memory.dll");
        Write(path, new Version(4, 0, 1, 0), AssemblyName.GetAssemblyName(path).GetPublicKey()!, []);
        Assert.Contains(Closure.Of(_folder.Path).Problems(), p => p.Contains("needs System.Memory 4.0.2.0, but the module ships 4.0.1.0", StringComparison.Ordinal));
    }

    [Fact]
    public void One_with_another_key_is_a_problem()
    {
        Copy();
        Write(Path.Combine(_folder.Path, Closure.Dependencies, "System.Memory.dll"), new Version(9, 0, 0, 0), [], []);
        Assert.Contains(Closure.Of(_folder.Path).Problems(), p => p.Contains("needs System.Memory", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("GitLabAgents.Loader", "0.0.0.0", "is for .NET alone")]
    [InlineData("System.Runtime", "8.0.0.0", ".NET Framework 4.7.2 has 4.1.2.0")]
    [InlineData("netstandard", "2.1.0.0", ".NET Framework 4.7.2 has 2.0.0.0")]
    [InlineData("System.Management.Automation", "7.4.0.0", "Windows PowerShell 5.1 has 3.0.0.0")]
    [InlineData("GitLabAgents.Client", "0.0.0.0", "where neither")]
    public void One_that_needs_what_cannot_be_had_is_a_problem(string name, string version, string why)
    {
        Copy();
        Write(Path.Combine(_folder.Path, Closure.Dependencies, "Extra.dll"), new Version(1, 0), [], [(name, Version.Parse(version))]);
        Closure closure = Closure.Of(_folder.Path);
        string problem = Assert.Single(closure.Problems());
        Assert.StartsWith($"dependencies/Extra.dll needs {name} {version}", problem, StringComparison.Ordinal);
        Assert.Contains(why, problem, StringComparison.Ordinal);
        Assert.StartsWith("dependencies/Extra.dll is shipped, but nothing needs it", Assert.Single(closure.Unneeded()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_public_type_made_of_a_dependency_is_a_problem()
    {
        Copy();
        string client = Path.Combine(_folder.Path, "GitLabAgents.Client.dll");
        File.Move(client, Path.Combine(_folder.Path, Closure.Dependencies, "GitLabAgents.Client.dll"));
        Assert.Contains(
            ImportOrder.Problems(Closure.Of(_folder.Path)),
            p => p.Contains("can't be loaded before the resolver is there", StringComparison.Ordinal) && p.Contains("of GitLabAgents.Client", StringComparison.Ordinal));
    }

    private static void Write(string path, Version version, byte[] publicKey, IEnumerable<(string Name, Version Version)> references)
    {
        var metadata = new MetadataBuilder();
        string name = Path.GetFileNameWithoutExtension(path);
        metadata.AddModule(0, metadata.GetOrAddString(name + ".dll"), metadata.GetOrAddGuid(Guid.NewGuid()), default, default);
        metadata.AddAssembly(
            metadata.GetOrAddString(name),
            version,
            default,
            metadata.GetOrAddBlob(publicKey),
            publicKey.Length > 0 ? AssemblyFlags.PublicKey : 0,
            AssemblyHashAlgorithm.Sha1);
        metadata.AddTypeDefinition(default, default, metadata.GetOrAddString("<Module>"), default, MetadataTokens.FieldDefinitionHandle(1), MetadataTokens.MethodDefinitionHandle(1));
        foreach ((string reference, Version its) in references)
        {
            metadata.AddAssemblyReference(metadata.GetOrAddString(reference), its, default, metadata.GetOrAddBlob(TokenOf(reference)), 0, default);
        }

        var image = new BlobBuilder();
        new ManagedPEBuilder(PEHeaderBuilder.CreateLibraryHeader(), new MetadataRootBuilder(metadata), new BlobBuilder()).Serialize(image);
        File.WriteAllBytes(path, image.ToArray());
    }

    private static byte[] TokenOf(string name)
        => Convert.FromHexString(name.StartsWith("GitLabAgents", StringComparison.Ordinal) ? string.Empty : NetFramework.Find(name)?.Token ?? "31bf3856ad364e35");

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
