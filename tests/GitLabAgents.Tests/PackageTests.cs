using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;
using System.Xml.Linq;
using GitLabAgents.Build.Help;
using GitLabAgents.Build.Packaging;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Inspects the package of the build under test. Package.Tests.ps1 installs it.</summary>
public sealed class PackageTests(PackageTests.Fixture package) : IClassFixture<PackageTests.Fixture>
{
    private const string PsData = "PrivateData.PSData.";

    // A new file must be added here. DependencyClosureTests shows why each dependency is needed.
    private static readonly string[] Files =
    [
        "CHANGELOG.md",
        "GitLabAgents.psd1",
        "LICENSE",
        "README.md",
        "THIRD-PARTY-NOTICES.txt",
        "icon.png",
        "module/GitLabAgents.Format.ps1xml",
        "module/GitLabAgents.Types.ps1xml",
        "module/bin/GitLabAgents.Client.dll",
        "module/bin/GitLabAgents.Client.pdb",
        "module/bin/GitLabAgents.Loader.dll",
        "module/bin/GitLabAgents.Loader.pdb",
        "module/bin/GitLabAgents.dll",
        "module/bin/GitLabAgents.pdb",
        "module/bin/dependencies/GitLabAgents.Transport.dll",
        "module/bin/dependencies/GitLabAgents.Transport.pdb",
        "module/bin/dependencies/Microsoft.Bcl.AsyncInterfaces.dll",
        "module/bin/dependencies/Microsoft.Bcl.TimeProvider.dll",
        "module/bin/dependencies/Microsoft.Extensions.DependencyInjection.Abstractions.dll",
        "module/bin/dependencies/Microsoft.Extensions.DependencyInjection.dll",
        "module/bin/dependencies/Microsoft.Extensions.Http.dll",
        "module/bin/dependencies/Microsoft.Extensions.Logging.Abstractions.dll",
        "module/bin/dependencies/Microsoft.Extensions.Logging.dll",
        "module/bin/dependencies/Microsoft.Extensions.Options.dll",
        "module/bin/dependencies/Microsoft.Extensions.Primitives.dll",
        "module/bin/dependencies/System.Buffers.dll",
        "module/bin/dependencies/System.ComponentModel.Annotations.dll",
        "module/bin/dependencies/System.Diagnostics.DiagnosticSource.dll",
        "module/bin/dependencies/System.IO.Pipelines.dll",
        "module/bin/dependencies/System.Memory.dll",
        "module/bin/dependencies/System.Numerics.Vectors.dll",
        "module/bin/dependencies/System.Runtime.CompilerServices.Unsafe.dll",
        "module/bin/dependencies/System.Text.Encodings.Web.dll",
        "module/bin/dependencies/System.Text.Json.dll",
        "module/bin/dependencies/System.Threading.Tasks.Extensions.dll",
        "module/bin/dependencies/YamlDotNet.dll",
    ];

    private static readonly string[] Parts = ["[Content_Types].xml", "_rels/.rels", "GitLabAgents.nuspec"];

    private static IEnumerable<string> HelpFiles
        => new HelpFolder(Repository.Root).Create().Keys.Select(static name => $"en-US/{name}");

    private IEnumerable<string> ModuleFiles
        => package.Entries.Keys.Where(
            static name => !Parts.Contains(name) && !name.StartsWith("package/", StringComparison.Ordinal));

    [Fact]
    public void The_package_contains_exactly_these_files()
        => Assert.Equal(Files.Concat(HelpFiles).Order(StringComparer.Ordinal), ModuleFiles);

    [Fact]
    public void The_build_wrote_the_help_that_the_package_contains()
        => Assert.All(
            HelpFiles,
            name => Assert.Equal(
                File.ReadAllText(Repository.PathOf(name)).ReplaceLineEndings("\n"),
                Encoding.UTF8.GetString(package.Entries[name])));

    [Fact]
    public void The_folder_contains_the_files_of_the_package()
    {
        string folder = package.Result.Folder;
        string[] names =
        [
            .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/'))
                .Order(StringComparer.Ordinal),
        ];
        Assert.Equal(ModuleFiles, names);
        Assert.All(names, name => Assert.Equal(package.Entries[name], File.ReadAllBytes(Path.Combine(folder, name))));
        string versioned = Path.Combine("GitLabAgents", Packager.GetVersion(Repository.Root));
        Assert.EndsWith(versioned, folder, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_of_our_assemblies_comes_with_its_own_pdb()
    {
        string[] assemblies =
            [.. Directory.EnumerateFiles(package.Result.Folder, "GitLabAgents*.dll", SearchOption.AllDirectories)];
        Assert.Equal(4, assemblies.Length);
        foreach (string path in assemblies)
        {
            using var image = new PEReader(File.OpenRead(path));
            bool isFound = image.TryOpenAssociatedPortablePdb(
                path,
                static pdb => File.Exists(pdb) ? File.OpenRead(pdb) : null,
                out MetadataReaderProvider? provider,
                out _);
            Assert.True(isFound, path);
            provider!.Dispose();
        }
    }

    [Fact]
    public void The_package_is_reproducible()
    {
        using var folder = new TemporaryFolder();
        ModulePackage second = Packager.Pack(Repository.Root, folder.Path, null);
        Assert.Equal(package.Result.Hash, second.Hash);
        Assert.Equal(File.ReadAllBytes(package.Result.Nupkg), File.ReadAllBytes(second.Nupkg));
    }

    [Fact]
    public void Entries_are_sorted_and_have_a_fixed_time()
    {
        using ZipArchive zip = ZipFile.OpenRead(package.Result.Nupkg);
        IEnumerable<string> names = zip.Entries.Select(static entry => entry.FullName);
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        var time = new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Unspecified);
        Assert.All(zip.Entries, entry => Assert.Equal(time, entry.LastWriteTime.DateTime));
    }

    [Fact]
    public void No_file_contains_a_path_of_this_machine()
    {
        foreach ((string name, byte[] content) in package.Entries)
        {
            foreach (Encoding encoding in new[] { Encoding.UTF8, Encoding.Unicode })
            {
                Assert.True(content.AsSpan().IndexOf(encoding.GetBytes(Repository.Root)) < 0, name);
            }
        }
    }

    [Fact]
    public void The_nuspec_matches_the_manifest()
    {
        XElement metadata = ReadXml("GitLabAgents.nuspec").Elements().Single();
        Assert.Equal("GitLabAgents", Find("id"));
        Assert.Equal(Packager.GetVersion(Repository.Root), Find("version"));
        Assert.Equal(package.Manifest.GetString("Author"), Find("authors"));
        Assert.Equal(package.Manifest.GetString("Description"), Find("description"));
        Assert.Equal(package.Manifest.GetString("Copyright"), Find("copyright"));
        Assert.Equal(package.Manifest.GetString(PsData + "LicenseUri"), Find("licenseUrl"));
        Assert.Equal(package.Manifest.GetString(PsData + "ProjectUri"), Find("projectUrl"));
        Assert.Equal(package.Manifest.GetString(PsData + "IconUri"), Find("iconUrl"));
        Assert.Equal(package.Manifest.GetString(PsData + "ReleaseNotes"), Find("releaseNotes"));

        string[] tags = Find("tags")!.Split(' ');
        string[] wellKnown = ["PSModule", "PSEdition_Core", "PSEdition_Desktop", "PSIncludes_Cmdlet"];
        Assert.All(wellKnown.Concat(package.Manifest.GetStrings(PsData + "Tags")), tag => Assert.Contains(tag, tags));
        Assert.All(package.Manifest.GetStrings("CmdletsToExport"), name => Assert.Contains($"PSCmdlet_{name}", tags));
        Assert.Equal(tags.Distinct(StringComparer.OrdinalIgnoreCase), tags);
        Assert.True(Find("tags")!.Length <= 4000, "The PowerShell Gallery accepts at most 4000 characters of tags.");

        string? Find(string name) => metadata.Elements().SingleOrDefault(e => e.Name.LocalName == name)?.Value;
    }

    [Fact]
    public void Each_part_has_a_content_type_and_each_relationship_a_target()
    {
        XElement types = ReadXml("[Content_Types].xml");
        string[] extensions = [.. types.Elements().Attributes("Extension").Select(static a => a.Value)];
        string[] names = [.. types.Elements().Attributes("PartName").Select(static a => a.Value)];
        Assert.All(
            package.Entries.Keys.Where(static name => name != "[Content_Types].xml"),
            name => Assert.True(
                extensions.Contains(Path.GetExtension(name).TrimStart('.')) || names.Contains($"/{name}"),
                name));
        string[] targets =
            [.. ReadXml("_rels/.rels").Elements().Attributes("Target").Select(static a => a.Value.TrimStart('/'))];
        Assert.Contains("GitLabAgents.nuspec", targets);
        Assert.All(targets, target => Assert.Contains(target, package.Entries.Keys));
    }

    [Fact]
    public void The_manifest_is_complete_and_its_files_exist()
    {
        ModuleManifest manifest = package.Manifest;
        Assert.Equal(Packager.GetVersion(Repository.Root), manifest.GetString("ModuleVersion"));
        Assert.True(Guid.TryParse(manifest.GetString("GUID"), out Guid guid) && guid != Guid.Empty);
        Assert.Equal("5.1", manifest.GetString("PowerShellVersion"));
        Assert.Equal(["Core", "Desktop"], manifest.GetStrings("CompatiblePSEditions").Order(StringComparer.Ordinal));
        Assert.StartsWith("https://", manifest.GetString(PsData + "LicenseUri"), StringComparison.Ordinal);
        Assert.StartsWith("https://", manifest.GetString(PsData + "ProjectUri"), StringComparison.Ordinal);
        Assert.All(manifest.GetStrings(PsData + "Tags"), static tag => Assert.DoesNotContain(' ', tag));
        Assert.All(manifest.GetStrings("CmdletsToExport"), static name => Assert.DoesNotContain('*', name));
        IEnumerable<string> files =
        [
            manifest.GetString("RootModule")!,
            .. manifest.GetStrings("FormatsToProcess"),
            .. manifest.GetStrings("TypesToProcess"),
        ];
        Assert.All(files, file => Assert.Contains(file, package.Entries.Keys));
    }

    [Fact]
    public void Only_the_release_notes_differ_from_the_source_manifest()
    {
        string notes = package.Manifest.GetString(PsData + "ReleaseNotes")!;
        string changelog = File.ReadAllText(Repository.PathOf("CHANGELOG.md")).ReplaceLineEndings("\n");
        Assert.Contains(notes, changelog, StringComparison.Ordinal);
        Assert.DoesNotContain("\n## ", notes, StringComparison.Ordinal);
        Assert.Equal(
            WithoutNotes(File.ReadAllText(Repository.PathOf("GitLabAgents.psd1"))),
            WithoutNotes(Encoding.UTF8.GetString(package.Entries["GitLabAgents.psd1"])));

        static string WithoutNotes(string manifest)
            => ModuleManifest.Parse(manifest).WithString(PsData + "ReleaseNotes", string.Empty);
    }

    [Fact]
    public void The_notices_name_every_third_party_library()
    {
        string[] lines = Encoding.UTF8.GetString(package.Entries["THIRD-PARTY-NOTICES.txt"]).Split('\n');
        IEnumerable<string?> libraries = Files
            .Where(static file => file.StartsWith("module/bin/dependencies/", StringComparison.Ordinal))
            .Select(Path.GetFileNameWithoutExtension)
            .Where(static name => !name!.StartsWith("GitLabAgents", StringComparison.Ordinal));
        Assert.All(libraries, library => Assert.Contains(library, lines));
    }

    private XElement ReadXml(string name) => XDocument.Load(new MemoryStream(package.Entries[name])).Root!;

    /// <summary>Creates the package once for all tests.</summary>
    public sealed class Fixture : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public Fixture()
        {
            Result = Packager.Pack(Repository.Root, _folder.Path, null);
            using ZipArchive zip = ZipFile.OpenRead(Result.Nupkg);
            foreach (ZipArchiveEntry entry in zip.Entries)
            {
                using Stream stream = entry.Open();
                using var copy = new MemoryStream();
                stream.CopyTo(copy);
                Entries.Add(entry.FullName, copy.ToArray());
            }

            Manifest = ModuleManifest.Parse(Encoding.UTF8.GetString(Entries["GitLabAgents.psd1"]));
        }

        internal ModulePackage Result { get; }

        internal SortedDictionary<string, byte[]> Entries { get; } = new(StringComparer.Ordinal);

        internal ModuleManifest Manifest { get; }

        public void Dispose() => _folder.Dispose();
    }
}
