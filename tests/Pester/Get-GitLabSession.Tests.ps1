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

Describe 'Get-GitLabSession' {
    BeforeEach {
        Reset-FakeGitLab $server
        Disconnect-GitLab
    }

    It 'returns nothing if there is no session' {
        Get-GitLabSession -ErrorVariable failures | Should -BeNullOrEmpty
        $failures | Should -BeNullOrEmpty
    }

    It 'returns the current session, and sends nothing' {
        $session = Connect-FakeGitLab $server
        [object]::ReferenceEquals($session, (Get-GitLabSession)) | Should -BeTrue
        Get-FakeGitLabCall $server | Should -BeNullOrEmpty
    }

    It 'returns the latest session' {
        $null = Connect-FakeGitLab $server
        $second = Connect-FakeGitLab $server glpat-developer
        (Get-GitLabSession).TokenName | Should -Be 'developer'
        [object]::ReferenceEquals($second, (Get-GitLabSession)) | Should -BeTrue
    }

    It 'has the documented properties, and none with the token' {
        $null = Connect-FakeGitLab $server
        (Get-GitLabSession).PSObject.Properties.Name | Sort-Object | Should -Be @(
            'ConnectedAt', 'ExpiresAt', 'IsEnterprise', 'KasUri', 'Scopes', 'ThrottleLimit', 'TokenName', 'TokenType',
            'Uri', 'Version')
    }

    It 'can be passed to another cmdlet' {
        $null = Connect-FakeGitLab $server
        (Get-GitLabClusterAgent group/app -Session (Get-GitLabSession)).Count | Should -Be 2
    }

    It 'has no parameters' {
        (Get-Failure { Get-GitLabSession x }).FullyQualifiedErrorId | Should -BeLike 'PositionalParameterNotFound*'
    }
}
