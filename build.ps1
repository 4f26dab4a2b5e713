<#
.SYNOPSIS
    Builds, tests, shows and packages the module: a thin entry over the .NET SDK and tools/.
.EXAMPLE
    ./build.ps1 Demo
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Test', 'Demo', 'Package')]
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
        'Package' { dotnet run --configuration Release --project tools/Package -- --output artifacts }
    }

    if ($LASTEXITCODE -ne 0) {
        throw "$Task failed."
    }
}
finally {
    Pop-Location
}
