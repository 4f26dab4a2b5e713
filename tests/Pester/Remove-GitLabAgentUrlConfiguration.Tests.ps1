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

Describe 'Remove-GitLabAgentUrlConfiguration' {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
    }

    AfterEach { $session | Disconnect-GitLab }

    It 'removes configurations from the pipeline' {
        Get-GitLabClusterAgent group/app | Get-GitLabAgentUrlConfiguration |
            Remove-GitLabAgentUrlConfiguration -Confirm:$false
        @(Get-FakeGitLabRequest $server -Method DELETE).rawTarget |
            Should -Be '/api/v4/projects/101/cluster_agents/12/url_configurations/501'
        (Get-FakeGitLabState $server).urlConfigurations | Should -BeNullOrEmpty
    }

    It 'removes a configuration by its IDs' {
        Remove-GitLabAgentUrlConfiguration group/app staging 501 -Confirm:$false
        (Get-FakeGitLabState $server).urlConfigurations | Should -BeNullOrEmpty
    }

    It 'changes nothing with -WhatIf' {
        Get-GitLabAgentUrlConfiguration 101 12 | Remove-GitLabAgentUrlConfiguration -WhatIf
        Get-FakeGitLabRequest $server -Method DELETE | Should -BeNullOrEmpty
    }

    It 'does not accept an agent from the pipeline' {
        $failure = Get-Failure {
            Get-GitLabClusterAgent 101 staging | Remove-GitLabAgentUrlConfiguration -Confirm:$false
        }
        $failure | Should -Not -BeNullOrEmpty
        Get-FakeGitLabRequest $server -Method DELETE | Should -BeNullOrEmpty
    }

    It 'reports a missing configuration' {
        $failure = Get-Failure { Remove-GitLabAgentUrlConfiguration 101 11 999 -Confirm:$false }
        $failure.FullyQualifiedErrorId | Should -BeLike 'UrlConfigurationNotFound,*'
        $failure.TargetObject | Should -Be 999
    }
}
