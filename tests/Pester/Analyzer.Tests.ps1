#Requires -PSEdition Core
[Diagnostics.CodeAnalysis.SuppressMessage(
    'PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'The blocks of Pester share their variables.')]
param()

BeforeDiscovery {
    $root = (Resolve-Path "$PSScriptRoot/../..").ProviderPath
    $analyzer = [bool](Get-Module PSScriptAnalyzer -ListAvailable)
    $scripts = @(Get-ChildItem $root -Recurse -File -Include *.ps1, *.psm1, *.psd1 |
            ForEach-Object { [System.IO.Path]::GetRelativePath($root, $_.FullName).Replace('\', '/') } |
            Where-Object { $_ -notmatch '(^|/)(bin|obj|artifacts|TestResults|\.git)/' } | Sort-Object)

    # The examples of the help's pages and of the README: each block by its page and line.
    $pages = @(Get-Item "$root/README.md") + @(Get-ChildItem "$root/docs" -Recurse -Filter *.md -ErrorAction Ignore)
    $examples = @(foreach ($page in $pages) {
            $number = 0
            $start = 0
            $block = [System.Collections.Generic.List[string]]::new()
            foreach ($line in Get-Content $page) {
                $number++
                if ($start -gt 0 -and $line -match '^\s*```\s*$') {
                    @{ Name = "$($page.Name):$start"; Code = $block -join "`n" }
                    $start = 0
                }
                elseif ($start -gt 0) {
                    $block.Add(($line -replace '^PS>\s?'))
                }
                elseif ($line -match '^\s*```(powershell|ps1|pwsh)\s*$') {
                    $start = $number
                    $block.Clear()
                }
            }
        })
}

BeforeAll {
    $root = (Resolve-Path "$PSScriptRoot/../..").ProviderPath
    if (Get-Module PSScriptAnalyzer -ListAvailable) { Import-Module PSScriptAnalyzer }

    filter Format-Finding { "$($_.RuleName) ($($_.Severity)), line $($_.Line): $($_.Message)" }
}

Describe "PSScriptAnalyzer$(if (-not $analyzer) { ' (skipped: it is not installed)' })" {
    It 'checks every script and example' -ForEach @{ Scripts = $scripts; Examples = $examples } {
        $Scripts | Should -Contain 'GitLabAgents.psd1'
        $Scripts | Should -Contain 'build.ps1'
        $Scripts | Should -Contain 'tests/Pester/Analyzer.Tests.ps1'
        $Examples.Name | Should -Contain ($Examples.Name -like 'README.md:*')[0]
    }

    It 'finds no violation of the rules of the Gallery in <_>' -ForEach $scripts -Skip:(-not $analyzer) {
        Invoke-ScriptAnalyzer -Path "$root/$_" -Settings PSGallery | Format-Finding | Should -BeNullOrEmpty
    }

    It 'finds no violation in the example <Name>' -ForEach $examples -Skip:(-not $analyzer) {
        Invoke-ScriptAnalyzer -ScriptDefinition $Code -Settings PSGallery | Format-Finding | Should -BeNullOrEmpty
    }

    It 'knows the rules of the Gallery' -Skip:(-not $analyzer) {
        Invoke-ScriptAnalyzer -ScriptDefinition 'gci | % { Invoke-Expression $_ }' -Settings PSGallery |
            Format-Finding | Should -Not -BeNullOrEmpty
    }
}
