using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;

namespace GitLabAgents.Build.Packaging;

/// <summary>A module that is ready to be published.</summary>
/// <param name="Version">The version of the module.</param>
/// <param name="Folder">The module's folder, laid out as an installer would.</param>
/// <param name="Nupkg">The path of the package.</param>
/// <param name="Hash">The SHA-256 hash of the package, in hexadecimal.</param>
public sealed record ModulePackage(string Version, string Folder, string Nupkg, string Hash);

/// <summary>Creates the module's folder and package from the build in module/bin/, exactly as published.</summary>
public static class Packager
{
    /// <summary>The name of the module's manifest.</summary>
    public const string Manifest = Id + ".psd1";

    private const string Id = "GitLabAgents";
    private const string ThirdPartyNotices = "THIRD-PARTY-NOTICES.txt";
    private const string ReleaseNotes = "PrivateData.PSData.ReleaseNotes";

    /// <summary>Creates folder and package.</summary>
    /// <param name="root">The root of the repository.</param>
    /// <param name="output">The folder to write them to.</param>
    /// <param name="configuration">The configuration that module/bin must have, or null for any.</param>
    /// <returns>The package.</returns>
    /// <exception cref="BuildException">The build is incomplete or does not match the manifest.</exception>
    public static ModulePackage Pack(string root, string output, string? configuration)
    {
        string manifest = ReadManifestWithReleaseNotes(root);
        Nuspec nuspec = Nuspec.Create(Id, ModuleManifest.Parse(manifest));
        CheckVersion(root, nuspec.Version);
        CheckBuild(Path.Combine(root, "module", "bin"), nuspec.Version, configuration);

        SortedDictionary<string, byte[]> files = CollectFiles(root);
        files[Manifest] = Encode(manifest);

        string folder = Path.Combine(output, Id, nuspec.Version.Split('-')[0]);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        foreach ((string name, byte[] content) in files)
        {
            string path = Path.Combine(folder, name.Replace('/', Path.DirectorySeparatorChar));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, content);
        }

        string nupkg = Path.Combine(output, $"{Id}.{nuspec.Version}.nupkg");
        Nupkg.Write(nuspec, files, nupkg);
        string hash = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(nupkg)));
        return new ModulePackage(nuspec.Version, folder, nupkg, hash);
    }

    /// <summary>Gets the version that the repository builds.</summary>
    /// <param name="root">The root of the repository.</param>
    /// <returns>The version in Directory.Build.props.</returns>
    public static string GetVersion(string root)
        => XDocument.Load(Path.Combine(root, "Directory.Build.props")).Descendants("Version").SingleOrDefault()?.Value
            ?? throw new BuildException("Directory.Build.props has no <Version>.");

    private static string ReadManifestWithReleaseNotes(string root)
    {
        string changelog = File.ReadAllText(Path.Combine(root, "CHANGELOG.md"));
        return ModuleManifest.Parse(File.ReadAllText(Path.Combine(root, Manifest)))
            .WithString(ReleaseNotes, Changelog.GetReleaseNotes(changelog, GetVersion(root)));
    }

    private static void CheckVersion(string root, string version)
    {
        if (GetVersion(root) is var built && built != version)
        {
            throw new BuildException($"{Manifest} has version {version}, Directory.Build.props has {built}.");
        }
    }

    private static void CheckBuild(string bin, string version, string? configuration)
    {
        var closure = DependencyClosure.Read(bin);
        foreach (ShippedAssembly assembly in closure.Assemblies.Where(IsOwn))
        {
            if (configuration is not null && assembly.Configuration != configuration)
            {
                throw new BuildException(
                    $"module/bin contains the {assembly.Configuration} build of {assembly.Name}. "
                    + $"Run: dotnet build --configuration {configuration}");
            }

            if (assembly.ProductVersion?.Split('+')[0] != version)
            {
                throw new BuildException(
                    $"module/bin contains {assembly.Name} {assembly.ProductVersion}, not {version}. Run: dotnet build");
            }

            if (!File.Exists(Path.ChangeExtension(assembly.Path, ".pdb")))
            {
                throw new BuildException($"module/bin lacks {assembly.Name}.pdb.");
            }
        }

        string[] problems = [.. closure.FindUnresolved(), .. closure.FindUnused()];
        if (problems.Length > 0)
        {
            throw new BuildException(string.Join(Environment.NewLine, problems));
        }

        static bool IsOwn(ShippedAssembly assembly) => assembly.Name.StartsWith(Id, StringComparison.Ordinal);
    }

    private static SortedDictionary<string, byte[]> CollectFiles(string root)
    {
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (string name in new[] { "LICENSE", "README.md", "CHANGELOG.md" })
        {
            Add(name, Path.Combine(root, name));
        }

        Add(ThirdPartyNotices, Path.Combine(root, "tools", "Build", "Packaging", ThirdPartyNotices));
        Add("icon.png", Path.Combine(root, "docs", "icon.png"));
        AddAll("module", "*.ps1xml", SearchOption.TopDirectoryOnly);
        AddAll("module", "*.psm1", SearchOption.TopDirectoryOnly);
        AddAll("module/bin", "*.dll", SearchOption.AllDirectories);
        AddAll("module/bin", $"{Id}*.pdb", SearchOption.AllDirectories);
        foreach ((string name, string content) in new Help.HelpFolder(root).Create())
        {
            files.Add($"en-US/{name}", Encoding.UTF8.GetBytes(content));
        }

        return files;

        void AddAll(string folder, string pattern, SearchOption option)
        {
            foreach (string path in Directory.EnumerateFiles(Path.Combine(root, folder), pattern, option))
            {
                Add(Path.GetRelativePath(root, path).Replace(Path.DirectorySeparatorChar, '/'), path);
            }
        }

        void Add(string name, string path)
        {
            if (!File.Exists(path))
            {
                throw new BuildException($"'{path}' is missing.");
            }

            files.Add(name, File.ReadAllBytes(path));
        }
    }

    // Windows PowerShell reads a file without a byte order mark in the machine's ANSI code page.
    private static byte[] Encode(string manifest)
        => manifest.All(char.IsAscii)
            ? Encoding.ASCII.GetBytes(manifest)
            : [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(manifest)];
}
