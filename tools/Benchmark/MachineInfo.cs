using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;

namespace GitLabAgents.Benchmark;

/// <summary>Describes the machine on which the benchmark runs.</summary>
internal static class MachineInfo
{
    private const double BytesPerGigabyte = 1024d * 1024 * 1024;

    public static IReadOnlyList<MachineFact> Describe(PowerShell shell) =>
    [
        new("Processor", GetProcessor()),
        new("Memory", $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / BytesPerGigabyte:N0} GB"),
        new("Operating system", RuntimeInformation.OSDescription),
        new("Load before the run", GetLoad()),
        new(".NET", RuntimeInformation.FrameworkDescription),
        new("PowerShell", shell.Version),
        new("curl", GetVersion("curl", "--version")),
        new("GitLabAgents", $"{GetModuleVersion()}, {BuildOutput.Configuration}"),
    ];

    private static string GetProcessor()
    {
        const string File = "/proc/cpuinfo";
        string? model = System.IO.File.Exists(File)
            ? System.IO.File.ReadLines(File)
                .Where(static line => line.StartsWith("model name", StringComparison.Ordinal))
                .Select(static line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim())
                .FirstOrDefault()
            : Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER");
        return $"{model ?? "unknown"}, {Environment.ProcessorCount} cores, {RuntimeInformation.ProcessArchitecture}";
    }

    // Results of a busy machine would otherwise look like those of a quiet one.
    private static string GetLoad()
    {
        const string File = "/proc/loadavg";
        return System.IO.File.Exists(File)
            ? $"{System.IO.File.ReadAllText(File).Split(' ')[0]} (average of one minute)"
            : "unknown";
    }

    private static string GetModuleVersion()
        => $"{typeof(GitLabClient).Assembly.GetName().Version?.ToString(3)}, "
            + $"commit {GetVersion("git", "rev-parse", "--short", "HEAD")}";

    private static string GetVersion(string program, params string[] arguments)
    {
        try
        {
            using var reader = new StringReader(ChildProcess.Run(program, arguments));
            return string.Join(' ', (reader.ReadLine() ?? string.Empty).Split(' ').Take(2));
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            return "unknown";
        }
    }
}
