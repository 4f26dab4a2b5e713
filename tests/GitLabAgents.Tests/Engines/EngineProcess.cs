using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Reflection;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.Engine;

namespace GitLabAgents.Tests.Engines;

/// <summary>Runs a PowerShell to its end, with an empty home.</summary>
internal static class EngineProcess
{
    /// <summary>Runs a script file.</summary>
    /// <param name="engine">The PowerShell.</param>
    /// <param name="timeout">How long it may take before it is killed.</param>
    /// <param name="file">The script.</param>
    /// <param name="arguments">The arguments of the script.</param>
    /// <returns>The exit code, and what the script wrote to both streams.</returns>
    public static async Task<(int ExitCode, string Output)> RunAsync(
        PowerShellEngine engine, TimeSpan timeout, string file, params IEnumerable<string> arguments)
    {
        using var home = new TemporaryFolder();
        ProcessStartInfo start = engine.CreateIsolatedStartInfo(home.Path, arguments.Prepend(file).Prepend("-File"));
        start.Environment["GITLABAGENTS_CONFIGURATION"] = typeof(EngineProcess).Assembly
            .GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        // To profile what it compiles does not pay in a process of seconds.
        start.Environment["DOTNET_TieredPGO"] = "0";

        var output = new StringBuilder();
        using Process process = Process.Start(start)!;
        process.OutputDataReceived += Append;
        process.ErrorDataReceived += Append;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.StandardInput.Close();
        using var deadline = new CancellationTokenSource(timeout);
        int exitCode;
        try
        {
            await process.WaitForExitAsync(deadline.Token);
            exitCode = process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            Write($"Killed after {timeout.TotalMinutes} minutes.");
            exitCode = -1;
        }

        lock (output)
        {
            return (exitCode, output.ToString());
        }

        void Append(object sender, DataReceivedEventArgs line)
        {
            if (line.Data is not null)
            {
                Write(line.Data);
            }
        }

        void Write(string line)
        {
            lock (output)
            {
                output.AppendLine(line);
            }
        }
    }
}
