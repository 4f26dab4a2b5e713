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

Describe 'Remove-GitLabClusterAgent' {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
    }

    AfterEach {
        Disconnect-GitLab
    }

    It 'removes an agent by ID, in one request' {
        Remove-GitLabClusterAgent group/app 11 -Confirm:$false | Should -BeNullOrEmpty
        Get-FakeGitLabCall $server | Should -Be 'DELETE /api/v4/projects/group%2Fapp/cluster_agents/11'
        (Get-FakeGitLabState $server).agents.id | Should -Not -Contain 11
        (Get-FakeGitLabState $server).agents.id | Should -Contain 12
    }

    It 'accepts digits in a string as an ID' {
        $null = Add-FakeGitLabSeed $server @{ agents = @{ project = 'group/app'; name = '12' } }
        Remove-GitLabClusterAgent 101 '12' -Confirm:$false
        Get-FakeGitLabCall $server | Should -Be 'DELETE /api/v4/projects/101/cluster_agents/12'
        (Get-FakeGitLabState $server).agents.name | Should -Not -Contain 'staging'
    }

    It 'removes an agent by name' {
        Remove-GitLabClusterAgent -Project 101 -Agent staging -Confirm:$false
        Get-FakeGitLabCall $server | Should -Be @(
            'GET /api/v4/projects/101/cluster_agents?per_page=100&page=1'
            'DELETE /api/v4/projects/101/cluster_agents/12')
    }

    It 'treats a name as a name, not as a pattern' {
        $failure = Get-Failure { Remove-GitLabClusterAgent 101 '*' -Confirm:$false }
        $failure.FullyQualifiedErrorId | Should -BeLike 'AgentNotFound,*'
        Get-FakeGitLabCall $server -Method DELETE | Should -BeNullOrEmpty
    }

    It 'removes agents from the pipeline' {
        Get-GitLabClusterAgent group/app | Remove-GitLabClusterAgent -Confirm:$false
        Get-FakeGitLabCall $server -Method DELETE | Should -Be @(
            'DELETE /api/v4/projects/101/cluster_agents/11'
            'DELETE /api/v4/projects/101/cluster_agents/12')
    }

    It 'accepts an agent as -InputObject' {
        $agent = Get-GitLabClusterAgent group/app prod
        Remove-GitLabClusterAgent -InputObject $agent -Confirm:$false
        Get-FakeGitLabCall $server -Method DELETE | Should -Be 'DELETE /api/v4/projects/101/cluster_agents/11'
    }

    It 'accepts rows with Project and Agent' {
        "Project,Agent`ngroup/app,staging`n103,14" | ConvertFrom-Csv | Remove-GitLabClusterAgent -Confirm:$false
        Get-FakeGitLabCall $server -Method DELETE | Should -Be @(
            'DELETE /api/v4/projects/group%2Fapp/cluster_agents/12'
            'DELETE /api/v4/projects/103/cluster_agents/14')
    }

    It 'has no alias for -Agent' {
        (Get-Command Remove-GitLabClusterAgent).Parameters['Agent'].Aliases | Should -BeNullOrEmpty
    }

    It 'sends no DELETE with -WhatIf, <What>' -ForEach @(
        @{ What = 'by id'; Script = { Remove-GitLabClusterAgent 101 11 -WhatIf } }
        @{ What = 'by name'; Script = { Remove-GitLabClusterAgent 101 prod -WhatIf } }
        @{ What = 'by object'; Script = { Get-GitLabClusterAgent 101 | Remove-GitLabClusterAgent -WhatIf } }
    ) {
        Get-Failure $Script | Should -BeNullOrEmpty
        Get-FakeGitLabCall $server -Method DELETE | Should -BeNullOrEmpty
        (Get-FakeGitLabState $server).agents.id | Should -Contain 11
    }

    It 'prompts first, because its impact is high' {
        $attribute = (Get-Command Remove-GitLabClusterAgent).ImplementingType.GetCustomAttributes(
            [System.Management.Automation.CmdletAttribute], $false)
        $attribute.ConfirmImpact | Should -Be 'High'
    }

    It 'removes nothing if it cannot prompt' {
        $output = Invoke-ChildShell @"
            Import-Module '$PSScriptRoot/../../GitLabAgents.psd1'
            Connect-GitLab '$($server.Url)' -AllowUnencryptedAuthentication
            Remove-GitLabClusterAgent 101 11
"@ -Environment @{ GITLAB_TOKEN = 'glpat-maintainer' }
        $output -join ' ' | Should -Match 'NonInteractive'
        Get-FakeGitLabCall $server -Method DELETE | Should -BeNullOrEmpty
        Get-FakeGitLabCall $server -Method GET | Should -Contain 'GET /api/v4/metadata'
    }

    It 'reports a missing agent, and removes the others' {
        $failures = Get-Failure {
            [pscustomobject]@{ Project = 101; Agent = 999 }, [pscustomobject]@{ Project = 101; Agent = 12 } |
                Remove-GitLabClusterAgent -Confirm:$false
        }
        $failures.Count | Should -Be 1
        $failures.FullyQualifiedErrorId |
            Should -Be 'AgentNotFound,GitLabAgents.Commands.RemoveGitLabClusterAgentCommand'
        $failures.TargetObject | Should -Be 999
        (Get-FakeGitLabState $server).agents.id | Should -Not -Contain 12
    }

    It 'succeeds if the response was lost and the retry returns 404' {
        Add-FakeGitLabFault $server @{ kind = 'status'; status = 502; method = 'DELETE'; afterActing = $true }
        Get-Failure { Remove-GitLabClusterAgent 101 11 -Confirm:$false } | Should -BeNullOrEmpty
        @(Get-FakeGitLabCall $server -Method DELETE).Count | Should -Be 2
        (Get-FakeGitLabState $server).agents.id | Should -Not -Contain 11
    }

    It 'rejects an object that came from another session' {
        $agent = Get-GitLabClusterAgent group/app prod
        $other = Connect-FakeGitLab $server glpat-developer
        $failure = Get-Failure { Remove-GitLabClusterAgent -InputObject $agent -Session $other -Confirm:$false }
        $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidRequest,*'
        Get-FakeGitLabCall $server | Should -BeNullOrEmpty
    }

    It 'does not remove the agent of <What>' -ForEach @(
        @{ What = 'the outcome of a rotation'; Get = { Invoke-GitLabAgentTokenRotation 101 12 -NoWait } }
        @{ What = 'a connection'; Get = { Get-GitLabAgentConnection 101 12 } }
        @{ What = 'a token'; Get = { Get-GitLabAgentToken 101 12 -Summary } }
    ) {
        $object = & $Get
        $failure = Get-Failure { $object | Remove-GitLabClusterAgent -Confirm:$false }
        $failure | Should -Not -BeNullOrEmpty
        Get-FakeGitLabCall $server -Method DELETE | Should -BeNullOrEmpty
        (Get-FakeGitLabState $server).agents.id | Should -Contain 12
    }

    It 'removes the agents of custom objects' {
        'Project,Agent', 'group/app,staging' | ConvertFrom-Csv | Remove-GitLabClusterAgent -Confirm:$false
        [pscustomobject]@{ Project = 101; Agent = 'prod' } | Remove-GitLabClusterAgent -Session $session -Confirm:$false
        (Get-FakeGitLabState $server).agents.id | Should -Not -Contain 11
        (Get-FakeGitLabState $server).agents.id | Should -Not -Contain 12
    }

    Context 'the confirmation' {
        BeforeAll {
            function Get-WhatIfText([scriptblock] $Script) {
                Start-Transcript "$TestDrive/whatif.txt" | Out-Null
                try { & $Script } finally { Stop-Transcript | Out-Null }
                (Get-Content "$TestDrive/whatif.txt" | Where-Object { $_ -match 'What if' }) -join "`n"
            }
        }

        It 'says that the agent is connected, and which environments use it' {
            $null = Add-FakeGitLabSeed $server @{
                environments = @{ project = 'group/app'; name = 'production'; agent = 11 },
                    @{ project = 'group/app'; name = 'old'; agent = 11; state = 'stopped' },
                    @{ project = 'group/app'; name = 'review/1'; agent = 11 },
                    @{ project = 'group/app'; name = 'other'; agent = 12 }
            }
            Get-WhatIfText { Remove-GitLabClusterAgent group/app prod -WhatIf } |
                Should -BeLike '*it is connected now; environments production, review/1 use it*'
        }

        It 'counts many environments' {
            $null = Add-FakeGitLabSeed $server @{ environments = 1..8 |
                ForEach-Object { @{ project = 'group/app'; name = "review/$_"; agent = 12 } } }
            Get-WhatIfText { Get-GitLabClusterAgent group/app staging | Remove-GitLabClusterAgent -WhatIf } |
                Should -BeLike ('*it is not connected, and was last seen 80 days ago; environments review/1, review/' +
                    '2, review/3, review/4, review/5 and 3 more use it*')
        }

        It 'says the same with -Verbose if it removes' {
            $text = Remove-GitLabClusterAgent group/app prod -Confirm:$false -Verbose 4>&1 | Out-String
            $text -replace '\s+', ' ' | Should -BeLike '*it is connected now*'
            (Get-FakeGitLabState $server).agents.id | Should -Not -Contain 11
        }

        It 'omits what GitLab does not report' {
            Edit-FakeGitLabOption $server @{ graphQL = 'html' }
            Add-FakeGitLabFault $server @{ kind = 'status'; status = 500; pathContains = '/environments'; times = 100 }
            $text = Get-WhatIfText { Remove-GitLabClusterAgent group/app 11 -WhatIf }
            $text | Should -BeLike '*agent 11 of project group/app on 127.0.0.1*'
            $text | Should -Not -BeLike '*connected*'
        }

        It 'requests no details if nobody reads them: <What>' -ForEach @(
            @{ What = '-Confirm:$false'; Script = { Remove-GitLabClusterAgent group/app 11 -Confirm:$false } }
            @{ What = '$ConfirmPreference is None'
                Script = { $ConfirmPreference = 'None'; Remove-GitLabClusterAgent group/app 11 } }
        ) {
            & $Script
            Get-FakeGitLabCall $server | Should -Be 'DELETE /api/v4/projects/group%2Fapp/cluster_agents/11'
        }
    }
}
