using System;
using System.IO;
using GitLabAgents.Build;
using GitLabAgents.Build.Packaging;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>
/// Checks that the packager rejects incomplete or inconsistent input, and how it reads the manifest and the changelog.
/// </summary>
public sealed class PackageRefusalTests : IDisposable
{
    private const string NewAndFirst = "## [Unreleased]\n\n- New.\n\n## [1.0.0] - 2026-01-01\n\n- First.\n";

    private const string Manifest = """
        <# a 'comment' #>
        @{ # another }
          A = 'it''s'; B = @('x'
         'y', "z")
          C = @{ D = 'd'; E = $true }
        }
        """;

    private static readonly string[] Files =
    [
        "CHANGELOG.md",
        "Directory.Build.props",
        "GitLabAgents.psd1",
        "LICENSE",
        "README.md",
        "docs/icon.png",
        "tools/Build/Packaging/THIRD-PARTY-NOTICES.txt",
    ];

    private readonly TemporaryFolder _folder = new();

    public PackageRefusalTests()
    {
        foreach (string name in Files)
        {
            Copy(Repository.PathOf(name), PathInCopy(name));
        }

        foreach (string folder in new[] { Repository.PathOf("module"), Repository.PathOf("docs", "en-US") })
        {
            foreach (string path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            {
                Copy(path, PathInCopy(Path.GetRelativePath(Repository.Root, path)));
            }
        }

        static void Copy(string from, string to)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(from, to);
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_unchanged_copy_is_packed() => Assert.True(File.Exists(Pack().Nupkg));

    [Fact]
    public void Files_of_an_earlier_package_are_deleted()
    {
        string leftover = Path.Combine(Pack().Folder, "module", "bin", "Leftover.dll");
        File.WriteAllText(leftover, "leftover");
        Pack();
        Assert.False(File.Exists(leftover));
    }

    [Fact]
    public void Another_configuration_is_rejected()
    {
        string built = DependencyClosure.Read(PathInCopy("module/bin")).Find("GitLabAgents")!.Configuration!;
        string other = built == "Debug" ? "Release" : "Debug";
        var e = Assert.Throws<BuildException>(() => Packager.Pack(_folder.Path, PathInCopy("artifacts"), other));
        Assert.Contains($"the {built} build of", e.Message, StringComparison.Ordinal);
        Assert.Contains($"--configuration {other}", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Different_versions_are_rejected()
    {
        string version = Packager.GetVersion(_folder.Path);
        Edit("GitLabAgents.psd1", $"'{version}'", "'77.0.0'");
        Assert.Contains($"77.0.0, Directory.Build.props has {version}", GetRefusal(), StringComparison.Ordinal);

        Edit("Directory.Build.props", $">{version}<", ">77.0.0<");
        Assert.Contains($"{version}", GetRefusal(), StringComparison.Ordinal); // The version of the assemblies.
    }

    [Theory]
    [InlineData("module/bin/GitLabAgents.Client.pdb", "GitLabAgents.Client.pdb")]
    [InlineData("module/bin/dependencies/System.Memory.dll", "System.Memory 4.")]
    [InlineData("docs/icon.png", "icon.png")]
    public void A_missing_file_is_rejected(string file, string expected)
    {
        File.Delete(PathInCopy(file));
        Assert.Contains(expected, GetRefusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Leftovers_of_an_earlier_build_are_rejected()
    {
        string leftover = PathInCopy("module/bin/System.Memory.dll");
        File.Copy(PathInCopy("module/bin/dependencies/System.Memory.dll"), leftover);
        Assert.Contains("are the same assembly", GetRefusal(), StringComparison.Ordinal);

        File.Copy(typeof(PackageRefusalTests).Assembly.Location, leftover, overwrite: true);
        Assert.Contains("GitLabAgents.Tests", GetRefusal(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(NewAndFirst, "1.0.0", "- First.")]
    [InlineData(NewAndFirst, "1.1.0", "- New.")]
    [InlineData("## [Unreleased]\r\n\r\n## [1.0.0]\r\n\r\n### New\r\n\r\n- First.\r\n", "9.0.0", "### New\n\n- First.")]
    public void Release_notes_are_those_of_the_version_or_the_newest(string changelog, string version, string expected)
        => Assert.Equal(expected, Changelog.GetReleaseNotes(changelog, version));

    [Fact]
    public void An_empty_changelog_is_rejected()
        => Assert.Throws<BuildException>(() => Changelog.GetReleaseNotes("# Changelog\n\n## [Unreleased]\n", "1.0.0"));

    [Fact]
    public void Values_of_a_manifest_are_read()
    {
        var manifest = ModuleManifest.Parse(Manifest);
        Assert.Equal("it's", manifest.GetString("a"));
        Assert.Equal(["x", "y", "z"], manifest.GetStrings("B"));
        Assert.Equal("d", manifest.GetString("C.D"));
        Assert.Equal(["d"], manifest.GetStrings("C.D"));
        Assert.Null(manifest.GetString("C.E"));
        Assert.Null(manifest.GetString("C.F"));
        Assert.Empty(manifest.GetStrings("F.G"));
    }

    [Theory]
    [InlineData("new")]
    [InlineData("'@{}\u2019; $(exit)\n")]
    public void A_string_of_a_manifest_is_replaced(string value)
    {
        string changed = ModuleManifest.Parse(Manifest).WithString("c.d", value);
        Assert.Equal(value, ModuleManifest.Parse(changed).GetString("C.D"));
        Assert.Equal(Manifest, ModuleManifest.Parse(changed).WithString("C.D", "d"));
    }

    [Theory]
    [InlineData("@{ A = 'x'\n B = }", "line 2")]
    [InlineData("@{ A = $(Get-Date) }", "line 1")]
    [InlineData("Get-Date", "single hashtable")]
    [InlineData("", "single hashtable")]
    public void A_manifest_that_is_not_data_is_rejected(string manifest, string expected)
        => Assert.Contains(
            expected,
            Assert.Throws<BuildException>(() => ModuleManifest.Parse(manifest)).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("B")]
    [InlineData("C.E")]
    [InlineData("C.F")]
    [InlineData("A.B")]
    public void Only_an_existing_string_is_replaced(string path)
        => Assert.Contains(
            path,
            Assert.Throws<BuildException>(() => ModuleManifest.Parse(Manifest).WithString(path, "x")).Message,
            StringComparison.Ordinal);

    private ModulePackage Pack() => Packager.Pack(_folder.Path, PathInCopy("artifacts"), null);

    private string GetRefusal() => Assert.Throws<BuildException>(Pack).Message;

    private string PathInCopy(string name) => Path.Combine([_folder.Path, .. name.Split('/', '\\')]);

    private void Edit(string name, string oldText, string newText)
    {
        string text = File.ReadAllText(PathInCopy(name));
        Assert.Contains(oldText, text, StringComparison.Ordinal);
        File.WriteAllText(PathInCopy(name), text.Replace(oldText, newText, StringComparison.Ordinal));
    }
}
