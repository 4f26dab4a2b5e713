using System;
using System.IO;

namespace GitLabAgents.Benchmark;

/// <summary>Runs a statement in a fresh PowerShell, and tells how long it took there; the start of the process is not counted.</summary>
internal sealed class PowerShell
{
    private readonly string _program;
    private readonly WorkFolder _work;
    private int _scripts;

    private PowerShell(string program, WorkFolder work)
    {
        _program = program;
        _work = work;
        Module = work.CopyModule();
        Version = Evaluate("\"$($PSVersionTable.PSVersion) on $([Runtime.InteropServices.RuntimeInformation]::FrameworkDescription)\"").Trim();
    }

    /// <summary>Gets the path of the module's manifest.</summary>
    public string Module { get; }

    public string Version { get; }

    public static PowerShell? Find(WorkFolder work)
        => Child.FindProgram("pwsh") is { } program ? new PowerShell(program, work) : null;

    /// <summary>Prepares a measurement.</summary>
    /// <param name="setUp">What comes before, not counted.</param>
    /// <param name="statement">What is measured; it may set <c>$rows</c> to a number or a list.</param>
    /// <param name="bare">Whether not even Microsoft.PowerShell.Utility is loaded beforehand.</param>
    /// <returns>The measurement.</returns>
    public Func<Sample> Prepare(string setUp, string statement, bool bare = false)
    {
        string file = _work.Write(
            Path.Combine("scripts", $"{++_scripts}.ps1"),
            $$"""
            $ErrorActionPreference = 'Stop'
            $ProgressPreference = 'SilentlyContinue'
            $rows = 0
            {{(bare ? string.Empty : "Import-Module Microsoft.PowerShell.Utility")}}
            {{setUp}}
            $watch = [System.Diagnostics.Stopwatch]::StartNew()
            {{statement}}
            $watch.Stop()
            $count = if ($rows -is [array]) { $rows.Length } else { $rows }
            [string]::Format([cultureinfo]::InvariantCulture, '#sample {0} {1} {2}',
                $watch.Elapsed.TotalMilliseconds, $count, [System.Diagnostics.Process]::GetCurrentProcess().PeakWorkingSet64)
            """);
        return () => Sample.Read(Child.Run(_program, ["-NoProfile", "-NonInteractive", "-File", file]));
    }

    /// <summary>Runs a script, and gives what it writes.</summary>
    public string Evaluate(string script) => Child.Run(_program, ["-NoProfile", "-NonInteractive", "-Command", "-"], script + "\n");
}
