<#
.SYNOPSIS
    Builds, tests, shows, measures and packages the module, and writes the pages that are made: a thin entry over the .NET SDK and tools/.
.EXAMPLE
    ./build.ps1 Demo
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Test', 'Demo', 'Help', 'FaultMatrix', 'Benchmark', 'Package')]
    [string] $Task = 'Build',

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
        'Help' { dotnet run --configuration $Configuration --project tools/Help }
        'FaultMatrix' { dotnet run --configuration $Configuration --project tools/FaultMatrix }
        'Benchmark' { dotnet run --configuration Release --project tools/Benchmark }
        'Package' { dotnet run --configuration Release --project tools/Package -- --output artifacts }
    }

    if ($LASTEXITCODE -ne 0) {
        throw "$Task failed."
    }
}
finally {
    Pop-Location
}
