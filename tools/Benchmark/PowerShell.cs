using System;
using System.IO;
using GitLabAgents.Engine;

namespace GitLabAgents.Benchmark;

/// <summary>
/// Measures statements in new processes of the PowerShell that the tests use. The start of the process is not measured.
/// </summary>
internal sealed class PowerShell
{
    private readonly PowerShellEngine _engine = PowerShellEngine.Selected;
    private readonly TemporaryFolder _folder;
    private readonly string _home;
    private int _scriptCount;

    public PowerShell(TemporaryFolder folder)
    {
        _folder = folder;
        _home = folder.CreateFolder("home");
        ModuleManifest = folder.CopyModule();
        Version = Evaluate(
            "\"$($PSVersionTable.PSVersion) on $([Runtime.InteropServices.RuntimeInformation]::FrameworkDescription)\"")
            .Trim();
    }

    /// <summary>Gets the path of the module's manifest.</summary>
    public string ModuleManifest { get; }

    /// <summary>Gets the versions of PowerShell and .NET.</summary>
    public string Version { get; }

    /// <summary>Prepares a measurement.</summary>
    /// <param name="setUp">Statements that run before, and are not measured.</param>
    /// <param name="statement">The measured statement. It can set <c>$result</c> to a number or an array.</param>
    /// <param name="importUtility">Whether Microsoft.PowerShell.Utility is imported beforehand.</param>
    /// <returns>The measurement.</returns>
    public Func<Sample> Prepare(string setUp, string statement, bool importUtility = true)
    {
        string file = _folder.Write(
            Path.Combine("scripts", $"{++_scriptCount}.ps1"),
            $$"""
            $ErrorActionPreference = 'Stop'
            $ProgressPreference = 'SilentlyContinue'
            $result = 0
            {{(importUtility ? "Import-Module Microsoft.PowerShell.Utility" : string.Empty)}}
            {{setUp}}
            $stopwatch = [System.Diagnostics.Stopwatch]::StartNew()
            {{statement}}
            $stopwatch.Stop()
            $count = if ($result -is [array]) { $result.Length } else { $result }
            [string]::Format([cultureinfo]::InvariantCulture, '#sample {0} {1} {2}',
                $stopwatch.Elapsed.TotalMilliseconds, $count,
                [System.Diagnostics.Process]::GetCurrentProcess().PeakWorkingSet64)
            """);
        return () => Sample.Parse(ChildProcess.Run(_engine.CreateIsolatedStartInfo(_home, "-File", file)));
    }

    /// <summary>Runs a script and returns its output.</summary>
    public string Evaluate(string script)
        => ChildProcess.Run(_engine.CreateIsolatedStartInfo(_home, "-Command", "-"), script + "\n");
}
