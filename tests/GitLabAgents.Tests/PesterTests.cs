using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Runs the Pester tests, a row a file, in PowerShell where there is one.</summary>
public sealed class PesterTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly Lazy<string?> Missing = new(FindMissing);

    public static TheoryData<string> Files()
    {
        var files = new TheoryData<string>();
        foreach (string file in Directory.EnumerateFiles(Folder(), "*.Tests.ps1").Order(StringComparer.Ordinal))
        {
            files.Add(Path.GetFileName(file));
        }

        return files;
    }

    [SkippableTheory]
    [MemberData(nameof(Files))]
    public async Task Pester(string file)
    {
        Skip.If(Missing.Value is not null, $"{file}: {Missing.Value}");
        (int exitCode, string output) = await RunAsync(Patience, "-File", Path.Combine(Folder(), "Invoke-File.ps1"), "-Path", Path.Combine(Folder(), file));
        Assert.True(exitCode == 0, $"{file} ended with {exitCode}:{Environment.NewLine}{output}");
        Assert.Matches(@"Pester: [1-9]\d* passed, 0 failed", output); // Ended well, and ran at all.
    }

    [Fact]
    public void There_are_Pester_tests() => Assert.NotEmpty(Files());

    // The sources are looked for from here, then from where the tests run: either may be another machine's.
    private static string Folder([CallerFilePath] string source = "")
    {
        foreach (string? start in new[] { Path.GetDirectoryName(source), AppContext.BaseDirectory })
        {
            for (string? folder = start; !string.IsNullOrEmpty(folder); folder = Path.GetDirectoryName(folder))
            {
                if (File.Exists(Path.Combine(folder, "GitLabAgents.sln")))
                {
                    return Path.Combine(folder, "tests", "Pester");
                }
            }
        }

        throw new DirectoryNotFoundException("GitLabAgents.sln is in no folder above the tests.");
    }

    private static string? FindMissing()
    {
        string[] names = OperatingSystem.IsWindows() ? ["pwsh.exe"] : ["pwsh"];
        IEnumerable<string> path = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        if (!path.Any(folder => names.Any(name => File.Exists(Path.Combine(folder, name)))))
        {
            return "there is no pwsh on the PATH.";
        }

        (int exitCode, string output) = RunAsync(
            TimeSpan.FromMinutes(1),
            "-Command",
            "if (Get-Module Pester -ListAvailable | Where-Object Version -GE 5.7) { exit 0 } else { exit 3 }").GetAwaiter().GetResult();
        return exitCode switch
        {
            0 => null,
            3 => "this PowerShell has no Pester 5.7 or later.",
            _ => throw new InvalidOperationException($"PowerShell does not run ({exitCode}): {output}"),
        };
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(TimeSpan patience, params string[] arguments)
    {
        var start = new ProcessStartInfo("pwsh", ["-NoProfile", "-NonInteractive", .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            UseShellExecute = false,
        };
        foreach (string name in start.Environment.Keys.Where(static name => name.StartsWith("GITLAB_", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment.Remove("CI_SERVER_URL");
        start.Environment["NO_COLOR"] = "1";
        start.Environment["GITLABAGENTS_CONFIGURATION"] = typeof(PesterTests).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

        var output = new StringBuilder();
        using Process process = Process.Start(start)!;
        process.OutputDataReceived += Note;
        process.ErrorDataReceived += Note;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(patience);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            lock (output)
            {
                return (-1, $"{output}Killed after {patience.TotalMinutes} minutes.");
            }
        }

        lock (output)
        {
            return (process.ExitCode, output.ToString());
        }

        void Note(object sender, DataReceivedEventArgs line)
        {
            if (line.Data is not null)
            {
                lock (output)
                {
                    output.AppendLine(line.Data);
                }
            }
        }
    }
}
