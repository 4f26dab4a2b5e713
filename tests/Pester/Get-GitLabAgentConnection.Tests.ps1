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

Describe 'Get-GitLabAgentConnection' {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
    }

    AfterEach { Disconnect-GitLab }

    Context 'requests and output' {
        It 'reads an agent given by name with one list of agents and one query' {
            $connection = Get-GitLabAgentConnection group/app prod
            $connection | Should -BeOfType ([GitLabAgents.AgentConnection])
            $connection.Status | Should -Be Connected
            $connection.Project, $connection.Agent, $connection.ProjectId, $connection.AgentId |
                Should -Be 'group/app', 'prod', 101, 11
            $connection.Session | Should -Be $session
            [math]::Round(([DateTimeOffset]::UtcNow - $connection.ConnectedAt).TotalHours) | Should -Be 5
            [math]::Round(([DateTimeOffset]::UtcNow - $connection.LastUsedAt).TotalHours) | Should -Be 3
            $connection.Version, $connection.ServerVersion, $connection.IsBehind |
                Should -Be '18.9.0', '18.9.0-ee', $false
            $connection.Connections.PodName | Should -Be 'prod-gitlab-agent-7d4b9'
            $connection.Reason | Should -BeNullOrEmpty
            Get-FakeGitLabCall $server | Should -Be @(
                'GET /api/v4/projects/group%2Fapp/cluster_agents?per_page=100&page=1'
                'POST /api/graphql'
            )
            ((Get-FakeGitLabRequest $server -Method POST).body | ConvertFrom-Json).variables.agent | Should -Be prod
        }

        It 'queries only the one agent' {
            $null = Add-FakeGitLabSeed $server @{ agents = @{ project = 'group/app'; count = 250 } }
            (Get-GitLabAgentConnection 101 12).Status | Should -Be Stale
            Get-FakeGitLabCall $server | Should -Be 'GET /api/v4/projects/101/cluster_agents/12', 'POST /api/graphql'
        }

        It 'trusts a server that cannot report the role' {
            Edit-FakeGitLabOption $server @{ hasProjectPermissions = $false }
            $connections = 'group/app', 'platform/infra', 'platform/apps/api' | Get-GitLabClusterAgent |
                Get-GitLabAgentConnection -ErrorVariable failure
            $failure | Should -BeNullOrEmpty
            $connections.Agent | Should -Be 'prod', 'staging', 'cluster-eu', 'cluster-us', 'api'
            $connections.Status | Should -Be 'Connected', 'Stale', 'Unknown', 'Unknown', 'Never'
            $connections[2].Reason | Should -BeLike '*used 10 minutes ago*'
            $connections[3].Reason | Should -BeLike '*no active token*'
        }

        It 'accepts IDs, and a project that was moved' {
            (Get-GitLabAgentConnection 101 11).Status | Should -Be Connected
            (Get-GitLabAgentConnection -ProjectId 101 -AgentId 11).Status | Should -Be Connected
            (Get-GitLabAgentConnection group/old-name 11).Project | Should -Be group/app
        }

        It 'reads the agents of a pipeline together' {
            $null = Add-FakeGitLabSeed $server @{ agents = 1..60 |
                ForEach-Object { @{ project = "fleet/p$_"; name = "a$_"; tokens = 'one' } } }
            $agents = Get-GitLabClusterAgent -Group fleet
            Clear-FakeGitLabRequest $server
            $connections = $agents | Get-GitLabAgentConnection
            $connections.AgentId | Should -Be $agents.Id
            $connections.Status | Select-Object -Unique | Should -Be Never
            @(Get-FakeGitLabCall $server).Count | Should -BeLessOrEqual 8
        }

        It 'does not mistake a pause for an agent that was never used' {
            $connections = Get-GitLabClusterAgent -Group platform -Recurse | Get-GitLabAgentConnection
            $connections.Agent | Should -Be 'api', 'web', 'cluster-eu', 'cluster-us'
            $connections.Status | Should -Be 'Never', 'Stale', 'Unknown', 'Unknown'
        }

        It 'reads a connection from the pipeline again' {
            $connection = Get-GitLabAgentConnection group/app staging
            $connection.Status | Should -Be Stale
            $null = Add-FakeGitLabSeed $server @{ connections = @{ agent = 12 } }
            ($connection | Get-GitLabAgentConnection).Status | Should -Be Connected
        }

        It 'sends only the necessary requests for 250 agents, and keeps their order' {
            $null = Add-FakeGitLabSeed $server @{ agents = @{ project = 'fleet/all'; count = 250 } }
            $agents = Get-GitLabClusterAgent fleet/all
            Clear-FakeGitLabRequest $server
            ($agents | Get-GitLabAgentConnection).AgentId | Should -Be $agents.AgentId
            @(Get-FakeGitLabCall $server).Count | Should -BeLessOrEqual 10
        }

        It 'reads pages of any size' {
            Edit-FakeGitLabOption $server @{ graphQLPageSize = 1 }
            $null = Add-FakeGitLabSeed $server @{ agents = @{ project = 'group/app'; count = 20 } }
            $connections = Get-GitLabClusterAgent group/app | Get-GitLabAgentConnection
            $connections.AgentId | Should -Be (Get-GitLabClusterAgent group/app).Id
        }

        It 'finds <_>' -ForEach 'Ünïcode/Pröjekt', '108' {
            (Get-GitLabAgentConnection $_ unicode).Project | Should -Be 'Ünïcode/Pröjekt'
        }

        It 'queries the agents of two GitLabs on their own server' {
            $other = Start-FakeGitLab
            try {
                $null = Add-FakeGitLabSeed $other @{ connections = @{ agent = 12 } }
                $second = Connect-FakeGitLab $other
                $connections = $session, $second |
                    ForEach-Object { Get-GitLabClusterAgent group/app staging -Session $_ } | Get-GitLabAgentConnection
                $connections.Status | Should -Be 'Stale', 'Connected'
                $connections.Session | Should -Be $session, $second
            }
            finally {
                Stop-FakeGitLab $other
            }
        }

        It 'can be piped to the cmdlets for its tokens and its agent' {
            $connection = Get-GitLabAgentConnection group/app prod
            ($connection | Get-GitLabAgentToken).Name | Should -Be 'prod-2024', 'prod-spare'
            ($connection | Get-GitLabClusterAgent).Name | Should -Be prod
        }

        It 'identifies an agent whose name is a number by its ID' {
            $null = Add-FakeGitLabSeed $server @{ agents = @{ project = 'group/app'; name = '12' } }
            $connection = Get-GitLabClusterAgent group/app 12 | Get-GitLabAgentConnection
            $connection.AgentId | Should -Not -Be 12
            $connection.Agent | Should -Be "$($connection.AgentId)"
        }
    }

    Context 'versions' {
        It 'reports <Version> with GitLab <Of> as behind: <Behind>' -ForEach @(
            @{ Version = 'v17.9.0'; Of = '18.5.1-ee'; Behind = $true }
            @{ Version = '18.4.9'; Of = '18.5.0'; Behind = $true }
            @{ Version = '18.5.0'; Of = '18.5.1-ee'; Behind = $false }
            @{ Version = 'unknown'; Of = '18.5.1'; Behind = $null }
        ) {
            $null = Add-FakeGitLabSeed $server @{ connections = @{ agent = 12; version = $Version } }
            Edit-FakeGitLabOption $server @{ version = $Of }
            $connection = Get-GitLabAgentConnection 101 12 -Session (Connect-FakeGitLab $server)
            $connection.Version | Should -Be $Version
            $connection.IsBehind | Should -Be $Behind
        }

        It 'uses the lowest version of several pods' {
            $null = Add-FakeGitLabSeed $server @{ connections = @{ agent = 12; version = '18.10.0' },
                @{ agent = 12; version = '18.4.2'; podName = 'old' } }
            $connection = Get-GitLabAgentConnection 101 12
            $connection.Version, $connection.IsBehind | Should -Be '18.4.2', $true
            $connection.Connections.Count | Should -Be 2
        }

        It 'is unknown if the version of the server is unknown' {
            $blind = Connect-FakeGitLab $server -Parameter @{ SkipValidation = $true }
            $connection = Get-GitLabAgentConnection 101 11 -Session $blind
            $connection.Status | Should -Be Connected
            $connection.IsBehind | Should -BeNullOrEmpty
            $connection.ServerVersion | Should -BeNullOrEmpty
        }
    }

    Context 'what GitLab does not report' {
        It 'is unknown with the reason: <Name>' -ForEach @(
            @{ Name = 'GraphQL is off'; Option = @{ graphQL = 'off' }; Message = 'GraphQL is off*404*' }
            @{ Name = 'the agent server cannot be reached'; Option = @{ kasReachable = $false }
                Message = 'GitLab cannot reach its agent server (KAS)*GRPC::Unavailable*' }
            @{ Name = 'the role is insufficient'; Token = 'glpat-developer'; Message = '*Maintainer*' }
            @{ Name = 'GraphQL does not accept the token'
                Fault = @{ kind = 'status'; status = 401; body = '{"errors":[{"message":"Invalid token"}]}' }
                Message = 'GraphQL does not accept*Invalid token*' }
            @{ Name = 'GraphQL is forbidden'; Fault = @{ kind = 'status'; status = 403 }
                Message = '*may not use GraphQL*403 Forbidden*' }
            @{ Name = 'a proxy responds in its place'; Fault = @{ kind = 'html'; status = 200 }
                Message = 'GraphQL is off or blocked*' }
            @{ Name = 'the server does not report names'; Option = @{ oldServer = $true }; Message = "*agent's name*" }
            @{ Name = 'the project is hidden'; Fault = @{ kind = 'body'; body = '{"data":{"project":null}}' }
                Message = '*does not show*' }
        ) {
            $own = Connect-FakeGitLab $server ($Token ?? 'glpat-maintainer')
            if ($Option) { Edit-FakeGitLabOption $server $Option }
            if ($Fault) { Add-FakeGitLabFault $server ($Fault + @{ pathContains = 'graphql'; times = 'always' }) }
            $connections = 11, 12 |
                ForEach-Object { [pscustomobject]@{ ProjectId = 101; AgentId = $_; Session = $own } } |
                Get-GitLabAgentConnection -ErrorVariable failure
            $failure | Should -BeNullOrEmpty
            $connections.AgentId | Should -Be 11, 12
            $connections.Status | Should -Be 'Unknown', 'Unknown'
            $connections | ForEach-Object { $_.Reason | Should -BeLike $Message; $_.Reason | Should -Not -Match "`n" }
        }

        It 'is unknown in an archived project' {
            $null = Add-FakeGitLabSeed $server @{ connections = @{ agent = 17 } }
            $connection = Get-GitLabAgentConnection 106 retired
            $connection.Status | Should -Be Unknown
            $connection.Reason | Should -BeLike '*archived*'
        }

        It 'is an error with the role Reporter' {
            $reporter = Connect-FakeGitLab $server glpat-reporter
            (Get-Failure { Get-GitLabAgentConnection 101 11 -Session $reporter }).FullyQualifiedErrorId |
                Should -BeLike 'AgentNotFound,*'
        }

        It 'is available with the scope read_api' {
            $reading = Connect-FakeGitLab $server glpat-readonly
            (Get-GitLabAgentConnection 101 11 -Session $reading).Status | Should -Be Connected
        }
    }

    Context 'failures' {
        It 'reports <Id>, and continues with the next' -ForEach @(
            @{ Id = 'RateLimited'; Fault = @{ kind = 'rateLimited' }; Message = '*Retry later*' }
            @{ Id = 'ServerError'; Fault = @{ kind = 'status'; status = 500 }; Message = '*500*' }
            @{ Id = 'ServerError'; Fault = @{ kind = 'html'; status = 502 }; Message = '*502*' }
            @{ Id = 'InvalidResponse'; Fault = @{ kind = 'body'; body = '{"data":{"pro' }
                Message = '*not the JSON expected*' }
            @{ Id = 'ConnectionFailed'; Fault = @{ kind = 'reset' }; Message = '*read the connections*' }
            @{ Id = 'ConnectionFailed'; Fault = @{ kind = 'truncate' }; Message = '*read the connections*' }
            @{ Id = 'Timeout'; Fault = @{ kind = 'hang' }; Message = '*No response within*' }
        ) {
            $timeout = if ($Id -eq 'Timeout') { 1 } else { 100 }
            $null = Connect-FakeGitLab $server -Parameter @{ MaximumRetryCount = 0; TimeoutSec = $timeout }
            $agents = Get-GitLabClusterAgent group/app
            Add-FakeGitLabFault $server ($Fault + @{ pathContains = 'graphql'; times = 1 })
            $connections = $agents | Get-GitLabAgentConnection -ErrorVariable failure -ErrorAction SilentlyContinue
            @($failure).Count | Should -Be 1
            $failure[0].FullyQualifiedErrorId | Should -Be "$Id,GitLabAgents.Commands.GetGitLabAgentConnectionCommand"
            $failure[0].TargetObject | Should -Be 11
            $failure[0].Exception.Message | Should -BeLike $Message
            $failure[0].Exception.Message | Should -Not -BeLike '*may have acted*'
            $connections.AgentId | Should -Be 12
        }

        It 'retries after <Kind>' -ForEach @(
            @{ Kind = 'status'; Status = 503 }, @{ Kind = 'rateLimited'; Status = 429 }, @{ Kind = 'reset'; Status = 0 }
        ) {
            Add-FakeGitLabFault $server @{ kind = $Kind; status = $Status; retryAfter = 0; pathContains = 'graphql' }
            (Get-GitLabAgentConnection 101 12).Status | Should -Be Stale
            @(Get-FakeGitLabCall $server -Method POST).Count | Should -Be 2
        }

        It 'reports a missing agent by the value that was passed, and continues' {
            $output = [pscustomobject]@{ Project = 'group/app'; Agent = 'nope' },
                [pscustomobject]@{ Project = 101; Agent = 999 }, [pscustomobject]@{ Project = 101; Agent = 'prod' } |
                Get-GitLabAgentConnection -ErrorVariable failure -ErrorAction SilentlyContinue
            $output.Agent | Should -Be prod
            $failure.TargetObject | Should -Be 'nope', 999
            $failure |
                ForEach-Object {
                    $_.FullyQualifiedErrorId | Should -BeLike 'AgentNotFound,*'
                    $_.CategoryInfo.Category | Should -Be ObjectNotFound
                }
        }

        It 'reports a missing project' {
            (Get-Failure { Get-GitLabAgentConnection no/where prod }).FullyQualifiedErrorId |
                Should -BeLike 'ProjectNotFound,*'
        }

        It 'reports a missing session before any request' {
            Disconnect-GitLab
            (Get-Failure { Get-GitLabAgentConnection 101 11 }).FullyQualifiedErrorId | Should -BeLike 'NotConnected,*'
            Get-FakeGitLabCall $server | Should -BeNullOrEmpty
        }

        It 'ends with <_>, and leaves no request in flight' -ForEach 'Stop', 'First' {
            $null = Add-FakeGitLabSeed $server @{ agents = 1..30 |
                ForEach-Object { @{ project = "fleet/p$_"; name = 'a' } } }
            $agents = 1..30 | ForEach-Object { Get-GitLabClusterAgent "fleet/p$_" }
            if ($_ -eq 'First') {
                ($agents | Get-GitLabAgentConnection | Select-Object -First 1).Project | Should -Be fleet/p1
            }
            else {
                Add-FakeGitLabFault $server @{
                    kind = 'status'
                    status = 500
                    pathContains = 'graphql'
                    times = 'always'
                }
                { $agents | Get-GitLabAgentConnection -ErrorAction Stop } | Should -Throw -ErrorId 'ServerError,*'
            }

            Wait-Until { (Get-FakeGitLabLoad $server).inFlight -eq 0 }
        }
    }

    It 'ends a query that hangs when it is stopped' {
        Add-FakeGitLabFault $server @{ kind = 'hang'; pathContains = 'graphql'; times = 'always' }
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript(
                ('param($module, $session) Import-Module $module; Get-GitLabAgentConnection 101 11 -Session ' +
                    '$session')).AddArgument(
                "$PSScriptRoot/../../GitLabAgents.psd1").AddArgument(
                $session)
            $run = $shell.BeginInvoke()
            Wait-Until {
                @(Get-FakeGitLabCall $server -Method POST).Count -eq 1 -and (Get-FakeGitLabLoad $server).inFlight -eq 1
            }
            $run.IsCompleted | Should -BeFalse
            $watch = [System.Diagnostics.Stopwatch]::StartNew()
            $shell.Stop()
            $watch.Elapsed.TotalSeconds | Should -BeLessThan 1.5
            $shell.InvocationStateInfo.State | Should -Be Stopped
            $shell.Streams.Warning | Should -BeNullOrEmpty
            Wait-Until { (Get-FakeGitLabLoad $server).inFlight -eq 0 }
        }
        finally {
            $shell.Dispose()
        }
    }

    It 'shows no access token that a server echoes <Name>' -ForEach @(
        @{ Name = 'as an error of GraphQL'
            Fault = @{ kind = 'body'; body = '{"data":null,"errors":[{"message":"who is {0}?"}]}' }; Seen = 'who is' }
        @{ Name = 'as an error of an agent'
            Fault = @{
                kind = 'body'
                body = '{"data":{"project":{"clusterAgent":{"id":"gid://gitlab/Clusters::Agent/11",' +
                    '"name":"prod"}}},"errors":[{"message":"{0} at {0}","path":["project","clusterAgent",' +
                    '"connections"]}]}'
            }
            Seen = ' at ' }
        @{ Name = 'instead of the permissions'
            Fault = @{
                kind = 'body'
                body = '{"data":{"project":{"archived":false,"clusterAgent":{"id":"gid://gitlab/Clusters::Agent/' +
                    '11","name":"prod","connections":{"nodes":[]}}}},"errors":[{"message":"{0} asks too much",' +
                    '"path":["project","userPermissions"]}]}'
            }
            Seen = 'asks too much' }
        @{ Name = 'as it forbids'
            Fault = @{ kind = 'status'; status = 403; body = '{"errors":[{"message":"{0} may not"}]}' }
            Seen = 'may not' }
        @{ Name = 'as it fails'
            Fault = @{ kind = 'status'; status = 500; body = '{"errors":[{"message":"{0} broke it"}]}' }
            Seen = 'broke it' }
        @{ Name = 'where an ID should be'
            Fault = @{ kind = 'body'; body = '{"data":{"project":{"clusterAgent":{"id":"{0}"}}}}' }
            Seen = 'does not show' }
    ) {
        $access = 'glpat-Pl4nted-Acc3ss_Token'
        $null = Add-FakeGitLabSeed $server @{ accessTokens = @{ value = $access; name = 'planted' } }
        $null = Connect-FakeGitLab $server $access -Parameter @{ MaximumRetryCount = 0 }
        $planted = ConvertFrom-Json ((ConvertTo-Json $Fault -Depth 5).Replace('{0}', $access)) -AsHashtable
        Add-FakeGitLabFault $server ($planted + @{ pathContains = 'graphql'; times = 'always' })
        $records = @(Get-GitLabAgentConnection 101 11 -Verbose -Debug *>&1)
        $text = @(
            $records | Out-String -Width 500
            $records | Format-List * -Force | Out-String -Width 500
            $records | ForEach-Object { [System.Management.Automation.PSSerializer]::Serialize($_, 4) }
            $records | Where-Object { $_ -is [GitLabAgents.AgentConnection] } |
                ConvertTo-Json -Depth 4 -WarningAction SilentlyContinue
        ) -join "`n"
        $text | Should -BeLike "*$Seen*" -Because 'it shows that there was something to look through'
        $text | Should -Not -BeLike "*$access*"
        (Get-FakeGitLabRequest $server -Method POST).body | Should -Not -BeLike "*$access*"
    }

    It 'completes <Line>' -ForEach @(
        @{ Line = 'Get-GitLabAgentConnection group/a'; Expected = 'group/app' }
        @{ Line = 'Get-GitLabAgentConnection group/app '; Expected = 'prod', 'staging' }
        @{ Line = 'Get-GitLabAgentConnection -ProjectId 101 -Agent st'; Expected = 'staging' }
    ) {
        ((TabExpansion2 $Line $Line.Length).CompletionMatches |
            Where-Object ResultType -EQ ParameterValue).CompletionText |
            Should -Be $Expected
    }

    Context 'views' {
        It 'shows a table by project' {
            $null = Add-FakeGitLabSeed $server @{ connections = @{ agent = 13; version = '17.11.10' },
                @{ agent = 13; version = '18.5.0' } }
            $lines = 'group/app', 'platform/infra' | Get-GitLabClusterAgent | Get-GitLabAgentConnection |
                Out-String -Width 120
            $lines = ($lines -replace '\x1b\[[0-9;]*m' -split '\r?\n').Trim() | Where-Object { $_ }
            $lines -match '^Project: ' | Should -Be 'Project: group/app', 'Project: platform/infra'
            $lines[1] -split '\s+' | Should -Be 'Agent', 'Status', 'Version', 'Connected', 'Pods', 'Reason'
            $lines[3] | Should -Match '^prod\s+Connected\s+18\.9\.0\s+5 hours ago\s+1$'
            $lines[4] | Should -Match '^staging\s+Stale\s+0$'
            $lines[8] | Should -Match '^cluster-eu\s+Connected\s+17\.11\.10 \(behind\)\s+just now\s+2$'
            $lines[9] | Should -Match '^cluster-us\s+Unknown\s+'
        }

        It 'keeps 200 agents on one line each at <_> columns' -ForEach 80, 160 {
            $null = Add-FakeGitLabSeed $server @{ agents = 1..200 |
                ForEach-Object {
                    @{ project = 'fleet/all'; name = "cluster-in-some-region-with-a-long-name-$_"
                        connections = @{ version = '17.11.10' } }
                } }
            Edit-FakeGitLabOption $server @{ kasReachable = $false }
            foreach ($status in 'Unknown', 'Connected') {
                $lines = (Get-GitLabClusterAgent fleet/all | Get-GitLabAgentConnection |
                    Out-String -Width $_) -replace '\x1b\[[0-9;]*m' -split '\r?\n'
                @($lines -match "^cluster.* $status ").Count | Should -Be 200
                ($lines | Measure-Object -Property Length -Maximum).Maximum | Should -BeLessOrEqual $_
                Edit-FakeGitLabOption $server @{ kasReachable = $true }
            }
        }

        It 'shows pods in a table, and everything in a list' {
            $connection = Get-GitLabAgentConnection group/app prod
            $connection.Connections | Out-String -Width 120 |
                Should -Match 'gitlab-agent\s+prod-gitlab-agent-7d4b9\s+18\.9\.0\s+5 hours ago'
            $text = $connection | Format-List | Out-String -Width 120
            $text |
                Should -Match ("ConnectedAt\s+: " +
                    "$([regex]::Escape($connection.ConnectedAt.ToString('yyyy-MM-ddTHH:mm:sszzz')))")
            $text | Should -Match 'Connections\s+: gitlab-agent/prod-gitlab-agent-7d4b9'
            $text | Should -Match 'ServerVersion\s+: 18\.9\.0-ee'
        }

        It 'highlights what needs attention' {
            $connections = 'prod', 'staging' | ForEach-Object { Get-GitLabAgentConnection group/app $_ }
            $connections | ForEach-Object { [GitLabAgents.ViewFormatter]::NeedsAttention($_) } |
                Should -Be $false, $true
            [GitLabAgents.ViewFormatter]::NeedsAttention((Get-GitLabAgentConnection 105 api)) | Should -BeFalse
            Edit-FakeGitLabOption $server @{ kasReachable = $false }
            [GitLabAgents.ViewFormatter]::NeedsAttention((Get-GitLabAgentConnection 105 api)) | Should -BeTrue
        }
    }
}
