#Requires -PSEdition Core
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

Describe 'Fleets' {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
    }

    AfterEach { $session | Disconnect-GitLab }

    Context 'a group' {
        It 'returns the agents of its projects, and with -Recurse of its subgroups, in a stable order' {
            (Get-GitLabClusterAgent -Group platform).Name | Should -Be 'cluster-eu', 'cluster-us'
            (Get-GitLabClusterAgent -Group platform -Recurse).Name | Should -Be 'api', 'web', 'cluster-eu', 'cluster-us'
            (Get-GitLabClusterAgent -Group platform -Recurse -Name cluster-*, api).Name |
                Should -Be 'api', 'cluster-eu', 'cluster-us'
            @(Get-FakeGitLabCall $server | Select-Object -Unique) | Should -Be 'POST /api/graphql'
        }

        It 'omits archived projects' {
            (Get-GitLabClusterAgent -Group platform -Recurse).ProjectPath | Should -Not -Contain 'platform/old'
        }

        It 'skips a project that may not be read (<_>), with a verbose message' -ForEach 403, 404 {
            Edit-FakeGitLabOption $server @{ graphQL = 'off' }
            Add-FakeGitLabFault $server @{ kind = 'status'; status = $_; pathContains = '/projects/104/cluster_agents' }
            $output = Get-GitLabClusterAgent -Group platform -Recurse -Verbose 4>&1
            ($output | Where-Object { $_ -is [GitLabAgents.ClusterAgent] }).Name |
                Should -Be 'api', 'cluster-eu', 'cluster-us'
            "$output" | Should -BeLike '*Skipped platform/apps/web*'
        }

        It 'names the project of another failure, and continues' {
            Edit-FakeGitLabOption $server @{ graphQL = 'off' }
            Add-FakeGitLabFault $server @{
                kind = 'status'
                status = 500
                pathContains = '/projects/104/cluster_agents'
            }
            $agents = Get-GitLabClusterAgent -Group platform -Recurse -ErrorVariable failure `
                -ErrorAction SilentlyContinue
            $agents.Name | Should -Be 'api', 'cluster-eu', 'cluster-us'
            $failure.TargetObject | Should -Be 'platform/apps/web'
            $failure.FullyQualifiedErrorId | Should -BeLike 'ServerError,*'
        }

        It 'reports a plain name that matches no agent' {
            $failure = Get-Failure { Get-GitLabClusterAgent -Group platform -Recurse -Name nowhere, x* }
            $failure.FullyQualifiedErrorId | Should -BeLike 'AgentNotFound,*'
            $failure.TargetObject | Should -Be nowhere
        }
    }

    Context 'tokens of many agents' {
        BeforeEach {
            $null = Add-FakeGitLabSeed $server @{ agents = 1..40 |
                ForEach-Object { @{ project = "fleet/p$($_ % 4)"; name = "a$_"; tokens = "one-$_", "two-$_" } } }
            Clear-FakeGitLabRequest $server
        }

        It 'reads the agents together, in their order and with their true last use' {
            $agents = Get-GitLabClusterAgent -Group fleet
            Edit-FakeGitLabOption $server @{ latencyMs = 50 } # So that all agents arrive before the first is read.
            Clear-FakeGitLabRequest $server
            $tokens = $agents | Get-GitLabAgentToken
            $tokens.Count | Should -Be 80
            ($tokens.AgentId | Select-Object -Unique) | Should -Be $agents.Id
            $tokens.IsLastUsedKnown | Should -Not -Contain $false
            $tokens.CreatedByUserId | Select-Object -Unique | Should -Be 7
            @(Get-FakeGitLabCall $server).Count | Should -BeLessOrEqual 12
            Clear-FakeGitLabRequest $server
            $summary = $agents | Get-GitLabAgentToken -Summary
            $summary.Id | Should -Be $tokens.Id
            $summary.IsLastUsedKnown | Should -Not -Contain $true
        }

        It 'returns the same by GraphQL and by REST' {
            $byGraphQL = Get-GitLabClusterAgent -Group fleet | Get-GitLabAgentToken |
                Select-Object * -ExcludeProperty Session, CreatedAt, LastUsedAt
            Edit-FakeGitLabOption $server @{ graphQL = 'off' }
            $null = Connect-FakeGitLab $server
            $byRest = Get-GitLabClusterAgent -Group fleet | Get-GitLabAgentToken |
                Select-Object * -ExcludeProperty Session, CreatedAt, LastUsedAt
            ConvertTo-Json $byGraphQL | Should -BeExactly (ConvertTo-Json $byRest)
        }

        It 'reads the agents concurrently within the limit, and keeps their order' {
            Edit-FakeGitLabOption $server @{ graphQL = 'off' }
            Edit-FakeGitLabOption $server @{ latencyMs = 50 }
            $tokens = Get-GitLabClusterAgent -Group fleet | Get-GitLabAgentToken
            $tokens.Count | Should -Be 80
            $agents = Get-GitLabClusterAgent -Group fleet
            ($tokens.AgentId | Select-Object -Unique) | Should -Be $agents.Id
            $tokens.IsLastUsedKnown | Should -Not -Contain $false
            (Get-FakeGitLabLoad $server).maxInFlight | Should -BeGreaterThan 4
            (Get-FakeGitLabLoad $server).maxInFlight | Should -BeLessOrEqual 8
        }

        It 'sends one list per agent and one read per token without GraphQL' {
            Edit-FakeGitLabOption $server @{ graphQL = 'off' }
            Get-GitLabClusterAgent -Group fleet | Get-GitLabAgentToken | Out-Null
            (Get-FakeGitLabRequest $server).Count | Should -Be (1 + 1 + 4 + 40 + 80)
        }

        It 'skips a token that is revoked between list and read' {
            Edit-FakeGitLabOption $server @{ graphQL = 'off' }
            $gone = ((Get-FakeGitLabState $server).tokens | Where-Object name -EQ one-3).id
            Add-FakeGitLabFault $server @{ kind = 'status'; status = 404; pathContains = "/tokens/$gone" }
            $tokens = Get-GitLabClusterAgent -Group fleet | Get-GitLabAgentToken -ErrorVariable failure
            $tokens.Count | Should -Be 79
            $failure | Should -BeNullOrEmpty
        }

        It 'continues if one token cannot be read' {
            Edit-FakeGitLabOption $server @{ graphQL = 'off' }
            $broken = ((Get-FakeGitLabState $server).tokens | Where-Object name -EQ one-3).id
            Add-FakeGitLabFault $server @{ kind = 'status'; status = 500; pathContains = "/tokens/$broken" }
            $tokens = Get-GitLabClusterAgent -Group fleet |
                Get-GitLabAgentToken -ErrorVariable failure -ErrorAction SilentlyContinue
            $tokens.Count | Should -Be 79
            $failure.FullyQualifiedErrorId | Should -BeLike 'ServerError,*'
            $failure.TargetObject.Id | Should -Be $broken
        }

        It 'stops at Select-Object -First, and leaves no request in flight' {
            Edit-FakeGitLabOption $server @{ latencyMs = 20 }
            Get-GitLabClusterAgent -Group fleet | Get-GitLabAgentToken | Select-Object -First 1 |
                Should -Not -BeNullOrEmpty
            Wait-Until { (Get-FakeGitLabLoad $server).inFlight -eq 0 }
            (Get-FakeGitLabRequest $server).Count | Should -BeLessThan 70
        }

        It 'shares the limit of a session over parallel runspaces' {
            Edit-FakeGitLabOption $server @{ latencyMs = 50 }
            $narrow = Connect-FakeGitLab $server -Parameter @{ ThrottleLimit = 3 }
            $module = "$PSScriptRoot/../../GitLabAgents.psd1"
            $count = 0..3 | ForEach-Object -Parallel {
                Import-Module $using:module
                Get-GitLabClusterAgent "fleet/p$_" -Session $using:narrow | Get-GitLabAgentToken
            } -ThrottleLimit 4 | Measure-Object | ForEach-Object Count
            $count | Should -Be 80
            (Get-FakeGitLabLoad $server).maxInFlight | Should -BeLessOrEqual 3
            (Get-FakeGitLabLoad $server).maxInFlight | Should -BeGreaterThan 1
        }
    }
}
