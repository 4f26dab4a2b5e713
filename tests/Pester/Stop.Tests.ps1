[Diagnostics.CodeAnalysis.SuppressMessage(
    'PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'The blocks of Pester share their variables.')]
param()

BeforeAll {
    Import-Module "$PSScriptRoot/../../GitLabAgents.psd1"
    Import-Module "$PSScriptRoot/FakeGitLab.psm1"
    $hidden = Hide-GitLabEnvironment
    $server = Start-FakeGitLab

    # Warnings that are written after a stop go to the host. This one records them.
    Add-Type -Path "$PSScriptRoot/RecordingHost.cs"

    # The documented limit is half a second; the rest is for a busy machine.
    $maxSeconds = 1
}

AfterAll {
    Stop-FakeGitLab $server
    Restore-GitLabEnvironment $hidden
}

Describe 'A stop' {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
        $console = [RecordingHost]::new()
        $runspace = [runspacefactory]::CreateRunspace($console, [initialsessionstate]::CreateDefault2())
        $runspace.Open()
        $shell = [powershell]::Create()
        $shell.Runspace = $runspace
        $null = $shell.AddScript('param($module) Import-Module $module').AddArgument(
            "$PSScriptRoot/../../GitLabAgents.psd1").Invoke()
        $shell.Commands.Clear()
    }

    AfterEach {
        $shell.Dispose()
        $runspace.Dispose()
        Clear-FakeGitLabFault $server
        Disconnect-GitLab
    }

    BeforeAll {
        # Starts a script in the other runspace, waits for a condition, stops the script, and returns how long that
        # took.
        function Measure-Stop ([string] $Script, [scriptblock] $When) {
            $output = [System.Management.Automation.PSDataCollection[psobject]]::new()
            $none = [System.Management.Automation.PSDataCollection[psobject]]::new()
            $none.Complete()
            $null = $shell.AddScript("param(`$session) $Script").AddArgument($session)
            $run = $shell.BeginInvoke($none, $output)
            Wait-Until $When
            $run.IsCompleted | Should -BeFalse -Because 'else there is nothing to stop'
            $watch = [System.Diagnostics.Stopwatch]::StartNew()
            $shell.Stop()
            $took = $watch.Elapsed.TotalSeconds
            $shell.InvocationStateInfo.State | Should -Be 'Stopped'
            [pscustomobject]@{ Seconds = $took; Output = $output }
        }

        function Assert-Fit {
            Wait-Until { (Get-FakeGitLabLoad $server).inFlight -eq 0 } -TimeoutSeconds 3
            Clear-FakeGitLabFault $server
            (Get-GitLabClusterAgent group/app -Session $session).Count | Should -Be 2
        }
    }

    It 'ends <Name>' -ForEach @(
        @{ Name = 'a list that hangs'; Script = 'Get-GitLabClusterAgent group/app -Session $session' }
        @{ Name = 'the read of an agent that hangs'
            Script = 'Get-GitLabClusterAgent 101 -AgentId 11 -Session $session' }
        @{ Name = 'a list of tokens that hangs'; Script = 'Get-GitLabAgentToken 101 11 -Session $session' }
        @{ Name = 'a revocation that hangs'
            Script = 'Revoke-GitLabAgentToken 101 11 1001 -Session $session -Confirm:$false' }
        @{ Name = 'a removal that hangs'
            Script = 'Remove-GitLabClusterAgent 101 11 -Session $session -Confirm:$false' }
        @{ Name = 'a registration that hangs'; Script = 'New-GitLabClusterAgent group/app edge -Session $session' }
        @{ Name = 'a connection that hangs'
            Script = "Connect-GitLab $('$session.Uri') (ConvertTo-SecureString glpat-maintainer -AsPlainText) " +
                "-AllowUnencryptedAuthentication" }
    ) {
        Add-FakeGitLabFault $server @{ kind = 'hang'; times = 'always' }
        $stop = Measure-Stop $Script { (Get-FakeGitLabLoad $server).inFlight -gt 0 }
        $stop.Seconds | Should -BeLessThan $maxSeconds
        $stop.Output | Should -BeNullOrEmpty
        Assert-Fit
    }

    It 'ends reads of token details that hang' {
        Add-FakeGitLabFault $server @{ kind = 'hang'; pathContains = '/tokens/'; times = 'always' }
        $stop = Measure-Stop 'Get-GitLabAgentToken 103 13 -Session $session' {
            (Get-FakeGitLabLoad $server).inFlight -eq 3
        }
        $stop.Seconds | Should -BeLessThan $maxSeconds
        Assert-Fit
    }

    It 'ends the read of a slow body' {
        Add-FakeGitLabFault $server @{ kind = 'slowBody'; totalMs = 60000 }
        $stop = Measure-Stop 'Get-GitLabClusterAgent group/app -Session $session' {
            (Get-FakeGitLabLoad $server).inFlight -gt 0
        }
        $stop.Seconds | Should -BeLessThan $maxSeconds
        Assert-Fit
    }

    It 'ends the wait for a retry' {
        Add-FakeGitLabFault $server @{ kind = 'rateLimited'; retryAfter = 60; times = 'always' }
        $stop = Measure-Stop 'Get-GitLabClusterAgent group/app -Session $session' {
            $shell.Streams.Progress.Count -gt 0 -and (Get-FakeGitLabLoad $server).inFlight -eq 0
        }
        $stop.Seconds | Should -BeLessThan $maxSeconds
        @(Get-FakeGitLabCall $server).Count | Should -Be 1
        Assert-Fit
    }

    It 'ends the wait for the retry of a POST, and creates nothing' {
        Add-FakeGitLabFault $server @{ kind = 'rateLimited'; retryAfter = 60; method = 'POST'; times = 'always' }
        $stop = Measure-Stop 'New-GitLabAgentToken 103 14 ci-1 -Session $session' {
            $shell.Streams.Progress.Count -gt 0
        }
        $stop.Seconds | Should -BeLessThan $maxSeconds
        @(Get-FakeGitLabCall $server -Method POST).Count | Should -Be 1
        (Get-FakeGitLabState $server).tokens.name | Should -Not -Contain 'ci-1'
        Assert-Fit
    }

    It 'ends a list between its pages' {
        $null = Add-FakeGitLabSeed $server @{ agents = @{ project = 'group/many'; count = 5000 } }
        Add-FakeGitLabFault $server @{ kind = 'hang'; pathMatches = '&page=(4|5|6|7|8)$'; times = 'always' }
        $stop = Measure-Stop 'Get-GitLabClusterAgent group/many -Session $session' {
            (Get-FakeGitLabLoad $server).inFlight -gt 1
        }
        $stop.Seconds | Should -BeLessThan $maxSeconds
        $stop.Output.Count | Should -BeGreaterThan 100
        Assert-Fit
    }

    It 'ends a slow reader' {
        $null = Add-FakeGitLabSeed $server @{ agents = @{ project = 'group/many'; count = 1000 } }
        $stop = Measure-Stop ('Get-GitLabClusterAgent group/many -Session $session | ForEach-Object { Start-Sleep ' +
            '-Seconds 60; $_ }') {
            @(Get-FakeGitLabCall $server).Count -gt 0 -and (Get-FakeGitLabLoad $server).inFlight -eq 0
        }
        $stop.Seconds | Should -BeLessThan $maxSeconds
        Assert-Fit
    }

    It 'reports how to find the outcome of <Name>' -ForEach @(
        @{ Name = 'a registration'; Script = 'New-GitLabClusterAgent group/app edge -Session $session'
            Message = '*Get-GitLabClusterAgent*edge*' }
        @{ Name = 'a removal'; Script = 'Remove-GitLabClusterAgent 101 11 -Session $session -Confirm:$false'
            Message = '*Get-GitLabClusterAgent*11*' }
        @{ Name = 'a revocation'; Script = 'Revoke-GitLabAgentToken 101 11 1001 -Session $session -Confirm:$false'
            Message = '*Get-GitLabAgentToken*1001*' }
    ) {
        Add-FakeGitLabFault $server @{ kind = 'hang'; times = 'always' }
        $null = Measure-Stop $Script { (Get-FakeGitLabLoad $server).inFlight -gt 0 }
        "$($console.Warnings)" | Should -BeLike $Message
        Assert-Fit
    }

    It 'ends the creation of a token that hangs within the cleanup timeout, and reports what is unknown' {
        Add-FakeGitLabFault $server @{ kind = 'hang'; method = 'POST' }
        $stop = Measure-Stop 'New-GitLabAgentToken 103 14 ci-1 -Session $session' {
            (Get-FakeGitLabLoad $server).inFlight -gt 0
        }
        $stop.Seconds | Should -BeLessThan 6
        $stop.Output | Should -BeNullOrEmpty
        "$($console.Warnings)" | Should -BeLike '*ci-1*'
        "$($console.Warnings)" | Should -BeLike '*Get-GitLabAgentToken*'
        Assert-Fit
    }

    It 'revokes a token that was being created, and reports it' {
        Add-FakeGitLabFault $server @{ kind = 'delay'; method = 'POST'; delayMs = 2000; afterActing = $true }
        $stop = Measure-Stop 'New-GitLabAgentToken 103 14 ci-1 -Session $session' {
            (Get-FakeGitLabState $server).tokens.name -contains 'ci-1'
        }
        $stop.Seconds | Should -BeLessThan 6
        $stop.Output | Should -BeNullOrEmpty
        ((Get-FakeGitLabState $server).tokens | Where-Object name -EQ 'ci-1').status | Should -Be 'revoked'
        "$($console.Warnings)" | Should -BeLike '*ci-1*The token was revoked.*'
        Assert-Fit
    }

    It 'revokes a token that the server creates late' {
        Add-FakeGitLabFault $server @{ kind = 'delay'; method = 'POST'; delayMs = 2000 }
        $stop = Measure-Stop 'New-GitLabAgentToken 103 14 ci-1 -Session $session' {
            (Get-FakeGitLabLoad $server).inFlight -gt 0
        }
        $stop.Seconds | Should -BeLessThan 6
        # The token was created and revoked.
        ((Get-FakeGitLabState $server).tokens | Where-Object name -EQ 'ci-1').status | Should -Be 'revoked'
        "$($console.Warnings)" | Should -BeLike '*ci-1*The token was revoked.*'
        Assert-Fit
    }

    It 'reports the command to revoke a token that could not be revoked' {
        Add-FakeGitLabFault $server @{ kind = 'delay'; method = 'POST'; delayMs = 2000; afterActing = $true },
            @{ kind = 'status'; status = 403; method = 'DELETE'; times = 'always' }
        $stop = Measure-Stop 'New-GitLabAgentToken 103 14 ci-1 -Session $session' {
            (Get-FakeGitLabState $server).tokens.name -contains 'ci-1'
        }
        $stop.Seconds | Should -BeLessThan 6
        "$($console.Warnings)" | Should -BeLike '*Revoke-GitLabAgentToken*-TokenId*'
        Assert-Fit
    }

    It 'can be started and awaited' {
        Add-FakeGitLabFault $server @{ kind = 'hang'; times = 'always' }
        $null = $shell.AddScript('param($session) Get-GitLabClusterAgent group/app -Session $session').AddArgument(
            $session)
        $run = $shell.BeginInvoke()
        Wait-Until { (Get-FakeGitLabLoad $server).inFlight -gt 0 }
        $stop = $shell.BeginStop($null, $null)
        $stop.AsyncWaitHandle.WaitOne(1500) | Should -BeTrue
        $run.AsyncWaitHandle.WaitOne(1500) | Should -BeTrue
        Assert-Fit
    }

    It 'leaves no request in flight after -ErrorAction Stop' {
        # A page fails while later pages are prefetched.
        $null = Add-FakeGitLabSeed $server @{ agents = @{ project = 'group/many'; count = 2000 } }
        Add-FakeGitLabFault $server @{ kind = 'hang'; pathMatches = '&page=[4-9]$'; times = 'always' },
            @{ kind = 'status'; status = 500; pathMatches = '&page=3$'; times = 'always' }
        { Get-GitLabClusterAgent group/many -Session $session -ErrorAction Stop } |
            Should -Throw -ErrorId 'ServerError,*'
        Wait-Until { (Get-FakeGitLabLoad $server).inFlight -eq 0 }
        Assert-Fit
    }

    It 'leaves no request in flight after Select-Object -First' {
        $null = Add-FakeGitLabSeed $server @{ agents = @{ project = 'group/many'; count = 2000 } }
        Add-FakeGitLabFault $server @{ kind = 'hang'; pathMatches = '&page=[3-9]$'; times = 'always' }
        (Get-GitLabClusterAgent group/many -Session $session | Select-Object -First 160).Count | Should -Be 160
        Wait-Until { (Get-FakeGitLabLoad $server).inFlight -eq 0 }
        Assert-Fit
    }
}
