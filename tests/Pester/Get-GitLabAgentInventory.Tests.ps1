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

Describe 'Get-GitLabAgentInventory' {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
    }

    AfterEach { Disconnect-GitLab }

    Context 'which agents' {
        It 'reads a project in one request' {
            $items = Get-GitLabAgentInventory group/app
            $items | Should -BeOfType ([GitLabAgents.AgentInventoryItem])
            $items.Agent | Should -Be 'prod', 'staging'
            $items.Status | Should -Be 'Connected', 'Stale'
            $items[0].Tokens.Name | Should -Be 'prod-2024', 'prod-spare'
            $items[0].Tokens[0] | Should -BeOfType ([GitLabAgents.AgentToken])
            $items[0].LastUsedAt | Should -Be $items[0].Tokens[0].LastUsedAt
            $items[0].Session | Should -Be $session
            Get-FakeGitLabCall $server | Should -Be 'POST /api/graphql'
        }

        It 'accepts agents from the pipeline, and reads each project once' {
            (Get-GitLabClusterAgent platform/infra | Get-GitLabAgentInventory).Agent |
                Should -Be 'cluster-eu', 'cluster-us'
            Get-FakeGitLabCall $server -Method POST | Should -Be 'POST /api/graphql'
            (Get-GitLabClusterAgent group/app staging | Get-GitLabAgentInventory).Agent | Should -Be 'staging'
        }

        It 'reports an ID that does not belong to an agent of the project' {
            $output = Get-GitLabAgentInventory group/app -AgentId 12, 13 2>&1
            $output[0].Agent | Should -Be 'staging'
            $output[1].FullyQualifiedErrorId | Should -BeLike 'AgentNotFound,*'
            $output[1].TargetObject | Should -Be 13
        }

        It 'accepts projects from the pipeline, and an archived project by name' {
            ('group/app', 'platform/old', 'platform/infra' | Get-GitLabAgentInventory).Agent |
                Should -Be 'prod', 'staging', 'retired', 'cluster-eu', 'cluster-us'
            (Get-GitLabAgentInventory -ProjectId 106).IsArchived | Should -BeTrue
        }

        It 'reads a group: <Expected>' -ForEach @(
            @{ Parameter = @{}; Expected = 'cluster-eu', 'cluster-us' }
            @{ Parameter = @{ Recurse = $true }; Expected = 'api', 'web', 'cluster-eu', 'cluster-us' }
            @{ Parameter = @{ Recurse = $true; IncludeArchived = $true }
                Expected = 'retired', 'api', 'web', 'cluster-eu', 'cluster-us' }
            @{ Parameter = @{ Recurse = $true; Name = 'cluster-*', 'API' }
                Expected = 'api', 'cluster-eu', 'cluster-us' }
        ) {
            (Get-GitLabAgentInventory -Group platform @Parameter).Agent | Should -Be $Expected
            Get-FakeGitLabCall $server | Should -Be 'POST /api/graphql'
        }

        It 'reads everything with -All as <Token>' -ForEach @(
            @{ Token = 'glpat-developer'; Hidden = $false }
            @{ Token = 'glpat-admin'; Hidden = $true }
        ) {
            $items = Get-GitLabAgentInventory -All -Session (Connect-FakeGitLab $server $Token)
            $items.Agent -contains 'hidden' | Should -Be $Hidden
            $items.Agent | Should -Contain 'unicode'
            $items.Agent | Should -Not -Contain 'retired'
            Get-FakeGitLabCall $server | Should -Be 'GET /api/v4/user', 'POST /api/graphql'
        }

        It 'reports a plain name that matches no agent, but not a pattern' {
            $failure = Get-Failure { Get-GitLabAgentInventory -Group platform -Recurse -Name nowhere, x*, web }
            $failure.FullyQualifiedErrorId |
                Should -Be 'AgentNotFound,GitLabAgents.Commands.GetGitLabAgentInventoryCommand'
            $failure.TargetObject | Should -Be nowhere
            $failure.CategoryInfo.Category | Should -Be ObjectNotFound
        }

        It 'continues after a missing project' {
            $items = 'group/app', 'no/where', 'platform/infra' |
                Get-GitLabAgentInventory -ErrorVariable failure -ErrorAction SilentlyContinue
            $items.Count | Should -Be 4
            $failure.FullyQualifiedErrorId | Should -BeLike 'ProjectNotFound,*'
            $failure.TargetObject | Should -Be no/where
        }

        It 'accepts only one of a project, a group and everything' {
            (Get-Failure { Get-GitLabAgentInventory -Project group/app -All }).FullyQualifiedErrorId |
                Should -BeLike 'AmbiguousParameterSet*'
            (Get-Failure { Get-GitLabAgentInventory -Recurse -All }).FullyQualifiedErrorId |
                Should -BeLike 'AmbiguousParameterSet*'
        }
    }

    Context 'what GitLab does not show' {
        It 'is unknown with the reason: <Name>' -ForEach @(
            @{ Name = 'the role'; Token = 'glpat-developer'; Message = '*role Maintainer*' }
            @{ Name = 'the agent server is down'; Option = @{ kasReachable = $false }
                Message = 'GitLab cannot reach its agent server (KAS)*' }
            @{ Name = 'GraphQL is off'; Option = @{ graphQL = 'off' }; Message = 'GraphQL is off or blocked (404*' }
            @{ Name = 'a proxy blocks GraphQL'; Option = @{ graphQL = 'html' }; Message = 'GraphQL is off or blocked*' }
        ) {
            $own = Connect-FakeGitLab $server $(if ($Token) { $Token } else { 'glpat-maintainer' })
            if ($Option) { Edit-FakeGitLabOption $server $Option }
            $items = Get-GitLabAgentInventory -Group group -Session $own -ErrorVariable failure
            $failure | Should -BeNullOrEmpty
            $items.Agent | Should -Be 'prod', 'staging'
            $items.Status | Should -Be 'Unknown', 'Unknown'
            $items | ForEach-Object { $_.Reason | Should -BeLike $Message }
            $items[0].Tokens.Name | Should -Be 'prod-2024', 'prod-spare'
            $items[0].LastUsedAt | Should -Not -BeNullOrEmpty
        }

        It 'is reported step by step with -Verbose' {
            Edit-FakeGitLabOption $server @{ version = '16.0.0' }
            $lines = Get-GitLabAgentInventory -Group platform -Recurse -Verbose 4>&1 |
                Where-Object { $_ -is [System.Management.Automation.VerboseRecord] }
            "$lines" | Should -BeLike '*does not know*isReceptive*in GraphQL*'
        }
    }

    Context 'in the pipeline' {
        It 'binds to <Command>' -ForEach @(
            @{ Command = 'Get-GitLabClusterAgent'; Property = 'Name'; Expected = 'prod' }
            @{ Command = 'Get-GitLabAgentToken'; Property = 'Name'; Expected = 'prod-2024', 'prod-spare' }
            @{ Command = 'Get-GitLabAgentConnection'; Property = 'Agent'; Expected = 'prod' }
            @{ Command = 'Get-GitLabAgentInventory'; Property = 'Agent'; Expected = 'prod' }
        ) {
            (Get-GitLabAgentInventory group/app -Name prod | & $Command).$Property | Should -Be $Expected
        }

        It 'can be piped to the cmdlets for new tokens and rotations' {
            $item = Get-GitLabAgentInventory platform/infra -Name cluster-us
            ($item | New-GitLabAgentToken -Name ci-1).AgentId | Should -Be 14
            $rotation = $item |
                Invoke-GitLabAgentTokenRotation -Name ci-2 -NoWait -WarningAction SilentlyContinue -Deploy { }
            $rotation.Agent | Should -Be cluster-us
            ($item | Get-GitLabAgentUrlConfiguration -ErrorAction SilentlyContinue) | Should -BeNullOrEmpty
        }

        It 'has tokens that can be piped to Revoke-GitLabAgentToken' {
            (Get-GitLabAgentInventory group/app).Tokens | Where-Object Name -EQ prod-spare |
                Revoke-GitLabAgentToken -Confirm:$false
            ((Get-FakeGitLabState $server).tokens | Where-Object name -EQ prod-spare).status | Should -Be revoked
        }

        It 'does not remove the agent' {
            $failures = Get-Failure { Get-GitLabAgentInventory group/app | Remove-GitLabClusterAgent -Confirm:$false }
            $failures.Count | Should -Be 2
            Get-FakeGitLabCall $server -Method DELETE | Should -BeNullOrEmpty
        }

        It 'is used on the GitLab that it came from' {
            $other = Start-FakeGitLab
            try {
                $items = Get-GitLabAgentInventory group/app
                $null = Connect-FakeGitLab $other
                ($items | Get-GitLabAgentToken -Summary).Name | Should -Be 'prod-2024', 'prod-spare', 'staging-1'
                Get-FakeGitLabCall $other | Should -BeNullOrEmpty
            }
            finally {
                Stop-FakeGitLab $other
            }
        }
    }

    Context 'many agents' {
        It 'streams, and stops at Select-Object -First' {
            $null = Add-FakeGitLabSeed $server @{ fleet = @{ agents = 400; projects = 400 } }
            Clear-FakeGitLabRequest $server
            @(Get-GitLabAgentInventory -Group fleet -Recurse | Select-Object -First 5).Count | Should -Be 5
            @(Get-FakeGitLabCall $server).Count | Should -Be 1
            Wait-Until { (Get-FakeGitLabLoad $server).inFlight -eq 0 }
        }

        It 'reads a thousand agents in few requests, and so does the pipeline to tokens' {
            $null = Add-FakeGitLabSeed $server @{ fleet = @{ agents = 1000; projects = 300 } }
            Clear-FakeGitLabRequest $server
            $items = Get-GitLabAgentInventory -Group fleet -Recurse
            $items.Count | Should -Be 1000
            @(Get-FakeGitLabCall $server).Count | Should -BeLessOrEqual 12
            Clear-FakeGitLabRequest $server
            $tokens = Get-GitLabClusterAgent -Group fleet -Recurse | Get-GitLabAgentToken
            $tokens.Count | Should -Be 2000
            @(Get-FakeGitLabCall $server).Count | Should -BeLessOrEqual 25
            $tokens.Id | Should -Be $items.Tokens.Id
        }

        It 'ends a query that hangs when it is stopped' {
            Add-FakeGitLabFault $server @{ kind = 'hang'; pathContains = 'graphql'; times = 'always' }
            $shell = [powershell]::Create()
            try {
                $null = $shell.AddScript(
                    ('param($module, $session) Import-Module $module; Get-GitLabAgentInventory -Group group ' +
                        '-Session $session')).AddArgument(
                    "$PSScriptRoot/../../GitLabAgents.psd1").AddArgument(
                    $session)
                $run = $shell.BeginInvoke()
                Wait-Until { (Get-FakeGitLabLoad $server).inFlight -eq 1 }
                $run.IsCompleted | Should -BeFalse
                $watch = [System.Diagnostics.Stopwatch]::StartNew()
                $shell.Stop()
                $watch.Elapsed.TotalSeconds | Should -BeLessThan 1.5
                Wait-Until { (Get-FakeGitLabLoad $server).inFlight -eq 0 }
            }
            finally {
                $shell.Dispose()
            }
        }
    }

    Context 'views' {
        It 'shows a table' {
            $null = Add-FakeGitLabSeed $server @{ connections = @{ agent = 13; version = '17.11.10' } }
            $lines = 'group/app', 'platform/infra', 'platform/old' | Get-GitLabAgentInventory | Out-String -Width 120
            $lines = ($lines -replace '\x1b\[[0-9;]*m' -split '\r?\n').Trim() | Where-Object { $_ }
            $lines[0] -split '\s+' | Should -Be 'Project', 'Agent', 'Status', 'Version', 'LastUsed', 'Tokens'
            $lines[2] | Should -Match '^group/app\s+prod\s+Connected\s+18\.9\.0\s+3 hours ago\s+2$'
            $lines[3] | Should -Match '^group/app\s+staging\s+Stale\s+2 months ago\s+1$'
            $lines[4] |
                Should -Match '^platform/infra\s+cluster-eu\s+Connected\s+17\.11\.10 \(behind\)\s+10 minutes ago\s+3$'
            $lines[5] | Should -Match '^platform/infra\s+cluster-us\s+Unknown\s+0$'
            $lines[6] | Should -Match '^platform/old \(archived\)\s+retired\s+Unknown\s+0$'
        }

        It 'shows everything in a list, and nothing secret in any form' {
            $item = Get-GitLabAgentInventory group/app -Name prod
            $text = $item | Format-List | Out-String -Width 160
            $text | Should -Match 'Tokens\s+: prod-2024 \(3 hours ago\), prod-spare \(never\)'
            $text | Should -Match 'Connections\s+: gitlab-agent/prod-gitlab-agent-7d4b9'
            $copy = [System.Management.Automation.PSSerializer]::Deserialize(
                [System.Management.Automation.PSSerializer]::Serialize($item, 4))
            $copy.Agent, $copy.Tokens.Count | Should -Be 'prod', 2
            $copy.PSObject.Properties.Name | Should -Not -Contain View
            $json = $item | ConvertTo-Json -Depth 4 -WarningAction SilentlyContinue
            $json | Should -Not -BeLike '*glpat-*'
            $json | Should -Not -BeLike '*glagent-*'
        }
    }
}
