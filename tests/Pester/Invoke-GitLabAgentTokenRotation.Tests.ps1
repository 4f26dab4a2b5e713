#Requires -PSEdition Core
[Diagnostics.CodeAnalysis.SuppressMessage(
    'PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'The blocks of Pester share their variables.')]
param()

BeforeAll {
    Import-Module "$PSScriptRoot/../../GitLabAgents.psd1"
    Import-Module "$PSScriptRoot/FakeGitLab.psm1"
    $hidden = Hide-GitLabEnvironment
    $server = Start-FakeGitLab
    $today = [DateTime]::UtcNow.ToString('yyyy-MM-dd')

    function Get-Token ($Name) { (Get-FakeGitLabState $server).tokens | Where-Object name -CEQ $Name }

    function Get-Active ([long] $AgentId) {
        $tokens = (Get-FakeGitLabState $server).tokens
        ($tokens | Where-Object { $_.agentId -eq $AgentId -and $_.status -eq 'active' }).name
    }

    # A cluster that gets a token signs in with it.
    function Use-Token ($Token) { $null = Add-FakeGitLabSeed $server @{ markUsed = $Token.Id } }

    # The same for scripts in another runspace or process.
    $useFunction = "function Use-It {
        `$with = @{ Method = 'Post'; ContentType = 'application/json'; NoProxy = `$true; Verbose = `$false }
        `$body = ConvertTo-Json @{ markUsed = `$args[0].Id }
        `$null = Invoke-RestMethod '$($server.Url)/-/fake-gitlab/seed' @with -Body `$body
    }"

    Add-Type -Path "$PSScriptRoot/RecordingHost.cs"

    # Creates a shell with that host.
    function Open-Shell {
        $console = [RecordingHost]::new()
        $runspace = [runspacefactory]::CreateRunspace($console, [initialsessionstate]::CreateDefault2())
        $runspace.Open()
        $shell = [powershell]::Create()
        $shell.Runspace = $runspace
        $null = $shell.AddScript('param($module) Import-Module $module').AddArgument(
            "$PSScriptRoot/../../GitLabAgents.psd1").Invoke()
        $shell.Commands.Clear()
        [pscustomobject]@{ Console = $console; Runspace = $runspace; Shell = $shell }
    }

    # Whether everything is deployed, and the rotations only wait.
    function Test-Waiting {
        $last = $shell.Shell.Streams.Progress | Where-Object Activity -EQ 'Rotating agent tokens' |
            Select-Object -Last 1
        $last -and $last.StatusDescription -notmatch 'planning|deploying'
    }

    function Close-Shell ($Of) {
        $Of.Shell.Dispose()
        $Of.Runspace.Dispose()
    }

    function Invoke-InShell ($Of, [string] $Script) {
        $Of.Shell.AddScript("param(`$session) $Script").AddArgument($session).Invoke()
    }

    # Starts a script in a shell, waits for a condition, and stops the script.
    function Invoke-Interrupted ([string] $Script, [scriptblock] $When) {
        $Of = $shell
        $output = [System.Management.Automation.PSDataCollection[psobject]]::new()
        $none = [System.Management.Automation.PSDataCollection[psobject]]::new()
        $none.Complete()
        $null = $Of.Shell.AddScript("param(`$session) $Script").AddArgument($session)
        $run = $Of.Shell.BeginInvoke($none, $output)
        Wait-Until $When
        $run.IsCompleted | Should -BeFalse -Because 'otherwise there is nothing to stop'
        $watch = [System.Diagnostics.Stopwatch]::StartNew()
        $Of.Shell.Stop()
        $Of.Shell.InvocationStateInfo.State | Should -Be 'Stopped'
        $watch.Elapsed.TotalSeconds
    }
}

AfterAll {
    Stop-FakeGitLab $server
    Restore-GitLabEnvironment $hidden
}

Describe 'Invoke-GitLabAgentTokenRotation' {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
    }

    AfterEach { Disconnect-GitLab }

    Context 'when it succeeds' {
        It 'creates a token, deploys it, waits until it is in use, and only then revokes the old one' {
            $result = Invoke-GitLabAgentTokenRotation 101 12 -Deploy {
                Use-Token $_
            } -Description 'for the cluster' -PollSec 1
            $result.Status | Should -Be 'Completed'
            $result.Project | Should -Be 'group/app'
            $result.Agent | Should -Be 'staging'
            $result.NewToken.Name | Should -Be "staging-1-$today"
            $result.RevokedTokens.Id | Should -Be 1004
            $result.KeptTokens | Should -BeNullOrEmpty
            $result.Error | Should -BeNullOrEmpty
            $result.CompletedAt | Should -BeGreaterOrEqual $result.StartedAt
            $new = $result.NewToken.Id
            Get-FakeGitLabCall $server | Should -Be @(
                'GET /api/v4/projects/101/cluster_agents/12'
                'GET /api/v4/projects/101/cluster_agents/12/tokens?per_page=100&page=1'
                'GET /api/v4/projects/101/cluster_agents/12/tokens/1004'
                'POST /api/v4/projects/101/cluster_agents/12/tokens'
                "GET /api/v4/projects/101/cluster_agents/12/tokens/$new"
                'DELETE /api/v4/projects/101/cluster_agents/12/tokens/1004')
            (Get-FakeGitLabRequest $server -Method POST).body | ConvertFrom-Json |
                ForEach-Object { $_.name, $_.description } | Should -Be "staging-1-$today", 'for the cluster'
        }

        It 'passes the token as $_ and as the first argument, in the scope of the caller, and discards the output' {
            $mine = 'of the caller'
            $seen = @{}
            $output = Invoke-GitLabAgentTokenRotation 101 12 -NoWait -Deploy {
                param($Token)
                $seen.Same = [object]::ReferenceEquals($_, $Token)
                $seen.Type = $_.GetType().FullName
                $seen.Secret = $_.RevealToken()
                $seen.Mine = $mine
                $seen.Arguments = $args.Count
                $_.RevealToken()
            }
            $output.Count | Should -Be 1
            $seen.Same | Should -BeTrue
            $seen.Type | Should -Be 'GitLabAgents.NewAgentToken'
            $seen.Secret | Should -Be (Get-Token "staging-1-$today").secret
            $seen.Mine | Should -Be $mine
            $seen.Arguments | Should -Be 0
        }

        It 'accepts agents from the pipeline, and waits for them concurrently' {
            $null = Add-FakeGitLabSeed $server @{ agents = 1..5 |
                ForEach-Object { @{ project = 'many/one'; name = "a$_"; tokens = @("t$_") } } }
            $deployed = [System.Collections.Generic.List[object]]::new()
            $results = Get-GitLabClusterAgent many/one |
                Invoke-GitLabAgentTokenRotation -PollSec 1 -TimeoutSec 20 -Deploy {
                $deployed.Add($_)
                if ($deployed.Count -eq 5) {
                    $deployed | ForEach-Object { Use-Token $_ }
                } # None is used before all are deployed.
            }
            $results.Status | Should -Be (@('Completed') * 5)
            $results.Agent | Sort-Object | Should -Be 'a1', 'a2', 'a3', 'a4', 'a5'
            $deployed.Name | Should -Be (1..5 | ForEach-Object { "t$_-$today" })
            (Get-FakeGitLabLoad $server).maxInFlight | Should -BeLessOrEqual 8
        }

        It 'finds the agent by name, and uses the specified token name' {
            (Invoke-GitLabAgentTokenRotation group/app staging -Name 'mine' -Deploy { Use-Token $_ }).NewToken.Name |
                Should -Be 'mine'
        }

        It 'does not bind a name from the pipeline' {
            $agent = Get-GitLabClusterAgent group/app staging
            ($agent | Invoke-GitLabAgentTokenRotation -NoWait).NewToken.Name | Should -Be "staging-1-$today"
        }

        It 'creates the first token of an agent that has none' {
            $result = Invoke-GitLabAgentTokenRotation platform/infra cluster-us -Deploy { Use-Token $_ }
            $result.Status | Should -Be 'Completed'
            $result.RevokedTokens | Should -BeNullOrEmpty
            Get-Active 14 | Should -Be "cluster-us-$today"
        }

        It 'rotates an agent once if the input contains it twice' {
            $results = 12, 12 | ForEach-Object { [pscustomobject]@{ Project = 101; Agent = $_ } } |
                Invoke-GitLabAgentTokenRotation -Deploy {
                    Use-Token $_
                } -PollSec 1 -WarningVariable warnings -WarningAction SilentlyContinue
            $results.Count | Should -Be 1
            $warnings | Should -BeLike '*more than once*'
            @(Get-FakeGitLabCall $server -Method POST).Count | Should -Be 1
        }

        It 'uses the session of the object' {
            $agent = Get-GitLabClusterAgent group/app staging
            $other = Connect-FakeGitLab $server glpat-readonly
            ($agent | Invoke-GitLabAgentTokenRotation -Deploy { Use-Token $_ }).Status | Should -Be 'Completed'
        }

        It 'shows the phase and the time that is left, and removes the progress' {
            $shell = Open-Shell
            try {
                $null =
                    Invoke-InShell $shell ('Invoke-GitLabAgentTokenRotation 101 12 -Session $session -Deploy { } ' +
                        '-PollSec 1 -TimeoutSec 1')
                $records = $shell.Shell.Streams.Progress | Where-Object Activity -EQ 'Rotating agent tokens'
                $records[0].StatusDescription | Should -Be '0 of 1 agents done; deploying: staging'
                $records[1].StatusDescription |
                    Should -Be '0 of 1 agents done; waiting for first use: staging; 1 second left'
                $records[1].SecondsRemaining | Should -BeIn 0, 1
                $records[-1].RecordType | Should -Be 'Completed'
            }
            finally { Close-Shell $shell }
        }
    }

    Context 'when both slots are taken' {
        It 'revokes the one that was never used, with -Force' {
            $result = Invoke-GitLabAgentTokenRotation 101 prod -Force -Deploy { Use-Token $_ }
            $result.Status | Should -Be 'Completed'
            $result.RevokedTokens.Name | Should -Be 'prod-spare', 'prod-2024'
            $result.NewToken.Name | Should -Be "prod-2024-$today"
            Get-Active 11 | Should -Be "prod-2024-$today"
            Get-FakeGitLabCall $server -Method POST, DELETE | ForEach-Object { ($_ -split '/')[-1] } |
                Should -Be '1002', 'tokens', '1001'
        }

        It 'revokes it with -Confirm:$false too, or if $ConfirmPreference is None' {
            (Invoke-GitLabAgentTokenRotation 101 prod -Confirm:$false -NoWait).RevokedTokens.Name |
                Should -Be 'prod-spare'
            Reset-FakeGitLab $server
            & { $ConfirmPreference = 'None'; (Invoke-GitLabAgentTokenRotation 101 prod -NoWait).RevokedTokens.Name } |
                Should -Be 'prod-spare'
        }

        It 'prompts first, and names the tokens' {
            $shell = Open-Shell
            try {
                Invoke-InShell $shell 'Invoke-GitLabAgentTokenRotation 101 prod -Session $session -NoWait' |
                    Should -BeNullOrEmpty
                $shell.Console.Questions.Count | Should -Be 1
                $shell.Console.Questions[0] |
                    Should -BeLike ("*agent prod of project group/app on 127.0.0.1*'prod-spare' (1002, never used, " +
                        "created 20 days ago)*keep token 'prod-2024' (1001, used 3 hours ago)*")
                Get-FakeGitLabCall $server -Method POST, DELETE | Should -BeNullOrEmpty
                $shell.Console.Choice = '&Yes'
                $shell.Shell.Commands.Clear()
                (
                    Invoke-InShell $shell ('Invoke-GitLabAgentTokenRotation 101 prod -Session $session ' +
                        '-NoWait')).RevokedTokens.Name |
                    Should -Be 'prod-spare'
            }
            finally { Close-Shell $shell }
        }

        It 'prompts once if $ConfirmPreference is Low' {
            $shell = Open-Shell
            try {
                $shell.Console.Choice = '&Yes'
                (
                    Invoke-InShell $shell ('$ConfirmPreference = "Low"; Invoke-GitLabAgentTokenRotation 101 prod ' +
                        '-Session $session -NoWait')).RevokedTokens.Name |
                    Should -Be 'prod-spare'
                $shell.Console.Questions.Count | Should -Be 1
                $shell.Console.Questions[0] | Should -BeLike "*Revoke token 'prod-spare' (1002*"
            }
            finally { Close-Shell $shell }
        }

        It 'shows no line breaks and escape sequences of names in a prompt' {
            $null = Add-FakeGitLabSeed $server @{ agents = @(
                @{ project = 'odd/one'; name = 'odd'
                    tokens = @(@{ name = "a`n`e[31mYes"; lastUsedAt = [DateTimeOffset]::UtcNow.ToString('o') }, 'b') }
            ) }
            $shell = Open-Shell
            try {
                $null = Invoke-InShell $shell 'Invoke-GitLabAgentTokenRotation odd/one odd -Session $session -NoWait'
                $shell.Console.Questions[0] | Should -Not -Match '[\x00-\x1f]'
                $shell.Console.Questions[0] | Should -BeLike "*'b' (*never used*'a  ``[31mYes' (*"
            }
            finally { Close-Shell $shell }
        }

        It 'does not prompt if there is a free slot' {
            $shell = Open-Shell
            try {
                (Invoke-InShell $shell 'Invoke-GitLabAgentTokenRotation 101 staging -Session $session -NoWait').Status |
                    Should -Be 'AwaitingUse'
                $shell.Console.Questions | Should -BeNullOrEmpty
            }
            finally { Close-Shell $shell }
        }

        It 'is TokenLimitReached if nobody can be prompted, and continues with the next agent' {
            $script = "
                Import-Module '$PSScriptRoot/../../GitLabAgents.psd1'
                `$token = [System.Net.NetworkCredential]::new('', 'glpat-maintainer').SecurePassword
                Connect-GitLab '$($server.Url)' `$token -AllowUnencryptedAuthentication
                `$quiet = @{ ErrorVariable = 'failures'; ErrorAction = 'SilentlyContinue' }
                Get-GitLabClusterAgent group/app |
                    Invoke-GitLabAgentTokenRotation -NoWait @quiet |
                    ForEach-Object { `$_.ToString() }
                `$failures.FullyQualifiedErrorId"
            Invoke-ChildShell $script |
                Should -Be 'staging: AwaitingUse',
                    'TokenLimitReached,GitLabAgents.Commands.InvokeGitLabAgentTokenRotationCommand'
            Get-Active 11 | Should -Be 'prod-2024', 'prod-spare'
        }

        It 'is TokenLimitReached, and changes nothing, if both are in use: <What>' -ForEach @(
            @{ What = 'both today'; Used = [ordered]@{ 1001 = 0; 1002 = 0.5 }; More = @{} }
            @{ What = 'for less than -UnusedFor'; Used = @{ 1002 = 3 }; More = @{ UnusedFor = [timespan]'7' } }
            @{ What = 'the other was not used later'; Used = @{ 1001 = 30; 1002 = 30 }; More = @{} }
        ) {
            $now = [DateTimeOffset]::UtcNow
            $null = Add-FakeGitLabSeed $server @{ markUsed = @(
                $Used.Keys | ForEach-Object { @{ id = $_; at = $now.AddDays(-$Used[[object]$_]).ToString('o') } }
            ) }
            $failure = Get-Failure {
                Invoke-GitLabAgentTokenRotation 101 prod -Force @More -Deploy { throw 'never called' }
            }
            $failure.FullyQualifiedErrorId |
                Should -Be 'TokenLimitReached,GitLabAgents.Commands.InvokeGitLabAgentTokenRotationCommand'
            $failure.CategoryInfo.Category | Should -Be 'LimitsExceeded'
            $failure.TargetObject | Should -Be 'prod'
            "$failure" |
                Should -BeLike "*'prod-2024' (1001, last used *)*'prod-spare' (1002, last used *)*Nothing was changed.*"
            Get-FakeGitLabCall $server -Method POST, DELETE | Should -BeNullOrEmpty
        }

        It 'revokes all but the one in use if there are more than are allowed' {
            $result = Invoke-GitLabAgentTokenRotation platform/infra cluster-eu -Force -Deploy { Use-Token $_ }
            $result.RevokedTokens.Name | Should -Be 'eu-2', 'eu-3', 'eu-1'
            Get-Active 13 | Should -Be "eu-1-$today"
        }

        It 'rejects <Value> as an idle time, before any request' -ForEach @(
            @{ Value = 7 }, @{ Value = [timespan]::FromDays(-1) }
        ) {
            $failure = Get-Failure { Invoke-GitLabAgentTokenRotation 101 prod -UnusedFor $Value -Force }
            $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidRequest,*'
            $failure.ErrorDetails.RecommendedAction | Should -BeLike '*New-TimeSpan -Days 7*'
            Get-FakeGitLabCall $server | Should -BeNullOrEmpty
        }
    }

    Context '-WhatIf' {
        It 'shows what would happen to which token: <Case>' -ForEach @(
            @{ Case = 'one token'
                Run = { Invoke-GitLabAgentTokenRotation 101 staging -WhatIf -Deploy { throw 'never' } }
                Message = "Create token 'staging-1-*', deploy it, wait until it is used, then revoke token " +
                    "'staging-1' (1004, used 2 months ago)*agent staging (12) of project group/app on 127.0.0.1*" }
            @{ Case = 'an eviction'; Run = { Invoke-GitLabAgentTokenRotation 101 prod -WhatIf -NoWait }
                Message = "Revoke token 'prod-spare' (1002, never used, created 20 days ago) to free a slot, " +
                    "create token 'prod-2024-*' and do not wait; keep token 'prod-2024' (1001, used 3 hours ago)*" }
            @{ Case = 'no token'
                Run = { Invoke-GitLabAgentTokenRotation platform/infra cluster-us -WhatIf -Deploy { } }
                Message = "Create token 'cluster-us-*', deploy it, wait until it is used, then revoke nothing, " +
                    "because there is no older token*" }
            @{ Case = 'to resume'; Run = { Invoke-GitLabAgentTokenRotation 101 prod -WhatIf -Resume }
                Message = "Resume with token 'prod-spare' (1002, never used, created 20 days ago): wait until it " +
                    "is used, then revoke token 'prod-2024' (1001, used 3 hours ago)*" }
        ) {
            $file = Join-Path $TestDrive 'whatif.txt'
            Start-Transcript $file -UseMinimalHeader | Out-Null
            try { & $Run | Should -BeNullOrEmpty } finally { Stop-Transcript | Out-Null }
            (Get-Content $file -Raw) -replace '\r?\n' | Should -BeLike "*Performing the operation `"$Message"
            Get-FakeGitLabCall $server -Method POST, DELETE | Should -BeNullOrEmpty
        }

        It 'shows ages by the clock of the server' {
            Edit-FakeGitLabOption $server @{ clockSkewMs = 3 * 86400000 }
            $null = Add-FakeGitLabSeed $server @{ markUsed = @{
                id = 1004
                at = [DateTimeOffset]::UtcNow.AddDays(2.99).ToString('o')
            } }
            $file = Join-Path $TestDrive 'whatif.txt'
            Start-Transcript $file -UseMinimalHeader | Out-Null
            try { Invoke-GitLabAgentTokenRotation 101 staging -WhatIf -NoWait } finally { Stop-Transcript | Out-Null }
            (Get-Content $file -Raw) -replace '\r?\n' |
                Should -BeLike "*keep token 'staging-1' (1004, used 1? minutes ago)*"
        }

        It 'reports the error that there would be' {
            $null = Add-FakeGitLabSeed $server @{ markUsed = 1002 }
            (Get-Failure { Invoke-GitLabAgentTokenRotation 101 prod -WhatIf }).FullyQualifiedErrorId |
                Should -BeLike 'TokenLimitReached,*'
        }
    }

    Context 'when it does not complete' {
        It 'revokes the new token if the deployment throws, and reports it' {
            $failures = $null
            $result = Invoke-GitLabAgentTokenRotation 101 12 -Deploy {
                throw 'kubectl is not well'
            } -ErrorAction SilentlyContinue -ErrorVariable failures
            $result.Status | Should -Be 'DeployFailed'
            $result.Error.Message |
                Should -BeLike "*kubectl is not well. It was revoked. Kept: token 'staging-1' (1004).*"
            $result.KeptTokens.Name | Should -Be 'staging-1'
            $result.RevokedTokens.Id | Should -Be $result.NewToken.Id
            Get-Active 12 | Should -Be 'staging-1'
            $failures.FullyQualifiedErrorId |
                Should -Be 'DeployFailed,GitLabAgents.Commands.InvokeGitLabAgentTokenRotationCommand'
            $failures.TargetObject | Should -Be 12
        }

        It 'leaves no secret in $Error, whatever the deployment does' {
            $Error.Clear()
            $null = Invoke-GitLabAgentTokenRotation 101 12 -ErrorAction SilentlyContinue -Deploy {
                Write-Error "one $($_.RevealToken())" -ErrorAction SilentlyContinue
                throw "two $($_.RevealToken())"
            }
            $secret = (Get-Token "staging-1-$today").secret
            $Error.Count | Should -Be 1
            "$($Error[0])" | Should -BeLike '*was not deployed: two [[]redacted]. It was revoked.*'
            ($Error | Format-List * -Force | Out-String -Width 500) | Should -Not -BeLike "*$secret*"
        }

        It 'leaves no secret in $Error that is thrown in another form: <What>' -ForEach @(
            @{ What = 'a table'; Deploy = { throw @{ a = $_.RevealToken() } } }
            @{ What = 'the target of an error'
                Deploy = { Write-Error 'no' -TargetObject $_.RevealToken() -ErrorAction SilentlyContinue; throw 'no' } }
            @{ What = 'the recommendation of an error'
                Deploy = { Write-Error 'no' -RecommendedAction $_.RevealToken() -ErrorAction Stop } }
        ) {
            $Error.Clear()
            $null = Invoke-GitLabAgentTokenRotation 101 12 -ErrorAction SilentlyContinue -Deploy $Deploy
            $secret = (Get-Token "staging-1-$today").secret
            $Error.Count | Should -Be 1
            ($Error | ForEach-Object { $_ | Format-List * -Force; $_.TargetObject; $_.ErrorDetails | Format-List * } |
                Out-String -Width 500) |
                Should -Not -BeLike "*$secret*"
        }

        It 'rejects a deployment with named blocks before any request: <Blocks>' -ForEach @(
            @{ Blocks = 'begin and end'; Deploy = { begin { 1 } end { 2 } } }
            @{ Blocks = 'process and end'; Deploy = { process { 1 } end { 2 } } }
        ) {
            (Get-Failure { Invoke-GitLabAgentTokenRotation 101 12 -Deploy $Deploy }).FullyQualifiedErrorId |
                Should -BeLike 'InvalidRequest,*'
            Get-FakeGitLabCall $server | Should -BeNullOrEmpty
        }

        It 'accepts a deployment with a process block, and a function' {
            function Publish-It { param($Token) Use-Token $Token }
            (Invoke-GitLabAgentTokenRotation 101 12 -Deploy { process { Use-Token $_ } }).Status |
                Should -Be 'Completed'
            (Invoke-GitLabAgentTokenRotation 104 15 -Deploy ${function:Publish-It}).Status | Should -Be 'Completed'
        }

        It 'leaves $LASTEXITCODE as it was' {
            $global:LASTEXITCODE = 42
            $null = Invoke-GitLabAgentTokenRotation 101 12 -NoWait -Deploy {
                dotnet no-such-command *> $null
            } -WarningAction SilentlyContinue
            $global:LASTEXITCODE | Should -Be 42
        }

        It 'reports what is left if the deployment disconnects the session and fails' {
            $results = Get-GitLabClusterAgent -Group platform/apps -Recurse -Session $session |
                Invoke-GitLabAgentTokenRotation -Deploy {
                    $session | Disconnect-GitLab
                    throw 'glpat-maintainer'
                } -ErrorAction SilentlyContinue -ErrorVariable failures
            $results.Status | Should -Be 'DeployFailed'
            "$($results.Error.Message)" |
                Should -BeLike ("*the reason is not shown*Get-GitLabAgentToken -Project *-TokenId " +
                    "$($results.NewToken.Id)")
            ($failures.FullyQualifiedErrorId -split ',')[0..2] -join ' ' | Should -BeLike '*DeployFailed*'
            "$failures" | Should -BeLike '*disconnected*'
            $session = Connect-FakeGitLab $server
        }

        It 'treats <Way> as a deployment that failed' -ForEach @(
            @{ Way = 'exit'; Deploy = { exit 3 } }
            @{ Way = 'break'; Deploy = { break } }
            @{ Way = 'continue'; Deploy = { continue } }
            @{ Way = 'an error that stops'; Deploy = { Get-Item '/no/where' -ErrorAction Stop } }
            @{ Way = 'an exception of .NET'; Deploy = { [int]::Parse('x') } }
        ) {
            (Invoke-GitLabAgentTokenRotation 101 12 -Deploy $Deploy -ErrorAction SilentlyContinue).Status |
                Should -Be 'DeployFailed'
            Get-Active 12 | Should -Be 'staging-1'
        }

        It 'warns if the last command of the deployment failed without throwing, and waits' {
            $warnings = $null
            (Invoke-GitLabAgentTokenRotation 101 12 -NoWait -Deploy {
                dotnet no-such-command *> $null
            } -WarningVariable warnings -WarningAction SilentlyContinue).Status |
                Should -Be 'AwaitingUse'
            $warnings | Should -BeLike "*'staging-1-$today'*exit code 1*"
        }

        It 'does not revoke a token that is in use, whatever the deployment throws' {
            $result = Invoke-GitLabAgentTokenRotation 101 12 -Deploy {
                Use-Token $_
                throw 'late'
            } -ErrorAction SilentlyContinue
            $result.Status | Should -Be 'DeployFailed'
            $result.Error.Message | Should -BeLike '*not revoked, because it is already in use*-Resume'
            @(Get-Active 12).Count | Should -Be 2
        }

        It 'keeps both on a timeout, and -Resume completes it, in another session too' {
            $failures = $null
            $result = Invoke-GitLabAgentTokenRotation 101 12 -Deploy { } -TimeoutSec 1 -PollSec 1 `
                -ErrorAction SilentlyContinue -ErrorVariable failures
            $result.Status | Should -Be 'TimedOut'
            $failures.FullyQualifiedErrorId | Should -BeLike 'Timeout,*'
            $failures.CategoryInfo.Category | Should -Be 'OperationTimeout'
            $failures.ErrorDetails.RecommendedAction |
                Should -Be 'Resume with: Invoke-GitLabAgentTokenRotation -Project 101 -Agent 12 -Resume'
            "$failures" |
                Should -BeLike ("Token 'staging-1-$today' (*) of agent staging of project group/app on " +
                    "127.0.0.1*was not seen in use within 1 second. Kept: token 'staging-1' (1004). Resume with: " +
                    "Invoke-GitLabAgentTokenRotation -Project 101 -Agent 12 -Resume")
            Get-Active 12 | Should -Be 'staging-1', "staging-1-$today"

            Use-Token $result.NewToken
            $session = Connect-FakeGitLab $server
            $again = Invoke-GitLabAgentTokenRotation 101 12 -Resume -Deploy { throw 'It is deployed already.' }
            $again.Status | Should -Be 'Completed'
            $again.NewToken.Id | Should -Be $result.NewToken.Id
            $again.RevokedTokens.Name | Should -Be 'staging-1'
            Get-Active 12 | Should -Be "staging-1-$today"
            Get-FakeGitLabCall $server -Method POST | Should -BeNullOrEmpty
        }

        It 'creates no token with -Resume without -Deploy' {
            $result = Invoke-GitLabAgentTokenRotation 101 12 -Resume
            $result.Status | Should -Be 'Completed'
            $result.NewToken.Name | Should -Be 'staging-1'
            $result.RevokedTokens | Should -BeNullOrEmpty
            (Get-Failure { Invoke-GitLabAgentTokenRotation platform/infra cluster-us -Resume }).FullyQualifiedErrorId |
                Should -BeLike 'TokenNotFound,*'
            Get-FakeGitLabCall $server -Method POST, DELETE | Should -BeNullOrEmpty
        }

        It 'starts a rotation with -Resume and -Deploy if there is none to resume' {
            $result = Invoke-GitLabAgentTokenRotation 101 12 -Resume -Deploy { Use-Token $_ }
            $result.RevokedTokens.Name | Should -Be 'staging-1'
            Get-Active 12 | Should -Be "staging-1-$today"
            Clear-FakeGitLabRequest $server
            (Invoke-GitLabAgentTokenRotation 101 12 -Resume -Deploy { throw 'It is done.' }).Status |
                Should -Be 'Completed'
            Get-FakeGitLabCall $server -Method POST, DELETE | Should -BeNullOrEmpty
        }

        It 'resumes its own results' {
            $results = Get-GitLabClusterAgent group/app | Invoke-GitLabAgentTokenRotation -NoWait -Force
            $results | ForEach-Object { Use-Token $_.NewToken }
            ($results | Invoke-GitLabAgentTokenRotation -Resume -PollSec 1).Status | Should -Be 'Completed', 'Completed'
        }

        It 'writes the secret at once with -NoWait' {
            $result = Invoke-GitLabAgentTokenRotation 101 12 -NoWait
            $result.Status | Should -Be 'AwaitingUse'
            $result.NewToken.RevealToken() | Should -Be (Get-Token "staging-1-$today").secret
            $result.KeptTokens.Name | Should -Be 'staging-1'
            (Invoke-GitLabAgentTokenRotation 101 12 -Resume -NoWait).Status | Should -Be 'AwaitingUse'
            Use-Token $result.NewToken
            (Invoke-GitLabAgentTokenRotation 101 12 -Resume -NoWait).Status | Should -Be 'Completed'
        }

        It 'warns that nobody installs the token while it waits' {
            $warnings = $null
            $null = Invoke-GitLabAgentTokenRotation 101 12 -TimeoutSec 1 -PollSec 1 -WarningVariable warnings `
                -WarningAction SilentlyContinue -ErrorAction SilentlyContinue
            $warnings | Should -BeLike '*Without -Deploy*'
        }

        It 'warns while it retries to revoke an older token, and reports RevokeFailed in the end' {
            Add-FakeGitLabFault $server @{ kind = 'status'; status = 500; method = 'DELETE'; times = 'always' }
            $result = Invoke-GitLabAgentTokenRotation 101 12 -Deploy {
                Use-Token $_
            } -TimeoutSec 1 -PollSec 1 -ErrorAction SilentlyContinue -ErrorVariable failures `
            -WarningAction SilentlyContinue -WarningVariable warnings
            $result.Status | Should -Be 'RevokeFailed'
            $warnings |
                Should -BeLike ("Token 'staging-1-$today' (*) of agent staging of project group/app on * is in use, " +
                    "but not every older token could be revoked. Retrying for 1 second: *500*")
            $failures.FullyQualifiedErrorId | Should -BeLike 'RevokeFailed,*'
            "$failures" |
                Should -BeLike ("*Kept: token 'staging-1' (1004).*Resume with: Invoke-GitLabAgentTokenRotation " +
                    "-Project 101 -Agent 12 -Resume")
            $failures.ErrorDetails.RecommendedAction |
                Should -Be 'Resume with: Invoke-GitLabAgentTokenRotation -Project 101 -Agent 12 -Resume'
        }

        It 'does not stop the others: <What>' -ForEach @(
            @{ What = 'an agent that does not exist'; Id = 'AgentNotFound'
                Fault = @{ kind = 'status'; status = 404; pathContains = '/cluster_agents/15' } }
            @{ What = 'tokens that cannot be read'; Id = 'ServerError'
                Fault = @{
                    kind = 'status'
                    status = 500
                    pathContains = '/15/tokens/'
                    method = 'GET'
                    times = 'always'
                } }
            @{ What = 'a token that is not created'; Id = 'OutcomeUnknown'
                Fault = @{ kind = 'status'; status = 502; pathContains = '/15/tokens'; method = 'POST' } }
            @{ What = 'an insufficient role'; Id = 'Forbidden'
                Fault = @{ kind = 'status'; status = 403; pathContains = '/15/tokens'; method = 'POST' } }
        ) {
            $agents = Get-GitLabClusterAgent -Group platform/apps -Recurse
            Add-FakeGitLabFault $server $Fault
            $failures = $null
            $result = $agents |
                Invoke-GitLabAgentTokenRotation -Deploy {
                    Use-Token $_
                } -ErrorAction SilentlyContinue -ErrorVariable failures
            $result.Agent | Should -Be 'api'
            $result.Status | Should -Be 'Completed'
            $failures.FullyQualifiedErrorId | Should -BeLike "$Id,*"
        }

        It 'is rejected before any request: <What>' -ForEach @(
            @{ What = 'an empty name'; More = @{ Name = '' } }
            @{ What = 'a blank name'; More = @{ Name = '  ' } }
            @{ What = 'a name that is too long'; More = @{ Name = 'x' * 256 } }
            @{ What = 'a description that is too long'; More = @{ Description = 'x' * 1025 } }
            @{ What = 'a negative timeout'; More = @{ TimeoutSec = -1 } }
            @{ What = 'no time between polls'; More = @{ PollSec = 0 } }
        ) {
            (Get-Failure { Invoke-GitLabAgentTokenRotation 101 12 -NoWait @More }).Exception |
                Should -BeOfType System.Management.Automation.ParameterBindingException
            Get-FakeGitLabCall $server | Should -BeNullOrEmpty
        }

        It 'is NotConnected without a session' {
            Disconnect-GitLab
            (Get-Failure { Invoke-GitLabAgentTokenRotation 101 12 -NoWait }).FullyQualifiedErrorId |
                Should -BeLike 'NotConnected,*'
        }
    }

    Context 'when it is stopped' {
        BeforeEach { $shell = Open-Shell }
        AfterEach { Close-Shell $shell }

        It 'in the wait keeps both, and says how to resume' {
            $took = Invoke-Interrupted `
                -Script 'Invoke-GitLabAgentTokenRotation 101 12 -Session $session -Deploy { } -PollSec 60' -When {
                (Test-Waiting) -and (Get-FakeGitLabLoad $server).inFlight -eq 0
            }
            $took | Should -BeLessThan 1.5
            Get-Active 12 | Should -Be 'staging-1', "staging-1-$today"
            $shell.Console.Warnings |
                Should -BeLike ("Stopped. Token 'staging-1-$today' (*) of agent staging of project group/app on " +
                    "127.0.0.1* was created and has not been seen in use yet. Kept: token 'staging-1' (1004). " +
                    "Resume with: Invoke-GitLabAgentTokenRotation -Project 101 -Agent 12 -Resume")
        }

        It 'in the wait for several agents says so for each' {
            $null = Invoke-Interrupted `
                -Script ('Get-GitLabClusterAgent -Group platform/apps -Recurse -Session $session | ' +
                    'Invoke-GitLabAgentTokenRotation -Deploy { } -PollSec 60') -When {
                Test-Waiting
            }
            $shell.Console.Warnings.Count | Should -Be 2
            $shell.Console.Warnings | Should -BeLike '*-Resume'
            $shell.Shell.Streams.Progress.StatusDescription |
                Should -Contain '0 of 2 agents done; waiting for first use: api, web; 15 minutes left'
        }

        It 'in a poll that hangs ends at once, with no request left' {
            Add-FakeGitLabFault $server @{
                kind = 'hang'
                method = 'GET'
                pathMatches = '/tokens/10(1[0-9])$'
                times = 'always'
            }
            $took = Invoke-Interrupted `
                -Script 'Invoke-GitLabAgentTokenRotation 101 12 -Session $session -Deploy { } -PollSec 1' -When {
                (Get-FakeGitLabCall $server -Method GET) -match '/tokens/101\d$'
            }
            $took | Should -BeLessThan 1.5
            Wait-Until { (Get-FakeGitLabLoad $server).inFlight -eq 0 }
            $shell.Console.Warnings | Should -BeLike '*-Resume'
        }

        It 'in the deployment revokes the new token, and says so' {
            $took = Invoke-Interrupted `
                -Script ('Invoke-GitLabAgentTokenRotation 101 12 -Session $session -Deploy { Write-Progress ' +
                    'deploying; Start-Sleep -Seconds 60 }') -When {
                $shell.Shell.Streams.Progress.Activity -contains 'deploying'
            }
            $took | Should -BeLessThan 6
            Get-Active 12 | Should -Be 'staging-1'
            $shell.Console.Warnings |
                Should -BeLike 'Stopped. *was not deployed: the rotation was stopped. It was revoked. Kept: *'
        }

        It 'in the deployment of a token that is already in use keeps both' {
            $script = "$useFunction
                Invoke-GitLabAgentTokenRotation 101 12 -Session `$session -Deploy {
                    Use-It `$_
                    Start-Sleep -Seconds 60
                }"
            $null = Invoke-Interrupted -Script $script -When { (Get-Token "staging-1-$today").lastUsedAt }
            @(Get-Active 12).Count | Should -Be 2
            $shell.Console.Warnings | Should -BeLike '*not revoked, because it is already in use*-Resume'
        }

        It 'without -Deploy revokes the new token, because nobody has it' {
            $took = Invoke-Interrupted -Script 'Invoke-GitLabAgentTokenRotation 101 12 -Session $session -PollSec 60' `
                -When { Test-Waiting }
            $took | Should -BeLessThan 6
            Get-Active 12 | Should -Be 'staging-1'
            "$($shell.Console.Warnings)" | Should -BeLike '*It was revoked.*'
        }

        It 'while the token is created revokes it' {
            Add-FakeGitLabFault $server @{ kind = 'delay'; method = 'POST'; delayMs = 800; afterActing = $true }
            $null = Invoke-Interrupted -Script 'Invoke-GitLabAgentTokenRotation 101 12 -Session $session -Deploy { }' `
                -When { Get-Token "staging-1-$today" }
            Get-Active 12 | Should -Be 'staging-1'
            $shell.Console.Warnings | Should -BeLike '*revoked*'
        }

        It 'by -First says what is left of the others' {
            $first = Invoke-InShell $shell "$useFunction
                Get-GitLabClusterAgent group/app -Session `$session |
                    Invoke-GitLabAgentTokenRotation -Force -PollSec 60 -Deploy {
                        if (`$_.AgentId -eq 12) { Use-It `$_ }
                    } |
                    Select-Object -First 1"
            $first.Agent | Should -Be 'staging'
            $shell.Console.Warnings |
                Should -BeLike ("Stopped. Revoked: token 'prod-spare' (1002). Token 'prod-2024-$today' (*) of agent " +
                    "prod of project group/app on * was created *-Resume")
        }

        It 'by -ErrorAction Stop says that what was written may be lost' {
            Invoke-InShell $shell ('try { $kept = 12, 4711 | ForEach-Object { [pscustomobject]@{ Project = 101; ' +
                'Agent = $_ } } | Invoke-GitLabAgentTokenRotation -Session $session -NoWait -ErrorAction Stop } ' +
                'catch { $null = $_ }; $kept') |
                Should -BeNullOrEmpty
            $shell.Console.Warnings |
                Should -BeLike ("The pipeline ended after token 'staging-1-$today' (*) of agent staging was " +
                    "written. If nothing kept the output, its secret is lost: rotate again, without -Resume.")
        }

        It 'by an error elsewhere says nothing about results that were written' {
            $null =
                Invoke-InShell $shell ('Invoke-GitLabAgentTokenRotation 101 12 -Session $session -NoWait | ' +
                    'Select-Object -First 1; Invoke-GitLabAgentTokenRotation 104 15 -Session $session -NoWait')
            $shell.Console.Warnings | Should -BeNullOrEmpty
        }

        It 'by -ErrorAction Stop says what is left of the others' {
            $null =
                Invoke-InShell $shell ('try { 12, 4711 | ForEach-Object { [pscustomobject]@{ Project = 101; Agent = ' +
                    '$_ } } | Invoke-GitLabAgentTokenRotation -Session $session -Deploy { } -PollSec 60 ' +
                    '-ErrorAction Stop } catch { "$_" }')
            $shell.Console.Warnings |
                Should -BeLike ('*agent staging of project group/app on * was created and has not been seen in use ' +
                    'yet*-Resume')
            Get-Active 12 | Should -Be 'staging-1', "staging-1-$today"
        }
    }

    Context 'when a message cannot be written' {
        BeforeAll {
            # Runs a rotation with a preference, and returns what reached the user.
            function Invoke-WithPreference ([hashtable] $Preferences, [string] $Command) {
                $shell.Console.Questions.Clear()
                $shell.Console.Warnings.Clear()
                $shell.Shell.Commands.Clear()
                $shell.Shell.Streams.ClearStreams()
                $script = 'param($session, $preferences) ' + $useFunction + '
                    foreach ($name in $preferences.Keys) { Set-Variable $name $preferences[$name] }
                    ' + $Command
                $null = $shell.Shell.AddScript($script).AddArgument($session).AddArgument($Preferences)
                $output = [System.Collections.Generic.List[psobject]]::new()
                $thrown = try { $shell.Shell.Invoke($null, $output) } catch { $_ }
                [pscustomobject]@{
                    Output = $output
                    Thrown = $thrown
                    Text = "$($shell.Console.Warnings) $($shell.Shell.Streams.Error) $thrown"
                }
            }

            # A new token was written to the pipeline, or revoked, or reported. The old token is active unless the new
            # one is used.
            function Assert-TokenAccountedFor ($Run, [bool] $IsDeployed) {
                $state = (Get-FakeGitLabState $server).tokens | Where-Object agentId -EQ 11
                $created = @($state | Where-Object { $_.id -notin 1001, 1002 -and $_.status -eq 'active' })
                foreach ($token in $created) {
                    $isWritten = $Run.Output.NewToken.Id -contains $token.id
                    $isNamed = $IsDeployed -and $Run.Text.Contains("'$($token.name)' ($($token.id))")
                    ($isWritten -or $isNamed) |
                        Should -BeTrue -Because "token $($token.id) must not be lost: $($Run.Text)"
                }
                if (-not ($created | Where-Object lastUsedAt)) {
                    ($state | Where-Object id -EQ 1001).status | Should -Be 'active'
                }
            }
        }

        BeforeEach { $shell = Open-Shell }
        AfterEach { Close-Shell $shell }

        It 'at any time loses no token: <Preference>, <Case>' -ForEach @(
            foreach ($preference in 'Verbose', 'Debug', 'Warning', 'Progress', 'Information') {
                @{ Preference = $preference; Case = 'deployed and used'; Deployed = $true
                    Arguments = '-PollSec 1 -Deploy { Use-It $_ }' }
                @{ Preference = $preference; Case = 'deployed and not used'; Deployed = $true
                    Arguments = '-PollSec 1 -TimeoutSec 1 -Deploy { $global:LASTEXITCODE = 1 }' }
                @{ Preference = $preference; Case = 'not deployed'; Deployed = $false
                    Arguments = '-PollSec 1 -TimeoutSec 1' }
                @{ Preference = $preference; Case = 'not waited for'; Deployed = $false; Arguments = '-NoWait' }
            }
        ) {
            $command = "Invoke-GitLabAgentTokenRotation 101 prod -Session `$session -Force $Arguments"
            $run = Invoke-WithPreference @{ "${Preference}Preference" = 'Stop' } $command
            Assert-TokenAccountedFor $run $Deployed
            # The preference changes while the rotation runs.
            Reset-FakeGitLab $server
            $run = Invoke-WithPreference @{} ($command -replace '-Deploy \{',
                "-Deploy { Set-Variable ${Preference}Preference Stop -Scope 1;")
            Assert-TokenAccountedFor $run $Deployed
            # Halt is the answer at the first message, at the second, and so on.
            $shell.Console.Choice = '&Halt Command'
            for ($count = 0; $count -eq 0 -or $run.Thrown; $count++) {
                Reset-FakeGitLab $server
                $shell.Console.YesCount = $count
                $run = Invoke-WithPreference @{ "${Preference}Preference" = 'Inquire' } $command
                Assert-TokenAccountedFor $run $Deployed
            }

            $count | Should -BeLessThan 40
            if ($Preference -eq 'Verbose') {
                $count | Should -BeGreaterThan 5 -Because 'each request writes a verbose message'
            }
        }
    }

    Context 'when its process is killed' {
        It 'at <At>: the token in use is active, and to run it again completes it' -ForEach @(
            @{ At = 'the list of tokens'; Fault = @{ method = 'GET'; pathContains = '/tokens?' } }
            @{ At = 'the read of a token'; Fault = @{ method = 'GET'; pathContains = '/tokens/1001' } }
            @{ At = 'the eviction, not done'; Fault = @{ method = 'DELETE'; pathContains = '/tokens/1002' } }
            @{ At = 'the eviction, done'
                Fault = @{ method = 'DELETE'; pathContains = '/tokens/1002'; afterActing = $true } }
            @{ At = 'the creation, not done'; Fault = @{ method = 'POST' } }
            @{ At = 'the creation, done'; Fault = @{ method = 'POST'; afterActing = $true } }
            @{ At = 'the deployment'; Fault = $null }
            @{ At = 'a poll'; Fault = @{ method = 'GET'; pathMatches = '/tokens/10(1[0-9])$' } }
            @{ At = 'the last revocation, not done'; Fault = @{ method = 'DELETE'; pathContains = '/tokens/1001' } }
            @{ At = 'the last revocation, done'
                Fault = @{ method = 'DELETE'; pathContains = '/tokens/1001'; afterActing = $true } }
        ) {
            if ($Fault) { Add-FakeGitLabFault $server ($Fault + @{ kind = 'hang' }) }
            $file = Join-Path $TestDrive 'killed.ps1'
            Set-Content $file @"
Import-Module '$PSScriptRoot/../../GitLabAgents.psd1'
`$token = [System.Net.NetworkCredential]::new('', 'glpat-maintainer').SecurePassword
Connect-GitLab '$($server.Url)' `$token -AllowUnencryptedAuthentication
$useFunction
Invoke-GitLabAgentTokenRotation 101 11 -Force -PollSec 1 -Deploy {
    Use-It `$_
    if (`$$(-not $Fault)) { Start-Sleep -Seconds 60 }
}
"@
            $process = Start-PowerShell $file
            try {
                Wait-Until {
                    if ($Fault) {
                        (Get-FakeGitLabLoad $server).inFlight -gt 0
                    } else { (Get-Token "prod-2024-$today").lastUsedAt }
                } -TimeoutSeconds 30
            }
            finally {
                $process.Kill()
                $process.WaitForExit()
                $process.Dispose()
            }

            Clear-FakeGitLabFault $server
            Wait-Until { (Get-FakeGitLabLoad $server).inFlight -eq 0 }
            # A token that was used is active at any time.
            (Get-FakeGitLabState $server).tokens |
                Where-Object { $_.agentId -eq 11 -and $_.status -eq 'active' -and $_.lastUsedAt } |
                Should -Not -BeNullOrEmpty

            $again = Invoke-GitLabAgentTokenRotation 101 11 -Resume -TimeoutSec 1 -PollSec 1 -Deploy {
                Use-Token $_
            } -ErrorAction SilentlyContinue
            if ($again.Status -ne 'Completed') {
                $again.Status | Should -Be 'TimedOut' # It waits for a token whose secret died with the process.
                $again = Invoke-GitLabAgentTokenRotation 101 11 -Force -Deploy { Use-Token $_ }
            }

            $again.Status | Should -Be 'Completed'
            @(Get-Active 11).Count | Should -Be 1
            (Get-Token (Get-Active 11) | Where-Object status -EQ active).lastUsedAt | Should -Not -BeNullOrEmpty
        }
    }
}
