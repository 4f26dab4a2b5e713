using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Xunit;
using Xunit.Abstractions;

namespace GitLabAgents.Tests.Engines;

/// <summary>The Pester tests, one row for each file.</summary>
[TestCaseOrderer("GitLabAgents.Tests.Engines.PesterRunner", "GitLabAgents.Tests")]
public sealed class PesterTests(ITestOutputHelper output)
{
    public static TheoryData<string> Files()
        => [.. Directory.EnumerateFiles(PesterRunner.Folder, "*.Tests.ps1")
            .Select(static path => Path.GetFileName(path))
            .Order(StringComparer.Ordinal)];

    [SkippableTheory]
    [MemberData(nameof(Files))]
    public async Task Pester(string file)
    {
        Skip.IfNot(PesterRunner.CanRun(file), $"{file} requires PowerShell 7.");
        (int exitCode, string text) = await PesterRunner.RunAsync(file);
        output.WriteLine(text);
        Assert.True(exitCode == 0, $"{file} ended with {exitCode}:{Environment.NewLine}{text}");
        Assert.Matches(@"Pester \S+: [1-9]\d* passed, 0 failed", text); // It ran at all.
    }
}
