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

Describe 'New-GitLabClusterAgent' {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
    }

    AfterEach {
        Disconnect-GitLab
    }

    It 'registers an agent' {
        $agent = New-GitLabClusterAgent group/app edge
        $agent | Should -BeOfType GitLabAgents.ClusterAgent
        $agent.Name | Should -Be 'edge'
        $agent.ProjectId | Should -Be 101
        [object]::ReferenceEquals($agent.Session, $session) | Should -BeTrue
        $request = Get-FakeGitLabRequest $server
        "$($request.method) $($request.rawTarget)" |
            Should -BeExactly 'POST /api/v4/projects/group%2Fapp/cluster_agents'
        $request.body | Should -BeExactly '{"name":"edge"}'
        $request.headers.'Content-Type' | Should -Match '^application/json'
        $request.headers.'PRIVATE-TOKEN' | Should -BeExactly 'glpat-maintainer'
        ((Get-FakeGitLabState $server).agents | Where-Object name -EQ edge).project | Should -Be 'group/app'
    }

    It 'registers several' {
        (New-GitLabClusterAgent -Project 101 -Name a, b).Name | Should -Be 'a', 'b'
        (Get-FakeGitLabRequest $server).body | Should -Be '{"name":"a"}', '{"name":"b"}'
    }

    It 'accepts names from the pipeline, by value' {
        ('a', 'b' | New-GitLabClusterAgent group/app).Name | Should -Be 'a', 'b'
    }

    It 'accepts rows from the pipeline' {
        $rows = "ProjectId,Name`n101,from-id`ngroup/empty,from-path" | ConvertFrom-Csv
        ($rows | New-GitLabClusterAgent).ProjectPath | Should -Be 'group/app', 'group/empty'
        (Get-FakeGitLabRequest $server).body | Should -Be '{"name":"from-id"}', '{"name":"from-path"}'
    }

    It 'accepts a name that consists of digits' {
        (New-GitLabClusterAgent group/app 2024).Name | Should -Be '2024'
        (Get-FakeGitLabRequest $server).body | Should -BeExactly '{"name":"2024"}'
    }

    It 'sends the path <Path> as <Raw>' -ForEach @(
        @{ Path = 'Ünïcode/Pröjekt'; Raw = '%C3%9Cn%C3%AFcode%2FPr%C3%B6jekt' }
        @{ Path = 'group/with space'; Raw = 'group%2Fwith%20space' }
    ) {
        $null = Add-FakeGitLabSeed $server @{ projects = 'group/with space' }
        (New-GitLabClusterAgent $Path edge).ProjectPath | Should -Be $Path
        (Get-FakeGitLabRequest $server).rawTarget | Should -BeExactly "/api/v4/projects/$Raw/cluster_agents"
    }

    It 'sends nothing with -WhatIf' {
        New-GitLabClusterAgent group/app a, b -WhatIf | Should -BeNullOrEmpty
        Get-FakeGitLabCall $server | Should -BeNullOrEmpty
    }

    It 'does not prompt by default, nor with -Confirm:$false' {
        (New-GitLabClusterAgent group/app edge -Confirm:$false).Name | Should -Be 'edge'
    }

    It 'has a medium impact' {
        $attribute = (Get-Command New-GitLabClusterAgent).ImplementingType.GetCustomAttributes(
            [System.Management.Automation.CmdletAttribute], $false)
        $attribute.SupportsShouldProcess | Should -BeTrue
        $attribute.ConfirmImpact | Should -Be 'Medium'
    }

    It 'quotes the error of GitLab about an invalid name, and registers the others' {
        $agents = New-GitLabClusterAgent group/app 'Not Valid',
            fine -ErrorVariable failures -ErrorAction SilentlyContinue
        $agents.Name | Should -Be 'fine'
        $failures.Count | Should -Be 1
        $failures[0].FullyQualifiedErrorId |
            Should -Be 'InvalidRequest,GitLabAgents.Commands.NewGitLabClusterAgentCommand'
        $failures[0].CategoryInfo.Category | Should -Be 'InvalidArgument'
        $failures[0].TargetObject | Should -Be 'Not Valid'
        "$($failures[0])" | Should -BeLike '*Name can contain only lowercase letters*'
    }

    It 'reports a name that is taken' {
        $failure = Get-Failure { New-GitLabClusterAgent group/app prod }
        $failure.FullyQualifiedErrorId | Should -BeLike 'Conflict,*'
        $failure.CategoryInfo.Category | Should -Be 'ResourceExists'
        $failure.TargetObject | Should -Be 'prod'
        Get-FakeGitLabCall $server -Method POST | Should -Be 'POST /api/v4/projects/group%2Fapp/cluster_agents'
    }

    It 'rejects an empty name' {
        (Get-Failure { New-GitLabClusterAgent group/app '' }).FullyQualifiedErrorId |
            Should -BeLike 'ParameterArgumentValidation*'
        Get-FakeGitLabCall $server | Should -BeNullOrEmpty
    }

    It 'does not register agents in a project that was moved, and reports it' {
        $failure = Get-Failure { New-GitLabClusterAgent group/old-name edge }
        $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidRequest,*'
        "$failure" | Should -BeLike '*moved projects*'
    }
}
