using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;

namespace GitLabAgents.Benchmark;

/// <summary>Where it was measured, and with what.</summary>
internal static class Machine
{
    public static IReadOnlyList<MachineFact> Describe(PowerShell? shell) =>
    [
        new("Processor", $"{Processor()}, {Environment.ProcessorCount} cores, {RuntimeInformation.ProcessArchitecture}"),
        new("Memory", $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024d * 1024 * 1024):N0} GB"),
        new("System", RuntimeInformation.OSDescription),
        new("Busy before with", Load()),
        new(".NET", RuntimeInformation.FrameworkDescription),
        new("PowerShell", shell?.Version ?? "none on PATH: its rows are left out"),
        new("curl", Version("curl", "--version")),
        new("GitLabAgents", $"{typeof(GitLabClient).Assembly.GetName().Version?.ToString(3)}, commit {Version("git", "rev-parse", "--short", "HEAD")}, {Repository.Configuration}"),
    ];

    private static string Processor()
    {
        const string File = "/proc/cpuinfo";
        string? line = System.IO.File.Exists(File)
            ? System.IO.File.ReadLines(File).FirstOrDefault(static l => l.StartsWith("model name", StringComparison.Ordinal))
            : Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER");
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? "unknown";
    }

    // What else the machine had to do, or numbers from a busy one would look like those from a quiet one.
    private static string Load()
    {
        const string File = "/proc/loadavg";
        return System.IO.File.Exists(File) ? $"{System.IO.File.ReadAllText(File).Split(' ')[0]} processes, on average of a minute" : "unknown";
    }

    private static string Version(string program, params string[] arguments)
    {
        try
        {
            using var reader = new StringReader(Child.Run(program, arguments));
            return string.Join(' ', (reader.ReadLine() ?? string.Empty).Split(' ').Take(2));
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            return "unknown";
        }
    }
}
