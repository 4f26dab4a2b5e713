[Diagnostics.CodeAnalysis.SuppressMessage('PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'The blocks of Pester share their variables.')]
param()

BeforeAll {
    Import-Module "$PSScriptRoot/../../GitLabAgents.psd1"
    Import-Module "$PSScriptRoot/StandIn.psm1"
    $hidden = Hide-GitLabEnvironment
    $server = Start-StandIn
}

AfterAll {
    Stop-StandIn $server
    Restore-GitLabEnvironment $hidden
}

Describe 'Get-GitLabSession' {
    BeforeEach {
        Reset-StandIn $server
        Disconnect-GitLab
    }

    It 'gives nothing where there is no session' {
        Get-GitLabSession -ErrorVariable failures | Should -BeNullOrEmpty
        $failures | Should -BeNullOrEmpty
    }

    It 'gives the current session, and sends nothing' {
        $session = Connect-StandIn $server
        [object]::ReferenceEquals($session, (Get-GitLabSession)) | Should -BeTrue
        Get-StandInCall $server | Should -BeNullOrEmpty
    }

    It 'gives the latest' {
        $null = Connect-StandIn $server
        $second = Connect-StandIn $server glpat-developer
        (Get-GitLabSession).TokenName | Should -Be 'developer'
        [object]::ReferenceEquals($second, (Get-GitLabSession)) | Should -BeTrue
    }

    It 'has the documented properties, and none with the token' {
        $null = Connect-StandIn $server
        (Get-GitLabSession).PSObject.Properties.Name | Sort-Object | Should -Be @(
            'ConnectedAt', 'ExpiresAt', 'IsEnterprise', 'KasUri', 'Scopes', 'ThrottleLimit', 'TokenName', 'TokenType', 'Uri', 'Version')
    }

    It 'can be given to another cmdlet' {
        $null = Connect-StandIn $server
        (Get-GitLabClusterAgent group/app -Session (Get-GitLabSession)).Count | Should -Be 2
    }

    It 'takes no parameters' {
        (Get-Failure { Get-GitLabSession x }).FullyQualifiedErrorId | Should -BeLike 'PositionalParameterNotFound*'
    }
}
