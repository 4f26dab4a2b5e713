using System;
using System.IO;
using GitLabAgents.Packaging;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>What is not in order is not packaged; and how the tool reads manifest and changelog.</summary>
public sealed class PackageRefusalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public PackageRefusalTests()
    {
        foreach (string name in new[] { "GitLabAgents.psd1", "Directory.Build.props", "CHANGELOG.md", "README.md", "LICENSE", "docs/icon.png", "tools/Package/THIRD-PARTY-NOTICES.txt" })
        {
            Copy(Repository.PathOf(name), InCopy(name));
        }

        foreach (string path in Directory.EnumerateFiles(Repository.PathOf("module"), "*", SearchOption.AllDirectories))
        {
            Copy(path, InCopy(Path.GetRelativePath(Repository.Root, path)));
        }

        static void Copy(string from, string to)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(from, to);
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_copy_is_packaged() => Assert.True(File.Exists(Pack().Nupkg));

    [Fact]
    public void The_folder_is_made_anew()
    {
        string left = Path.Combine(Pack().Folder, "module", "bin", "Left.dll");
        File.WriteAllText(left, "left");
        Pack();
        Assert.False(File.Exists(left));
    }

    [Fact]
    public void Another_configuration_is_refused()
    {
        string built = Closure.Of(InCopy("module/bin")).Find("GitLabAgents")!.Configuration!;
        string message = Assert.Throws<PackageException>(() => Packager.Pack(_folder.Path, InCopy("artifacts"), built == "Debug" ? "Release" : "Debug")).Message;
        Assert.Contains($"the {built} build", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Versions_that_differ_are_refused()
    {
        string version = Packager.VersionOf(_folder.Path);
        Edit("GitLabAgents.psd1", $"'{version}'", "'77.0.0'");
        Assert.Contains($"77.0.0, Directory.Build.props {version}", Refusal(), StringComparison.Ordinal);
        Edit("Directory.Build.props", $">{version}<", ">77.0.0<");
        Assert.Contains("Build first", Refusal(), StringComparison.Ordinal); // What is built has the old version.
    }

    [Theory]
    [InlineData("module/bin/GitLabAgents.Client.pdb", "GitLabAgents.Client.pdb")]
    [InlineData("module/bin/dependencies/System.Memory.dll", "System.Memory 4.")]
    [InlineData("docs/icon.png", "icon.png")]
    public void What_lacks_something_is_refused(string file, string named)
    {
        File.Delete(InCopy(file));
        Assert.Contains(named, Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_an_earlier_build_left_is_refused()
    {
        File.Copy(InCopy("module/bin/dependencies/System.Memory.dll"), InCopy("module/bin/System.Memory.dll"));
        Assert.Contains("left from an earlier build", Refusal(), StringComparison.Ordinal);
        File.Copy(typeof(PackageRefusalTests).Assembly.Location, InCopy("module/bin/System.Memory.dll"), overwrite: true);
        Assert.Contains("GitLabAgents.Tests", Refusal(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("## [Unreleased]\n\n- New.\n\n## [1.0.0] - 2026-01-01\n\n- First.\n", "1.0.0", "- First.")]
    [InlineData("## [Unreleased]\n\n- New.\n\n## [1.0.0] - 2026-01-01\n\n- First.\n", "1.1.0", "- New.")]
    [InlineData("# Changelog\r\n\r\n## [Unreleased]\r\n\r\n## [1.0.0]\r\n\r\n### Added\r\n\r\n- First.\r\n", "9.0.0", "### Added\n\n- First.")]
    public void Notes_are_those_of_the_version_or_the_newest(string changelog, string version, string notes)
        => Assert.Equal(notes, Changelog.NotesOf(changelog, version));

    [Fact]
    public void A_changelog_without_a_word_is_refused()
        => Assert.Throws<PackageException>(() => Changelog.NotesOf("# Changelog\n\n## [Unreleased]\n", "1.0.0"));

    [Fact]
    public void A_manifest_is_read_and_one_string_of_it_replaced()
    {
        const string Text = "<# a 'comment' #>\n@{ # another }\n  A = 'it''s'; B = @('x'\n 'y', \"\", 'z')\n  C = @{ D = 'd'; E = $true }\n}\n";
        DataFile file = DataFile.Parse(Text.Replace(", \"\"", string.Empty, StringComparison.Ordinal));
        Assert.Equal("it's", file.Text("a"));
        Assert.Equal(["x", "y", "z"], file.List("B"));
        Assert.Equal("d", file.Text("C.D"));
        Assert.Null(file.Text("C.E"));
        Assert.Null(file.Text("C.F"));
        Assert.Equal("'@{}\u2019; $(exit)\n", DataFile.Parse(file.With("C.D", "'@{}\u2019; $(exit)\n")).Text("C.D"));
        Assert.Contains("line 3", Assert.Throws<PackageException>(() => DataFile.Parse(Text.Replace("'y', \"\"", "\"$(exit)\"", StringComparison.Ordinal).Replace("'x'\n", "'x'", StringComparison.Ordinal))).Message, StringComparison.Ordinal);
    }

    private MadePackage Pack() => Packager.Pack(_folder.Path, InCopy("artifacts"), null);

    private string Refusal() => Assert.Throws<PackageException>(Pack).Message;

    private string InCopy(string name) => Path.Combine([_folder.Path, .. name.Split('/', '\\')]);

    private void Edit(string name, string old, string with)
    {
        string text = File.ReadAllText(InCopy(name));
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(InCopy(name), text.Replace(old, with, StringComparison.Ordinal));
    }
}
