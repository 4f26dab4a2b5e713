<#
.SYNOPSIS
Runs one file of Pester tests in this process. Ends with 1 when a test failed, or none ran.
#>
[CmdletBinding()]
param(
    # The file.
    [Parameter(Mandatory)] [string] $Path,
    # The manifest of Pester.
    [Parameter(Mandatory)] [string] $Pester,
    # The tags of tests that are not to run.
    [string[]] $ExcludeTag = @()
)

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
Import-Module $Pester

$configuration = New-PesterConfiguration
$configuration.Run.Path = (Resolve-Path -LiteralPath $Path).Path
$configuration.Run.PassThru = $true
$configuration.Filter.ExcludeTag = $ExcludeTag
$configuration.Output.Verbosity = 'None'

# The tests must run with the default preferences of PowerShell, not those of this script.
$ErrorActionPreference = 'Continue'
$ProgressPreference = 'Continue'
$result = Invoke-Pester -Configuration $configuration

foreach ($test in $result.Failed) {
    "FAILED $($test.ExpandedPath)"
    foreach ($record in $test.ErrorRecord) {
        "    $($record.Exception.Message)" -replace '\r?\n', "`n    "
        "    $($record.ScriptStackTrace -split '\r?\n' -notmatch 'Pester\.psm1' | Select-Object -First 1)"
    }
}

foreach ($block in @($result.FailedBlocks) + @($result.FailedContainers)) {
    ("FAILED $(if ($block.PSObject.Properties['ExpandedPath']) { $block.ExpandedPath } else { $block.Item }), " +
        "outside a test")
    foreach ($record in $block.ErrorRecord) { "    $record" -replace '\r?\n', "`n    " }
}

# The names of these blocks contain the reason.
$result.Skipped | Group-Object { $_.Block.ExpandedPath } | ForEach-Object { "SKIPPED $($_.Name): $($_.Count) tests" }

("PowerShell $($PSVersionTable.PSVersion), Pester $($result.Version): $($result.PassedCount) passed, " +
    "$($result.FailedCount) failed, $($result.SkippedCount) skipped")
$failed = $result.FailedCount + $result.FailedBlocksCount + $result.FailedContainersCount
exit $(if ($failed -gt 0 -or $result.PassedCount -eq 0) { 1 } else { 0 })
