<#
.SYNOPSIS
    Builds, tests, demonstrates, measures or packages the module.
.DESCRIPTION
    A thin wrapper around the .NET SDK and tools/. CONTRIBUTING.md has the commands that it runs.
.EXAMPLE
    ./build.ps1 Demo
#>
[CmdletBinding()]
param(
    # Specifies what to do. FaultMatrix updates docs/fault-matrix.md; Benchmark updates docs/benchmarks.md.
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Test', 'Demo', 'FaultMatrix', 'Benchmark', 'Package')]
    [string] $Task = 'Build',

    # Specifies the configuration to build. Benchmark and Package always use Release.
    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Debug'
)

$ErrorActionPreference = 'Stop'
Push-Location -LiteralPath $PSScriptRoot
try {
    switch ($Task) {
        'Build' { dotnet build --configuration $Configuration }
        'Test' { dotnet test --configuration $Configuration }
        'Demo' { dotnet run --configuration $Configuration --project tools/Demo }
        'FaultMatrix' { dotnet test --configuration $Configuration --filter FaultMatrix --environment GITLABAGENTS_UPDATE_DOCS=1 }
        'Benchmark' { dotnet run --configuration Release --project tools/Benchmark }
        'Package' { dotnet run --configuration Release --project tools/Build -- package }
    }

    if ($LASTEXITCODE -ne 0) {
        throw "$Task failed with exit code $LASTEXITCODE."
    }
}
finally {
    Pop-Location
}
