<#
.SYNOPSIS
Runs one file of Pester tests under wine, where PowerShell does not find programs by their name alone.
#>
[Diagnostics.CodeAnalysis.SuppressMessage('PSAvoidGlobalAliases', '', Justification = 'The tests must see them.')]
[CmdletBinding()]
param(
    # The file.
    [Parameter(Mandatory)] [string] $Path,
    # The manifest of Pester.
    [Parameter(Mandatory)] [string] $Pester,
    # The folder of the programs.
    [Parameter(Mandatory)] [string] $Programs
)

foreach ($program in [System.IO.Directory]::GetFiles($Programs)) {
    if ([System.IO.Path]::GetExtension($program) -eq '.exe') {
        Set-Alias -Name ([System.IO.Path]::GetFileNameWithoutExtension($program)) -Value $program -Scope Global
    }
}

& "$PSScriptRoot/../../tests/Pester/Invoke-File.ps1" -Path $Path -Pester $Pester -ExcludeTag NotUnderWine
exit $LASTEXITCODE
