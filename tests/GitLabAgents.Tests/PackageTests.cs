using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;
using System.Xml.Linq;
using GitLabAgents.Packaging;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>The package as published, made of the build under test. Pester installs it (Package.Tests.ps1).</summary>
public sealed class PackageTests(PackageTests.PackagedModule made) : IClassFixture<PackageTests.PackagedModule>
{
    private const string PsData = "PrivateData.PSData.";

    // Whoever adds a file says so here. What each dependency is for: see ClosureTests.
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

    private static IEnumerable<string> Help
        => Directory.Exists(Repository.PathOf("en-US")) ? Directory.EnumerateFiles(Repository.PathOf("en-US")).Select(path => $"en-US/{Path.GetFileName(path)}") : [];

    [Fact]
    public void Holds_exactly_these_files()
    {
        Assert.Equal(Files.Concat(Help).Order(StringComparer.Ordinal), made.Entries.Keys.Where(name => !IsPart(name)));
        Assert.All(Help, name => Assert.Matches(@"^en-US/(GitLabAgents\.dll-Help\.xml|about_GitLabAgents\w*\.help\.txt)$", name));
    }

    [Fact]
    public void The_folder_is_what_the_package_holds()
    {
        string[] inFolder = [.. Directory.EnumerateFiles(made.Package.Folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(made.Package.Folder, path).Replace('\\', '/'))];
        Assert.Equal(made.Entries.Keys.Where(name => !IsPart(name)), inFolder.Order(StringComparer.Ordinal));
        Assert.All(inFolder, name => Assert.Equal(made.Entries[name], File.ReadAllBytes(Path.Combine(made.Package.Folder, name))));
        Assert.EndsWith(Path.Combine("GitLabAgents", Packager.VersionOf(Repository.Root)), made.Package.Folder, StringComparison.Ordinal);
    }

    [Fact]
    public void Ours_are_there_with_the_pdbs_they_were_built_with()
    {
        string[] ours = [.. Directory.EnumerateFiles(made.Package.Folder, "GitLabAgents*.dll", SearchOption.AllDirectories)];
        Assert.Equal(4, ours.Length);
        foreach (string dll in ours)
        {
            using var image = new PEReader(File.OpenRead(dll));
            Assert.True(image.TryOpenAssociatedPortablePdb(dll, path => File.Exists(path) ? File.OpenRead(path) : null, out MetadataReaderProvider? pdb, out _), dll);
            pdb!.Dispose();
        }
    }

    [Fact]
    public void The_same_input_gives_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        MadePackage again = Packager.Pack(Repository.Root, folder.Path, null);
        Assert.Equal(made.Package.Hash, again.Hash);
        Assert.Equal(File.ReadAllBytes(made.Package.Nupkg), File.ReadAllBytes(again.Nupkg));
    }

    [Fact]
    public void Entries_are_in_order_and_bear_no_time()
    {
        using ZipArchive zip = ZipFile.OpenRead(made.Package.Nupkg);
        Assert.Equal(zip.Entries.Select(e => e.FullName).Order(StringComparer.Ordinal), zip.Entries.Select(e => e.FullName));
        Assert.All(zip.Entries, e => Assert.Equal(new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Unspecified), e.LastWriteTime.DateTime));
    }

    [Fact]
    public void No_path_of_this_machine_is_in_it()
    {
        foreach ((string name, byte[] content) in made.Entries)
        {
            foreach (Encoding encoding in new[] { Encoding.UTF8, Encoding.Unicode })
            {
                Assert.True(content.AsSpan().IndexOf(encoding.GetBytes(Repository.Root)) < 0, name);
            }
        }
    }

    [Fact]
    public void The_nuspec_says_what_the_manifest_says()
    {
        XElement nuspec = Xml("GitLabAgents.nuspec").Elements().Single();
        string Of(string name) => nuspec.Elements().Single(e => e.Name.LocalName == name).Value;
        Assert.Equal("GitLabAgents", Of("id"));
        Assert.Equal(Packager.VersionOf(Repository.Root), Of("version"));
        Assert.Equal(made.Manifest.Text("Author"), Of("authors"));
        Assert.Equal(made.Manifest.Text("Description"), Of("description"));
        Assert.Equal(made.Manifest.Text("Copyright"), Of("copyright"));
        Assert.Equal(made.Manifest.Text(PsData + "LicenseUri"), Of("licenseUrl"));
        Assert.Equal(made.Manifest.Text(PsData + "ProjectUri"), Of("projectUrl"));
        Assert.Equal(made.Manifest.Text(PsData + "IconUri"), nuspec.Elements().SingleOrDefault(e => e.Name.LocalName == "iconUrl")?.Value);
        Assert.Equal(made.Manifest.Text(PsData + "ReleaseNotes"), Of("releaseNotes"));

        string[] tags = Of("tags").Split(' ');
        string[] found = ["PSModule", "PSEdition_Core", "PSEdition_Desktop", "PSIncludes_Cmdlet"];
        Assert.All(found.Concat(made.Manifest.List(PsData + "Tags")), tag => Assert.Contains(tag, tags));
        Assert.All(made.Manifest.List("CmdletsToExport"), cmdlet => Assert.Contains($"PSCmdlet_{cmdlet}", tags));
        Assert.Equal(tags.Distinct(StringComparer.OrdinalIgnoreCase), tags);
        Assert.True(Of("tags").Length <= 4000, "The Gallery takes 4000 characters of tags.");
    }

    [Fact]
    public void Each_part_has_a_content_type_and_each_relationship_a_part()
    {
        XElement types = Xml("[Content_Types].xml");
        string[] extensions = [.. types.Elements().Attributes("Extension").Select(a => a.Value)];
        string[] names = [.. types.Elements().Attributes("PartName").Select(a => a.Value)];
        Assert.All(
            made.Entries.Keys.Where(name => name != "[Content_Types].xml"),
            name => Assert.True(extensions.Contains(Path.GetExtension(name).TrimStart('.')) || names.Contains($"/{name}"), name));
        string[] targets = [.. Xml("_rels/.rels").Elements().Attributes("Target").Select(a => a.Value.TrimStart('/'))];
        Assert.Contains("GitLabAgents.nuspec", targets);
        Assert.All(targets, target => Assert.Contains(target, made.Entries.Keys));
    }

    [Fact]
    public void The_manifest_is_complete_and_names_what_is_there()
    {
        Assert.Equal(Packager.VersionOf(Repository.Root), made.Manifest.Text("ModuleVersion"));
        Assert.True(Guid.TryParse(made.Manifest.Text("GUID"), out Guid guid) && guid != Guid.Empty);
        Assert.Equal("5.1", made.Manifest.Text("PowerShellVersion"));
        Assert.Equal(["Core", "Desktop"], made.Manifest.List("CompatiblePSEditions").Order(StringComparer.Ordinal));
        Assert.All(new[] { "LicenseUri", "ProjectUri" }, key => Assert.StartsWith("https://", made.Manifest.Text(PsData + key), StringComparison.Ordinal));
        Assert.All(made.Manifest.List(PsData + "Tags"), tag => Assert.DoesNotContain(' ', tag));
        Assert.DoesNotContain(made.Manifest.List("CmdletsToExport"), name => name.Contains('*', StringComparison.Ordinal));
        Assert.All(
            made.Manifest.List("FormatsToProcess").Concat(made.Manifest.List("TypesToProcess")).Append(made.Manifest.Text("RootModule")!),
            file => Assert.Contains(file, made.Entries.Keys));
    }

    [Fact]
    public void The_release_notes_are_the_changelogs_and_the_rest_is_the_source()
    {
        string source = File.ReadAllText(Repository.PathOf("GitLabAgents.psd1"));
        string notes = made.Manifest.Text(PsData + "ReleaseNotes")!;
        Assert.Contains(notes, File.ReadAllText(Repository.PathOf("CHANGELOG.md")).ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.DoesNotContain("\n## ", notes, StringComparison.Ordinal);
        Assert.Equal(
            DataFile.Parse(source).With(PsData + "ReleaseNotes", "x"),
            DataFile.Parse(Encoding.UTF8.GetString(made.Entries["GitLabAgents.psd1"])).With(PsData + "ReleaseNotes", "x"));
    }

    [Fact]
    public void The_licenses_of_all_libraries_come_along()
    {
        string notices = Encoding.UTF8.GetString(made.Entries["THIRD-PARTY-NOTICES.txt"]);
        string[] named = notices.Split('\n');
        Assert.All(
            Files.Where(f => f.StartsWith("module/bin/dependencies/", StringComparison.Ordinal)).Select(Path.GetFileNameWithoutExtension).Where(n => !n!.StartsWith("GitLabAgents", StringComparison.Ordinal)),
            name => Assert.Contains(name, named));
    }

    private static bool IsPart(string name)
        => name is "[Content_Types].xml" or "_rels/.rels" or "GitLabAgents.nuspec" || name.StartsWith("package/", StringComparison.Ordinal);

    private XElement Xml(string name) => XDocument.Load(new MemoryStream(made.Entries[name])).Root!;

    /// <summary>The package, made once.</summary>
    public sealed class PackagedModule : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public PackagedModule()
        {
            Package = Packager.Pack(Repository.Root, _folder.Path, null);
            using ZipArchive zip = ZipFile.OpenRead(Package.Nupkg);
            foreach (ZipArchiveEntry entry in zip.Entries)
            {
                using Stream stream = entry.Open();
                using var copy = new MemoryStream();
                stream.CopyTo(copy);
                Entries.Add(entry.FullName, copy.ToArray());
            }

            Manifest = DataFile.Parse(Encoding.UTF8.GetString(Entries["GitLabAgents.psd1"]));
        }

        internal MadePackage Package { get; }

        internal SortedDictionary<string, byte[]> Entries { get; } = new(StringComparer.Ordinal);

        internal DataFile Manifest { get; }

        public void Dispose() => _folder.Dispose();
    }
}
