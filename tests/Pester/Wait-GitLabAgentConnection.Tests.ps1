[Diagnostics.CodeAnalysis.SuppressMessage(
    'PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'The blocks of Pester share their variables.')]
param()

BeforeAll {
    Import-Module "$PSScriptRoot/../../GitLabAgents.psd1"
    Import-Module "$PSScriptRoot/FakeGitLab.psm1"
    $hidden = Hide-GitLabEnvironment
    $server = Start-FakeGitLab
}

AfterAll {
    Stop-FakeGitLab $server
    Restore-GitLabEnvironment $hidden
}

Describe 'Wait-GitLabAgentConnection' {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
    }

    AfterEach { Disconnect-GitLab }

    It 'returns at once for a connected agent' {
        $connection = Wait-GitLabAgentConnection group/app prod
        $connection | Should -BeOfType ([GitLabAgents.AgentConnection])
        $connection.Status, $connection.Agent | Should -Be 'Connected', 'prod'
    }

    It 'waits until the agent connects' {
        $waiting = [powershell]::Create()
        $null = $waiting.AddScript({
            param($Module, $Session)
            Import-Module $Module
            Wait-GitLabAgentConnection group/app staging -PollSec 1 -TimeoutSec 30 -Session $Session
        }).AddArgument("$PSScriptRoot/../../GitLabAgents.psd1").AddArgument($session)
        try {
            $handle = $waiting.BeginInvoke()
            Wait-Until { Get-FakeGitLabCall $server -Method POST }
            $handle.IsCompleted | Should -BeFalse
            $null = Add-FakeGitLabSeed $server @{ connections = @{ agent = 12 } }
            Wait-Until { $handle.IsCompleted }
            $waiting.EndInvoke($handle).Status | Should -Be Connected
            $waiting.Streams.Error | Should -BeNullOrEmpty
        }
        finally { $waiting.Dispose() }
    }

    It 'is a Timeout with the last known connection' {
        $failure = Get-Failure { Wait-GitLabAgentConnection group/app staging -TimeoutSec 1 -PollSec 1 }
        $failure.FullyQualifiedErrorId | Should -Be 'Timeout,GitLabAgents.Commands.WaitGitLabAgentConnectionCommand'
        $failure.CategoryInfo.Category | Should -Be OperationTimeout
        "$failure" |
            Should -BeLike ('Agent staging of project group/app on * was not connected within 1 second. Its status ' +
                'is Stale; it was last seen at *')
        $failure.TargetObject | Should -Be staging
    }

    It 'waits for the version' {
        (Wait-GitLabAgentConnection group/app prod -MinimumVersion 18.9).Version | Should -Be '18.9.0'
        (Wait-GitLabAgentConnection group/app prod -MinimumVersion v18.9.0).Version | Should -Be '18.9.0'
        "$(Get-Failure { Wait-GitLabAgentConnection group/app prod -MinimumVersion 18.10 -TimeoutSec 1 -PollSec 1 })" |
            Should -BeLike ('*not connected with version 18.10 or later within 1 second. It is connected with ' +
                'version 18.9.0.')
    }

    It 'waits for the version of every pod' {
        $null = Add-FakeGitLabSeed $server @{ connections = @{ agent = 11; version = '17.0.0' } }
        (Get-Failure {
            Wait-GitLabAgentConnection group/app prod -MinimumVersion 18 -TimeoutSec 1 -PollSec 1
        }).FullyQualifiedErrorId |
            Should -BeLike 'Timeout,*'
    }

    It 'reports why the connection is unknown' {
        $null = Connect-FakeGitLab $server glpat-developer
        "$(Get-Failure { Wait-GitLabAgentConnection group/app prod -TimeoutSec 1 -PollSec 1 })" |
            Should -BeLike '*Its status is Unknown: *Maintainer*'
    }

    It 'waits for many agents concurrently' {
        $null = Add-FakeGitLabSeed $server @{ agents = 1..30 |
            ForEach-Object { @{ project = 'ops/app'; name = "a$_" } } }
        $watch = [System.Diagnostics.Stopwatch]::StartNew()
        $output = 'prod', 'staging' | ForEach-Object { [pscustomobject]@{ Project = 'group/app'; Agent = $_ } }
        $output = @($output) + (Get-GitLabClusterAgent ops/app) |
            Wait-GitLabAgentConnection -TimeoutSec 2 -PollSec 1 2>&1
        $watch.Elapsed.TotalSeconds | Should -BeLessThan 20
        ($output | Where-Object { $_ -is [GitLabAgents.AgentConnection] }).Agent | Should -Be prod
        @($output | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] }).Count | Should -Be 31
        @(Get-FakeGitLabCall $server).Count | Should -BeLessThan 40
    }

    It 'continues after a server was down for a moment' {
        Add-FakeGitLabFault $server @{ kind = 'status'; status = 500; times = 1 }
        (Wait-GitLabAgentConnection group/app prod -PollSec 1 -TimeoutSec 30).Status | Should -Be Connected
    }

    It 'reports an agent that does not exist at once' {
        (Get-Failure { Wait-GitLabAgentConnection group/app nobody }).FullyQualifiedErrorId |
            Should -BeLike 'AgentNotFound,*'
    }

    It 'rejects <_> as a version' -ForEach 'latest', '18.x' {
        (Get-Failure { Wait-GitLabAgentConnection group/app prod -MinimumVersion $_ }).FullyQualifiedErrorId |
            Should -BeLike 'InvalidRequest,*'
        Get-FakeGitLabCall $server | Should -BeNullOrEmpty
    }

    It 'stops within half a second' {
        $waiting = [powershell]::Create()
        $null = $waiting.AddScript({
            param($Module, $Session)
            Import-Module $Module
            Get-GitLabClusterAgent group/app staging -Session $Session |
                Wait-GitLabAgentConnection -PollSec 60 -TimeoutSec 0
        }).AddArgument("$PSScriptRoot/../../GitLabAgents.psd1").AddArgument($session)
        try {
            $handle = $waiting.BeginInvoke()
            Wait-Until { Get-FakeGitLabCall $server -Method POST }
            $watch = [System.Diagnostics.Stopwatch]::StartNew()
            $waiting.Stop()
            $watch.ElapsedMilliseconds | Should -BeLessThan 500
        }
        finally { $waiting.Dispose() }
    }
}
