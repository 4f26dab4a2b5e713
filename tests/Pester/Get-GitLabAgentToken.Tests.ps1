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

Describe 'Get-GitLabAgentToken' {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
    }

    AfterEach {
        Disconnect-GitLab
    }

    Context 'all tokens of an agent' {
        It 'reads each token on its own, for its last use' {
            $tokens = Get-GitLabAgentToken 101 11
            $tokens | Should -BeOfType GitLabAgents.AgentToken
            $tokens.Name | Should -Be 'prod-2024', 'prod-spare'
            $tokens.IsLastUsedKnown | Should -Be $true, $true
            [math]::Round(([DateTimeOffset]::UtcNow - $tokens[0].LastUsedAt).TotalHours, 1) | Should -Be 3
            $tokens[1].LastUsedAt | Should -BeNullOrEmpty
            $calls = @(Get-FakeGitLabCall $server)
            $calls[0] | Should -Be 'GET /api/v4/projects/101/cluster_agents/11/tokens?per_page=100&page=1'
            $calls[1..9] | Sort-Object | Should -Be @(
                'GET /api/v4/projects/101/cluster_agents/11/tokens/1001'
                'GET /api/v4/projects/101/cluster_agents/11/tokens/1002')
        }

        It 'returns every property that GitLab reports, and no secret' {
            $token = Get-GitLabAgentToken 101 11 -Name prod-2024
            $token.Id | Should -Be 1001
            $token.TokenId | Should -Be 1001
            $token.AgentId | Should -Be 11
            $token.ProjectId | Should -Be 101
            $token.Description | Should -Be 'The first'
            $token.Status | Should -Be 'active'
            $token.CreatedByUserId | Should -Be 7
            $token.CreatedAt | Should -BeOfType DateTimeOffset
            "$token" | Should -Be 'prod-2024'
            [object]::ReferenceEquals($token.Session, $session) | Should -BeTrue
            $token.PSObject.Properties.Name | Should -Not -Contain 'Token'
        }

        It 'skips a token that is revoked meanwhile' {
            Add-FakeGitLabFault $server @{ kind = 'status'; status = 404; pathContains = '/tokens/1001' }
            $tokens = Get-GitLabAgentToken 101 11 -ErrorVariable failures
            $tokens.Name | Should -Be 'prod-spare'
            $failures | Should -BeNullOrEmpty
        }

        It 'reports a token that cannot be read, and returns the others' {
            Add-FakeGitLabFault $server @{
                kind = 'status'
                status = 500
                pathContains = '/tokens/1001'
                times = 'always'
            }
            $tokens = Get-GitLabAgentToken 101 11 -ErrorVariable failures -ErrorAction SilentlyContinue
            $tokens.Name | Should -Be 'prod-spare'
            $failures.Count | Should -Be 1
            $failures[0].FullyQualifiedErrorId |
                Should -Be 'ServerError,GitLabAgents.Commands.GetGitLabAgentTokenCommand'
        }

        It 'returns nothing for an agent without tokens' {
            Get-GitLabAgentToken 103 14 -ErrorVariable failures | Should -BeNullOrEmpty
            $failures | Should -BeNullOrEmpty
        }

        It 'reads user IDs that are text' {
            Edit-FakeGitLabOption $server @{ userIdsAsStrings = $true }
            (Get-GitLabAgentToken 101 11 -Name prod-2024).CreatedByUserId | Should -Be 7
        }

        It 'requests one list if one token is wanted' {
            (Get-GitLabAgentToken 101 11 | Select-Object -First 1).Name | Should -Be 'prod-2024'
            Get-FakeGitLabCall $server | Where-Object { $_ -like '*page=*' } |
                Should -Be 'GET /api/v4/projects/101/cluster_agents/11/tokens?per_page=100&page=1'
            Wait-Until { (Get-FakeGitLabLoad $server).inFlight -eq 0 }
        }
    }

    Context '-Summary' {
        It 'does not read each token' {
            $tokens = Get-GitLabAgentToken 101 11 -Summary
            $tokens.Name | Should -Be 'prod-2024', 'prod-spare'
            $tokens.IsLastUsedKnown | Should -Be $false, $false
            $tokens[0].LastUsedAt | Should -BeNullOrEmpty
            Get-FakeGitLabCall $server |
                Should -Be 'GET /api/v4/projects/101/cluster_agents/11/tokens?per_page=100&page=1'
        }

        It 'reads 250 tokens in three requests' {
            $null = Add-FakeGitLabSeed $server @{ agents = @{
                project = 'group/app'
                name = 'busy'
                tokens = @(1..250 | ForEach-Object { "t-$_" })
            } }
            (Get-GitLabAgentToken group/app busy -Summary).Count | Should -Be 250
            @(Get-FakeGitLabCall $server | Where-Object { $_ -like '*/tokens?*' }).Count | Should -Be 3
        }
    }

    Context 'which agent' {
        It 'looks up a name' {
            (Get-GitLabAgentToken group/app prod -Summary).Name | Should -Be 'prod-2024', 'prod-spare'
            Get-FakeGitLabCall $server | Should -Be @(
                'GET /api/v4/projects/group%2Fapp/cluster_agents?per_page=100&page=1'
                'GET /api/v4/projects/101/cluster_agents/11/tokens?per_page=100&page=1')
        }

        It 'accepts digits in a string as an ID' {
            (Get-GitLabAgentToken '101' '12' -Summary).Name | Should -Be 'staging-1'
            Get-FakeGitLabCall $server |
                Should -Be 'GET /api/v4/projects/101/cluster_agents/12/tokens?per_page=100&page=1'
        }

        It 'accepts the names Project and Agent, and the aliases ProjectId and AgentId' {
            (Get-GitLabAgentToken -Project 101 -Agent 12 -Summary).Id | Should -Be 1004
            (Get-GitLabAgentToken -ProjectId 101 -AgentId 12 -Summary).Id | Should -Be 1004
        }

        It 'sends the path of a project encoded' {
            (Get-GitLabAgentToken 'Ünïcode/Pröjekt' unicode).Name | Should -Be 'ключ-🔑'
            @(Get-FakeGitLabCall $server)[0] |
                Should -BeExactly ('GET /api/v4/projects/%C3%9Cn%C3%AFcode%2FPr%C3%B6jekt/' +
                    'cluster_agents?per_page=100&page=1')
        }

        It 'reports a missing name' {
            $failure = Get-Failure { Get-GitLabAgentToken group/app missing }
            $failure.FullyQualifiedErrorId | Should -BeLike 'AgentNotFound,*'
            $failure.TargetObject | Should -Be 'missing'
        }

        It 'reads the tokens of agents from the pipeline, in their order' {
            (Get-GitLabClusterAgent platform/infra | Get-GitLabAgentToken).Name | Should -Be 'eu-1', 'eu-2', 'eu-3'
            (Get-GitLabClusterAgent group/app | Get-GitLabAgentToken).Name |
                Should -Be 'prod-2024', 'prod-spare', 'staging-1'
        }

        It 'continues after an agent that fails' {
            $rows = 'ProjectId,AgentId', '101,11', '101,999', '101,12' | ConvertFrom-Csv
            $tokens = $rows | Get-GitLabAgentToken -ErrorVariable failures -ErrorAction SilentlyContinue
            $tokens.Name | Should -Be 'prod-2024', 'prod-spare', 'staging-1'
            $failures.Count | Should -Be 1
            $failures[0].TargetObject | Should -Be 999
        }

        It 'rejects an empty agent' {
            (Get-Failure { Get-GitLabAgentToken 101 '' }).Exception |
                Should -BeOfType System.Management.Automation.ParameterBindingException
            Get-FakeGitLabCall $server | Should -BeNullOrEmpty
        }
    }

    Context 'which tokens' {
        It 'matches <Pattern>' -ForEach @(
            @{ Pattern = @('prod-2*'); Expected = @('prod-2024') }
            @{ Pattern = @('PROD-spare'); Expected = @('prod-spare') }
            @{ Pattern = @('prod-spare', '*2024'); Expected = @('prod-2024', 'prod-spare') }
        ) {
            (Get-GitLabAgentToken 101 11 -Name $Pattern).Name | Should -Be $Expected
        }

        It 'reads only the details of matching tokens' {
            $null = Get-GitLabAgentToken 101 11 -Name '*spare'
            Get-FakeGitLabCall $server | Should -Be @(
                'GET /api/v4/projects/101/cluster_agents/11/tokens?per_page=100&page=1'
                'GET /api/v4/projects/101/cluster_agents/11/tokens/1002')
        }

        It 'returns nothing for a pattern that matches nothing' {
            Get-GitLabAgentToken 101 11 -Name 'x*' -ErrorVariable failures | Should -BeNullOrEmpty
            $failures | Should -BeNullOrEmpty
        }

        It 'reports a plain name that is missing or revoked' -ForEach 'missing', 'prod-2023' {
            $failure = Get-Failure { Get-GitLabAgentToken 101 11 -Name $_ }
            $failure.FullyQualifiedErrorId | Should -Be 'TokenNotFound,GitLabAgents.Commands.GetGitLabAgentTokenCommand'
            $failure.CategoryInfo.Category | Should -Be 'ObjectNotFound'
            $failure.TargetObject | Should -Be $_
        }

        It 'reads each ID on its own, and continues after one that fails' {
            $tokens = Get-GitLabAgentToken 101 11 -TokenId 1002, 1003,
                1001 -ErrorVariable failures -ErrorAction SilentlyContinue
            $tokens.Name | Should -Be 'prod-spare', 'prod-2024'
            $failures.TargetObject | Should -Be 1003
            $failures[0].FullyQualifiedErrorId | Should -BeLike 'TokenNotFound,*'
            Get-FakeGitLabCall $server | Should -Be @(
                'GET /api/v4/projects/101/cluster_agents/11/tokens/1002'
                'GET /api/v4/projects/101/cluster_agents/11/tokens/1003'
                'GET /api/v4/projects/101/cluster_agents/11'
                'GET /api/v4/projects/101/cluster_agents/11/tokens/1001')
        }

        It 'rejects names and IDs together' {
            (Get-Failure { Get-GitLabAgentToken 101 11 -Name a -TokenId 1 }).FullyQualifiedErrorId |
                Should -BeLike 'InvalidRequest,*'
        }

        It 'reads a token from the pipeline again' {
            $token = Get-GitLabAgentToken 101 11 -Name prod-2024 -Summary
            Clear-FakeGitLabRequest $server
            $again = $token | Get-GitLabAgentToken
            $again.IsLastUsedKnown | Should -BeTrue
            $again.LastUsedAt | Should -Not -BeNullOrEmpty
            Get-FakeGitLabCall $server | Should -Be 'GET /api/v4/projects/101/cluster_agents/11/tokens/1001'
        }
    }

    It 'stays within the throttle limit of the session' {
        $null = Add-FakeGitLabSeed $server @{ agents = @(
            1..6 | ForEach-Object { @{ project = 'group/app'; name = "busy-$_"; tokens = @('a', 'b', 'c') } }
        ) }
        Edit-FakeGitLabOption $server @{ latencyMs = 50 }
        $narrow = Connect-FakeGitLab $server -Parameter @{ ThrottleLimit = 2 }
        @(Get-GitLabClusterAgent group/app 'busy-*' | Get-GitLabAgentToken -Session $narrow).Count | Should -Be 18
        (Get-FakeGitLabLoad $server).maxInFlight | Should -Be 2
    }

    Context '-Secret' {
        It 'finds the token, active or revoked, without its project' {
            $null = Connect-FakeGitLab $server glpat-admin
            foreach ($stored in (Get-FakeGitLabState $server).tokens | Where-Object id -In 1001, 1003) {
                $token = Get-GitLabAgentToken -Secret (ConvertTo-Secret $stored.secret)
                $token | Should -BeOfType ([GitLabAgents.AgentToken])
                $token.Id, $token.Name, $token.AgentId, $token.Status |
                    Should -Be $stored.id, $stored.name, 11, $stored.status
                $token.ProjectId | Should -BeNullOrEmpty
                $token.IsLastUsedKnown | Should -BeTrue
            }

            Get-FakeGitLabCall $server | Should -Be 'POST /api/v4/admin/token', 'POST /api/v4/admin/token'
            (Get-FakeGitLabRequest $server).body | Should -Not -BeLike '*glagent-*'
        }

        It 'says why the token cannot be piped to <_>' -ForEach @(
            'Get-GitLabClusterAgent', 'Get-GitLabAgentToken', 'Get-GitLabAgentInventory', 'Get-GitLabAgentActivity'
            'Invoke-GitLabAgentTokenRotation'
        ) {
            $null = Connect-FakeGitLab $server glpat-admin
            $stored = (Get-FakeGitLabState $server).tokens | Where-Object id -EQ 1001
            $token = Get-GitLabAgentToken -Secret (ConvertTo-Secret $stored.secret)
            "$(Get-Failure { $token | & $_ })" |
                Should -BeLike '*The project is not known.*Get-GitLabAgentInventory -All*'
        }

        It 'is Forbidden for a user who is not an administrator' {
            $failure = Get-Failure { Get-GitLabAgentToken -Secret (ConvertTo-Secret 'glagent-x') }
            $failure.FullyQualifiedErrorId | Should -Be 'Forbidden,GitLabAgents.Commands.GetGitLabAgentTokenCommand'
            $failure.ErrorDetails.RecommendedAction | Should -BeLike '*administrator*'
        }

        It 'cannot be combined with -Project' {
            (Get-Failure {
                Get-GitLabAgentToken -Project 101 -Secret (ConvertTo-Secret 'glagent-x')
            }).FullyQualifiedErrorId |
                Should -BeLike 'AmbiguousParameterSet,*'
        }
    }
}
