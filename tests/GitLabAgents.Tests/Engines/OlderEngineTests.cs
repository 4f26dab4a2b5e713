using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Threading.Tasks;
using GitLabAgents.Engine;
using GitLabAgents.FakeGitLab;
using Xunit;

namespace GitLabAgents.Tests.Engines;

/// <summary>
/// The pinned PowerShell with the assemblies of older ones in place of its own. An engine's version of an assembly wins
/// over the module's, so the module must work where the engine's is older.
/// </summary>
public sealed class OlderEngineTests
{
    private const string AsyncInterfaces = "Microsoft.Bcl.AsyncInterfaces";

    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    // Those that .NET 10 itself can do without. It needs its own System.Diagnostics.DiagnosticSource to send a request.
    private static readonly string[] Net8Assemblies =
        ["System.IO.Pipelines", "System.Text.Encodings.Web", "System.Text.Json"];

    private static string EngineFolder => Path.GetDirectoryName(PowerShellEngine.Pinned.Path)!;

    private static string RuntimeFolder => Path.TrimEndingDirectorySeparator(RuntimeEnvironment.GetRuntimeDirectory());

    [Theory]
    [InlineData("8.0.0", "PowerShell 7.4.0")]
    [InlineData("9.0.0", "PowerShell 7.5.0")]
    [InlineData("10.0.5", "PowerShell 7.6.0")]
    public async Task The_module_works_with_the_assemblies_of(string version, string engine)
    {
        using var folder = new TemporaryFolder();
        CopyFolder(EngineFolder, folder.Path);
        Replace(folder.Path, AsyncInterfaces, version, "netstandard2.1");
        await AssertWorksAsync(PowerShellEngine.At(EngineIn(folder.Path)), engine);
    }

    [Fact]
    public async Task The_module_works_with_the_assemblies_of_NET_8()
    {
        using var folder = new TemporaryFolder();
        string engine = Path.Combine(folder.Path, "engine");
        CopyFolder(EngineFolder, engine);
        Replace(engine, AsyncInterfaces, "8.0.0", "netstandard2.1");

        string root = Path.GetFullPath(Path.Combine(RuntimeFolder, "..", "..", ".."));
        string dotNet = Path.Combine(folder.Path, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
        File.Copy(Path.Combine(root, Path.GetFileName(dotNet)), dotNet);
        CopyFolder(Path.Combine(root, "host"), Path.Combine(folder.Path, "host"));
        string framework = Path.Combine(folder.Path, Path.GetRelativePath(root, RuntimeFolder));
        CopyFolder(RuntimeFolder, framework);
        foreach (string assembly in Net8Assemblies)
        {
            Replace(framework, assembly, "8.0.0", "net8.0");
        }

        await AssertWorksAsync(PowerShellEngine.At(EngineIn(engine), dotNet), ".NET 8");
    }

    [Fact]
    public void No_other_assembly_of_the_module_is_newer_than_the_engine_s()
    {
        // What is reported here needs a row above.
        Assert.Equal([AsyncInterfaces], ModuleAssemblies().Keys.Where(name => Exists(EngineFolder, name)));

        var net8 = new Version(8, 0, 0, 0);
        Assert.Equal(
            [.. Net8Assemblies.Append("System.Diagnostics.DiagnosticSource").Order(StringComparer.Ordinal)],
            ModuleAssemblies()
                .Where(assembly => assembly.Value > net8 && Exists(RuntimeFolder, assembly.Key))
                .Select(static assembly => assembly.Key));
    }

    private static async Task AssertWorksAsync(PowerShellEngine engine, string name)
    {
        await using FakeGitLabServer server
            = await FakeGitLabServer.StartAsync(new FakeGitLabOptions { Populate = Seed.Demo });
        (int exitCode, string output) = await EngineProcess.RunAsync(
            engine,
            Timeout,
            Repository.PathOf("tests", "GitLabAgents.Tests", "Engines", "Smoke.ps1"),
            Repository.PathOf("GitLabAgents.psd1"),
            server.Url.AbsoluteUri);

        Assert.True(exitCode == 0, $"{name}: {output}");
        string[] expected =
        [
            "imported",
            "connected: maintainer",
            "listed: prod, staging",
            "created: True",
            "tokens: staging-1, smoke",
            "completed: prod, staging",
            "revoked: staging-1",
        ];
        Assert.Equal(expected, output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
    }

    private static SortedDictionary<string, Version> ModuleAssemblies()
        => new(
            Directory.EnumerateFiles(Repository.PathOf("module", "bin"), "*.dll", SearchOption.AllDirectories)
                .Select(static path => AssemblyName.GetAssemblyName(path))
                .ToDictionary(static assembly => assembly.Name!, static assembly => assembly.Version!),
            StringComparer.Ordinal);

    private static bool Exists(string folder, string assembly) => File.Exists(Path.Combine(folder, assembly + ".dll"));

    private static string EngineIn(string folder)
        => Path.Combine(folder, Path.GetFileName(PowerShellEngine.Pinned.Path));

    private static void Replace(string folder, string package, string version, string framework)
        => File.Copy(
            Path.Combine(PowerShellEngine.PackageFolder(package, version), "lib", framework, package + ".dll"),
            Path.Combine(folder, package + ".dll"),
            overwrite: true);

    private static void CopyFolder(string source, string target)
    {
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
