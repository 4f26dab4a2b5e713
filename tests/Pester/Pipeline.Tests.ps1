[Diagnostics.CodeAnalysis.SuppressMessage(
    'PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'The blocks of Pester share their variables.')]
param()

BeforeAll {
    Import-Module "$PSScriptRoot/../../GitLabAgents.psd1"
    Import-Module "$PSScriptRoot/FakeGitLab.psm1"
    $hidden = Hide-GitLabEnvironment
    $first = Start-FakeGitLab
    $second = Start-FakeGitLab
}

AfterAll {
    Stop-FakeGitLab $first
    Stop-FakeGitLab $second
    Restore-GitLabEnvironment $hidden
}

Describe 'Pipelines' {
    BeforeEach {
        Reset-FakeGitLab $first
        Reset-FakeGitLab $second
        foreach ($server in $first, $second) {
            $null = Add-FakeGitLabSeed $server @{ agents = @{
                project = 'group/app'
                name = 'runner'
                tokens = 'ci-1', 'ci-2', 'other'
            } }
        }

        $a = Connect-FakeGitLab $first
        $b = Connect-FakeGitLab $second glpat-maintainer
        # Now the second server's session is the current one.
    }

    AfterEach {
        $a, $b | Disconnect-GitLab
    }

    Context 'two GitLabs at once' {
        It 'revokes the tokens of the GitLab that the agents came from' {
            Get-GitLabClusterAgent group/app -Session $a | Get-GitLabAgentToken | Where-Object Name -Like 'ci-*' |
                Revoke-GitLabAgentToken -Confirm:$false
            $state = Get-FakeGitLabState $first
            ($state.tokens | Where-Object name -Like 'ci-*').status | Should -Be 'revoked', 'revoked'
            ($state.tokens | Where-Object name -EQ other).status | Should -Be 'active'
            @(Get-FakeGitLabCall $first -Method DELETE).Count | Should -Be 2
            Get-FakeGitLabCall $second | Should -BeNullOrEmpty
        }

        It 'revokes nothing with -WhatIf' {
            Get-GitLabClusterAgent group/app -Session $a | Get-GitLabAgentToken | Where-Object Name -Like 'ci-*' |
                Revoke-GitLabAgentToken -WhatIf
            ((Get-FakeGitLabState $first).tokens | Where-Object name -Like 'ci-*').status |
                Should -Be 'active', 'active'
            Get-FakeGitLabCall $first -Method DELETE | Should -BeNullOrEmpty
            Get-FakeGitLabCall $first -Method POST | Should -Be 'POST /api/graphql'
            Get-FakeGitLabCall $first -Method GET | Should -Not -BeNullOrEmpty
            Get-FakeGitLabCall $second | Should -BeNullOrEmpty
        }

        It 'sends each of several objects to its own host' {
            $tokens = $a, $b | ForEach-Object { Get-GitLabClusterAgent group/app runner -Session $_ } |
                Get-GitLabAgentToken -Name 'ci-1'
            $tokens.Count | Should -Be 2
            $tokens | Revoke-GitLabAgentToken -Confirm:$false
            foreach ($server in $first, $second) {
                @(Get-FakeGitLabCall $server -Method DELETE).Count | Should -Be 1
                ((Get-FakeGitLabState $server).tokens | Where-Object name -EQ 'ci-1').status | Should -Be 'revoked'
            }
        }

        It 'creates a token on the host of the agent' {
            $token = Get-GitLabClusterAgent platform/infra cluster-us -Session $a | New-GitLabAgentToken -Name ci-1
            [object]::ReferenceEquals($token.Session, $a) | Should -BeTrue
            @(Get-FakeGitLabCall $first -Method POST).Count | Should -Be 1
            Get-FakeGitLabCall $second | Should -BeNullOrEmpty
        }

        It 'removes an agent on its host' {
            Get-GitLabClusterAgent group/app runner -Session $a | Remove-GitLabClusterAgent -Confirm:$false
            (Get-FakeGitLabState $first).agents.name | Should -Not -Contain 'runner'
            (Get-FakeGitLabState $second).agents.name | Should -Contain 'runner'
            Get-FakeGitLabCall $second | Should -BeNullOrEmpty
        }

        It 'reads objects again on their own host' {
            $agent = Get-GitLabClusterAgent group/app runner -Session $a
            $token = $agent | Get-GitLabAgentToken -Name ci-1
            Clear-FakeGitLabRequest $first
            ($agent | Get-GitLabClusterAgent).Name | Should -Be 'runner'
            ($token | Get-GitLabAgentToken).Name | Should -Be 'ci-1'
            Get-FakeGitLabCall $first | Should -Be @(
                "GET /api/v4/projects/101/cluster_agents/$($agent.Id)"
                "GET /api/v4/projects/101/cluster_agents/$($agent.Id)/tokens/$($token.Id)")
            Get-FakeGitLabCall $second | Should -BeNullOrEmpty
        }

        It 'sends no secret to the other host' {
            $null = Add-FakeGitLabSeed $first @{ accessTokens = @{ value = 'glpat-only-first' } }
            $only = Connect-FakeGitLab $first glpat-only-first
            Get-GitLabClusterAgent group/app -Session $only | Get-GitLabAgentToken | Out-Null
            $null = Get-GitLabClusterAgent group/app -Session $b
            (Get-FakeGitLabRequest $first).headers.'PRIVATE-TOKEN' | Sort-Object -Unique | Should -Be 'glpat-only-first'
            (Get-FakeGitLabRequest $second).headers.'PRIVATE-TOKEN' | Should -Be 'glpat-maintainer'
        }

        It 'uses the current session for objects without one' {
            $null = 'group/app' | Get-GitLabClusterAgent
            Get-FakeGitLabCall $first | Should -BeNullOrEmpty
            @(Get-FakeGitLabCall $second).Count | Should -Be 1
        }
    }

    Context 'objects of the wrong kind' {
        It 'does not revoke the token with the ID of an agent' {
            $null = Add-FakeGitLabSeed $first @{ agents = @{ project = 'group/many'; count = 1000 } }
            $agent = Get-GitLabClusterAgent group/many -AgentId 1001 -Session $a
            ((Get-FakeGitLabState $first).tokens | Where-Object id -EQ $agent.Id).status | Should -Be 'active'
            $failures = Get-Failure { $agent | Revoke-GitLabAgentToken -Confirm:$false }
            $failures | Should -Not -BeNullOrEmpty
            $failures[0].FullyQualifiedErrorId | Should -BeLike '*,GitLabAgents.Commands.RevokeGitLabAgentTokenCommand'
            Get-FakeGitLabCall $first -Method DELETE | Should -BeNullOrEmpty
            Get-FakeGitLabCall $second | Should -BeNullOrEmpty
        }

        It 'does not remove the agent of a token' {
            $token = Get-GitLabAgentToken group/app runner -Name ci-1 -Session $a
            $failures = Get-Failure { $token | Remove-GitLabClusterAgent -Confirm:$false }
            $failures | Should -Not -BeNullOrEmpty
            $failures[0].FullyQualifiedErrorId |
                Should -BeLike '*,GitLabAgents.Commands.RemoveGitLabClusterAgentCommand'
            Get-FakeGitLabCall $first -Method DELETE | Should -BeNullOrEmpty
            (Get-FakeGitLabState $first).agents.name | Should -Contain 'runner'
        }

        It 'does not remove the agent of a token that is given a project' {
            $token = Get-GitLabAgentToken group/app runner -Name ci-1 -Session $a
            Get-Failure { $token | Remove-GitLabClusterAgent -Project 101 -Confirm:$false } | Should -Not -BeNullOrEmpty
            Get-FakeGitLabCall $first -Method DELETE | Should -BeNullOrEmpty
            Get-FakeGitLabCall $second -Method DELETE | Should -BeNullOrEmpty
        }

        It 'does not name a new token after the agent' {
            $agent = Get-GitLabClusterAgent platform/infra cluster-us -Session $a
            $shell = [powershell]::Create() # Where no one can be asked for the name.
            try {
                $null = $shell.AddScript(
                    'param($module, $agent) Import-Module $module; $agent | New-GitLabAgentToken').AddArgument(
                    "$PSScriptRoot/../../GitLabAgents.psd1").AddArgument(
                    $agent)
                $null = $shell.Invoke()
                "$($shell.Streams.Error)" | Should -BeLike '*Name*'
            }
            finally {
                $shell.Dispose()
            }

            Get-FakeGitLabCall $first -Method POST | Should -BeNullOrEmpty
        }

        It 'binds no parameter Id from the pipeline' {
            foreach ($command in Get-Command -Module GitLabAgents) {
                foreach ($parameter in $command.Parameters.Values) {
                    $byName = $parameter.Attributes |
                        Where-Object { $_ -is [Parameter] -and $_.ValueFromPipelineByPropertyName }
                    if ($byName) {
                        @($parameter.Name) + $parameter.Aliases | Should -Not -Contain 'Id' -Because $command.Name
                    }
                }
            }

            (Get-Command Get-GitLabAgentToken).Parameters['Agent'].Aliases | Should -Contain 'AgentId'
        }
    }

    Context 'rows of a file' {
        BeforeEach {
            Disconnect-GitLab
            $a = Connect-FakeGitLab $first
            $file = Join-Path $TestDrive rows.csv
            Set-Content $file 'ProjectId,AgentId,TokenId', '101,11,1001', '101,12,1004'
        }

        It 'reads agents' {
            (Import-Csv $file | Get-GitLabClusterAgent).Name | Should -Be 'prod', 'staging'
            Get-FakeGitLabCall $first |
                Should -Be 'GET /api/v4/projects/101/cluster_agents/11', 'GET /api/v4/projects/101/cluster_agents/12'
        }

        It 'reads tokens' {
            (Import-Csv $file | Get-GitLabAgentToken).Name | Should -Be 'prod-2024', 'staging-1'
            Get-FakeGitLabCall $first | Sort-Object | Should -Be @(
                'GET /api/v4/projects/101/cluster_agents/11/tokens/1001'
                'GET /api/v4/projects/101/cluster_agents/12/tokens/1004')
        }

        It 'revokes tokens' {
            Import-Csv $file | Revoke-GitLabAgentToken -Confirm:$false
            Get-FakeGitLabCall $first | Should -Be @(
                'DELETE /api/v4/projects/101/cluster_agents/11/tokens/1001'
                'DELETE /api/v4/projects/101/cluster_agents/12/tokens/1004')
        }

        It 'writes rows that can be read again' {
            $export = Join-Path $TestDrive export.csv
            Get-GitLabClusterAgent group/app | Get-GitLabAgentToken | Select-Object ProjectId, AgentId, TokenId, Name |
                Export-Csv $export
            Clear-FakeGitLabRequest $first
            Import-Csv $export | Where-Object Name -EQ 'ci-2' | Revoke-GitLabAgentToken -Confirm:$false
            ((Get-FakeGitLabState $first).tokens | Where-Object name -EQ 'ci-2').status | Should -Be 'revoked'
            @(Get-FakeGitLabCall $first).Count | Should -Be 1
        }
    }

    Context 'one item that fails' {
        It 'does not stop the projects after it' {
            $agents = 'group/app', 'no/where', 'platform/infra' |
                Get-GitLabClusterAgent -Session $a -ErrorVariable failures -ErrorAction SilentlyContinue
            $agents.Name | Should -Be 'prod', 'runner', 'staging', 'cluster-eu', 'cluster-us'
            $failures.Count | Should -Be 1
            $failures[0].TargetObject | Should -Be 'no/where'
        }

        It 'does not stop the revocations after it' {
            $tokens = Get-GitLabAgentToken group/app runner -Name 'ci-*' -Session $a
            Add-FakeGitLabFault $first @{ kind = 'status'; status = 403; method = 'DELETE' }
            $failures = Get-Failure { $tokens | Revoke-GitLabAgentToken -Confirm:$false }
            $failures.Count | Should -Be 1
            [object]::ReferenceEquals($failures.TargetObject, $tokens[0]) | Should -BeTrue
            ((Get-FakeGitLabState $first).tokens | Where-Object name -Like 'ci-*').status |
                Should -Be 'active', 'revoked'
        }

        It 'stops them with -ErrorAction Stop' {
            $tokens = Get-GitLabAgentToken group/app runner -Name 'ci-*' -Session $a
            Add-FakeGitLabFault $first @{ kind = 'status'; status = 403; method = 'DELETE' }
            { $tokens | Revoke-GitLabAgentToken -Confirm:$false -ErrorAction Stop } |
                Should -Throw -ErrorId 'Forbidden,*'
            @(Get-FakeGitLabCall $first -Method DELETE).Count | Should -Be 1
        }
    }

    It 'manages a token from creation to revocation' {
        $agent = New-GitLabClusterAgent group/empty edge -Session $a
        $token = $agent | New-GitLabAgentToken -Name ci-1
        $token.RevealToken() | Should -Match '^glagent-'
        ($agent | Get-GitLabAgentToken).TokenId | Should -Be $token.TokenId
        $token | Revoke-GitLabAgentToken -Confirm:$false
        $agent | Get-GitLabAgentToken | Should -BeNullOrEmpty
        $agent | Remove-GitLabClusterAgent -Confirm:$false
        Get-GitLabClusterAgent group/empty -Session $a | Should -BeNullOrEmpty
        Get-FakeGitLabCall $second | Should -BeNullOrEmpty
    }
}
