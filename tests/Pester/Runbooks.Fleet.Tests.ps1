[Diagnostics.CodeAnalysis.SuppressMessage('PSUseDeclaredVarsMoreThanAssignments', '',
    Justification = 'The blocks of Pester share their variables.')]
param()

BeforeAll {
    . "$PSScriptRoot/Runbook.ps1"
}

AfterAll {
    Stop-Runbook
}

Describe 'Test-AgentFleet' {
    BeforeEach {
        $session = Reset-Runbook
        $paths = @{ JUnitPath = "$TestDrive/a.xml"; MarkdownPath = "$TestDrive/a.md" }
    }

    AfterEach { $session | Disconnect-GitLab }

    It 'returns exit code 0 for a project without findings' {
        $run = Invoke-Runbook Test-AgentFleet (@{ Project = 'group/empty' } + $paths)
        $run.ExitCode | Should -Be 0
        $run.Objects | Should -BeNullOrEmpty
        ([xml](Get-Content -Raw "$TestDrive/a.xml")).DocumentElement.Name | Should -Be testsuites
        Get-Content -Raw "$TestDrive/a.md" | Should -BeLike '*No findings.*'
    }

    It 'returns exit code <Code> with -FailOn <FailOn>' -ForEach @(
        @{ FailOn = 'Error'; Code = 0 }
        @{ FailOn = 'Warning'; Code = 3 }
    ) {
        $run = Invoke-Runbook Test-AgentFleet (@{ Project = 'platform/apps/api'; FailOn = $FailOn } + $paths)
        $run.ExitCode | Should -Be $Code
        $run.Objects.RuleName | Should -Be TokenNeverUsed
        $suite = ([xml](Get-Content -Raw "$TestDrive/a.xml")).testsuites.testsuite
        $suite.name, $suite.tests, $suite.failures | Should -Be 'TokenNeverUsed', '1', "$([int]($Code -eq 3))"
        $suite.testcase.name | Should -Be 'platform/apps/api api'
        Get-Content -Raw "$TestDrive/a.md" | Should -BeLike '*| Warning | TokenNeverUsed | platform/apps/api | api |*'
        $run.Leaks | Should -BeNullOrEmpty
    }

    It 'returns exit code 2 if a project cannot be read, and reports it everywhere' {
        $paths.ReportPath = "$TestDrive/a.html"
        $run = Invoke-Runbook Test-AgentFleet (@{ Project = 'platform/apps/web', 'no/where' } + $paths)
        $run.ExitCode | Should -Be 2
        $run.Objects.RuleName | Should -Be 'Disconnected', 'NotReadable'
        $run.Errors.FullyQualifiedErrorId | Should -BeLike 'ProjectNotFound,*'
        Get-Content -Raw $paths.ReportPath | Should -BeLike '*<h1>GitLab agents (incomplete)</h1>*<bdi>web</bdi>*'
        ([xml](Get-Content -Raw $paths.JUnitPath)).testsuites.testsuite[1].testcase.name | Should -Be 'no/where'
        Get-Content -Raw $paths.MarkdownPath | Should -BeLike '*| Warning | NotReadable | no/where |*'
        $run.Text | Should -BeLike '*Something could not be read: there may be more findings.*'
    }

    It 'never returns exit code 0 if something could not be read: <Why>' -ForEach @(
        @{ Why = 'only one rule'; Parameter = @{ Rule = 'TokenUnused' }; Role = 'developer' }
        @{ Why = 'no rule about it'; Parameter = @{ ExcludeRule = 'Token*', 'Dis*' }; Role = 'developer' }
        @{ Why = 'nothing at all'; Parameter = @{ Rule = 'TokenUnused' }; Role = 'reporter' }
    ) {
        $session = Connect-FakeGitLab $server "glpat-$Role"
        $run = Invoke-Runbook Test-AgentFleet (@{ Project = 'group/app' } + $Parameter)
        $run.ExitCode | Should -Be 2
        $run.Objects.RuleName | Should -Contain 'NotReadable'
    }

    It 'returns exit code 2 if something other than GitLab responds for a project: <Status>, <Type>' -ForEach @(
        @{ Status = 403; Type = 'text/html'; Body = '<!DOCTYPE html><title>Attention</title>' }
        @{ Status = 404; Type = 'text/plain'; Body = 'default backend - 404' }
        @{ Status = 403; Type = 'application/json'; Body = '{"status":"blocked"}' }
        @{ Status = 200; Type = 'text/html'; Body = '<html>Sign in</html>' }
    ) {
        Edit-FakeGitLabOption $server @{ graphQL = 'off' }
        Add-FakeGitLabFault $server @{
            kind = 'body'; status = $Status; contentType = $Type; body = $Body
            pathContains = '/projects/104/cluster_agents'; times = 'always'
        }
        $run = Invoke-Runbook Test-AgentFleet @{ Group = 'platform'; Recurse = $true; Rule = 'TooManyTokens' }
        $run.ExitCode | Should -Be 2
        $run.Errors.FullyQualifiedErrorId | Should -BeLike 'InvalidResponse,*'
        ($run.Objects | Where-Object RuleName -EQ NotReadable).Project | Should -Contain 'platform/apps/web'
    }

    It 'does not exclude NotReadable' {
        { Invoke-Runbook Test-AgentFleet @{ Project = 'group/app'; ExcludeRule = 'Not*' } } |
            Should -Throw '*cannot be excluded*'
        Get-FakeGitLabCall $server | Should -BeNullOrEmpty
    }

    It 'does not start with a rule that does not exist' {
        { Invoke-Runbook Test-AgentFleet @{ Project = 'group/app'; Rule = 'TokenUnsed' } } |
            Should -Throw "*'TokenUnsed' is not a rule.*"
        Get-FakeGitLabCall $server | Should -BeNullOrEmpty
    }

    It 'reads the inventory once for all reports' {
        $paths.ReportPath = "$TestDrive/a.html"
        $run = Invoke-Runbook Test-AgentFleet (@{ Group = 'platform'; Recurse = $true } + $paths)
        $run.Text | Should -BeLike '*4 agents, 7 findings, 1 of severity Error or higher.*'
        $run.Leaks | Should -BeNullOrEmpty
        Get-FakeGitLabCall $server | Should -Be 'POST /api/graphql'
        Get-Content -Raw "$TestDrive/a.html" | Should -BeLike '*<h1>GitLab agents</h1>*<bdi>cluster-eu</bdi>*'
        # The next night.
        $run = Invoke-Runbook Test-AgentFleet @{ Project = 'platform/apps/api'; ReportPath = "$TestDrive/a.html" }
        $run.ExitCode | Should -Be 0
        Get-Content -Raw "$TestDrive/a.html" | Should -Not -BeLike '*<bdi>cluster-eu</bdi>*'
    }

    It 'tests an agent once that two arguments reach' {
        $run = Invoke-Runbook Test-AgentFleet @{ Project = 101, 'group/app'; Rule = 'Disconnected' }
        $run.Objects.Count | Should -Be 1
    }

    It 'fails on tokens that were not used for a time: <UnusedFor>' -ForEach @(
        @{ UnusedFor = '60.00:00:00'; Code = 3; Token = 'staging-1' }
        @{ UnusedFor = '90.00:00:00'; Code = 0; Token = $null }
    ) {
        $call = @{ Project = 'group/app'; Rule = 'TokenUnused'; UnusedFor = $UnusedFor; FailOn = 'Warning' }
        $run = Invoke-Runbook Test-AgentFleet $call
        $run.ExitCode | Should -Be $Code
        $run.Objects | ForEach-Object { $_.Token.Name } | Should -Be $Token
    }

    It 'returns the findings even if a file cannot be written' {
        $output = [System.Collections.Generic.List[object]]::new()
        $call = {
            & "$examples/Test-AgentFleet.ps1" -Project group/app -ReportPath "$TestDrive/no/where.html" |
                ForEach-Object { $output.Add($_) }
        }
        $call | Should -Throw '*does not exist*'
        $output.RuleName | Should -Contain 'Disconnected'
    }

    It 'escapes names that contain markup' {
        $token = @{ name = "<img src=x> | [a](b) $([char]27)[1m"; createdAt = Get-Ago 30 }
        $agent = @{ project = 'ops/app'; name = 'one'; createdAt = Get-Ago 30; tokens = $token }
        $null = Add-FakeGitLabSeed $server @{ agents = $agent }
        $run = Invoke-Runbook Test-AgentFleet (@{ Group = 'ops'; FailOn = 'Information' } + $paths)
        $run.ExitCode | Should -Be 3
        $markdown = Get-Content -Raw "$TestDrive/a.md"
        $markdown | Should -Not -BeLike '*<img*'
        $markdown.Contains('[a](b)') | Should -BeFalse
        $markdown, (Get-Content -Raw "$TestDrive/a.xml") | Should -Not -Match "$([char]27)"
    }
}
