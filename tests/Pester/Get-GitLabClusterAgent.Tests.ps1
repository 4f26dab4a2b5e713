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

Describe 'Get-GitLabClusterAgent' {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
    }

    AfterEach {
        Disconnect-GitLab
    }

    Context 'a whole project' {
        It 'lists the agents by name, in one request' {
            $agents = Get-GitLabClusterAgent group/app
            $agents.Name | Should -Be 'prod', 'staging'
            $agents | Should -BeOfType GitLabAgents.ClusterAgent
            Get-FakeGitLabCall $server |
                Should -Be 'GET /api/v4/projects/group%2Fapp/cluster_agents?per_page=100&page=1'
        }

        It 'sends the token as PRIVATE-TOKEN, accepts JSON and sends a user agent' {
            $null = Get-GitLabClusterAgent group/app
            $headers = (Get-FakeGitLabRequest $server).headers
            $headers.'PRIVATE-TOKEN' | Should -BeExactly 'glpat-maintainer'
            $headers.Accept | Should -BeExactly 'application/json'
            $headers.'User-Agent' | Should -Match '^GitLabAgents/\d+\.\d+\.\d+'
            $headers.PSObject.Properties.Name | Should -Not -Contain 'Authorization'
        }

        It 'returns every property that GitLab reports' {
            $agent = Get-GitLabClusterAgent group/app prod
            $agent.Id | Should -Be 11
            $agent.AgentId | Should -Be 11
            $agent.ProjectId | Should -Be 101
            $agent.ProjectPath | Should -Be 'group/app'
            $agent.ConfigProject.Description | Should -Be 'The application, and its agents'
            $agent.ConfigProject.PathWithNamespace | Should -Be 'group/app'
            $agent.CreatedByUserId | Should -Be 7
            $agent.CreatedAt | Should -BeOfType DateTimeOffset
            ([DateTimeOffset]::UtcNow - $agent.CreatedAt).TotalDays | Should -BeGreaterThan 199
            ([DateTimeOffset]::UtcNow - $agent.CreatedAt).TotalDays | Should -BeLessThan 201
            [object]::ReferenceEquals($agent.Session, $session) | Should -BeTrue
            "$agent" | Should -Be 'prod'
        }

        It 'returns null for an unknown user who registered the agent' {
            (Get-GitLabClusterAgent group/app staging).CreatedByUserId | Should -BeNullOrEmpty
        }

        It 'returns nothing for a project without agents' {
            Get-GitLabClusterAgent group/empty -ErrorVariable failures | Should -BeNullOrEmpty
            $failures | Should -BeNullOrEmpty
        }

        It 'follows a project that was renamed' {
            (Get-GitLabClusterAgent group/old-name).Name | Should -Be 'prod', 'staging'
            @(Get-FakeGitLabCall $server)[0] |
                Should -Be 'GET /api/v4/projects/group%2Fold-name/cluster_agents?per_page=100&page=1'
            @(Get-FakeGitLabCall $server)[1] | Should -BeLike 'GET /api/v4/projects/101/cluster_agents*'
        }

        It 'reads an older server, which omits names' {
            Edit-FakeGitLabOption $server @{ oldServer = $true }
            $agents = Get-GitLabClusterAgent 101
            $agents.Id | Should -Be 11, 12
            $agents[0].Name | Should -BeNullOrEmpty
            "$($agents[0])" | Should -Be '11'
        }
    }

    Context 'which project' {
        It 'accepts <_> as an ID' -ForEach 101, '101' {
            (Get-GitLabClusterAgent -Project $_).Name | Should -Be 'prod', 'staging'
            Get-FakeGitLabCall $server | Should -Be 'GET /api/v4/projects/101/cluster_agents?per_page=100&page=1'
        }

        It 'accepts the alias ProjectId' {
            (Get-GitLabClusterAgent -ProjectId 101).Count | Should -Be 2
        }

        It 'sends <Path> as <Raw>' -ForEach @(
            @{ Path = 'platform/apps/web'; Raw = 'platform%2Fapps%2Fweb'; Name = 'web' }
            @{ Path = 'Ünïcode/Pröjekt'; Raw = '%C3%9Cn%C3%AFcode%2FPr%C3%B6jekt'; Name = 'unicode' }
            @{ Path = 'group/with space'; Raw = 'group%2Fwith%20space'; Name = 'spaced' }
            @{ Path = 'group/a?b#c%d+e'; Raw = 'group%2Fa%3Fb%23c%25d%2Be'; Name = 'signs' }
        ) {
            $null = Add-FakeGitLabSeed $server @{ agents = @(
                    @{ project = 'group/with space'; name = 'spaced' }
                    @{ project = 'group/a?b#c%d+e'; name = 'signs' }) }
            (Get-GitLabClusterAgent $Path).Name | Should -Be $Name
            (Get-FakeGitLabRequest $server).rawTarget |
                Should -BeExactly "/api/v4/projects/$Raw/cluster_agents?per_page=100&page=1"
        }

        It 'accepts projects from the pipeline, by value' {
            ('group/app', 108, '103' | Get-GitLabClusterAgent).Name |
                Should -Be 'prod', 'staging', 'unicode', 'cluster-eu', 'cluster-us'
            Get-FakeGitLabCall $server | Should -Be @(
                'GET /api/v4/projects/group%2Fapp/cluster_agents?per_page=100&page=1'
                'GET /api/v4/projects/108/cluster_agents?per_page=100&page=1'
                'GET /api/v4/projects/103/cluster_agents?per_page=100&page=1')
        }

        It 'accepts projects from the pipeline, by the property <_>' -ForEach 'Project', 'ProjectId' {
            ([pscustomobject]@{ $_ = 101; Name = 'the project''s own name' } | Get-GitLabClusterAgent).Name |
                Should -Be 'prod', 'staging'
        }

        It 'rejects <What> before it sends anything' -ForEach @(
            @{ What = 'nothing'; Value = '' }
            @{ What = 'null'; Value = $null }
            @{ What = 'zero'; Value = 0 }
            @{ What = 'a negative number'; Value = -1 }
            @{ What = 'a URL'; Value = 'https://gitlab.com/group/app' }
            @{ What = 'dots'; Value = '..' }
            @{ What = 'too large a number'; Value = '99999999999999999999' }
        ) {
            $failure = Get-Failure { Get-GitLabClusterAgent -Project $Value }
            $failure.Exception | Should -BeOfType System.Management.Automation.ParameterBindingException
            "$failure" | Should -BeLike "*'Project'*"
            Get-FakeGitLabCall $server | Should -BeNullOrEmpty
        }
    }

    Context 'by name' {
        It 'finds a plain name, in any case' {
            (Get-GitLabClusterAgent group/app PROD).Id | Should -Be 11
        }

        It 'accepts several names, plain ones and patterns' {
            (Get-GitLabClusterAgent group/app -Name 'staging', 'p*').Name | Should -Be 'prod', 'staging'
        }

        It 'matches <Pattern>' -ForEach @(
            @{ Pattern = 'st*'; Expected = @('staging') }
            @{ Pattern = '?rod'; Expected = @('prod') }
            @{ Pattern = '[ps]*'; Expected = @('prod', 'staging') }
            @{ Pattern = '*'; Expected = @('prod', 'staging') }
        ) {
            (Get-GitLabClusterAgent group/app $Pattern).Name | Should -Be $Expected
        }

        It 'returns nothing for a pattern that matches nothing' {
            Get-GitLabClusterAgent group/app 'x*' -ErrorVariable failures | Should -BeNullOrEmpty
            $failures | Should -BeNullOrEmpty
        }

        It 'reports a missing plain name, and returns the others' {
            $found = Get-GitLabClusterAgent group/app -Name missing,
                prod -ErrorVariable failures -ErrorAction SilentlyContinue
            $found.Name | Should -Be 'prod'
            $failures.Count | Should -Be 1
            $failures[0].FullyQualifiedErrorId |
                Should -Be 'AgentNotFound,GitLabAgents.Commands.GetGitLabClusterAgentCommand'
            $failures[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
            $failures[0].TargetObject | Should -Be 'missing'
            "$($failures[0])" | Should -Match 'missing'
        }

        It 'rejects an empty name' {
            (Get-Failure { Get-GitLabClusterAgent group/app '' }).FullyQualifiedErrorId |
                Should -BeLike 'ParameterArgumentValidation*'
            Get-FakeGitLabCall $server | Should -BeNullOrEmpty
        }
    }

    Context 'by id' {
        It 'reads each ID on its own' {
            (Get-GitLabClusterAgent group/app -AgentId 12, 11).Name | Should -Be 'staging', 'prod'
            Get-FakeGitLabCall $server | Should -Be @(
                'GET /api/v4/projects/group%2Fapp/cluster_agents/12'
                'GET /api/v4/projects/group%2Fapp/cluster_agents/11')
        }

        It 'reports a missing ID, and returns the others' {
            $found = Get-GitLabClusterAgent 101 -AgentId 11, 999, 13,
                12 -ErrorVariable failures -ErrorAction SilentlyContinue
            $found.Name | Should -Be 'prod', 'staging'
            $failures.TargetObject | Should -Be 999, 13
            $failures[0].FullyQualifiedErrorId | Should -BeLike 'AgentNotFound,*'
        }

        It 'rejects <_>' -ForEach 0, -1, 'prod' {
            $failure = Get-Failure { Get-GitLabClusterAgent 101 -AgentId $_ }
            $failure.Exception | Should -BeOfType System.Management.Automation.ParameterBindingException
            "$failure" | Should -BeLike "*'AgentId'*"
            Get-FakeGitLabCall $server | Should -BeNullOrEmpty
        }

        It 'cannot be combined with a name' {
            (Get-Failure { Get-GitLabClusterAgent 101 -AgentId 11 -Name prod }).FullyQualifiedErrorId |
                Should -BeLike 'AmbiguousParameterSet*'
        }

        It 'reads an agent from the pipeline again' {
            $agent = Get-GitLabClusterAgent group/app prod
            Clear-FakeGitLabRequest $server
            $again = $agent | Get-GitLabClusterAgent
            $again.Name | Should -Be 'prod'
            [object]::ReferenceEquals($agent, $again) | Should -BeFalse
            Get-FakeGitLabCall $server | Should -Be 'GET /api/v4/projects/101/cluster_agents/11'
        }
    }

    Context 'paging' {
        BeforeEach {
            $null = Add-FakeGitLabSeed $server @{ agents = @{ project = 'group/many'; count = 250 } }
        }

        It 'reads 250 agents in three requests, in order' {
            $agents = Get-GitLabClusterAgent group/many
            $agents.Count | Should -Be 250
            $agents.Name | Should -Be ($agents.Name | Sort-Object)
            Get-FakeGitLabCall $server | Sort-Object | Should -Be @(
                'GET /api/v4/projects/group%2Fmany/cluster_agents?per_page=100&page=1'
                'GET /api/v4/projects/group%2Fmany/cluster_agents?per_page=100&page=2'
                'GET /api/v4/projects/group%2Fmany/cluster_agents?per_page=100&page=3')
        }

        It 'requests one page if one agent is wanted' {
            Get-GitLabClusterAgent group/many | Select-Object -First 1 | ForEach-Object Name | Should -Be 'agent-000001'
            Get-FakeGitLabCall $server |
                Should -Be 'GET /api/v4/projects/group%2Fmany/cluster_agents?per_page=100&page=1'
            (Get-FakeGitLabLoad $server).inFlight | Should -Be 0
        }

        It 'keeps the session usable after a reader that stopped' {
            $null = Get-GitLabClusterAgent group/many | Select-Object -First 120
            (Get-GitLabClusterAgent group/many).Count | Should -Be 250
        }

        It 'does not follow the host of the Link header' {
            Edit-FakeGitLabOption $server @{ externalUrl = 'http://127.0.0.2:9' }
            (Get-GitLabClusterAgent group/many).Count | Should -Be 250
        }

        It 'returns the agents before a page that fails' {
            Add-FakeGitLabFault $server @{ kind = 'status'; status = 500; pathContains = '&page=3'; times = 'always' }
            $agents = Get-GitLabClusterAgent group/many -ErrorVariable failures -ErrorAction SilentlyContinue
            $agents.Count | Should -Be 200
            $failures.Count | Should -Be 1
            $failures[0].FullyQualifiedErrorId | Should -BeLike 'ServerError,*'
        }
    }

    Context 'sessions' {
        It 'uses the session of -Session' {
            $other = Connect-FakeGitLab $server glpat-developer
            $null = Get-GitLabClusterAgent group/app -Session $session
            (Get-FakeGitLabRequest $server).headers.'PRIVATE-TOKEN' | Should -Be 'glpat-maintainer'
            (Get-GitLabSession).TokenName | Should -Be $other.TokenName
        }

        It 'works below a relative URL' {
            $prefixed = Start-FakeGitLab -Arguments --prefix, /git/lab
            try {
                $there = Connect-GitLab $prefixed.Url (ConvertTo-Secret glpat-maintainer) `
                    -AllowUnencryptedAuthentication -PassThru
                Clear-FakeGitLabRequest $prefixed
                (Get-GitLabClusterAgent group/app -Session $there).Name | Should -Be 'prod', 'staging'
                Get-FakeGitLabCall $prefixed |
                    Should -Be 'GET /git/lab/api/v4/projects/group%2Fapp/cluster_agents?per_page=100&page=1'
            }
            finally {
                Stop-FakeGitLab $prefixed
            }
        }
    }
}
