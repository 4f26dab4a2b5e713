#Requires -PSEdition Core
[Diagnostics.CodeAnalysis.SuppressMessage('PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'The blocks of Pester share their variables.')]
param()

# Runs the runbooks of examples/, and what the guides of docs/ show, against the fake GitLab.

BeforeDiscovery {
    $root = (Resolve-Path "$PSScriptRoot/../..").Path
    $guides = 'from-zero', 'coming-from', 'security' | ForEach-Object {
        $text = [System.IO.File]::ReadAllText("$root/docs/$_.md") -replace '\r\n', "`n"
        @{ Page = $_; Code = [regex]::Matches($text, '(?ms)^```powershell\n(.*?)^```$') | ForEach-Object { $_.Groups[1].Value } }
    }
    $links = foreach ($page in "$root/CONTRIBUTING.md", "$root/docs/from-zero.md", "$root/docs/runbooks.md", "$root/docs/coming-from.md", "$root/docs/security.md") {
        foreach ($link in [regex]::Matches([System.IO.File]::ReadAllText($page), '\]\((?!https:)(?<File>[^)#]*)(#(?<Part>[^)]+))?\)')) {
            @{ From = Split-Path $page -Leaf; Page = $page; Link = $link.Groups['File'].Value; Part = $link.Groups['Part'].Value }
        }
    }
}

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

Describe 'Runbook' {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
        Get-ChildItem $TestDrive | Remove-Item -Recurse
    }

    AfterEach { $session | Disconnect-GitLab }

    Context 'Get-StaleTokenReport' {
        It 'reports what was last used too long ago, and what was never used and is old' {
            $run = Invoke-Runbook Get-StaleTokenReport @{ Project = 'group/app'; Days = 10 }
            $run.Objects.Token | Should -Be 'staging-1', 'prod-spare'
            $run.Objects.Reason | Should -Be 'unused', 'never used'
            $run.Objects.IdleDays | Should -Be 80, 20
            $run.Objects.Agent | Should -Be 'staging', 'prod'
            $run.Objects.IsLastInUse | Should -Be $true, $false
            $run.ExitCode | Should -Be 0
            $run.Text | Should -BeLike '*2 agents, 0 of them without a token; 3 tokens, 2 not used for 10 days.*'
            $run.Leaks | Should -BeNullOrEmpty
            Get-FakeGitLabCall $server -Method POST, DELETE | Where-Object { $_ -ne 'POST /api/graphql' } | Should -BeNullOrEmpty
        }

        It 'does not call a token stale that was made yesterday and not used yet' {
            $null = Add-FakeGitLabSeed $server @{ agents = @{ project = 'age/one'; name = 'a'; tokens = @(
                        @{ name = 'young'; createdAt = Get-Ago 1 }, @{ name = 'old'; createdAt = Get-Ago 100 }
                        @{ name = 'fresh'; createdAt = Get-Ago 100; lastUsedAt = Get-Ago 1 }, @{ name = 'unused'; createdAt = Get-Ago 200; lastUsedAt = Get-Ago 91 }
                        @{ name = 'in time'; createdAt = Get-Ago 200; lastUsedAt = Get-Ago 89 }) } }
            (Invoke-Runbook Get-StaleTokenReport @{ Project = 'age/one' }).Objects.Token | Should -Be 'old', 'unused'
        }

        It 'reads groups, with an agent that has no token' {
            $run = Invoke-Runbook Get-StaleTokenReport @{ Group = 'platform'; Recurse = $true; Days = 200 }
            $run.Objects.Token | Should -Be 'eu-3'
            $run.Text | Should -BeLike '*4 agents, 1 of them without a token; 5 tokens, 1 not used*'
        }

        It 'names an agent once that two arguments reach' {
            @((Invoke-Runbook Get-StaleTokenReport @{ Project = 101, 'group/app'; Days = 60 }).Objects).Count | Should -Be 1
        }

        It 'gives nothing, and a file with headings, where nothing is stale' {
            $run = Invoke-Runbook Get-StaleTokenReport @{ Project = 'group/app'; Path = "$TestDrive/stale.csv"; FailOnStale = $true }
            $run.Objects | Should -BeNullOrEmpty
            $run.ExitCode | Should -Be 0
            Get-Content "$TestDrive/stale.csv" | Should -Be '"Project","ProjectId","Agent","AgentId","Token","TokenId","CreatedAt","LastUsedAt","IdleDays","Reason","IsLastInUse"'
        }

        It 'gives nothing of a project without agents' {
            $run = Invoke-Runbook Get-StaleTokenReport @{ Project = 'group/empty' }
            $run.Objects | Should -BeNullOrEmpty
            $run.ExitCode | Should -Be 0
        }

        It 'ends with 3 where something is stale and -FailOnStale is given' {
            (Invoke-Runbook Get-StaleTokenReport @{ Project = 'group/app'; Days = 60; FailOnStale = $true }).ExitCode | Should -Be 3
        }

        It 'reports the others when a project is not there, and ends with 2' {
            $run = Invoke-Runbook Get-StaleTokenReport @{ Project = 'no/where', 'group/app'; Days = 60; FailOnStale = $true }
            $run.Objects.Token | Should -Be 'staging-1'
            $run.Errors.FullyQualifiedErrorId | Should -BeLike 'ProjectNotFound,*'
            $run.ExitCode | Should -Be 2
        }

        It 'says nothing of a token that cannot be read, and ends with 2' {
            Add-FakeGitLabFault $server @{ kind = 'status'; status = 500; pathContains = '/tokens/1004'; times = 'always' }
            $run = Invoke-Runbook Get-StaleTokenReport @{ Project = 'group/app'; Days = 10 }
            $run.Objects.Token | Should -Be 'prod-spare'
            $run.ExitCode | Should -Be 2
        }

        It 'reports nothing, and ends with 2, without the role' {
            $session = Connect-FakeGitLab $server glpat-reporter
            $run = Invoke-Runbook Get-StaleTokenReport @{ Project = 'group/app'; Days = 10 }
            $run.Objects | Should -BeNullOrEmpty
            $run.ExitCode | Should -Be 2
        }

        It 'writes names of any kind to CSV, and no formula' {
            $names = 'a,b;"c"', '=HYPERLINK("http://x")', "two`nlines", 'ключ-🔑', '@SUM(1)'
            $null = Add-FakeGitLabSeed $server @{ agents = @{ project = 'names/one'; name = 'a'; tokens = @($names | ForEach-Object { @{ name = $_; createdAt = Get-Ago 100 } }) } }
            $run = Invoke-Runbook Get-StaleTokenReport @{ Project = 'names/one'; Path = "$TestDrive/stale.csv" }
            $run.Objects.Token | Sort-Object | Should -Be ($names | Sort-Object)
            (Import-Csv "$TestDrive/stale.csv").Token | Sort-Object | Should -Be ($names -replace '^[=@]', "'`$0" | Sort-Object)
        }
    }

    Context 'Export-AgentInventory' {
        BeforeEach { $paths = @{ CsvPath = "$TestDrive/agents.csv"; HtmlPath = "$TestDrive/agents.html" } }

        It 'writes a row an agent, as CSV and HTML' {
            $run = Invoke-Runbook Export-AgentInventory (@{ Group = 'platform'; Recurse = $true } + $paths)
            $run.ExitCode | Should -Be 0
            $run.Leaks | Should -BeNullOrEmpty
            $rows = Import-Csv $paths.CsvPath
            $rows.Agent | Should -Be 'api', 'web', 'cluster-eu', 'cluster-us'
            $rows.Tokens | Should -Be '1', '1', '3', '0'
            $rows.LastUsedAt[0] | Should -Be 'never'
            $rows.LastUsedAt[2] | Should -Match '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$'
            $rows.LastUsedAt[3] | Should -BeNullOrEmpty
            $rows.LastUsedToken[2] | Should -Be 'eu-1'
            $html = Get-Content $paths.HtmlPath -Raw
            [regex]::Matches($html, '<tr>(?=<td>)').Count | Should -Be 4
            $html | Should -Not -BeLike '*Incomplete*'
            Get-FakeGitLabCall $server -Method POST, DELETE | Where-Object { $_ -ne 'POST /api/graphql' } | Should -BeNullOrEmpty
        }

        It 'encodes what comes from GitLab' {
            $names = '<script>alert("x")</script>', 'a,"b"', '=1+1', 'Ünïcode & Söhne'
            $null = Add-FakeGitLabSeed $server @{ agents = @(
                    $names | ForEach-Object { @{ project = 'names/two'; name = "a$([array]::IndexOf($names, $_))"; tokens = @(@{ name = $_; lastUsedAt = Get-Ago 1 }) } }) }
            $run = Invoke-Runbook Export-AgentInventory (@{ Project = 'names/two'; Title = '<b>all</b>' } + $paths)
            $run.ExitCode | Should -Be 0
            $html = Get-Content $paths.HtmlPath -Raw
            $html | Should -Not -Match '<script|<b>all'
            $html | Should -BeLike '*&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;*'
            $html | Should -BeLike '*<title>&lt;b&gt;all&lt;/b&gt;</title>*'
            $html | Should -Match '(Ü|&#220;)n(ï|&#239;)code &amp; S(ö|&#246;)hne'
            (Import-Csv $paths.CsvPath).LastUsedToken | Should -Be '<script>alert("x")</script>', 'a,"b"', "'=1+1", 'Ünïcode & Söhne'
        }

        It 'writes agents by the hundreds, each once' {
            $null = Add-FakeGitLabSeed $server @{ agents = @{ project = 'many/one'; count = 404 } }
            $run = Invoke-Runbook Export-AgentInventory (@{ Project = 'many/one' } + $paths)
            $run.ExitCode | Should -Be 0
            @((Import-Csv $paths.CsvPath).AgentId | Select-Object -Unique).Count | Should -Be 404
        }

        It 'says ? for tokens that cannot be read (<_>), and ends with 2' -ForEach '/cluster_agents/12/tokens', '/tokens/1004' {
            Add-FakeGitLabFault $server @{ kind = 'status'; status = 500; pathContains = $_; times = 'always' }
            $run = Invoke-Runbook Export-AgentInventory (@{ Project = 'group/app' } + $paths)
            $run.ExitCode | Should -Be 2
            $rows = Import-Csv $paths.CsvPath
            $rows.Agent | Should -Be 'prod', 'staging'
            $rows.Tokens | Should -Be '2', '?'
            $rows.LastUsedAt[1] | Should -Be '?'
            Get-Content $paths.HtmlPath -Raw | Should -BeLike '*Incomplete: 1 could not be read.*'
        }

        It 'says ? for an agent that is gone when its tokens are read, and ends with 2' {
            Add-FakeGitLabFault $server @{ kind = 'status'; status = 404; body = '{"message":"404 Not found"}'; pathContains = '/cluster_agents/12/tokens' }
            $run = Invoke-Runbook Export-AgentInventory (@{ Project = 'group/app' } + $paths)
            $run.ExitCode | Should -Be 2
            (Import-Csv $paths.CsvPath).Tokens | Should -Be '2', '?'
        }

        It 'writes the others when a project is not there, and ends with 2' {
            $run = Invoke-Runbook Export-AgentInventory (@{ Project = 'no/where', 'platform/apps/web' } + $paths)
            $run.ExitCode | Should -Be 2
            (Import-Csv $paths.CsvPath).Agent | Should -Be 'web'
        }

        It 'leaves the files as they are when nothing could be read' {
            Set-Content $paths.CsvPath 'yesterday'
            $session = Connect-FakeGitLab $server glpat-reporter
            { Invoke-Runbook Export-AgentInventory (@{ Project = 'group/app' } + $paths) } | Should -Throw 'No agent could be read*'
            Get-Content $paths.CsvPath | Should -Be 'yesterday'
            $paths.HtmlPath | Should -Not -Exist
        }

        It 'has nothing to do without a path' {
            { Invoke-Runbook Export-AgentInventory @{ Project = 'group/app' } } | Should -Throw 'There is nothing to write*'
        }

        It 'writes a project without agents' {
            $run = Invoke-Runbook Export-AgentInventory (@{ Project = 'group/empty' } + $paths)
            $run.ExitCode | Should -Be 0
            @(Get-Content $paths.CsvPath).Count | Should -Be 1
        }
    }

    Context 'Add-AgentFromCsv' {
        BeforeEach {
            $csv = "$TestDrive/agents.csv"
            $vault = @{}
            $deploy = { param($Token, $Row) $vault[$Row.Agent] = $Token.Token; $Token.RevealToken() }
        }

        It 'enrols every row, and shows no secret' {
            Set-Content $csv 'Project,Agent,TokenName,Description', 'group/empty,one,first,"With, comma"', 'group/empty, two ,,'
            $run = Invoke-Runbook Add-AgentFromCsv @{ Path = $csv; Deploy = $deploy; ResultPath = "$TestDrive/result.csv" }
            $run.ExitCode | Should -Be 0
            $run.Objects.Outcome | Should -Be 'Enrolled', 'Enrolled'
            $run.Leaks | Should -BeNullOrEmpty
            (Get-Token first).description | Should -Be 'With, comma'
            (Get-Token two).secret | Should -Be ([System.Net.NetworkCredential]::new('', $vault.two).Password)
            (Import-Csv "$TestDrive/result.csv").TokenId | Should -Be $run.Objects.TokenId
            $run.Text | Should -BeLike '*2 rows, 2 enrolled, 0 failed.*'
        }

        It 'goes on after a bad row: <Why>' -ForEach @(
            @{ Why = 'name'; Row = 'group/empty,Not-A-Name'; Says = '*is no name for an agent*' }
            @{ Why = 'no name'; Row = 'group/empty,'; Says = '*is no name for an agent*' }
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

        It 'makes nothing twice when it is run again' {
            Set-Content $csv 'Project,Agent', 'group/empty,one'
            $null = Invoke-Runbook Add-AgentFromCsv @{ Path = $csv; Deploy = $deploy }
            Clear-FakeGitLabRequest $server
            $run = Invoke-Runbook Add-AgentFromCsv @{ Path = $csv; Deploy = $deploy }
            $run.ExitCode | Should -Be 0
            $run.Objects.Outcome | Should -Be 'NeverUsed'
            $null = Add-FakeGitLabSeed $server @{ markUsed = (Get-Token one).id }
            (Invoke-Runbook Add-AgentFromCsv @{ Path = $csv; Deploy = $deploy }).Objects.Outcome | Should -Be 'AlreadyEnrolled'
            Get-FakeGitLabCall $server -Method POST, DELETE | Where-Object { $_ -ne 'POST /api/graphql' } | Should -BeNullOrEmpty
        }

        It 'adds a token of another name to an agent that is there' {
            Set-Content $csv 'Project,Agent,TokenName', 'group/app,staging,staging-2'
            $run = Invoke-Runbook Add-AgentFromCsv @{ Path = $csv; Deploy = $deploy }
            $run.Objects.AgentId | Should -Be 12
            (Get-Token staging-2).status | Should -Be 'active'
            (Get-Token staging-1).status | Should -Be 'active'
        }

        It 'revokes the token again when its secret is not handed over, and tries anew in the next run' {
            Set-Content $csv 'Project,Agent', 'group/empty,one', 'group/empty,two'
            $Error.Clear()
            $run = Invoke-Runbook Add-AgentFromCsv @{ Path = $csv; Deploy = { param($Token, $Row) if ($Row.Agent -eq 'one') { throw "vault refuses $($Token.RevealToken())" } } }
            ($Error | Format-List * -Force | Out-String -Width 500) | Should -Not -BeLike "*$((Get-Token one).secret)*"
            $run.ExitCode | Should -Be 2
            $run.Objects.Outcome | Should -Be 'Failed', 'Enrolled'
            $run.Objects[0].Detail | Should -BeLike '*vault refuses `[secret`] Token * was revoked again.'
            $run.Leaks | Should -BeNullOrEmpty
            (Get-Token one).status | Should -Be 'revoked'

            $run = Invoke-Runbook Add-AgentFromCsv @{ Path = $csv; Deploy = $deploy }
            $run.Objects.Outcome | Should -Be 'Enrolled', 'NeverUsed'
            (Get-Token one).status | Should -Be 'revoked', 'active'
            @((Get-FakeGitLabState $server).agents | Where-Object name -EQ one).Count | Should -Be 1
        }

        It 'says so when that token cannot be revoked again' {
            Set-Content $csv 'Project,Agent', 'group/empty,one'
            Add-FakeGitLabFault $server @{ kind = 'status'; status = 500; method = 'DELETE'; times = 'always' }
            $run = Invoke-Runbook Add-AgentFromCsv @{ Path = $csv; Deploy = { throw 'no' } }
            $run.Objects.Detail | Should -BeLike '*could not be revoked again, revoke it by hand*500*'
            $run.ExitCode | Should -Be 2
        }

        It 'fails a row whose native command fails' -Skip:($PSVersionTable.PSVersion -lt '7.4') {
            Set-Content $csv 'Project,Agent', 'group/empty,one'
            $run = Invoke-Runbook Add-AgentFromCsv @{ Path = $csv; Deploy = { dotnet no-such-command *> $null } }
            $run.Objects.Outcome | Should -Be 'Failed'
            (Get-Token one).status | Should -Be 'revoked'
        }

        It 'names the token whose making has an unknown outcome, and does not take it for enrolled' {
            Set-Content $csv 'Project,Agent', 'group/empty,one'
            Add-FakeGitLabFault $server @{ kind = 'status'; status = 502; method = 'POST'; pathContains = '/tokens'; afterActing = $true }
            $run = Invoke-Runbook Add-AgentFromCsv @{ Path = $csv; Deploy = $deploy }
            $run.ExitCode | Should -Be 2
            $run.Objects.Detail | Should -BeLike "*may have processed*'one'*"
            (Invoke-Runbook Add-AgentFromCsv @{ Path = $csv; Deploy = $deploy }).Objects.Outcome | Should -Be 'NeverUsed'
        }

        It 'makes nothing without the role, and ends with 2' {
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
            Get-FakeGitLabCall $server -Method POST | Where-Object { $_ -ne 'POST /api/graphql' } | Should -BeNullOrEmpty
            $vault.Count | Should -Be 0
        }

        It 'does not begin with <Why>' -ForEach @(
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
                Set-Content "$bin/kubectl" '#!/bin/sh', 'given=$(cat)', 'printf ''%s\n%s'' "$*" "$given" >> "$KUBECTL_LOG"', '[ "$KUBECTL_EXIT" = 0 ] || { echo "The request is invalid: $given" >&2; exit "$KUBECTL_EXIT"; }'
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

            It 'hands the secret to kubectl through its standard input' {
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
                $run.Objects.Detail | Should -BeLike '*kubectl ended with 1: *invalid*secret*revoked again.'
                $run.Leaks | Should -BeNullOrEmpty
                "$($Error[0..5] | Format-List * -Force | Out-String -Width 1000)".Contains((Get-Token one).secret) | Should -BeFalse
                (Get-Token one).status | Should -Be 'revoked'
            }

            It 'makes nothing for a row that names no context' {
                Set-Content $csv 'Project,Agent,Context', 'group/empty,one,'
                $run = Invoke-Runbook Add-AgentFromCsv @{ Path = $csv }
                $run.ExitCode | Should -Be 2
                $run.Objects.Detail | Should -Be 'The row has no context for kubectl.'
                Get-FakeGitLabCall $server -Method POST | Where-Object { $_ -ne 'POST /api/graphql' } | Should -BeNullOrEmpty
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

            function Get-ActiveToken { ((Get-FakeGitLabState $server).tokens | Where-Object { $_.status -eq 'active' -and $_.name -match 'busy|asleep' }).name }
        }

        Context 'the plan' {
            It 'holds what is stale, but never the token of an agent that was used last' {
                $run = Invoke-Runbook Invoke-TokenHygiene @{ Project = 'h/p'; PlanPath = $plan }
                $run.ExitCode | Should -Be 0
                $run.Leaks | Should -BeNullOrEmpty
                $rows = Import-Csv $plan
                $rows.Token | Sort-Object | Should -Be ("'=busy,never", 'asleep-before', 'busy-old' | Sort-Object)
                $rows.Approve | Should -Be '', '', ''
                $rows.GitLab | Should -Be (@("$($session.Uri)") * 3)
                Get-FakeGitLabCall $server -Method POST, DELETE | Where-Object { $_ -ne 'POST /api/graphql' } | Should -BeNullOrEmpty
            }

            It 'is not written where nothing is stale' {
                $run = Invoke-Runbook Invoke-TokenHygiene @{ Project = 'h/p'; PlanPath = $plan; Days = 3000 }
                $run.ExitCode | Should -Be 0
                $run.Text | Should -BeLike '*0 in the plan; no file was written.*'
                $plan | Should -Not -Exist
            }

            It 'leaves an agent out of whose tokens one cannot be read, and ends with 2' {
                $id = (Get-Token busy-now).id
                Add-FakeGitLabFault $server @{ kind = 'status'; status = 500; pathContains = "/tokens/$id"; times = 'always' }
                $run = Invoke-Runbook Invoke-TokenHygiene @{ Project = 'h/p'; PlanPath = $plan }
                $run.ExitCode | Should -Be 2
                (Import-Csv $plan).Token | Should -Be 'asleep-before'
            }

            It 'does not replace a plan that is there, unless forced' {
                Set-Content $plan 'approved'
                { Invoke-Runbook Invoke-TokenHygiene @{ Project = 'h/p'; PlanPath = $plan } } | Should -Throw '*is there already*'
                Get-Content $plan | Should -Be 'approved'
                (Invoke-Runbook Invoke-TokenHygiene @{ Project = 'h/p'; PlanPath = $plan; Force = $true }).ExitCode | Should -Be 0
                @(Import-Csv $plan).Count | Should -Be 3
            }

            It 'ends with 2 when a project is not there' {
                (Invoke-Runbook Invoke-TokenHygiene @{ Project = 'no/where', 'h/p'; PlanPath = $plan }).ExitCode | Should -Be 2
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

            It 'takes <Why> for no approval, and goes on' -ForEach @(
                @{ Why = 'a typo'; Change = @{ Approve = 'yse' }; Says = "Approve says 'yse'*" }
                @{ Why = 'one without a name'; Change = @{ ApprovedBy = ' ' }; Says = 'ApprovedBy is empty.' }
                @{ Why = 'one for another GitLab'; Change = @{ GitLab = 'https://gitlab.example.com/' }; Says = 'The plan is for https://gitlab.example.com/*' }
                @{ Why = 'one for a token of another name'; Change = @{ Token = 'busy-new' }; Says = "*is named 'busy-old', not 'busy-new'*" }
                @{ Why = 'one for no number'; Change = @{ TokenId = '1.0E3x' }; Says = '*1.0E3x*' }
                @{ Why = 'one for an agent that is not there'; Change = @{ AgentId = 4711 }; Says = '*404*' }
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

            It 'can be run again' {
                Write-Approval busy-old
                $null = Invoke-Runbook Invoke-TokenHygiene $apply
                $run = Invoke-Runbook Invoke-TokenHygiene $apply
                $run.Objects.Outcome | Should -Be 'AlreadyGone'
                $run.ExitCode | Should -Be 0
                @(Get-FakeGitLabCall $server -Method DELETE).Count | Should -Be 1
            }

            It 'revokes nothing without the role, and ends with 2' {
                Write-Approval busy-old, asleep-before
                $session = Connect-FakeGitLab $server glpat-developer
                $run = Invoke-Runbook Invoke-TokenHygiene $apply
                $run.ExitCode | Should -Be 2
                $run.Objects.Outcome | Should -Be 'Failed', 'Failed'
                Get-ActiveToken | Should -Be $all
            }

            It 'revokes nothing of an agent of whose tokens one cannot be read' {
                Write-Approval busy-old
                Add-FakeGitLabFault $server @{ kind = 'status'; status = 500; pathContains = "/tokens/$((Get-Token busy-now).id)"; times = 'always' }
                $run = Invoke-Runbook Invoke-TokenHygiene $apply
                $run.ExitCode | Should -Be 2
                $run.Objects.Outcome | Should -Be 'Failed'
                Get-ActiveToken | Should -Be $all
            }

            It 'does not begin with a file that is no plan' {
                Set-Content $plan 'Token;Approve', 'busy-old;yes'
                { Invoke-Runbook Invoke-TokenHygiene $apply } | Should -Throw '*is no plan*'
                Get-FakeGitLabCall $server | Should -BeNullOrEmpty
            }
        }
    }
}

Describe 'Guide' {
    BeforeEach {
        Reset-FakeGitLab $server
        $env:GITLAB_HOST = $server.Url
        $env:GITLAB_TOKEN = 'glpat-maintainer'
        $session = Connect-FakeGitLab $server

        # What stands in for the world around the pages.
        $given = [System.Collections.Generic.List[object]]::new()
        $surroundings = {
            function Read-Host { ConvertTo-Secret 'glpat-maintainer' }
            function kubectl { $null }
            function helm {
                $text = $input | Out-String
                if ($text.Trim()) {
                    $given.Add(($text | ConvertFrom-Json))
                    $new = (Get-FakeGitLabState $server).agents | Where-Object name -In 'demo', 'edge'
                    $null = Add-FakeGitLabSeed $server @{ connections = @{ agent = $new.id } }
                }
            }
        }
    }

    AfterEach {
        Disconnect-GitLab
        Remove-Item Env:GITLAB_HOST, Env:GITLAB_TOKEN -ErrorAction Ignore
    }

    It '<Page> shows what works' -ForEach $guides {
        $Code | Should -Not -BeNullOrEmpty
        $PSDefaultParameterValues = @{ 'Connect-GitLab:AllowUnencryptedAuthentication' = $true; 'Revoke-GitLabAgentToken:Confirm' = $false }
        $run = [scriptblock]::Create(($Code -join "`n").Replace('gitlab.example.com', $server.Url))
        . $surroundings
        Get-Failure { . $run } | Should -BeNullOrEmpty
    }

    It 'from-zero hands both secrets to Helm, and revokes the first' {
        $page = [System.IO.File]::ReadAllText("$PSScriptRoot/../../docs/from-zero.md") -replace '\r\n', "`n"
        $code = [regex]::Matches($page, '(?ms)^```powershell\n(.*?)^```$') | ForEach-Object { $_.Groups[1].Value }
        $PSDefaultParameterValues = @{ 'Connect-GitLab:AllowUnencryptedAuthentication' = $true; 'Revoke-GitLabAgentToken:Confirm' = $false }
        . $surroundings
        $null = . ([scriptblock]::Create(($code -join "`n").Replace('gitlab.example.com', $server.Url)))
        $given.config.token | Should -Be (Get-Token demo-1).secret, (Get-Token demo-2).secret
        $given[0].config.kasAddress | Should -Be 'wss://kas.example.com/'
        (Get-Token demo-1).status | Should -Be 'revoked'
        (Get-Token demo-2).status | Should -Be 'active'
    }

    It 'from-zero explains every error id' {
        $page = [System.IO.File]::ReadAllText("$PSScriptRoot/../../docs/from-zero.md")
        foreach ($id in [enum]::GetNames([GitLabAgents.GitLabErrorKind])) { $page.Contains("| ``$id`` |") | Should -BeTrue -Because "$id is an error id" }
    }

    It '<From> links to what is there: <Link>#<Part>' -ForEach $links {
        $target = if ($Link) { Join-Path (Split-Path $Page) $Link } else { $Page }
        $target | Should -Exist
        if ($Part) {
            $headings = Get-Content $target | Where-Object { $_ -match '^#' } | ForEach-Object { ($_ -replace '^#+ ' -replace '[^\w\- ]').ToLowerInvariant() -replace ' ', '-' }
            $headings | Should -Contain $Part
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
            $call = if ($Body) { @{ Method = 'POST'; Body = ConvertTo-Json $Body -Depth 5; ContentType = 'application/json' } } else { @{} }
            Invoke-RestMethod "$($secure.Url)/-/fake-gitlab/$Path" -SkipCertificateCheck -NoProxy @call
        }
    }

    AfterAll {
        Stop-FakeGitLab $secure
        Remove-Item Env:SSL_CERT_FILE, Env:GITLAB_HOST
    }

    BeforeEach { $env:GITLAB_TOKEN = 'glpat-maintainer' }
    AfterEach { Remove-Item Env:GITLAB_TOKEN }

    It 'connects from the environment, and ends with the exit code' {
        $run = Invoke-Unattended Get-StaleTokenReport 'group/app', '-Days', '60', '-FailOnStale'
        $run.Text | Should -BeLike '*staging-1*'
        $run.Text | Should -BeLike '*3 tokens, 1 not used for 60 days.*'
        $run.Text | Should -Not -BeLike '*glpat-*'
        $run.ExitCode | Should -Be 3
    }

    It 'ends with 1 when it cannot connect: <Name>' -ForEach @(
        @{ Name = 'Get-StaleTokenReport'; Arguments = @('group/app') }
        @{ Name = 'Export-AgentInventory'; Arguments = 'group/app', '-CsvPath', 'never.csv' }
    ) {
        $env:GITLAB_TOKEN = 'glpat-wrong'
        $run = Invoke-Unattended $Name $Arguments
        $run.ExitCode | Should -Be 1
        $run.Text | Should -BeLike '*401*'
        $run.Text | Should -Not -BeLike '*glpat-wrong*'
        'never.csv' | Should -Not -Exist
    }

    It 'revokes nothing when no one can be asked, unless told so with -Confirm:$false' {
        $old = [DateTimeOffset]::UtcNow.AddDays(-300).ToString('o')
        $null = Invoke-Control seed @{ agents = @{ project = 'h/p'; name = 'a'; tokens = @(@{ name = 'used'; lastUsedAt = $old }, @{ name = 'never'; createdAt = $old }) } }
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

    It 'rotates with kubectl, goes on with what was left, and ends with the exit code' {
        $old = [DateTimeOffset]::UtcNow.AddDays(-300).ToString('o')
        $null = Invoke-Control seed @{ agents = @('a', 'b' | ForEach-Object { @{ project = 'rotate/one'; name = $_; tokens = @(@{ name = "$_-1"; createdAt = $old; lastUsedAt = $old }) } }) }
        $path = $env:PATH
        $bin = Initialize-Kubectl $secure
        try {
            Set-Content "$TestDrive/clusters.csv" 'Project,Agent,Context', 'rotate/one,a,in-a', 'rotate/one,b,in-b'
            $arguments = '-Group', 'rotate', '-ClusterPath', "$TestDrive/clusters.csv", '-PollSec', '1', '-ReportPath', "$TestDrive/report.csv"
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
