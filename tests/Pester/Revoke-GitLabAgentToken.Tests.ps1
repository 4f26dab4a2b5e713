[Diagnostics.CodeAnalysis.SuppressMessage('PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'The blocks of Pester share their variables.')]
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

Describe 'Revoke-GitLabAgentToken' {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
    }

    AfterEach {
        Disconnect-GitLab
    }

    It 'revokes a token by its id, in one request' {
        Revoke-GitLabAgentToken 101 11 1001 -Confirm:$false | Should -BeNullOrEmpty
        Get-FakeGitLabCall $server | Should -Be 'DELETE /api/v4/projects/101/cluster_agents/11/tokens/1001'
        ((Get-FakeGitLabState $server).tokens | Where-Object id -EQ 1001).status | Should -Be 'revoked'
        ((Get-FakeGitLabState $server).tokens | Where-Object id -EQ 1002).status | Should -Be 'active'
    }

    It 'takes names and aliases of its parameters' {
        Revoke-GitLabAgentToken -Project 101 -Agent 11 -TokenId 1001 -Confirm:$false
        Revoke-GitLabAgentToken -ProjectId '101' -AgentId '11' -TokenId '1002' -Confirm:$false
        Get-FakeGitLabCall $server | Should -Be @(
            'DELETE /api/v4/projects/101/cluster_agents/11/tokens/1001'
            'DELETE /api/v4/projects/101/cluster_agents/11/tokens/1002')
    }

    It 'looks the agent up by name' {
        Revoke-GitLabAgentToken -Project 101 -Agent staging -TokenId 1004 -Confirm:$false
        Get-FakeGitLabCall $server | Should -Be @(
            'GET /api/v4/projects/101/cluster_agents?per_page=100&page=1'
            'DELETE /api/v4/projects/101/cluster_agents/12/tokens/1004')
    }

    It 'encodes the path of a project' {
        $id = (Get-GitLabAgentToken 'Ünïcode/Pröjekt' unicode -Summary).Id
        Revoke-GitLabAgentToken 'Ünïcode/Pröjekt' 19 $id -Confirm:$false
        Get-FakeGitLabCall $server -Method DELETE | Should -BeExactly "DELETE /api/v4/projects/%C3%9Cn%C3%AFcode%2FPr%C3%B6jekt/cluster_agents/19/tokens/$id"
    }

    It 'revokes tokens from the pipeline' {
        Get-GitLabAgentToken 101 11 | Revoke-GitLabAgentToken -Confirm:$false
        Get-FakeGitLabCall $server -Method DELETE | Should -Be @(
            'DELETE /api/v4/projects/101/cluster_agents/11/tokens/1001'
            'DELETE /api/v4/projects/101/cluster_agents/11/tokens/1002')
    }

    It 'revokes a token that was just made' {
        $token = New-GitLabAgentToken 103 14 ci-1
        $token | Revoke-GitLabAgentToken -Confirm:$false
        ((Get-FakeGitLabState $server).tokens | Where-Object id -EQ $token.Id).status | Should -Be 'revoked'
    }

    It 'takes a token as -InputObject' {
        $token = Get-GitLabAgentToken 101 12 -Summary
        Revoke-GitLabAgentToken -InputObject $token -Confirm:$false
        Get-FakeGitLabCall $server -Method DELETE | Should -Be 'DELETE /api/v4/projects/101/cluster_agents/12/tokens/1004'
    }

    It 'sends no DELETE with -WhatIf, <What>' -ForEach @(
        @{ What = 'by id'; Script = { Revoke-GitLabAgentToken 101 11 1001 -WhatIf } }
        @{ What = 'by name of the agent'; Script = { Revoke-GitLabAgentToken 101 prod 1001 -WhatIf } }
        @{ What = 'by object'; Script = { Get-GitLabAgentToken 101 11 | Revoke-GitLabAgentToken -WhatIf } }
    ) {
        Get-Failure $Script | Should -BeNullOrEmpty
        Get-FakeGitLabCall $server -Method DELETE, POST | Should -BeNullOrEmpty
    }

    It 'asks first: its impact is high' {
        $attribute = (Get-Command Revoke-GitLabAgentToken).ImplementingType.GetCustomAttributes([System.Management.Automation.CmdletAttribute], $false)
        $attribute.ConfirmImpact | Should -Be 'High'
    }

    It 'does not mind a token that is revoked already' {
        Get-Failure { Revoke-GitLabAgentToken 101 11 1003 -Confirm:$false } | Should -BeNullOrEmpty
        @(Get-FakeGitLabCall $server -Method DELETE).Count | Should -Be 1
    }

    It 'reports a token that is not there, or is another agent''s, and revokes the others' {
        $failures = Get-Failure {
            'ProjectId,AgentId,TokenId', '101,11,4711', '101,12,1001', '101,12,1004' | ConvertFrom-Csv | Revoke-GitLabAgentToken -Confirm:$false
        }
        $failures.TargetObject | Should -Be 4711, 1001
        $failures[0].FullyQualifiedErrorId | Should -Be 'TokenNotFound,GitLabAgents.Commands.RevokeGitLabAgentTokenCommand'
        $failures[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        ((Get-FakeGitLabState $server).tokens | Where-Object id -EQ 1001).status | Should -Be 'active'
        ((Get-FakeGitLabState $server).tokens | Where-Object id -EQ 1004).status | Should -Be 'revoked'
    }

    It 'does not take <_> as the id of a token' -ForEach 0, -1, 'prod-2024' {
        (Get-Failure { Revoke-GitLabAgentToken 101 11 $_ -Confirm:$false }).Exception | Should -BeOfType System.Management.Automation.ParameterBindingException
        Get-FakeGitLabCall $server | Should -BeNullOrEmpty
    }

    It 'tries again when the answer is lost' {
        Add-FakeGitLabFault $server @{ kind = 'status'; status = 503; method = 'DELETE'; afterActing = $true }
        Get-Failure { Revoke-GitLabAgentToken 101 11 1001 -Confirm:$false } | Should -BeNullOrEmpty
        @(Get-FakeGitLabCall $server -Method DELETE).Count | Should -Be 2
    }
}
