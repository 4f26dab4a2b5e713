using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.Engine;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace GitLabAgents.Tests.Engines;

/// <summary>Runs Pester files in processes of their own, as many at a time as there are processors.</summary>
/// <remarks>
/// xUnit.net runs the rows of a theory one after another. As the orderer of the theory this class learns which files
/// were selected, and starts them before the first row waits for its own.
/// </remarks>
public sealed class PesterRunner : ITestCaseOrderer
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(10);
    private static readonly SemaphoreSlim Slots = new(Environment.ProcessorCount);
    private static readonly ConcurrentDictionary<string, Lazy<Task<(int ExitCode, string Output)>>> Runs
        = new(StringComparer.Ordinal);

    internal static string Folder { get; } = Repository.PathOf("tests", "Pester");

    /// <inheritdoc/>
    public IEnumerable<TTestCase> OrderTestCases<TTestCase>(IEnumerable<TTestCase> testCases)
        where TTestCase : ITestCase
    {
        TTestCase[] longestFirst = [.. testCases.OrderByDescending(static testCase => Length(FileOf(testCase)))];
        foreach (TTestCase testCase in longestFirst)
        {
            if (FileOf(testCase) is { } file && CanRun(file))
            {
                _ = RunAsync(file);
            }
        }

        return longestFirst;
    }

    /// <summary>Returns whether the selected engine has the edition that a file requires.</summary>
    /// <param name="file">The name of the file.</param>
    internal static bool CanRun(string file)
        => PowerShellEngine.Selected.IsCore
            || !File.ReadLines(Path.Combine(Folder, file))
                .Contains("#Requires -PSEdition Core", StringComparer.Ordinal);

    /// <summary>Returns the result of a file, which is started unless it was already.</summary>
    /// <param name="file">The name of the file.</param>
    internal static Task<(int ExitCode, string Output)> RunAsync(string file)
        => Runs.GetOrAdd(file, static name => new(() => Task.Run(() => StartAsync(name)))).Value;

    private static async Task<(int ExitCode, string Output)> StartAsync(string file)
    {
        await Slots.WaitAsync();
        try
        {
            return await EngineProcess.RunAsync(
                PowerShellEngine.Selected,
                Timeout,
                Path.Combine(Folder, "Invoke-File.ps1"),
                "-Path",
                Path.Combine(Folder, file),
                "-Pester",
                PowerShellEngine.PesterManifest);
        }
        finally
        {
            Slots.Release();
        }
    }

    private static string? FileOf(ITestCase testCase) => testCase.TestMethodArguments is [string file] ? file : null;

    private static long Length(string? file) => file is null ? 0 : new FileInfo(Path.Combine(Folder, file)).Length;
}
