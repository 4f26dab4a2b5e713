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

Describe 'Get-GitLabAgentActivity' {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
    }

    AfterEach { Disconnect-GitLab }

    It 'lists events, newest first' {
        $activity = Get-GitLabAgentActivity group/app prod
        $activity.Kind |
            Should -Be 'token_revoked', 'agent_connected', 'token_created', 'token_created', 'token_created'
        $created = $activity[2]
        $created | Should -BeOfType ([GitLabAgents.AgentActivity])
        $created.User, $created.Token, $created.Level | Should -Be 'maintainer', 'prod-spare', 'info'
        $created.Project, $created.Agent, $created.ProjectId, $created.AgentId | Should -Be 'group/app', 'prod', 101, 11
        $created.Session | Should -Be $session
        [math]::Round(([DateTimeOffset]::UtcNow - $created.RecordedAt).TotalDays) | Should -Be 20
    }

    It 'accepts agents from the pipeline, and -First for each' {
        $activity = Get-GitLabClusterAgent group/app | Get-GitLabAgentActivity -First 1
        $activity.Agent | Should -Be 'prod', 'staging'
    }

    It 'reads every page' {
        1..60 | ForEach-Object { Add-FakeGitLabSeed $server @{ connections = @{ agent = 12 } } } | Out-Null
        Edit-FakeGitLabOption $server @{ graphQLPageSize = 25 }
        @(Get-GitLabAgentActivity group/app staging).Count | Should -Be 61
        @(Get-GitLabAgentActivity group/app staging -First 30).Count | Should -Be 30
    }

    It 'requests no more than one page with Select-Object -First' {
        Edit-FakeGitLabOption $server @{ graphQLPageSize = 1 }
        @(Get-GitLabAgentActivity group/app prod | Select-Object -First 1).Count | Should -Be 1
        @(Get-FakeGitLabCall $server -Method POST).Count | Should -Be 1
    }

    It 'returns nothing for an agent without activity' {
        Get-Failure { Get-GitLabAgentActivity platform/infra cluster-us } | Should -BeNullOrEmpty
    }

    It 'is Forbidden for a Developer, since GitLab hides the events' {
        $null = Connect-FakeGitLab $server glpat-developer
        $failure = Get-Failure { Get-GitLabAgentActivity group/app prod }
        $failure.FullyQualifiedErrorId | Should -Be 'Forbidden,GitLabAgents.Commands.GetGitLabAgentActivityCommand'
        $failure.CategoryInfo.Category | Should -Be PermissionDenied
        "$failure" | Should -BeLike '*Maintainer*'
        $failure.TargetObject | Should -Be prod
    }

    It 'is Forbidden in an archived project' {
        "$(Get-Failure { Get-GitLabAgentActivity platform/old retired })" | Should -BeLike '*archived*'
    }

    It 'is Forbidden if GraphQL is <_>' -ForEach 'off', 'html', 'forbidden' {
        Edit-FakeGitLabOption $server @{ graphQL = $_ }
        $failure = Get-Failure { Get-GitLabAgentActivity group/app prod }
        $failure.FullyQualifiedErrorId | Should -BeLike 'Forbidden,*'
        $failure.ErrorDetails.RecommendedAction | Should -BeLike '*GraphQL*'
    }

    It 'reports an agent that does not exist, and continues' {
        $output = [pscustomobject]@{ Project = 101; Agent = 'nobody' },
            [pscustomobject]@{ Project = 101; Agent = 'prod' } |
            Get-GitLabAgentActivity -First 1 2>&1
        $output[0].FullyQualifiedErrorId | Should -BeLike 'AgentNotFound,*'
        $output[1].Agent | Should -Be prod
    }

    It 'shows a table' {
        Get-GitLabAgentActivity group/app prod | Out-String -Width 120 |
            Should -Match '20 days ago\s+prod\s+token_created\s+maintainer\s+prod-spare'
    }
}
