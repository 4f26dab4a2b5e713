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

Describe 'Get-GitLabAgentUrlConfiguration' {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
    }

    AfterEach { $session | Disconnect-GitLab }

    It 'gets the configuration of an agent given by name, with one list of agents' {
        $configuration = Get-GitLabAgentUrlConfiguration group/app staging
        $configuration.UrlConfigurationId | Should -Be 501
        $configuration.AgentId | Should -Be 12
        $configuration.ProjectId | Should -Be 101
        $configuration.Session | Should -Be $session
        (Get-FakeGitLabRequest $server).rawTarget | Should -Be @(
            '/api/v4/projects/group%2Fapp/cluster_agents?per_page=100&page=1'
            '/api/v4/projects/101/cluster_agents/12/url_configurations'
        )
    }

    It 'accepts agents from the pipeline, and returns nothing for those without one' {
        @(Get-GitLabClusterAgent group/app | Get-GitLabAgentUrlConfiguration).AgentId | Should -Be 12
    }

    It 'reads a configuration from the pipeline again, by its own ID' {
        $configuration = Get-GitLabAgentUrlConfiguration 101 12
        Clear-FakeGitLabRequest $server
        ($configuration | Get-GitLabAgentUrlConfiguration).Url | Should -Be $configuration.Url
        (Get-FakeGitLabRequest $server).rawTarget |
            Should -Be '/api/v4/projects/101/cluster_agents/12/url_configurations/501'
    }

    It 'reports which one is missing' {
        $failure = Get-Failure { Get-GitLabAgentUrlConfiguration 101 12 -UrlConfigurationId 999 }
        $failure.FullyQualifiedErrorId | Should -BeLike 'UrlConfigurationNotFound,*'
        $failure.CategoryInfo.Category | Should -Be ObjectNotFound
        $failure.TargetObject | Should -Be 999
    }

    It 'reports that receptive agents are <state>, and continues with the next agent' -ForEach @(
        @{ State = 'Off'; Message = '*are disabled on this GitLab*' }
        @{ State = 'Absent'; Message = '*has no receptive agents*' }
    ) {
        Edit-FakeGitLabOption $server @{ receptiveAgents = $State }
        $failure = @(Get-Failure { Get-GitLabClusterAgent group/app | Get-GitLabAgentUrlConfiguration })
        $failure.Count | Should -Be 2
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'UrlConfigurationNotFound,*'
        $failure[0].Exception.Message | Should -BeLike $Message
    }

    It 'reports a role below Maintainer as Forbidden' {
        $developer = Connect-FakeGitLab $server glpat-developer
        $failure = Get-Failure { Get-GitLabAgentUrlConfiguration 101 12 -Session $developer }
        $failure.FullyQualifiedErrorId | Should -BeLike 'Forbidden,*'
        $failure.Exception.Message | Should -BeLike '*Maintainer*'
    }

    It 'shows ID, agent, URL, authentication and expiry in a table' {
        $text = Get-GitLabAgentUrlConfiguration 101 12 | Out-String -Width 120
        $text | Should -Match 'Id\s+AgentId\s+Url\s+Authentication\s+CertificateExpires'
        $text | Should -Match '501\s+12\s+grpcs?://\S+\s+Jwt'
    }
}
