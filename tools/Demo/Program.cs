using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Security;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using GitLabAgents.Transport;

namespace GitLabAgents.Demo;

/// <summary>
/// Shows in a few seconds what the module does: starts the fake GitLab on a free port and takes an agent through
/// its life, in PowerShell where there is one, else with the client library.
/// </summary>
internal static class Program
{
    private const string AccessToken = "glpat-maintainer";

    private static async Task<int> Main()
    {
        await using FakeGitLabServer server = await FakeGitLabServer.StartAsync(new FakeGitLabOptions { Populate = Seed.Demo });
        Console.WriteLine($"A fake GitLab listens on {server.Url}");
        Console.WriteLine();
        if (FindPowerShell() is { } pwsh)
        {
            return RunCmdlets(pwsh, server.Url);
        }

        Console.WriteLine("There is no pwsh on PATH, so the client library runs in its place. PowerShell 7: https://aka.ms/install-powershell");
        Console.WriteLine();
        await RunClientAsync(server.Url);
        return 0;
    }

    private static string? FindPowerShell()
        => (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(directory => new[] { Path.Combine(directory, "pwsh"), Path.Combine(directory, "pwsh.exe") })
            .FirstOrDefault(File.Exists);

    private static int RunCmdlets(string pwsh, Uri url)
    {
        var start = new ProcessStartInfo(pwsh)
        {
            ArgumentList = { "-NoProfile", "-NonInteractive", "-File", Path.Combine(AppContext.BaseDirectory, "Life-Cycle.ps1"), "-Manifest", FindManifest() },
            Environment = { ["GITLAB_HOST"] = url.AbsoluteUri, ["GITLAB_TOKEN"] = AccessToken },
        };
        using Process process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode;
    }

    private static string FindManifest()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            string manifest = Path.Combine(directory.FullName, "GitLabAgents.psd1");
            if (File.Exists(manifest))
            {
                return manifest;
            }
        }

        throw new FileNotFoundException("GitLabAgents.psd1 is in no folder above the demo.");
    }

    private static async Task RunClientAsync(Uri url)
    {
        using var token = new SecureString();
        foreach (char c in AccessToken)
        {
            token.AppendChar(c);
        }

        using GitLabSession session = await GitLabClient.ConnectAsync(url, token, TokenType.PrivateToken, new TransportOptions());
        var client = new GitLabClient(session);
        Say($"Connected to GitLab {session.Version} as {session.TokenName}.");

        ClusterAgent agent = await client.CreateAgentAsync("group/app", "demo");
        Say($"Registered agent {agent.Name} ({agent.Id}) in {agent.ProjectPath}.");

        NewAgentToken made = await client.CreateTokenAsync(agent.ProjectId, agent.Id, "demo-1", "For the demo cluster");
        Say($"Made token {made.Name} ({made.Id}), with a secret of {made.RevealToken().Length} characters, shown this once.");

        await foreach (ClusterAgent listed in client.GetAgentsAsync("group/app"))
        {
            await foreach (ItemResult<AgentToken> read in client.GetTokenDetailsAsync(listed.ProjectId, listed.Id, _ => true))
            {
                if (read.Value is { } its)
                {
                    Say($"Agent {listed.Name}: token {its.Name}, last used {ViewFormatter.LastUsed(its)}.");
                }
            }
        }

        await client.RevokeTokenAsync(agent.ProjectId, agent.Id, made.Id);
        Say($"Revoked token {made.Name}.");
        await client.DeleteAgentAsync(agent.ProjectId, agent.Id);
        Say($"Removed agent {agent.Name}.");
    }

    private static void Say(string line) => Console.WriteLine(line);
}
