#Requires -PSEdition Core
[Diagnostics.CodeAnalysis.SuppressMessage(
    'PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'The blocks of Pester share their variables.')]
param()

# Runs the runbook that rotates tokens against the fake GitLab, with a fake kubectl.

BeforeAll {
    . "$PSScriptRoot/Runbook.ps1"
}

AfterAll {
    Stop-Runbook
}

Describe 'Runbook' {
    BeforeEach {
        $session = Reset-Runbook
    }

    AfterEach { $session | Disconnect-GitLab }

    Context 'Invoke-TokenRotation' {
        BeforeEach {
            $today = [DateTime]::UtcNow.ToString('yyyy-MM-dd')
            # The columns of the report.
            $columns = 'Project', 'Agent', 'AgentId', 'Status', 'NewToken', 'NewTokenId', 'Revoked', 'Kept',
                'StartedAt', 'CompletedAt', 'Detail'
            $null = Add-FakeGitLabSeed $server @{ agents = @(
                    @{ project = 'fleet/one'; name = 'alpha'; tokens = @(
                            @{ name = 'alpha-1'; createdAt = Get-Ago 200; lastUsedAt = Get-Ago 0.1 }) }
                    @{ project = 'fleet/one'; name = 'bare'; tokens = @() }
                    @{ project = 'fleet/one'; name = 'young'; tokens = @(
                            @{ name = 'young-1'; createdAt = Get-Ago 89.9; lastUsedAt = Get-Ago 0.1 }) }
                    @{ project = 'fleet/sub/two'; name = 'beta'; tokens = @(
                            @{ name = 'beta-2026-01-31'; createdAt = Get-Ago 90.1; lastUsedAt = Get-Ago 0.1 }) }
                    @{ project = 'fleet/sub/two'; name = 'gamma'; tokens = @(
                            @{ name = 'gamma-1'; createdAt = Get-Ago 300; lastUsedAt = Get-Ago 0.1 }
                            @{ name = 'gamma-2'; createdAt = Get-Ago 20 }) }) }
            $ids = @{}
            foreach ($agent in (Get-FakeGitLabState $server).agents) { $ids[$agent.name] = $agent.id }
            $one = (Get-FakeGitLabState $server).projects | Where-Object path -EQ 'fleet/one' | ForEach-Object id
            Clear-FakeGitLabRequest $server

            # A cluster that gets a token signs in with it.
            function Use-Token ($Token) { $null = Add-FakeGitLabSeed $server @{ markUsed = $Token.Id } }

            function Get-Active ([string] $Agent) {
                ((Get-FakeGitLabState $server).tokens |
                    Where-Object { $_.agentId -eq $ids[$Agent] -and $_.status -eq 'active' }).name
            }

            # Rotates the whole fleet by default, and checks that no secret is on any stream, in any file or in $Error.
            function Invoke-Rotation ([hashtable] $Parameter) {
                $call = @{ PollSec = 1; TimeoutSec = 20 }
                if (-not $Parameter.ContainsKey('Project')) { $call += @{ Group = 'fleet'; Recurse = $true } }
                foreach ($name in $Parameter.Keys) { $call[$name] = $Parameter[$name] }
                $Error.Clear()
                $run = Invoke-Runbook Invoke-TokenRotation $call
                $run.Leaks | Should -BeNullOrEmpty
                $kept = $Error | ForEach-Object { "$_"; $_ | Format-List * -Force } | Out-String -Width 2000
                foreach ($secret in (Get-FakeGitLabState $server).tokens.secret) {
                    $kept.Contains($secret) | Should -BeFalse -Because '$Error must contain no secret'
                    $encoded = [convert]::ToBase64String([System.Text.Encoding]::UTF8.GetBytes($secret))
                    $kept.Contains($encoded) | Should -BeFalse -Because '$Error must contain no secret'
                }
                $run
            }

            $deploy = { param($Token) Use-Token $Token }
        }

        Context 'with -Deploy' {
            It 'rotates what is due, revokes the old tokens, and changes nothing else' {
                $deployed = [System.Collections.Generic.List[string]]::new()
                $run = Invoke-Rotation @{ ReportPath = "$TestDrive/report.csv"; Deploy = {
                        param($Token, $Agent)
                        $deployed.Add("$($Token.Name) of $($Agent.ProjectPath)/$Agent, $($args.Count) more")
                        Use-Token $Token
                        $Token.RevealToken()
                    } }
                $run.ExitCode | Should -Be 0
                $run.Errors | Should -BeNullOrEmpty
                $deployed | Should -Be @(
                    "alpha-1-$today of fleet/one/alpha, 0 more"
                    "beta-$today of fleet/sub/two/beta, 0 more"
                    "gamma-1-$today of fleet/sub/two/gamma, 0 more")
                $run.Objects.Status | Should -Be 'Completed', 'Completed', 'Completed'
                $run.Objects.Project | Should -Be 'fleet/one', 'fleet/sub/two', 'fleet/sub/two'
                $run.Objects.AgentId | Should -Be $ids.alpha, $ids.beta, $ids.gamma
                $run.Objects.NewTokenId | Should -Be @(
                    "alpha-1-$today", "beta-$today", "gamma-1-$today" | ForEach-Object { (Get-Token $_).id })
                $run.Objects[2].Revoked |
                    Should -Be "gamma-2 ($((Get-Token gamma-2).id)); gamma-1 ($((Get-Token gamma-1).id))"
                $run.Text | Should -BeLike '*5 agents, 3 due, 3 completed, 0 waiting, 0 failed.*'
                Get-Active alpha | Should -Be "alpha-1-$today"
                Get-Active beta | Should -Be "beta-$today"
                Get-Active gamma | Should -Be "gamma-1-$today"
                Get-Active young | Should -Be 'young-1'
                Get-FakeGitLabCall $server |
                    Where-Object { $_ -match "/cluster_agents/($($ids.young)|$($ids.bare))/" } |
                    Should -BeNullOrEmpty -Because 'one query has the age of all tokens'
                (Import-Csv "$TestDrive/report.csv").Status | Should -Be 'Completed', 'Completed', 'Completed'
            }

            It 'excludes subgroups without -Recurse, and accepts projects' {
                $run = Invoke-Runbook Invoke-TokenRotation @{ Group = 'fleet/sub'; Deploy = $deploy; WhatIf = $true }
                $run.Objects.Agent | Should -Be 'beta', 'gamma'
                $run = Invoke-Runbook Invoke-TokenRotation @{ Group = 'fleet'; Deploy = $deploy; WhatIf = $true }
                $run.Objects.Agent | Should -Be 'alpha'
                $run = Invoke-Rotation @{ Project = 'fleet/one', 'fleet/one'; Deploy = $deploy }
                $run.Objects.Agent | Should -Be 'alpha'
            }

            It 'deploys one after the other, and waits for all together' {
                $deployed = [System.Collections.Generic.List[object]]::new()
                $run = Invoke-Rotation @{ Deploy = {
                        param($Token)
                        $deployed.Add($Token)
                        if ($deployed.Count -eq 3) { $deployed | ForEach-Object { Use-Token $_ } }
                    } }
                $run.Objects.Status | Should -Be 'Completed', 'Completed', 'Completed'
            }

            It 'does nothing if nothing is due, and writes a file with a header' {
                $run = Invoke-Rotation @{
                    Days = 400; Deploy = { throw 'There is nothing to deploy.' }; ReportPath = "$TestDrive/report.csv"
                }
                $run.ExitCode | Should -Be 0
                $run.Objects | Should -BeNullOrEmpty
                $run.Text | Should -BeLike '*5 agents, 0 due, 0 completed, 0 waiting, 0 failed.*'
                Get-FakeGitLabChange $server | Should -BeNullOrEmpty
                Get-Content "$TestDrive/report.csv" | Should -Be (($columns | ForEach-Object { "`"$_`"" }) -join ',')
            }

            It 'revokes the new token if it is not deployed, and completes the others' {
                $run = Invoke-Rotation @{ Deploy = {
                        param($Token, $Agent)
                        if ("$Agent" -eq 'beta') { throw "the vault refuses $($Token.RevealToken())" }
                        Use-Token $Token
                    } }
                $run.ExitCode | Should -Be 2
                $run.Objects.Status | Should -Be 'Completed', 'DeployFailed', 'Completed'
                $run.Objects[1].Detail | Should -BeLike (
                    '*the vault refuses `[redacted`]. It was revoked. Kept: token ''beta-2026-01-31''*')
                $run.Errors.FullyQualifiedErrorId | Should -BeLike 'DeployFailed,*'
                $run.Text | Should -BeLike '*3 due, 2 completed, 0 waiting, 1 failed.*'
                Get-Active beta | Should -Be 'beta-2026-01-31'
            }

            It 'treats a native command that fails as a failed deployment' -Skip:($PSVersionTable.PSVersion -lt '7.4') {
                $run = Invoke-Rotation @{ Project = 'fleet/one'; Deploy = { dotnet no-such-command *> $null } }
                $run.Objects.Status | Should -Be 'DeployFailed'
                Get-Active alpha | Should -Be 'alpha-1'
            }

            It 'keeps both tokens of an agent that takes too long, and -Resume completes it' {
                $run = Invoke-Rotation @{ TimeoutSec = 1; Deploy = {
                        param($Token, $Agent)
                        if ("$Agent" -ne 'alpha') { Use-Token $Token }
                    } }
                $run.ExitCode | Should -Be 2
                $run.Objects.Status | Should -Be 'TimedOut', 'Completed', 'Completed'
                $run.Objects[0].Kept | Should -Be "alpha-1 ($((Get-Token alpha-1).id))"
                $run.Text | Should -BeLike '*3 due, 2 completed, 1 waiting, 0 failed.*'
                Get-Active alpha | Should -Be 'alpha-1', "alpha-1-$today"

                $new = Get-Token "alpha-1-$today"
                Use-Token $new
                Clear-FakeGitLabRequest $server
                $run = Invoke-Rotation @{ Resume = $true; Deploy = { throw 'It is deployed already.' } }
                $run.ExitCode | Should -Be 0
                $run.Objects.Agent | Should -Be 'alpha'
                $run.Objects.NewTokenId | Should -Be $new.id
                Get-Active alpha | Should -Be "alpha-1-$today"
                $old = (Get-Token alpha-1).id
                Get-FakeGitLabChange $server |
                    Should -Be "DELETE /api/v4/projects/$one/cluster_agents/$($ids.alpha)/tokens/$old"
            }

            It 'resumes a rotation with -Resume only, if nothing else is due' {
                $null = Add-FakeGitLabSeed $server @{ agents = @{ project = 'fleet/three'; name = 'delta'; tokens = @(
                            @{ name = 'delta-1'; createdAt = Get-Ago 80; lastUsedAt = Get-Ago 1 }
                            @{ name = 'delta-2'; createdAt = Get-Ago 1; lastUsedAt = Get-Ago 0.1 }) } }
                (Invoke-Rotation @{ Project = 'fleet/three'; Deploy = $deploy }).Objects | Should -BeNullOrEmpty
                $run = Invoke-Rotation @{ Project = 'fleet/three'; Deploy = $deploy; Resume = $true }
                $run.Objects.Status | Should -Be 'Completed'
                $run.Objects.NewToken | Should -Be 'delta-2'
                (Get-Token delta-1).status | Should -Be 'revoked'
            }

            It 'does not take an old token as the new one with -Resume' {
                $null = Add-FakeGitLabSeed $server @{ agents = @{ project = 'fleet/three'; name = 'delta'; tokens = @(
                            @{ name = 'delta-1'; createdAt = Get-Ago 300; lastUsedAt = Get-Ago 50 }
                            @{ name = 'delta-2'; createdAt = Get-Ago 200; lastUsedAt = Get-Ago 0.1 }) } }
                $run = Invoke-Rotation @{ Project = 'fleet/three'; Deploy = $deploy; Resume = $true }
                $run.Objects.Status | Should -Be 'Completed'
                $run.Objects.NewToken | Should -Be "delta-2-$today"
                'delta-1', 'delta-2' | ForEach-Object { (Get-Token $_).status } | Should -Be 'revoked', 'revoked'
            }

            It 'changes nothing if both tokens of an agent are in use, unless -UnusedFor says otherwise' {
                Use-Token (Get-Token gamma-2)
                $null = Add-FakeGitLabSeed $server @{ markUsed = @{ id = (Get-Token gamma-1).id; at = Get-Ago 0.1 } }
                $run = Invoke-Rotation @{ Deploy = $deploy }
                $run.ExitCode | Should -Be 2
                $run.Objects.Status | Should -Be 'Completed', 'Completed', 'Failed'
                $run.Errors.FullyQualifiedErrorId | Should -BeLike 'TokenLimitReached,*'
                $run.Objects[2].Detail | Should -BeLike "*'gamma-2'*'gamma-1'*Nothing was changed.*"
                Get-Active gamma | Should -Be 'gamma-1', 'gamma-2'
                (Invoke-Rotation @{ Deploy = $deploy; UnusedFor = '01:00:00' }).Objects.Status | Should -Be 'Completed'
            }

            It 'changes nothing if the tokens of an agent cannot be read (<_>), and completes the others' -ForEach @(
                'list', 'token'
            ) {
                $path = switch ($_) {
                    'list' { "/cluster_agents/$($ids.beta)/tokens?" }
                    'token' { "/tokens/$((Get-Token beta-2026-01-31).id)" }
                }
                Add-FakeGitLabFault $server @{
                    kind = 'status'; status = 500; method = 'GET'; pathContains = $path; times = 'always'
                }
                $run = Invoke-Rotation @{ Deploy = $deploy }
                $run.ExitCode | Should -Be 2
                $run.Objects.Agent | Should -Be 'alpha', 'beta', 'gamma'
                $run.Objects.Status | Should -Be 'Completed', 'Failed', 'Completed'
                $run.Objects[1].Detail | Should -BeLike '*500*'
                $run.Errors.Count | Should -Be 1
                Get-Active beta | Should -Be 'beta-2026-01-31'
            }

            It 'reports a token without an age, and does not rotate it' {
                $id = (Get-Token young-1).id
                Edit-FakeGitLabOption $server @{ graphQL = 'off' }
                Add-FakeGitLabFault $server @{
                    kind         = 'body'
                    method       = 'GET'
                    pathContains = "/cluster_agents/$($ids.young)/tokens?"
                    contentType  = 'application/json'
                    times        = 'always'
                    body         = ConvertTo-Json @(
                        @{ id = $id; name = 'young-1'; agent_id = $ids.young; status = 'active' })
                }
                $run = Invoke-Rotation @{ Project = 'fleet/one'; Deploy = $deploy }
                $run.ExitCode | Should -Be 2
                $run.Objects.Status | Should -Be 'Completed', 'Failed'
                $run.Objects[1].Detail |
                    Should -Be "GitLab does not return the age of its token young-1 ($id). It was not rotated."
                $run.Text | Should -BeLike '*3 agents, 1 due, 1 completed, 0 waiting, 1 failed.*'
                Get-Active young | Should -Be 'young-1'
            }

            It 'rotates the others if a project does not exist, and returns exit code 2' {
                $run = Invoke-Rotation @{ Project = 'no/where', 'fleet/one'; Deploy = $deploy }
                $run.ExitCode | Should -Be 2
                $run.Objects.Status | Should -Be 'Completed'
                $run.Text | Should -BeLike '*1 could not be read: the report is incomplete.*'
            }

            It 'returns exit code 2 if something other than GitLab responds for a project: <_>' -ForEach 403, 404 {
                Edit-FakeGitLabOption $server @{ graphQL = 'off' }
                Add-FakeGitLabFault $server @{
                    kind = 'html'; status = $_; pathContains = '/cluster_agents?'; times = 'always'
                }
                $run = Invoke-Rotation @{ Deploy = $deploy }
                $run.ExitCode | Should -Be 2
                $run.Errors.FullyQualifiedErrorId | Should -BeLike 'InvalidResponse,*'
                Get-FakeGitLabCall $server -Method POST, DELETE | Where-Object { $_ -ne 'POST /api/graphql' } |
                    Should -BeNullOrEmpty
            }

            It 'changes nothing without the role (<Role>), and returns exit code 2' -ForEach @(
                @{ Role = 'developer'; Status = 'Failed', 'Failed', 'Failed'; Id = 'Forbidden,*' }
                @{ Role = 'reporter'; Status = $null; Id = '*' }
            ) {
                $before = (Get-FakeGitLabState $server).tokens.status
                $session = Connect-FakeGitLab $server "glpat-$Role"
                $run = Invoke-Rotation @{ Project = 'fleet/one', 'fleet/sub/two'; Deploy = $deploy }
                $run.ExitCode | Should -Be 2
                $run.Objects | ForEach-Object Status | Should -Be $Status
                $run.Errors.FullyQualifiedErrorId | Should -BeLike $Id
                (Get-FakeGitLabState $server).tokens.status | Should -Be $before
            }

            It 'changes nothing with -WhatIf, and writes what it would do' {
                $run = Invoke-Rotation @{ Deploy = $deploy; WhatIf = $true; ReportPath = "$TestDrive/report.csv" }
                $run.ExitCode | Should -Be 0
                $run.Objects.Status | Should -Be 'Skipped', 'Skipped', 'Skipped'
                (Import-Csv "$TestDrive/report.csv").Status | Should -Be 'Skipped', 'Skipped', 'Skipped'
                Get-FakeGitLabChange $server | Should -BeNullOrEmpty
                $run.Text | Should -BeLike '*3 due, 0 completed, 0 waiting, 0 failed.*'
            }

            It 'writes any name to CSV, but no formula' {
                $names = '=HYPERLINK("http://x")', '@SUM(1);a,"b"', "two`nlines", 'ключ-🔑'
                $agents = foreach ($i in 0..3) {
                    $tokens = @(@{ name = $names[$i]; createdAt = Get-Ago 100; lastUsedAt = Get-Ago 1 })
                    @{ project = 'names/three'; name = "a$i"; tokens = $tokens }
                }
                $null = Add-FakeGitLabSeed $server @{ agents = $agents }
                $old = $names | ForEach-Object { Get-Token $_ }
                $run = Invoke-Rotation @{
                    Project    = 'names/three'
                    ReportPath = "$TestDrive/report.csv"
                    Deploy     = {
                        param($Token, $Agent)
                        if ("$Agent" -eq 'a1') { throw '=1+1' }
                        Use-Token $Token
                    }
                }
                $run.ExitCode | Should -Be 2
                $rows = Import-Csv "$TestDrive/report.csv"
                $rows[0].PSObject.Properties.Name | Should -Be $columns
                $rows.NewToken | Should -Be ($names | ForEach-Object { "$_-$today" -replace '^[=@]', "'`$0" })
                $rows.NewTokenId | Should -Be ($run.Objects.NewTokenId | ForEach-Object { "$_" })
                $rows[0].Revoked | Should -Be "'=HYPERLINK(`"http://x`") ($($old[0].id))"
                $rows[1].Kept | Should -Be "'@SUM(1);a,`"b`" ($($old[1].id))"
                $rows.Detail -ne '' | Should -Be $run.Objects[1].Detail
                $rows[0].CompletedAt | Should -Match '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$'
                $rows[1].CompletedAt | Should -BeNullOrEmpty
            }

            It 'returns the report even if its file cannot be written' {
                $output = [System.Collections.Generic.List[object]]::new()
                $call = @{
                    Project = 'fleet/one'; Deploy = $deploy; PollSec = 1; ReportPath = "$TestDrive/no/where.csv"
                }
                { & "$examples/Invoke-TokenRotation.ps1" @call | ForEach-Object { $output.Add($_) } } |
                    Should -Throw '*no?where.csv*'
                $output.Status | Should -Be 'Completed'
            }
        }

        Context 'with kubectl' -Skip:$IsWindows {
            BeforeEach {
                $path = $env:PATH
                $bin = Initialize-Kubectl $server
                $csv = "$TestDrive/clusters.csv"
                Set-Content $csv @(
                    'Project,Agent,Context,Namespace,SecretName,Release'
                    'fleet/one,alpha,admin@alpha,,,'
                    'Fleet/Sub/Two, beta ,admin@beta,agents,beta-token,beta'
                    'fleet/sub/two,gamma,admin@gamma,,,'
                    'fleet/one,gone,admin@gone,,,')
            }

            AfterEach {
                $env:PATH = $path
                Remove-Item Env:KUBECTL_BIN, Env:KUBECTL_FAILS, Env:KUBECTL_OFF, Env:KUBECTL_NONE -ErrorAction Ignore
            }

            It 'deploys each token to the context of its agent, through the standard input, and restarts the agent' {
                $run = Invoke-Rotation @{ ClusterPath = $csv }
                $run.ExitCode | Should -Be 0
                $run.Errors | Should -BeNullOrEmpty
                $run.Objects.Status | Should -Be 'Completed', 'Completed', 'Completed'
                $apply = 'apply --server-side --force-conflicts --filename -'
                $restart = 'rollout restart deployment --selector app.kubernetes.io/name=gitlab-agent'
                Get-Content "$bin/calls" | Should -Be @(
                    "--context admin@alpha $apply"
                    "--context admin@alpha --namespace gitlab-agent $restart"
                    "--context admin@beta $apply"
                    "--context admin@beta --namespace agents $restart,app.kubernetes.io/instance=beta"
                    "--context admin@gamma $apply"
                    "--context admin@gamma --namespace gitlab-agent $restart")
                (Get-Content "$bin/admin@beta.yaml" -Raw).TrimEnd() | Should -Be (@(
                        'apiVersion: v1', 'kind: Secret', 'metadata:', '  name: "beta-token"', '  namespace: "agents"'
                        'type: Opaque', 'stringData:', "  token: `"$((Get-Token "beta-$today").secret)`"") -join "`n")
                Get-Active beta | Should -Be "beta-$today"
            }

            It 'does not repeat what kubectl says of the secret, revokes the token, and completes the others' {
                $env:KUBECTL_FAILS = 'apply@admin@beta'
                $run = Invoke-Rotation @{ ClusterPath = $csv; ReportPath = "$TestDrive/report.csv" }
                $run.ExitCode | Should -Be 2
                $run.Objects.Status | Should -Be 'Completed', 'DeployFailed', 'Completed'
                $run.Objects[1].Detail | Should -BeLike (
                    '*kubectl returned exit code 1: error: invalid: *' +
                    'token: "`[redacted`]" as `[redacted`]. It was revoked.*')
                Get-Active beta | Should -Be 'beta-2026-01-31'
                @(Get-Content "$bin/calls" | Where-Object { $_ -like '*admin@beta*' }).Count |
                    Should -Be 1 -Because 'there is no reason to restart'
            }

            It 'keeps the deployed token if the agent is not restarted (<Why>), and -Resume completes it' -ForEach @(
                @{
                    Why      = 'kubectl fails'
                    Variable = 'KUBECTL_FAILS'
                    Value    = 'restart@admin@alpha'
                    Says     = 'kubectl returned exit code 1: error: invalid:*'
                }
                @{
                    Why      = 'there is none'
                    Variable = 'KUBECTL_NONE'
                    Value    = 'admin@alpha'
                    Says     = 'there is no deployment with app.kubernetes.io/name=gitlab-agent ' +
                    'in the namespace gitlab-agent'
                }
            ) {
                Set-Item "Env:$Variable" $Value
                $run = Invoke-Rotation @{ ClusterPath = $csv; TimeoutSec = 1 }
                $run.ExitCode | Should -Be 2
                $run.Objects.Status | Should -Be 'TimedOut', 'Completed', 'Completed'
                $run.Objects[0].Detail | Should -BeLike (
                    '*not seen in use within 1 second.*' +
                    "The token is in the cluster, but the agent was not restarted: $Says")
                Get-Active alpha | Should -Be 'alpha-1', "alpha-1-$today"

                & "$bin/sign-in.ps1" "$bin/admin@alpha.yaml"
                $run = Invoke-Rotation @{ ClusterPath = $csv; Resume = $true }
                $run.ExitCode | Should -Be 0
                Get-Active alpha | Should -Be "alpha-1-$today"
            }

            It 'waits for a cluster that does not sign in, and -Resume completes it' {
                $env:KUBECTL_OFF = 'admin@gamma'
                $run = Invoke-Rotation @{ ClusterPath = $csv; TimeoutSec = 1 }
                $run.Objects.Status | Should -Be 'Completed', 'Completed', 'TimedOut'
                $run.ExitCode | Should -Be 2
                & "$bin/sign-in.ps1" "$bin/admin@gamma.yaml"
                Remove-Item "$bin/calls"
                $run = Invoke-Rotation @{ ClusterPath = $csv; Resume = $true }
                $run.ExitCode | Should -Be 0
                $run.Objects.Agent | Should -Be 'gamma'
                "$bin/calls" | Should -Not -Exist
            }

            It 'changes no agent with <Why>, and completes the others' -ForEach @(
                @{ Why = 'no row'; Lines = @(); Says = '*clusters.csv has no row for it. It was not rotated.' }
                @{
                    Why   = 'two rows'
                    Lines = 'fleet/sub/two,beta,one,', 'fleet/sub/two,beta,two,'
                    Says  = '*has 2 rows for it. It was not rotated.'
                }
                @{
                    Why   = 'a row without a context'
                    Lines = @('fleet/sub/two,beta, ,')
                    Says  = 'Its row in *clusters.csv has no context for kubectl. It was not rotated.'
                }
                @{
                    Why   = 'a row of another project'
                    Lines = @('fleet/one,beta,one,')
                    Says  = '*has no row for it. It was not rotated.'
                }
                @{
                    Why    = 'an invalid namespace'
                    Lines  = @('fleet/sub/two,beta,one,--all')
                    Says   = '*-Namespace is not a valid name*It was revoked.*'
                    Status = 'DeployFailed'
                }
            ) {
                $others = 'fleet/one,alpha,admin@alpha,', 'fleet/sub/two,gamma,admin@gamma,', ',,,'
                Set-Content $csv (@('Project,Agent,Context,Namespace') + $others + $Lines)
                $run = Invoke-Rotation @{ ClusterPath = $csv }
                $run.ExitCode | Should -Be 2
                $run.Objects.Status | Should -Be 'Completed', $(if ($Status) { $Status } else { 'Failed' }), 'Completed'
                $run.Objects[1].Detail | Should -BeLike $Says
                $run.Errors.Count | Should -Be 1
                $run.Text | Should -BeLike '*5 agents, 3 due, 2 completed, 0 waiting, 1 failed.*'
                Get-Active beta | Should -Be 'beta-2026-01-31'
                Get-Content "$bin/calls" | Where-Object { $_ -notmatch 'admin@(alpha|gamma)' } | Should -BeNullOrEmpty
            }

            It 'accepts the ID of the project too' {
                Set-Content $csv 'Project,Agent,Context', "$one,alpha,admin@alpha"
                (Invoke-Rotation @{ Project = 'fleet/one'; ClusterPath = $csv }).Objects.Status | Should -Be 'Completed'
            }

            It 'keeps the labels of Helm on the secret of a receptive agent' {
                $null = Add-FakeGitLabSeed $server @{
                    urlConfigurations = @{ agent = 'fleet/one:alpha'; url = 'grpc://alpha.example.com:8182' }
                }
                Set-Content $csv 'Project,Agent,Context,Release', 'fleet/one,alpha,admin@alpha,edge'
                (Invoke-Rotation @{ Project = 'fleet/one'; ClusterPath = $csv }).Objects.Status | Should -Be 'Completed'
                Get-Content "$bin/admin@alpha.yaml" -Raw |
                    Should -BeLike '*managed-by: Helm*meta.helm.sh/release-name: "edge"*'
            }

            It 'does not start with <Why>' -ForEach @(
                @{ Why = 'an empty file'; Lines = @('Project,Agent,Context'); Says = 'There are no rows*' }
                @{
                    Why   = 'a file without the columns'
                    Lines = @('Project;Agent;Context', 'a;b;c')
                    Says  = '*has no column Project*'
                }
                @{
                    Why   = 'one secret for two agents'
                    Lines = @(
                        'Project,Agent,Context,Namespace,SecretName'
                        'fleet/one,alpha,admin,,'
                        'fleet/sub/two,beta,admin,gitlab-agent,gitlab-agent-token')
                    Says  = '*specifies one secret for two agents, fleet/one alpha and fleet/sub/two beta: ' +
                    'context admin, namespace gitlab-agent, secret gitlab-agent-token.'
                }
                @{
                    Why   = 'a file without contexts'
                    Lines = @('Project,Agent', 'fleet/one,alpha')
                    Says  = '*has no column Context*'
                }
            ) {
                Set-Content $csv $Lines
                { Invoke-Runbook Invoke-TokenRotation @{ Group = 'fleet'; ClusterPath = $csv } } |
                    Should -Throw $Says
                Get-FakeGitLabCall $server | Should -BeNullOrEmpty
            }

            It 'does not start without kubectl, without a file, or with two ways to deploy' {
                { Invoke-Runbook Invoke-TokenRotation @{ Group = 'fleet'; ClusterPath = "$TestDrive/none.csv" } } |
                    Should -Throw '*none.csv*'
                { Invoke-Runbook Invoke-TokenRotation @{ Group = 'fleet'; ClusterPath = $csv; Deploy = $deploy } } |
                    Should -Throw 'Specify either*'
                { Invoke-Runbook Invoke-TokenRotation @{ Group = 'fleet' } } | Should -Throw 'Specify either*'
                $env:PATH = "$TestDrive/empty"
                { Invoke-Runbook Invoke-TokenRotation @{ Group = 'fleet'; ClusterPath = $csv } } |
                    Should -Throw 'kubectl was not found.*'
                Get-FakeGitLabCall $server | Should -BeNullOrEmpty
            }
        }
    }
}
