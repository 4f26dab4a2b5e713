using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;

namespace GitLabAgents.Packaging;

/// <summary>What was made.</summary>
/// <param name="Version">The version of the module.</param>
/// <param name="Folder">The folder of the module, as an installer would lay it out.</param>
/// <param name="Nupkg">The package.</param>
/// <param name="Hash">The SHA-256 of the package, in hexadecimal.</param>
public sealed record MadePackage(string Version, string Folder, string Nupkg, string Hash);

/// <summary>Makes the module's folder and its nupkg of what is built in module/bin/, exactly as published.</summary>
public static class Packager
{
    /// <summary>The name of the module's manifest.</summary>
    public const string Manifest = Id + ".psd1";

    private const string Id = "GitLabAgents";
    private const string Notices = "THIRD-PARTY-NOTICES.txt";
    private const string Notes = "PrivateData.PSData.ReleaseNotes";

    /// <summary>Makes folder and package.</summary>
    /// <param name="root">The root of the repository.</param>
    /// <param name="output">The folder to put them in.</param>
    /// <param name="configuration">The configuration that must be the built one, or <see langword="null"/> for any.</param>
    /// <returns>What was made.</returns>
    /// <exception cref="PackageException">Something is not in order.</exception>
    public static MadePackage Pack(string root, string output, string? configuration)
    {
        string manifest = WithNotes(root);
        Nuspec nuspec = Nuspec.Of(Id, DataFile.Parse(manifest));
        CheckVersion(root, nuspec.Version);
        CheckBuild(Path.Combine(root, "module", "bin"), nuspec.Version, configuration);

        SortedDictionary<string, byte[]> files = Collect(root);
        files[Manifest] = ToBytes(manifest);

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
        return new MadePackage(nuspec.Version, folder, nupkg, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(nupkg))));
    }

    /// <summary>Gives the version that the repository builds.</summary>
    /// <param name="root">The root of the repository.</param>
    /// <returns>The version of Directory.Build.props.</returns>
    public static string VersionOf(string root)
        => XDocument.Load(Path.Combine(root, "Directory.Build.props")).Descendants("Version").SingleOrDefault()?.Value
            ?? throw new PackageException("Directory.Build.props has no <Version>.");

    private static string WithNotes(string root)
    {
        var source = DataFile.Parse(File.ReadAllText(Path.Combine(root, Manifest)));
        return source.With(Notes, Changelog.NotesOf(File.ReadAllText(Path.Combine(root, "CHANGELOG.md")), VersionOf(root)));
    }

    private static void CheckVersion(string root, string version)
    {
        if (VersionOf(root) is var built && built != version)
        {
            throw new PackageException($"The manifest says version {version}, Directory.Build.props {built}.");
        }
    }

    private static void CheckBuild(string bin, string version, string? configuration)
    {
        Closure closure = Closure.Of(bin);
        foreach (ShippedAssembly own in closure.Shipped.Where(IsOurs))
        {
            if (configuration is not null && own.Configuration != configuration)
            {
                throw new PackageException($"module/bin holds the {own.Configuration} build of {own.Name}. Build with --configuration {configuration} first.");
            }

            if (own.ProductVersion?.Split('+')[0] != version)
            {
                throw new PackageException($"module/bin holds {own.Name} {own.ProductVersion}, not {version}. Build first.");
            }

            if (!File.Exists(Path.ChangeExtension(own.Path, ".pdb")))
            {
                throw new PackageException($"module/bin lacks {own.Name}.pdb.");
            }
        }

        string[] problems = [.. closure.Problems(), .. closure.Unneeded(), .. ImportOrder.Problems(closure)];
        if (problems.Length > 0)
        {
            throw new PackageException(string.Join(Environment.NewLine, problems));
        }

        static bool IsOurs(ShippedAssembly assembly) => assembly.Name.StartsWith(Id, StringComparison.Ordinal);
    }

    private static SortedDictionary<string, byte[]> Collect(string root)
    {
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (string name in new[] { "LICENSE", "README.md", "CHANGELOG.md" })
        {
            Add(name, Path.Combine(root, name));
        }

        Add(Notices, Path.Combine(root, "tools", "Package", Notices));
        Add("icon.png", Path.Combine(root, "docs", "icon.png"));
        AddAll("module", "*.ps1xml", SearchOption.TopDirectoryOnly);
        AddAll("module", "*.psm1", SearchOption.TopDirectoryOnly);
        AddAll("module/bin", "*.dll", SearchOption.AllDirectories);
        AddAll("module/bin", $"{Id}*.pdb", SearchOption.AllDirectories);
        AddAll("en-US", "*", SearchOption.TopDirectoryOnly);
        return files;

        void AddAll(string folder, string pattern, SearchOption option)
        {
            string full = Path.Combine(root, folder);
            if (Directory.Exists(full))
            {
                foreach (string path in Directory.EnumerateFiles(full, pattern, option))
                {
                    Add(Path.GetRelativePath(root, path).Replace(Path.DirectorySeparatorChar, '/'), path);
                }
            }
        }

        void Add(string name, string path)
            => files.Add(name, File.Exists(path) ? File.ReadAllBytes(path) : throw new PackageException($"{path} is not there."));
    }

    // Windows PowerShell reads a file without a byte order mark in the machine's own code page.
    private static byte[] ToBytes(string manifest)
        => manifest.All(char.IsAscii) ? Encoding.ASCII.GetBytes(manifest) : [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(manifest)];
}
