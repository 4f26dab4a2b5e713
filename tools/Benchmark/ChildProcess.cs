using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;

namespace GitLabAgents.Benchmark;

/// <summary>Runs programs in processes of their own.</summary>
internal static class ChildProcess
{
    /// <summary>Finds a program on PATH.</summary>
    public static string? FindProgram(string name)
        => (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(folder => new[] { Path.Combine(folder, name), Path.Combine(folder, name + ".exe") })
            .FirstOrDefault(File.Exists);

    /// <summary>Runs a program and waits for its end.</summary>
    /// <returns>Its standard output.</returns>
    /// <exception cref="InvalidOperationException">The program failed.</exception>
    public static string Run(string program, params IEnumerable<string> arguments)
        => Run(new ProcessStartInfo(program, arguments));

    /// <inheritdoc cref="Run(string, IEnumerable{string})"/>
    public static string Run(ProcessStartInfo start, string? input = null)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.Environment["GITLAB_TOKEN"] = FakeGitLab.AccessToken;
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        string name = Path.GetFileName(start.FileName);
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{name} exited with {process.ExitCode}.\n{error.Result}\n{output}");
    }
}
