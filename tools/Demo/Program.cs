using System;
using System.Diagnostics;
using System.IO;
using System.Threading.Tasks;
using GitLabAgents.Engine;
using GitLabAgents.FakeGitLab;

namespace GitLabAgents.Demo;

/// <summary>
/// Shows in a few seconds what the module does: starts the fake GitLab on a free port and takes an agent through its
/// life in PowerShell.
/// </summary>
internal static class Program
{
    private static async Task<int> Main()
    {
        await using FakeGitLabServer server
            = await FakeGitLabServer.StartAsync(new FakeGitLabOptions { Populate = Seed.Demo });
        Console.WriteLine($"A fake GitLab listens on {server.Url}");
        Console.WriteLine();

        ProcessStartInfo start = PowerShellEngine.Selected.CreateStartInfo(
            "-File",
            Path.Combine(AppContext.BaseDirectory, "Life-Cycle.ps1"),
            "-Manifest",
            FindManifest());
        start.Environment["GITLAB_HOST"] = server.Url.AbsoluteUri;
        start.Environment["GITLAB_TOKEN"] = "glpat-maintainer";
        using Process process = Process.Start(start)!;
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    private static string FindManifest()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string manifest = Path.Combine(folder.FullName, "GitLabAgents.psd1");
            if (File.Exists(manifest))
            {
                return manifest;
            }
        }

        throw new FileNotFoundException("GitLabAgents.psd1 is in no folder above the demo.");
    }
}
