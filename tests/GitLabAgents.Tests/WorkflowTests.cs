using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>
/// The GitHub workflows cannot run on a developer's machine, but a linter can check them, and parts of them can run.
/// </summary>
public sealed partial class WorkflowTests
{
    private static readonly string Linter = Repository.PathOf(
        "tests", "Workflows", "node_modules", "@tktco", "node-actionlint", "bin", "node-actionlint.js");

    public static TheoryData<string> Workflows()
        => [.. Directory.EnumerateFiles(Repository.PathOf(".github", "workflows"), "*.yml")
            .Select(static path => Path.GetFileName(path))];

    [SkippableTheory]
    [MemberData(nameof(Workflows))]
    public async Task A_workflow_is_valid(string name)
    {
        (int exitCode, string output) = await LintAsync(Repository.PathOf(".github", "workflows", name));
        Assert.True(exitCode == 0, output);
    }

    [SkippableFact]
    public async Task The_linter_finds_a_broken_workflow()
    {
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "broken.yml");
        await File.WriteAllTextAsync(file, "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    step: []\n");
        (int exitCode, string output) = await LintAsync(file);
        Assert.NotEqual(0, exitCode);
        Assert.Contains("unexpected key \"step\"", output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public void A_workflow_names_only_files_that_exist(string name)
        => Assert.All(
            FindPaths(Read(name)),
            static path => Assert.True(Path.Exists(Repository.PathOf(path)), $"{path} does not exist."));

    [Fact]
    public void The_paths_of_a_workflow_are_found()
    {
        Assert.Equal(
            ["tests/Pester/Missing.ps1", "build.ps1", ".ci/run", "tools/Build", "Directory.Build.props"],
            FindPaths("./tests/Pester/Missing.ps1 -A b; ./build.ps1 Package && .ci/run --project tools/Build; "
                + "grep x Directory.Build.props > \"$RUNNER_TEMP/notes.md\"; ls results/pester.xml engine/pwsh.exe"));
        Assert.NotEmpty(FindPaths(Read("ci.yml")));
        Assert.NotEmpty(FindPaths(Read("release.yml")));
    }

    [SkippableTheory]
    [InlineData("v1.2.3", "## [1.2.3] - 2026-01-01\n\n- New.\n\n## [1.2.2]\n\n- Older.\n", "- New.")]
    [InlineData("v1.2.3", "## [Unreleased]\n\n- Something new.\n", null)]
    [InlineData("v1.2.3", "## [1.2.3]\n\n## [1.2.2]\n\n- Older.\n", null)]
    [InlineData("v1.2.3", "## [11.2.3]\n\n- Another.\n", null)]
    [InlineData("v1.2.4", "## [1.2.4]\n\n- Not the version.\n", null)]
    public async Task A_release_requires_a_section_of_the_changelog(string tag, string changelog, string? notes)
    {
        Skip.If(OperatingSystem.IsWindows(), "The workflow runs on Linux.");
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "CHANGELOG.md"), changelog);
        await File.WriteAllTextAsync(
            Path.Combine(folder.Path, "Directory.Build.props"), "<Version>1.2.3</Version>");

        // GitHub starts it like this.
        string script = FindStep(Read("release.yml"), "Check that");
        var start = new ProcessStartInfo("bash", ["--noprofile", "--norc", "-e", "-c", script])
        {
            WorkingDirectory = folder.Path,
        };
        start.Environment["GITHUB_REF_NAME"] = tag;
        start.Environment["RUNNER_TEMP"] = folder.Path;
        (int exitCode, string output) = await RunAsync(start);

        Assert.True(exitCode == 0 == notes is not null, output);
        if (notes is not null)
        {
            Assert.Equal(notes, (await File.ReadAllTextAsync(Path.Combine(folder.Path, "notes.md"))).Trim());
        }
    }

    // Finds scripts, and files and folders in the top folders of the repository.
    [GeneratedRegex(
        @"(?<![\w/.$}])(?:\./)?((?:tests|tools|src|docs|examples|module|\.ci)/[\w./-]+|[\w-]+\.ps1|\w+\.\w+\.props)\b")]
    private static partial Regex PathPattern();

    private static string Read(string name) => File.ReadAllText(Repository.PathOf(".github", "workflows", name));

    private static IEnumerable<string> FindPaths(string workflow)
        => PathPattern().Matches(workflow).Select(static match => match.Groups[1].Value);

    // The script of a step with more than one line, whose name begins with a text.
    private static string FindStep(string workflow, string name)
    {
        const string Indent = "          ";
        IEnumerable<string> lines = workflow.ReplaceLineEndings("\n").Split('\n')
            .SkipWhile(line => !line.StartsWith("      - name: " + name, StringComparison.Ordinal))
            .SkipWhile(static line => line != "        run: |")
            .Skip(1)
            .TakeWhile(static line => line.StartsWith(Indent, StringComparison.Ordinal));
        return string.Join('\n', lines.Select(static line => line[Indent.Length..]));
    }

    private static async Task<(int ExitCode, string Output)> LintAsync(string file)
    {
        Skip.IfNot(
            File.Exists(Linter),
            "The linter is not installed: npm install --prefix tests/Workflows --no-package-lock");
        try
        {
            return await RunAsync(new ProcessStartInfo("node", [Linter, file]));
        }
        catch (Win32Exception)
        {
            throw new SkipException("Node.js is not installed.");
        }
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        using Process process = Process.Start(start)!;
        string[] output = await Task.WhenAll(
            process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, string.Concat(output));
    }
}
