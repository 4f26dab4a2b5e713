using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.Reports;
using Xunit;
using Xunit.Abstractions;

namespace GitLabAgents.Tests.Reports;

/// <summary>
/// Opens reports in Chromium: tests/Browser/report.mjs has the checks. GITLABAGENTS_UPDATE_DOCS=1 updates
/// docs/report.png.
/// </summary>
public sealed class ReportBrowserTests(ITestOutputHelper output)
{
    private static readonly string Browser = Repository.PathOf("tests", "Browser");

    [SkippableFact]
    public async Task A_report_works_in_a_browser()
    {
        string? chromium = FindProgram("chromium") ?? FindProgram("chromium-browser") ?? FindProgram("google-chrome");
        string? node = FindProgram("node");
        Skip.If(chromium is null, "Chromium is not installed.");
        Skip.If(node is null, "Node.js is not installed.");
        Skip.If(
            !Directory.Exists(Path.Combine(Browser, "node_modules", "puppeteer-core")),
            "puppeteer-core is not installed: npm install --prefix tests/Browser --no-package-lock");

        using var folder = new TemporaryFolder();
        using var fleet = ReportFleet.Create(200);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "fleet.html"), ReportPage.Create(fleet.Report()));
        using var hostile = new ReportFleet();
        foreach (string name in ReportPageTests.Hostile)
        {
            hostile.Add(name, name + new string('x', 255), name, lastUsed: 1, tokens: [hostile.Token(name, 500, null)]);
        }

        await File.WriteAllTextAsync(
            Path.Combine(folder.Path, "hostile.html"), ReportPage.Create(hostile.Report(ReportPageTests.Hostile[0])));

        var start = new ProcessStartInfo(node, [Path.Combine(Browser, "report.mjs"), chromium, folder.Path])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["HOSTILE_NAMES"] = JsonSerializer.Serialize(
            ReportPageTests.Hostile.Select(DisplayText.Sanitize));
        (int exitCode, string text) = await RunAsync(start);
        output.WriteLine(text);
        Assert.True(exitCode == 0, text);
        Assert.DoesNotContain("failed:", text, StringComparison.Ordinal);
        Assert.Contains("passed: hostile names stay text", text, StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("GITLABAGENTS_UPDATE_DOCS") == "1")
        {
            File.Copy(Path.Combine(folder.Path, "light.png"), Repository.PathOf("docs", "report.png"), overwrite: true);
        }
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(ProcessStartInfo start)
    {
        using Process process = Process.Start(start)!;
        Task<string> written = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }

        return (process.HasExited ? process.ExitCode : -1, await written + await errors);
    }

    private static string? FindProgram(string name)
        => (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(folder => new[] { Path.Combine(folder, name), Path.Combine(folder, name + ".exe") })
            .FirstOrDefault(File.Exists);
}
