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

Describe 'Disconnect-GitLab' {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
    }

    AfterEach {
        Disconnect-GitLab
    }

    It 'ends the current session, and returns nothing' {
        Disconnect-GitLab | Should -BeNullOrEmpty
        Get-GitLabSession | Should -BeNullOrEmpty
        $failure = Get-Failure { Get-GitLabClusterAgent group/app }
        $failure.FullyQualifiedErrorId | Should -Be 'NotConnected,GitLabAgents.Commands.GetGitLabClusterAgentCommand'
        Get-FakeGitLabCall $server | Should -BeNullOrEmpty
    }

    It 'ends the specified session, <How>' -ForEach @(
        @{ How = 'by position'; Script = { Disconnect-GitLab $session } }
        @{ How = 'by name'; Script = { Disconnect-GitLab -Session $session } }
        @{ How = 'from the pipeline'; Script = { $session | Disconnect-GitLab } }
    ) {
        $null = Connect-FakeGitLab $server glpat-developer
        & $Script
        (Get-GitLabSession).TokenName | Should -Be 'developer'
        $failure = Get-Failure { Get-GitLabClusterAgent group/app -Session $session }
        $failure.FullyQualifiedErrorId | Should -BeLike 'NotConnected,*'
        $failure.CategoryInfo.Category | Should -Be 'ConnectionError'
    }

    It 'removes the current session if it is the specified one' {
        Disconnect-GitLab $session
        Get-GitLabSession | Should -BeNullOrEmpty
    }

    It 'closes the connections' {
        $null = Get-GitLabClusterAgent group/app
        # Meanwhile this shell opens and closes connections to the control endpoints.
        $connection = (Get-FakeGitLabRequest $server).connectionId
        Disconnect-GitLab
        $null = Connect-FakeGitLab $server
        $null = Get-GitLabClusterAgent group/app
        (Get-FakeGitLabRequest $server).connectionId | Should -Not -Be $connection
    }

    It 'keeps the objects that were read, but no cmdlet accepts them' {
        $agent = Get-GitLabClusterAgent group/app prod
        Disconnect-GitLab
        $agent.Name | Should -Be 'prod'
        $agent.Session.Uri | Should -Be "$($server.Url)/"
        Clear-FakeGitLabRequest $server
        (Get-Failure { $agent | Remove-GitLabClusterAgent -Confirm:$false }).FullyQualifiedErrorId |
            Should -BeLike 'NotConnected,*'
        (Get-Failure { $agent | Get-GitLabAgentToken }).FullyQualifiedErrorId | Should -BeLike 'NotConnected,*'
        Get-FakeGitLabCall $server | Should -BeNullOrEmpty
    }

    It 'does nothing without a session, or a second time' {
        Get-Failure {
            Disconnect-GitLab
            Disconnect-GitLab
            Disconnect-GitLab $session
        } | Should -BeNullOrEmpty
        Get-GitLabSession | Should -BeNullOrEmpty
    }

    It 'rejects null' {
        (Get-Failure { Disconnect-GitLab -Session $null }).FullyQualifiedErrorId |
            Should -BeLike 'ParameterArgumentValidation*'
        Get-GitLabSession | Should -Not -BeNullOrEmpty
    }
}
