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

Describe 'New-GitLabAgentToken' {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
    }

    AfterEach {
        Disconnect-GitLab
    }

    It 'creates a token, and returns its secret' {
        $token = New-GitLabAgentToken 103 14 ci-1
        $token | Should -BeOfType GitLabAgents.NewAgentToken
        $token.Name | Should -Be 'ci-1'
        $token.AgentId | Should -Be 14
        $token.ProjectId | Should -Be 103
        $token.Status | Should -Be 'active'
        $token.Token | Should -BeOfType securestring
        $token.LastUsedAt | Should -BeNullOrEmpty
        $token.IsLastUsedKnown | Should -BeTrue
        $created = (Get-FakeGitLabState $server).tokens | Where-Object id -EQ $token.Id
        $token.RevealToken() | Should -BeExactly $created.secret
        [System.Net.NetworkCredential]::new('', $token.Token).Password | Should -BeExactly $created.secret
        $request = Get-FakeGitLabRequest $server
        "$($request.method) $($request.rawTarget)" |
            Should -BeExactly 'POST /api/v4/projects/103/cluster_agents/14/tokens'
        $request.body | Should -BeExactly '{"name":"ci-1"}'
        $request.headers.'Content-Type' | Should -Match '^application/json'
    }

    It 'sends a description' {
        (New-GitLabAgentToken -Project 103 -Agent 14 -Name ci-1 -Description 'für «CI»').Description |
            Should -BeExactly 'für «CI»'
        $body = (Get-FakeGitLabRequest $server).body | ConvertFrom-Json
        $body.name | Should -BeExactly 'ci-1'
        $body.description | Should -BeExactly 'für «CI»'
    }

    It 'accepts names that are not ASCII' {
        (New-GitLabAgentToken 103 14 'ключ "x" 🔑 \').Name | Should -BeExactly 'ключ "x" 🔑 \'
    }

    It 'looks the agent up by name' {
        (New-GitLabAgentToken platform/infra cluster-us ci-1).AgentId | Should -Be 14
        Get-FakeGitLabCall $server | Should -Be @(
            'GET /api/v4/projects/platform%2Finfra/cluster_agents?per_page=100&page=1'
            'POST /api/v4/projects/103/cluster_agents/14/tokens')
    }

    It 'accepts digits in a string as an ID' {
        (New-GitLabAgentToken '103' '14' ci-1).AgentId | Should -Be 14
        Get-FakeGitLabCall $server | Should -Be 'POST /api/v4/projects/103/cluster_agents/14/tokens'
    }

    It 'accepts a project path that must be encoded' {
        (New-GitLabAgentToken 'Ünïcode/Pröjekt' unicode ci-1).AgentId | Should -Be 19
        @(Get-FakeGitLabCall $server)[0] |
            Should -BeExactly 'GET /api/v4/projects/%C3%9Cn%C3%AFcode%2FPr%C3%B6jekt/cluster_agents?per_page=100&page=1'
    }

    It 'creates a token for each agent of the pipeline' {
        $tokens = Get-GitLabClusterAgent platform/infra cluster-us | New-GitLabAgentToken -Name ci-1
        $tokens.AgentId | Should -Be 14
        $tokens.Name | Should -Be 'ci-1'
    }

    It 'accepts rows, but no name from them' {
        $row = 'ProjectId,AgentId,Name', '103,14,from-the-row' | ConvertFrom-Csv
        ($row | New-GitLabAgentToken -Name ci-1).Name | Should -Be 'ci-1'
        (Get-Command New-GitLabAgentToken).Parameters['Name'].Attributes.ValueFromPipelineByPropertyName |
            Should -Not -Contain $true
    }

    It 'sends no POST with -WhatIf' {
        New-GitLabAgentToken 103 14 ci-1 -WhatIf | Should -BeNullOrEmpty
        New-GitLabAgentToken platform/infra cluster-us ci-1 -WhatIf | Should -BeNullOrEmpty
        Get-GitLabClusterAgent platform/infra | New-GitLabAgentToken -Name ci-1 -WhatIf | Should -BeNullOrEmpty
        Get-FakeGitLabCall $server -Method POST, PUT, DELETE | Should -BeNullOrEmpty
    }

    It 'does not prompt with -Confirm:$false' {
        (New-GitLabAgentToken 103 14 ci-1 -Confirm:$false).Name | Should -Be 'ci-1'
    }

    It 'reports an agent with as many tokens as are allowed' {
        $failure = Get-Failure { New-GitLabAgentToken 101 11 ci-1 }
        $failure.FullyQualifiedErrorId | Should -Be 'TokenLimitReached,GitLabAgents.Commands.NewGitLabAgentTokenCommand'
        $failure.CategoryInfo.Category | Should -Be 'LimitsExceeded'
        $failure.TargetObject | Should -Be 11
        "$failure" | Should -BeLike '*only two active tokens*'
    }

    It 'continues after an agent that fails' {
        $tokens = 'ProjectId,AgentId', '101,11', '103,14', '101,12' | ConvertFrom-Csv |
            New-GitLabAgentToken -Name ci-1 -ErrorVariable failures -ErrorAction SilentlyContinue
        $tokens.AgentId | Should -Be 14, 12
        $failures.Count | Should -Be 1
    }

    It 'rejects an empty name' {
        (Get-Failure { New-GitLabAgentToken 103 14 '' }).FullyQualifiedErrorId |
            Should -BeLike 'ParameterArgumentValidation*'
        Get-FakeGitLabCall $server | Should -BeNullOrEmpty
    }

    It 'quotes the error of GitLab about a name' {
        $failure = Get-Failure { New-GitLabAgentToken 103 14 ('x' * 256) }
        $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidRequest,*'
        "$failure" | Should -BeLike '*too long*'
    }

    It 'rolls the token back if the response has no secret' {
        Add-FakeGitLabFault $server @{
            kind = 'body'
            status = 201
            method = 'POST'
            afterActing = $true
            body = '{"id":1012,"name":"ci-1","agent_id":14,"status":"active","token":null}'
        }
        $next = ((Get-FakeGitLabState $server).tokens.id | Measure-Object -Maximum).Maximum + 1
        $next | Should -Be 1012 -Because 'the fault above names it'
        $failure = Get-Failure { New-GitLabAgentToken 103 14 ci-1 }
        $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidResponse,*'
        "$failure" | Should -BeLike '*The token was revoked.*'
        ((Get-FakeGitLabState $server).tokens | Where-Object id -EQ 1012).status | Should -Be 'revoked'
    }
}
