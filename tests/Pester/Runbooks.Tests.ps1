#Requires -PSEdition Core
[Diagnostics.CodeAnalysis.SuppressMessage(
    'PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'The blocks of Pester share their variables.')]
param()

# Runs the runbooks of examples/ against the fake GitLab.

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

    Context 'Add-AgentFromCsv' {
        BeforeEach {
            $csv = "$TestDrive/agents.csv"
            $vault = @{}
            $deploy = { param($Token, $Row) $vault[$Row.Agent] = $Token.Token; $Token.RevealToken() }
        }

        It 'enrols every row, and shows no secret' {
            Set-Content $csv @(
                'Project,Agent,TokenName,Description', 'group/empty,one,first,"With, comma"', 'group/empty, two ,,')
            $run = Invoke-Runbook Add-AgentFromCsv @{
                Path = $csv; Deploy = $deploy; ResultPath = "$TestDrive/result.csv"
            }
            $run.ExitCode | Should -Be 0
            $run.Objects.Outcome | Should -Be 'Enrolled', 'Enrolled'
            $run.Leaks | Should -BeNullOrEmpty
            (Get-Token first).description | Should -Be 'With, comma'
            (Get-Token two).secret | Should -Be ([System.Net.NetworkCredential]::new('', $vault.two).Password)
            (Import-Csv "$TestDrive/result.csv").TokenId | Should -Be $run.Objects.TokenId
            $run.Text | Should -BeLike '*2 rows, 2 enrolled, 0 failed.*'
        }

        It 'continues after a bad row: <Why>' -ForEach @(
            @{ Why = 'name'; Row = 'group/empty,Not-A-Name'; Says = '*is not a valid agent name*' }
            @{ Why = 'no name'; Row = 'group/empty,'; Says = '*is not a valid agent name*' }
            @{ Why = 'no project'; Row = ',one'; Says = '*has no project*' }
            @{ Why = 'project not there'; Row = 'no/where,one'; Says = '*404*Check the project*' }
            @{ Why = 'too many tokens'; Row = 'group/app,prod'; Says = '*two active tokens*' }
        ) {
            Set-Content $csv 'Project,Agent', $Row, 'group/empty,good'
            $run = Invoke-Runbook Add-AgentFromCsv @{ Path = $csv; Deploy = $deploy }
            $run.ExitCode | Should -Be 2
            $run.Objects.Outcome | Should -Be 'Failed', 'Enrolled'
            $run.Objects[0].Detail | Should -BeLike $Says
            $run.Errors.Count | Should -Be 1
            @($vault.Keys) | Should -Be 'good'
        }

        It 'creates nothing twice when it is run again' {
            Set-Content $csv 'Project,Agent', 'group/empty,one'
            $null = Invoke-Runbook Add-AgentFromCsv @{ Path = $csv; Deploy = $deploy }
            Clear-FakeGitLabRequest $server
            $run = Invoke-Runbook Add-AgentFromCsv @{ Path = $csv; Deploy = $deploy }
            $run.ExitCode | Should -Be 0
            $run.Objects.Outcome | Should -Be 'NeverUsed'
            $null = Add-FakeGitLabSeed $server @{ markUsed = (Get-Token one).id }
            $run = Invoke-Runbook Add-AgentFromCsv @{ Path = $csv; Deploy = $deploy }
            $run.Objects.Outcome | Should -Be 'AlreadyEnrolled'
            Get-FakeGitLabChange $server | Should -BeNullOrEmpty
        }

        It 'adds a token of another name to an agent that is there' {
            Set-Content $csv 'Project,Agent,TokenName', 'group/app,staging,staging-2'
            $run = Invoke-Runbook Add-AgentFromCsv @{ Path = $csv; Deploy = $deploy }
            $run.Objects.AgentId | Should -Be 12
            (Get-Token staging-2).status | Should -Be 'active'
            (Get-Token staging-1).status | Should -Be 'active'
        }

        It 'revokes the token if its secret is not deployed, and tries again in the next run' {
            Set-Content $csv 'Project,Agent', 'group/empty,one', 'group/empty,two'
            $Error.Clear()
            $run = Invoke-Runbook Add-AgentFromCsv @{ Path = $csv; Deploy = {
                    param($Token, $Row)
                    if ($Row.Agent -eq 'one') { throw "vault refuses $($Token.RevealToken())" }
                } }
            ($Error | Format-List * -Force | Out-String -Width 500) | Should -Not -BeLike "*$((Get-Token one).secret)*"
            $run.ExitCode | Should -Be 2
            $run.Objects.Outcome | Should -Be 'Failed', 'Enrolled'
            $run.Objects[0].Detail |
                Should -BeLike 'The secret was not deployed: vault refuses `[secret`] Token * was revoked.'
            $run.Leaks | Should -BeNullOrEmpty
            (Get-Token one).status | Should -Be 'revoked'

            $run = Invoke-Runbook Add-AgentFromCsv @{ Path = $csv; Deploy = $deploy }
            $run.Objects.Outcome | Should -Be 'Enrolled', 'NeverUsed'
            (Get-Token one).status | Should -Be 'revoked', 'active'
            @((Get-FakeGitLabState $server).agents | Where-Object name -EQ one).Count | Should -Be 1
        }

        It 'reports a token that could not be revoked' {
            Set-Content $csv 'Project,Agent', 'group/empty,one'
            Add-FakeGitLabFault $server @{ kind = 'status'; status = 500; method = 'DELETE'; times = 'always' }
            $run = Invoke-Runbook Add-AgentFromCsv @{ Path = $csv; Deploy = { throw 'no' } }
            $run.Objects.Detail | Should -BeLike '*could not be revoked. Revoke it:*500*'
            $run.ExitCode | Should -Be 2
        }

        It 'fails a row whose native command fails' -Skip:($PSVersionTable.PSVersion -lt '7.4') {
            Set-Content $csv 'Project,Agent', 'group/empty,one'
            $run = Invoke-Runbook Add-AgentFromCsv @{ Path = $csv; Deploy = { dotnet no-such-command *> $null } }
            $run.Objects.Outcome | Should -Be 'Failed'
            (Get-Token one).status | Should -Be 'revoked'
        }

        It 'names the token if the outcome of its creation is unknown, and does not report it as enrolled' {
            Set-Content $csv 'Project,Agent', 'group/empty,one'
            Add-FakeGitLabFault $server @{
                kind = 'status'; status = 502; method = 'POST'; pathContains = '/tokens'; afterActing = $true
            }
            $run = Invoke-Runbook Add-AgentFromCsv @{ Path = $csv; Deploy = $deploy }
            $run.ExitCode | Should -Be 2
            $run.Objects.Detail | Should -BeLike "*may have processed*'one'*"
            $run = Invoke-Runbook Add-AgentFromCsv @{ Path = $csv; Deploy = $deploy }
            $run.Objects.Outcome | Should -Be 'NeverUsed'
        }

        It 'creates nothing without the role, and returns exit code 2' {
            Set-Content $csv 'Project,Agent', 'group/empty,one', 'group/empty,two'
            $session = Connect-FakeGitLab $server glpat-developer
            $run = Invoke-Runbook Add-AgentFromCsv @{ Path = $csv; Deploy = $deploy }
            $run.ExitCode | Should -Be 2
            $run.Objects.Outcome | Should -Be 'Failed', 'Failed'
            $run.Objects.Detail | Should -BeLike '*role Maintainer*'
            (Get-FakeGitLabState $server).agents.name | Should -Not -Contain 'one'
        }

        It 'changes nothing with -WhatIf' {
            Set-Content $csv 'Project,Agent', 'group/empty,one'
            $run = Invoke-Runbook Add-AgentFromCsv @{ Path = $csv; Deploy = $deploy; WhatIf = $true }
            $run.ExitCode | Should -Be 0
            $run.Objects.Outcome | Should -Be 'Skipped'
            Get-FakeGitLabChange $server | Should -BeNullOrEmpty
            $vault.Count | Should -Be 0
        }

        It 'waits for the new agents with -WaitSec, all of them together' {
            $rows = 'group/empty,one', 'group/app,two', 'group/empty,three', 'group/app,staging'
            Set-Content $csv (@('Project,Agent') + $rows)
            $null = Add-FakeGitLabSeed $server @{
                agents = @{ project = 'group/empty'; name = 'three'; tokens = @{ name = 'three' } }
            }
            $run = Invoke-Runbook Add-AgentFromCsv @{ Path = $csv; WaitSec = 60; Deploy = {
                    param($Token, $Row)
                    # Only when the last one is installed, all are connected.
                    if ($Row.Agent -ne 'staging') { return }
                    $new = (Get-FakeGitLabState $server).agents | Where-Object name -In one, two, staging
                    Clear-FakeGitLabRequest $server
                    $connections = $new | ForEach-Object { @{ agent = $_.id; version = '18.9.0' } }
                    $null = Add-FakeGitLabSeed $server @{ connections = @($connections) }
                } }
            $run.ExitCode | Should -Be 0
            $run.Errors | Should -BeNullOrEmpty
            $run.Objects.Outcome | Should -Be 'Enrolled', 'Enrolled', 'NeverUsed', 'Enrolled'
            $run.Objects[0, 1, 3].Detail | Should -Be (@('Connected with version 18.9.0.') * 3)
            $run.Objects[2].Detail | Should -Not -BeLike 'Connected*' -Because 'only new agents are awaited'
            $run.Text | Should -BeLike '*4 rows, 3 enrolled, 0 failed, 0 not connected.*'
            @(Get-FakeGitLabCall $server -Method POST).Count |
                Should -BeLessOrEqual 3 -Because 'one query reads several agents'
        }

        It 'returns exit code 2 if an agent is not connected in time, and says what was seen' {
            Set-Content $csv 'Project,Agent', 'group/empty,one', 'group/empty,two', 'group/empty,three'
            $run = Invoke-Runbook Add-AgentFromCsv @{
                Path       = $csv
                WaitSec    = 1
                ResultPath = "$TestDrive/result.csv"
                Deploy     = {
                    param($Token, $Row)
                    if ($Row.Agent -eq 'two') {
                        $null = Add-FakeGitLabSeed $server @{ connections = @{ agent = $Token.AgentId } }
                    }
                }
            }
            $run.ExitCode | Should -Be 2
            $run.Objects.Outcome | Should -Be 'Enrolled', 'Enrolled', 'Enrolled'
            $run.Objects[1].Detail | Should -BeLike 'Connected with version *'
            $run.Objects[0, 2].Detail | Should -BeLike 'Agent * was not connected within 1 second. Its status is Never.'
            $run.Errors.FullyQualifiedErrorId | Should -BeLike 'Timeout,*'
            $run.Errors.Count | Should -Be 2
            $run.Text | Should -BeLike '*3 rows, 3 enrolled, 0 failed, 2 not connected.*'
            (Import-Csv "$TestDrive/result.csv").Detail | Should -Be $run.Objects.Detail
            (Get-Token one).status | Should -Be 'active' -Because 'its secret is deployed'
        }

        It 'does not wait if there is no new agent' {
            Set-Content $csv 'Project,Agent', 'group/empty,Not-A-Name'
            $call = @{ Path = $csv; WaitSec = 600; Deploy = $deploy }
            (Invoke-Runbook Add-AgentFromCsv $call).ExitCode | Should -Be 2
            $call.WhatIf = $true
            (Invoke-Runbook Add-AgentFromCsv $call).ExitCode | Should -Be 2
            Set-Content $csv 'Project,Agent', 'group/empty,one'
            (Invoke-Runbook Add-AgentFromCsv $call).ExitCode | Should -Be 0
        }

        It 'does not start with <Why>' -ForEach @(
            @{ Why = 'an empty file'; Lines = @('Project,Agent'); Says = 'There are no rows*' }
            @{ Why = 'a file without the columns'; Lines = @('Project;Agent', 'a;b'); Says = '*has no column Project*' }
        ) {
            Set-Content $csv $Lines
            { Invoke-Runbook Add-AgentFromCsv @{ Path = $csv; Deploy = $deploy } } | Should -Throw $Says
            Get-FakeGitLabCall $server | Should -BeNullOrEmpty
        }

        Context 'with kubectl' -Skip:$IsWindows {
            BeforeEach {
                # Notes how it was called and what it was given, and complains with what it was given.
                $bin = New-Item -ItemType Directory "$TestDrive/bin"
                Set-Content "$bin/kubectl" @(
                    '#!/bin/sh'
                    'given=$(cat)'
                    'printf ''%s\n%s'' "$*" "$given" >> "$KUBECTL_LOG"'
                    '[ "$KUBECTL_EXIT" = 0 ] || { echo "The request is invalid: $given" >&2; exit "$KUBECTL_EXIT"; }')
                chmod +x "$bin/kubectl"
                $path = $env:PATH
                $env:PATH = "$bin$([System.IO.Path]::PathSeparator)$path"
                $env:KUBECTL_LOG = "$TestDrive/kubectl.log"
                $env:KUBECTL_EXIT = 0
                Set-Content $csv 'Project,Agent,Context,Namespace', 'group/empty,one,admin@one,agents'
            }

            AfterEach {
                $env:PATH = $path
                Remove-Item Env:KUBECTL_LOG, Env:KUBECTL_EXIT
            }

            It 'passes the secret to kubectl through its standard input' {
                $run = Invoke-Runbook Add-AgentFromCsv @{ Path = $csv }
                $run.ExitCode | Should -Be 0
                $run.Objects.Outcome | Should -Be 'Enrolled'
                $run.Leaks | Should -BeNullOrEmpty
                $arguments, $given = Get-Content $env:KUBECTL_LOG
                $arguments | Should -Be '--context admin@one apply --server-side --force-conflicts --filename -'
                $list = $given | ConvertFrom-Json
                $list.items[0].metadata.name | Should -Be 'agents'
                $list.items[1].metadata.name | Should -Be 'gitlab-agent-token'
                $list.items[1].metadata.namespace | Should -Be 'agents'
                $list.items[1].stringData.token | Should -Be (Get-Token one).secret
            }

            It 'does not repeat what kubectl says of the secret, and revokes the token' {
                $env:KUBECTL_EXIT = 1
                $run = Invoke-Runbook Add-AgentFromCsv @{ Path = $csv }
                $run.ExitCode | Should -Be 2
                $run.Objects.Detail | Should -BeLike '*kubectl returned exit code 1: *invalid*secret*was revoked.'
                $run.Leaks | Should -BeNullOrEmpty
                $shown = $Error[0..5] | Format-List * -Force | Out-String -Width 1000
                $shown.Contains((Get-Token one).secret) | Should -BeFalse
                (Get-Token one).status | Should -Be 'revoked'
            }

            It 'creates nothing for a row without a context' {
                Set-Content $csv 'Project,Agent,Context', 'group/empty,one,'
                $run = Invoke-Runbook Add-AgentFromCsv @{ Path = $csv }
                $run.ExitCode | Should -Be 2
                $run.Objects.Detail | Should -Be 'The row has no context for kubectl.'
                Get-FakeGitLabChange $server | Should -BeNullOrEmpty
            }
        }
    }

    Context 'Invoke-TokenHygiene' {
        BeforeEach {
            $plan = "$TestDrive/plan.csv"
            $null = Add-FakeGitLabSeed $server @{ agents = @(
                    @{ project = 'h/p'; name = 'busy'; tokens = @(
                            @{ name = 'busy-now'; createdAt = Get-Ago 300; lastUsedAt = Get-Ago 1 }
                            @{ name = 'busy-old'; createdAt = Get-Ago 400; lastUsedAt = Get-Ago 200 }
                            @{ name = '=busy,never'; createdAt = Get-Ago 300 }
                            @{ name = 'busy-young'; createdAt = Get-Ago 1 }) }
                    @{ project = 'h/p'; name = 'asleep'; tokens = @(
                            @{ name = 'asleep-last'; createdAt = Get-Ago 300; lastUsedAt = Get-Ago 200 }
                            @{ name = 'asleep-before'; createdAt = Get-Ago 400; lastUsedAt = Get-Ago 300 }) }
                    @{ project = 'h/p'; name = 'bare'; tokens = @() }) }
            Clear-FakeGitLabRequest $server

            function Write-Approval ([string[]] $Token, [hashtable] $Change = @{}) {
                $rows = Import-Csv $plan
                foreach ($row in $rows) {
                    if ($row.Token -notin $Token) { continue }
                    $row.Approve = 'yes'
                    $row.ApprovedBy = 'Ada'
                    foreach ($column in $Change.Keys) { $row.$column = $Change[$column] }
                }
                $rows | Export-Csv $plan
            }

            function Get-ActiveToken {
                ((Get-FakeGitLabState $server).tokens |
                    Where-Object { $_.status -eq 'active' -and $_.name -match 'busy|asleep' }).name
            }
        }

        Context 'the plan' {
            It 'contains what is unused, but never the token that an agent used last' {
                $run = Invoke-Runbook Invoke-TokenHygiene @{ Project = 'h/p'; PlanPath = $plan }
                $run.ExitCode | Should -Be 0
                $run.Leaks | Should -BeNullOrEmpty
                $rows = Import-Csv $plan
                $rows.Token | Sort-Object | Should -Be ("'=busy,never", 'asleep-before', 'busy-old' | Sort-Object)
                $rows.Approve | Should -Be '', '', ''
                $rows.GitLab | Should -Be (@("$($session.Uri)") * 3)
                Get-FakeGitLabChange $server | Should -BeNullOrEmpty
            }

            It 'is not written if nothing is unused' {
                $run = Invoke-Runbook Invoke-TokenHygiene @{ Project = 'h/p'; PlanPath = $plan; Days = 3000 }
                $run.ExitCode | Should -Be 0
                $run.Text | Should -BeLike '*0 in the plan; no file was written.*'
                $plan | Should -Not -Exist
            }

            It 'omits an agent whose tokens cannot be read (<_>), and returns exit code 2' -ForEach 'list', 'token' {
                Edit-FakeGitLabOption $server @{ graphQL = 'off' }
                $now = Get-Token busy-now
                $path = if ($_ -eq 'list') { "/$($now.agentId)/tokens?" } else { "/tokens/$($now.id)" }
                Add-FakeGitLabFault $server @{ kind = 'status'; status = 500; pathContains = $path; times = 'always' }
                $run = Invoke-Runbook Invoke-TokenHygiene @{ Project = 'h/p'; PlanPath = $plan }
                $run.ExitCode | Should -Be 2
                $run.Errors.Count | Should -BeGreaterOrEqual 1
                $run.Text | Should -BeLike '*1 could not be read: the plan is incomplete.*'
                (Import-Csv $plan).Token | Should -Be 'asleep-before'
            }

            It 'returns exit code 2 if something other than GitLab responds for a project: <_>' -ForEach 403, 404 {
                Edit-FakeGitLabOption $server @{ graphQL = 'off' }
                Add-FakeGitLabFault $server @{
                    kind = 'html'; status = $_; pathContains = '/cluster_agents?'; times = 'always'
                }
                $run = Invoke-Runbook Invoke-TokenHygiene @{ Group = 'h'; PlanPath = $plan }
                $run.ExitCode | Should -Be 2
                $run.Errors.FullyQualifiedErrorId | Should -BeLike 'InvalidResponse,*'
                $plan | Should -Not -Exist
            }

            It 'reads a group in one query, and omits archived projects' {
                $null = Add-FakeGitLabSeed $server @{
                    projects = @{ path = 'h/old'; archived = $true }
                    agents   = @{
                        project = 'h/old'; name = 'old'; tokens = @{ name = 'old-never'; createdAt = Get-Ago 300 }
                    }
                }
                $run = Invoke-Runbook Invoke-TokenHygiene @{ Group = 'h'; PlanPath = $plan }
                $run.ExitCode | Should -Be 0
                @(Import-Csv $plan).Count | Should -Be 3
                Get-FakeGitLabCall $server | Should -Be 'POST /api/graphql'
                $run = Invoke-Runbook Invoke-TokenHygiene @{ Project = 'h/old'; PlanPath = "$TestDrive/old.csv" }
                $run.Text | Should -BeLike '*0 in the plan; no file was written.*'
            }

            It 'replaces an existing plan only with -Force' {
                Set-Content $plan 'approved'
                $call = @{ Project = 'h/p'; PlanPath = $plan }
                { Invoke-Runbook Invoke-TokenHygiene $call } |
                    Should -Throw '*already exists. Apply it, remove it, or use -Force.'
                Get-Content $plan | Should -Be 'approved'
                $call.Force = $true
                (Invoke-Runbook Invoke-TokenHygiene $call).ExitCode | Should -Be 0
                @(Import-Csv $plan).Count | Should -Be 3
            }

            It 'returns exit code 2 if a project does not exist' {
                $run = Invoke-Runbook Invoke-TokenHygiene @{ Project = 'no/where', 'h/p'; PlanPath = $plan }
                $run.ExitCode | Should -Be 2
                @(Import-Csv $plan).Count | Should -Be 3
            }
        }

        Context '-Apply' {
            BeforeEach {
                $null = Invoke-Runbook Invoke-TokenHygiene @{ Project = 'h/p'; PlanPath = $plan }
                $apply = @{ Apply = $true; PlanPath = $plan; Confirm = $false }
                $all = Get-ActiveToken
                Clear-FakeGitLabRequest $server
            }

            It 'revokes what is approved, and nothing else' {
                Write-Approval busy-old, "'=busy,never"
                $run = Invoke-Runbook Invoke-TokenHygiene ($apply + @{ ResultPath = "$TestDrive/result.csv" })
                $run.ExitCode | Should -Be 0
                $run.Objects.Outcome | Should -Be 'Revoked', 'Revoked'
                $run.Leaks | Should -BeNullOrEmpty
                Get-ActiveToken | Should -Be ($all | Where-Object { $_ -notin 'busy-old', '=busy,never' })
                (Import-Csv "$TestDrive/result.csv").ApprovedBy | Should -Be 'Ada', 'Ada'
            }

            It 'revokes nothing of a plan that no one approved' {
                $run = Invoke-Runbook Invoke-TokenHygiene $apply
                $run.ExitCode | Should -Be 0
                $run.Objects | Should -BeNullOrEmpty
                Get-FakeGitLabCall $server -Method DELETE | Should -BeNullOrEmpty
            }

            It 'does not revoke what was used since' {
                Write-Approval busy-old
                $null = Add-FakeGitLabSeed $server @{ markUsed = (Get-Token busy-old).id }
                $run = Invoke-Runbook Invoke-TokenHygiene $apply
                $run.Objects.Outcome | Should -Be 'UsedSince'
                $run.ExitCode | Should -Be 0
                Get-ActiveToken | Should -Be $all
            }

            It 'does not revoke the token that was used last, whatever the plan says' {
                $last = Get-Token asleep-last
                Write-Approval asleep-before @{ TokenId = $last.id; Token = 'asleep-last' }
                $run = Invoke-Runbook Invoke-TokenHygiene $apply
                $run.Objects.Outcome | Should -Be 'LastInUse'
                Get-ActiveToken | Should -Be $all
            }

            It 'rejects <Why>, and continues' -ForEach @(
                @{ Why = 'a typo'; Change = @{ Approve = 'yse' }; Says = "Approve is 'yse'. Enter yes or no." }
                @{ Why = 'an approval without a name'; Change = @{ ApprovedBy = ' ' }; Says = 'ApprovedBy is empty.' }
                @{
                    Why    = 'a plan for another GitLab'
                    Change = @{ GitLab = 'https://gitlab.example.com/' }
                    Says   = 'The plan is for https://gitlab.example.com/, but the session is with *'
                }
                @{
                    Why    = 'a token of another name'
                    Change = @{ Token = 'busy-new' }
                    Says   = "*is named 'busy-old', not 'busy-new'*"
                }
                @{ Why = 'an ID that is not a number'; Change = @{ TokenId = '1.0E3x' }; Says = '*1.0E3x*' }
                @{ Why = 'an agent that does not exist'; Change = @{ AgentId = 4711 }; Says = '*404*' }
            ) {
                Write-Approval asleep-before
                Write-Approval busy-old $Change
                $run = Invoke-Runbook Invoke-TokenHygiene $apply
                $run.ExitCode | Should -Be 2
                ($run.Objects | Where-Object Outcome -EQ Failed).Detail | Should -BeLike $Says
                ($run.Objects | Where-Object Outcome -EQ Revoked).Token | Should -Be 'asleep-before'
                Get-ActiveToken | Should -Be ($all | Where-Object { $_ -ne 'asleep-before' })
            }

            It 'does nothing with -WhatIf' {
                Write-Approval busy-old
                $run = Invoke-Runbook Invoke-TokenHygiene @{ Apply = $true; PlanPath = $plan; WhatIf = $true }
                $run.Objects.Outcome | Should -Be 'Skipped'
                $run.ExitCode | Should -Be 0
                Get-FakeGitLabCall $server -Method DELETE | Should -BeNullOrEmpty
            }

            It 'shows no control character of a name' {
                $name = "a$([char]27)[2K$([char]0x202E)b$([char]0x2028)c"
                $null = Add-FakeGitLabSeed $server @{
                    tokens = @{ agent = 'h/p:busy'; name = $name; createdAt = Get-Ago 300 }
                }
                $null = Invoke-Runbook Invoke-TokenHygiene @{ Project = 'h/p'; PlanPath = $plan; Force = $true }
                Write-Approval $name
                $output = & "$examples/Invoke-TokenHygiene.ps1" @apply -Verbose 4>&1
                $message = "$($output | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] })"
                $message | Should -BeLike "*token 'a ``[2K b c' (*"
                $message | Should -Not -Match '[\x00-\x08\x1B\u2028\u202E]'

                $null = Add-FakeGitLabSeed $server @{
                    tokens = @{ agent = 'h/p:busy'; name = $name; createdAt = Get-Ago 300 }
                }
                $null = Invoke-Runbook Invoke-TokenHygiene @{ Project = 'h/p'; PlanPath = $plan; Force = $true }
                Write-Approval $name @{ Token = "x$name" }
                $failure = (Invoke-Runbook Invoke-TokenHygiene $apply).Errors
                "$failure" | Should -BeLike "*is named 'a ``[2K b c', not 'xa ``[2K b c'*"
            }

            It 'can be run again' {
                Write-Approval busy-old
                $null = Invoke-Runbook Invoke-TokenHygiene $apply
                $run = Invoke-Runbook Invoke-TokenHygiene $apply
                $run.Objects.Outcome | Should -Be 'AlreadyGone'
                $run.ExitCode | Should -Be 0
                @(Get-FakeGitLabCall $server -Method DELETE).Count | Should -Be 1
            }

            It 'revokes nothing without the role, and returns exit code 2' {
                Write-Approval busy-old, asleep-before
                $session = Connect-FakeGitLab $server glpat-developer
                $run = Invoke-Runbook Invoke-TokenHygiene $apply
                $run.ExitCode | Should -Be 2
                $run.Objects.Outcome | Should -Be 'Failed', 'Failed'
                Get-ActiveToken | Should -Be $all
            }

            It 'revokes nothing of an agent if one of its tokens cannot be read' {
                Write-Approval busy-old
                Add-FakeGitLabFault $server @{
                    kind = 'status'; status = 500; pathContains = "/tokens/$((Get-Token busy-now).id)"; times = 'always'
                }
                $run = Invoke-Runbook Invoke-TokenHygiene $apply
                $run.ExitCode | Should -Be 2
                $run.Objects.Outcome | Should -Be 'Failed'
                Get-ActiveToken | Should -Be $all
            }

            It 'does not start with a file that is not a plan' {
                Set-Content $plan 'Token;Approve', 'busy-old;yes'
                { Invoke-Runbook Invoke-TokenHygiene $apply } |
                    Should -Throw '*is not a valid plan: it has no column Approve.'
                Get-FakeGitLabCall $server | Should -BeNullOrEmpty
            }
        }
    }
}

Describe 'Runbook, unattended' -Skip:(-not $IsLinux) {
    BeforeAll {
        # With TLS, as outside of tests; .NET takes the authorities of SSL_CERT_FILE on Linux only.
        $secure = Start-FakeGitLab -Arguments '--certificate-out', "$TestDrive/server.pem"
        $env:SSL_CERT_FILE = "$TestDrive/server.pem"
        $env:GITLAB_HOST = $secure.Url

        # In a PowerShell of its own, as a scheduler starts it.
        function Invoke-Unattended ([string] $Name, [string[]] $Arguments) {
            $output = Invoke-PowerShell (@('-File', "$examples/$Name.ps1") + $Arguments)
            [pscustomobject]@{ ExitCode = $LASTEXITCODE; Text = $output | Out-String -Width 500 }
        }

        function Invoke-Control ([string] $Path, $Body) {
            $call = @{}
            if ($Body) {
                $call = @{ Method = 'POST'; Body = ConvertTo-Json $Body -Depth 5; ContentType = 'application/json' }
            }

            Invoke-RestMethod "$($secure.Url)/-/fake-gitlab/$Path" -SkipCertificateCheck -NoProxy @call
        }
    }

    AfterAll {
        Stop-FakeGitLab $secure
        Remove-Item Env:SSL_CERT_FILE, Env:GITLAB_HOST
    }

    BeforeEach { $env:GITLAB_TOKEN = 'glpat-maintainer' }
    AfterEach { Remove-Item Env:GITLAB_TOKEN }

    It 'connects from the environment, and returns the exit code' {
        $rule = '-Rule', 'TokenUnused', '-UnusedFor', '60.00:00:00', '-FailOn', 'Warning'
        $run = Invoke-Unattended Test-AgentFleet (@('group/app') + $rule)
        $run.Text | Should -BeLike '*Warning*TokenUnused*group/app*staging*'
        $run.Text | Should -BeLike '*2 agents, 1 finding, 1 of severity Warning or higher.*'
        $run.Text | Should -Not -BeLike '*glpat-*'
        $run.ExitCode | Should -Be 3
    }

    It 'returns exit code 1 if it cannot connect: <Name>' -ForEach @(
        @{ Name = 'Test-AgentFleet'; Arguments = 'group/app', '-ReportPath', 'never.html' }
        @{ Name = 'Invoke-TokenHygiene'; Arguments = 'group/app', '-PlanPath', 'never.csv' }
    ) {
        $env:GITLAB_TOKEN = 'glpat-wrong'
        $run = Invoke-Unattended $Name $Arguments
        $run.ExitCode | Should -Be 1
        $run.Text | Should -BeLike '*401*'
        $run.Text | Should -Not -BeLike '*glpat-wrong*'
        'never.html', 'never.csv' | Should -Not -Exist
    }

    It 'revokes nothing if nobody can answer, unless -Confirm:$false is used' {
        $old = [DateTimeOffset]::UtcNow.AddDays(-300).ToString('o')
        $tokens = @{ name = 'used'; lastUsedAt = $old }, @{ name = 'never'; createdAt = $old }
        $null = Invoke-Control seed @{ agents = @{ project = 'h/p'; name = 'a'; tokens = $tokens } }
        $plan = "$TestDrive/plan.csv"
        (Invoke-Unattended Invoke-TokenHygiene 'h/p', '-PlanPath', $plan).ExitCode | Should -Be 0
        $row = Import-Csv $plan
        $row.Token | Should -Be 'never'
        $row.Approve = 'yes'
        $row.ApprovedBy = 'Ada'
        $row | Export-Csv $plan

        (Invoke-Unattended Invoke-TokenHygiene '-Apply', '-PlanPath', $plan).ExitCode | Should -Be 1
        ((Invoke-Control state).tokens | Where-Object name -EQ never).status | Should -Be 'active'
        (Invoke-Unattended Invoke-TokenHygiene '-Apply', '-PlanPath', $plan, '-Confirm:$false').ExitCode | Should -Be 0
        ((Invoke-Control state).tokens | Where-Object name -EQ never).status | Should -Be 'revoked'
    }

    It 'rotates with kubectl, resumes what was left, and returns the exit code' {
        $old = [DateTimeOffset]::UtcNow.AddDays(-300).ToString('o')
        $agents = foreach ($name in 'a', 'b') {
            $tokens = @(@{ name = "$name-1"; createdAt = $old; lastUsedAt = $old })
            @{ project = 'rotate/one'; name = $name; tokens = $tokens }
        }
        $null = Invoke-Control seed @{ agents = $agents }
        $path = $env:PATH
        $bin = Initialize-Kubectl $secure
        try {
            Set-Content "$TestDrive/clusters.csv" 'Project,Agent,Context', 'rotate/one,a,in-a', 'rotate/one,b,in-b'
            $arguments = @(
                '-Group', 'rotate', '-ClusterPath', "$TestDrive/clusters.csv", '-PollSec', '1'
                '-ReportPath', "$TestDrive/report.csv")
            $env:KUBECTL_OFF = 'in-b'
            $first = Invoke-Unattended Invoke-TokenRotation ($arguments + '-TimeoutSec', '1')
            $first.ExitCode | Should -Be 2
            $first.Text | Should -BeLike '*2 agents, 2 due, 1 completed, 1 waiting, 0 failed.*'
            (Import-Csv "$TestDrive/report.csv").Status | Should -Be 'Completed', 'TimedOut'

            & "$bin/sign-in" "$bin/in-b.yaml"
            $second = Invoke-Unattended Invoke-TokenRotation ($arguments + '-Resume')
            $second.ExitCode | Should -Be 0
            $second.Text | Should -BeLike '*2 agents, 1 due, 1 completed, 0 waiting, 0 failed.*'
            (Invoke-Unattended Invoke-TokenRotation $arguments).Text | Should -BeLike '*2 agents, 0 due*'

            $tokens = (Invoke-Control state).tokens
            ($tokens | Where-Object name -In 'a-1', 'b-1').status | Should -Be 'revoked', 'revoked'
            $said = $first.Text + $second.Text + (Get-Content "$TestDrive/report.csv" -Raw)
            @('glpat-maintainer') + $tokens.secret | Where-Object { $said.Contains($_) } | Should -BeNullOrEmpty

            (Invoke-Unattended Invoke-TokenRotation '-Group', 'rotate').ExitCode | Should -Be 1
        }
        finally {
            $env:PATH = $path
            Remove-Item Env:KUBECTL_BIN, Env:KUBECTL_OFF -ErrorAction Ignore
        }
    }
}
