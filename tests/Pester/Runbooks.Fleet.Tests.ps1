[Diagnostics.CodeAnalysis.SuppressMessage('PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'The blocks of Pester share their variables.')]
param()

BeforeAll {
    Import-Module "$PSScriptRoot/../../GitLabAgents.psd1"
    Import-Module "$PSScriptRoot/FakeGitLab.psm1"
    . "$PSScriptRoot/Runbook.ps1"
    $hidden = Hide-GitLabEnvironment
    $server = Start-FakeGitLab
}

AfterAll {
    Stop-FakeGitLab $server
    Restore-GitLabEnvironment $hidden
}

Describe 'Test-AgentFleet' {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
        Get-ChildItem $TestDrive | Remove-Item -Recurse
    }

    AfterEach { $session | Disconnect-GitLab }

    It 'is 0 for a project without findings' {
        $run = Invoke-Runbook Test-AgentFleet @{ Project = 'group/empty'; JUnitPath = "$TestDrive/a.xml"; MarkdownPath = "$TestDrive/a.md" }
        $run.ExitCode | Should -Be 0
        $run.Objects | Should -BeNullOrEmpty
        ([xml](Get-Content -Raw "$TestDrive/a.xml")).DocumentElement.Name | Should -Be testsuites
        Get-Content -Raw "$TestDrive/a.md" | Should -BeLike '*No findings.*'
    }

    It 'is <Code> with -FailOn <FailOn>' -ForEach @(
        @{ FailOn = 'Error'; Code = 0 }
        @{ FailOn = 'Warning'; Code = 3 }
    ) {
        $run = Invoke-Runbook Test-AgentFleet @{ Project = 'platform/apps/api'; FailOn = $FailOn; JUnitPath = "$TestDrive/a.xml"; MarkdownPath = "$TestDrive/a.md" }
        $run.ExitCode | Should -Be $Code
        $run.Objects.RuleName | Should -Be TokenNeverUsed
        $suite = ([xml](Get-Content -Raw "$TestDrive/a.xml")).testsuites.testsuite
        $suite.name, $suite.tests, $suite.failures | Should -Be 'TokenNeverUsed', '1', "$([int]($Code -eq 3))"
        $suite.testcase.name | Should -Be 'platform/apps/api api'
        Get-Content -Raw "$TestDrive/a.md" | Should -BeLike '*| Warning | TokenNeverUsed | platform/apps/api | api |*'
        $run.Leaks | Should -BeNullOrEmpty
    }

    It 'is 2 where something cannot be read' {
        (Invoke-Runbook Test-AgentFleet @{ Project = 'group/empty', 'no/where' }).ExitCode | Should -Be 2
    }

    It 'keeps names from being markup' {
        $null = Add-FakeGitLabSeed $server @{ agents = @{ project = 'ops/app'; name = 'one'; createdAt = Get-Ago 30; tokens = @{ name = "<img src=x> | [a](b) $([char]27)[1m"; createdAt = Get-Ago 30 } } }
        $run = Invoke-Runbook Test-AgentFleet @{ Group = 'ops'; FailOn = 'Information'; JUnitPath = "$TestDrive/a.xml"; MarkdownPath = "$TestDrive/a.md" }
        $run.ExitCode | Should -Be 3
        $markdown = Get-Content -Raw "$TestDrive/a.md"
        $markdown | Should -Not -BeLike '*<img*'
        $markdown.Contains('[a](b)') | Should -BeFalse
        $markdown, (Get-Content -Raw "$TestDrive/a.xml") | Should -Not -Match "$([char]27)"
    }
}
