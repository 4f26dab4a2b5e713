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

Describe 'Revoke-GitLabAgentToken' {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
    }

    AfterEach {
        Disconnect-GitLab
    }

    It 'revokes a token by its ID, in one request' {
        Revoke-GitLabAgentToken 101 11 1001 -Confirm:$false | Should -BeNullOrEmpty
        Get-FakeGitLabCall $server | Should -Be 'DELETE /api/v4/projects/101/cluster_agents/11/tokens/1001'
        ((Get-FakeGitLabState $server).tokens | Where-Object id -EQ 1001).status | Should -Be 'revoked'
        ((Get-FakeGitLabState $server).tokens | Where-Object id -EQ 1002).status | Should -Be 'active'
    }

    It 'accepts names and aliases of its parameters' {
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
        Get-FakeGitLabCall $server -Method DELETE |
            Should -BeExactly "DELETE /api/v4/projects/%C3%9Cn%C3%AFcode%2FPr%C3%B6jekt/cluster_agents/19/tokens/$id"
    }

    It 'revokes tokens from the pipeline' {
        Get-GitLabAgentToken 101 11 | Revoke-GitLabAgentToken -Confirm:$false
        Get-FakeGitLabCall $server -Method DELETE | Should -Be @(
            'DELETE /api/v4/projects/101/cluster_agents/11/tokens/1001'
            'DELETE /api/v4/projects/101/cluster_agents/11/tokens/1002')
    }

    It 'revokes a token that was just created' {
        $token = New-GitLabAgentToken 103 14 ci-1
        $token | Revoke-GitLabAgentToken -Confirm:$false
        ((Get-FakeGitLabState $server).tokens | Where-Object id -EQ $token.Id).status | Should -Be 'revoked'
    }

    It 'accepts a token as -InputObject' {
        $token = Get-GitLabAgentToken 101 12 -Summary
        Revoke-GitLabAgentToken -InputObject $token -Confirm:$false
        Get-FakeGitLabCall $server -Method DELETE |
            Should -Be 'DELETE /api/v4/projects/101/cluster_agents/12/tokens/1004'
    }

    It 'sends no DELETE with -WhatIf, <What>' -ForEach @(
        @{ What = 'by id'; Script = { Revoke-GitLabAgentToken 101 11 1001 -WhatIf } }
        @{ What = 'by name of the agent'; Script = { Revoke-GitLabAgentToken 101 prod 1001 -WhatIf } }
        @{ What = 'by object'; Script = { Get-GitLabAgentToken 101 11 | Revoke-GitLabAgentToken -WhatIf } }
    ) {
        Get-Failure $Script | Should -BeNullOrEmpty
        Get-FakeGitLabCall $server -Method DELETE, POST | Should -BeNullOrEmpty
    }

    It 'prompts first, because its impact is high' {
        $attribute = (Get-Command Revoke-GitLabAgentToken).ImplementingType.GetCustomAttributes(
            [System.Management.Automation.CmdletAttribute], $false)
        $attribute.ConfirmImpact | Should -Be 'High'
    }

    It 'succeeds for a token that is already revoked' {
        Get-Failure { Revoke-GitLabAgentToken 101 11 1003 -Confirm:$false } | Should -BeNullOrEmpty
        @(Get-FakeGitLabCall $server -Method DELETE).Count | Should -Be 1
    }

    It 'reports a token that is missing or belongs to another agent, and revokes the others' {
        $failures = Get-Failure {
            'ProjectId,AgentId,TokenId', '101,11,4711', '101,12,1001', '101,12,1004' | ConvertFrom-Csv |
                Revoke-GitLabAgentToken -Confirm:$false
        }
        $failures.TargetObject | Should -Be 4711, 1001
        $failures[0].FullyQualifiedErrorId |
            Should -Be 'TokenNotFound,GitLabAgents.Commands.RevokeGitLabAgentTokenCommand'
        $failures[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        ((Get-FakeGitLabState $server).tokens | Where-Object id -EQ 1001).status | Should -Be 'active'
        ((Get-FakeGitLabState $server).tokens | Where-Object id -EQ 1004).status | Should -Be 'revoked'
    }

    It 'rejects <_> as the ID of a token' -ForEach 0, -1, 'prod-2024' {
        (Get-Failure { Revoke-GitLabAgentToken 101 11 $_ -Confirm:$false }).Exception |
            Should -BeOfType System.Management.Automation.ParameterBindingException
        Get-FakeGitLabCall $server | Should -BeNullOrEmpty
    }

    It 'retries if the response is lost' {
        Add-FakeGitLabFault $server @{ kind = 'status'; status = 503; method = 'DELETE'; afterActing = $true }
        Get-Failure { Revoke-GitLabAgentToken 101 11 1001 -Confirm:$false } | Should -BeNullOrEmpty
        @(Get-FakeGitLabCall $server -Method DELETE).Count | Should -Be 2
    }

    Context 'the confirmation' {
        BeforeAll {
            function Get-WhatIfText([scriptblock] $Script) {
                Start-Transcript "$TestDrive/whatif.txt" | Out-Null
                try { & $Script } finally { Stop-Transcript | Out-Null }
                (Get-Content "$TestDrive/whatif.txt" | Where-Object { $_ -match 'What if' }) -join "`n"
            }
        }

        It 'says when the token was last used' {
            Get-WhatIfText { Revoke-GitLabAgentToken 101 11 1001 -WhatIf } |
                Should -BeLike '*token 1001 of agent 11 of project 101 on * (last used 3 hours ago)*'
            Get-WhatIfText { Revoke-GitLabAgentToken group/app prod 1002 -WhatIf } | Should -BeLike '*(never used)*'
        }

        It 'says that it is the only token' {
            Get-WhatIfText { Get-GitLabAgentToken 101 12 -Summary | Revoke-GitLabAgentToken -WhatIf } |
                Should -BeLike "*token 'staging-1' (1004)*(last used 80 days ago; the only active token of the agent)*"
        }

        It 'omits what GitLab does not report' {
            Add-FakeGitLabFault $server @{ kind = 'status'; status = 500; method = 'GET'; times = 100 }
            $text = Get-WhatIfText { Revoke-GitLabAgentToken 101 12 1004 -WhatIf }
            $text | Should -BeLike '*token 1004 of agent 12*'
            $text | Should -Not -BeLike '*used*'
        }

        It 'requests no details if nobody reads them' {
            & { $ConfirmPreference = 'None'; Revoke-GitLabAgentToken 101 11 1001 }
            Get-FakeGitLabCall $server | Should -Be 'DELETE /api/v4/projects/101/cluster_agents/11/tokens/1001'
        }
    }

    Context '-Secret' {
        BeforeAll {
            function Get-Secret([long] $TokenId) { ((Get-FakeGitLabState $server).tokens |
                Where-Object id -EQ $TokenId).secret }
        }

        BeforeEach {
            $null = Connect-FakeGitLab $server glpat-admin
            $text = Get-Secret 1001
            $secret = ConvertTo-Secret $text
        }

        It 'revokes the token' {
            Revoke-GitLabAgentToken -Secret $secret -Confirm:$false | Should -BeNullOrEmpty
            Get-FakeGitLabCall $server | Should -Be 'POST /api/v4/admin/token', 'DELETE /api/v4/admin/token'
            ((Get-FakeGitLabState $server).tokens | Where-Object id -EQ 1001).status | Should -Be revoked
        }

        It 'names the token with -WhatIf, and revokes nothing' {
            Start-Transcript "$TestDrive/whatif.txt" | Out-Null
            try { Revoke-GitLabAgentToken -Secret $secret -WhatIf } finally { Stop-Transcript | Out-Null }
            Get-Content -Raw "$TestDrive/whatif.txt" |
                Should -BeLike "*token 'prod-2024' (1001) of agent 11 on * (last used 3 hours ago)*"
            Get-FakeGitLabCall $server -Method DELETE | Should -BeNullOrEmpty
        }

        It 'does not reveal the secret' {
            $output = Revoke-GitLabAgentToken -Secret $secret -Confirm:$false -Verbose -Debug 4>&1 5>&1 | Out-String
            $null = Connect-FakeGitLab $server
            Add-FakeGitLabFault $server @{ kind = 'status'; status = 400; body = "{`"message`":`"bad $text`"}" }
            $failure = Get-Failure { Revoke-GitLabAgentToken -Secret $secret -Confirm:$false }
            $failure | Should -Not -BeNullOrEmpty
            $output, ($failure | Format-List * -Force | Out-String), $failure.Exception.ToString(),
            (Get-FakeGitLabRequest $server | ConvertTo-Json -Depth 5) |
                ForEach-Object { $_.Contains($text) | Should -BeFalse }
        }

        It 'is <Id> if <Case>' -ForEach @(
            @{ Case = 'the user is not an administrator'; Id = 'Forbidden'; User = 'glpat-maintainer'
                Message = '*Only administrators*' }
            @{ Case = 'GitLab is older than 17.7'; Id = 'NotSupported'; Version = '17.6.0-ee'
                Message = '*GitLab 17.7*' }
            @{ Case = 'GitLab is older than 17.9'; Id = 'NotSupported'; Version = '17.8.0-ee'
                Message = '*GitLab 17.9*' }
            @{ Case = 'the secret is unknown'; Id = 'TokenNotFound'; Value = 'glagent-unknown'
                Message = '*does not know the secret*' }
            @{ Case = 'it is a personal access token'; Id = 'InvalidRequest'; Value = 'glpat-maintainer'
                Message = '*not the secret of an agent token*Nothing was revoked*' }
            @{ Case = 'it is a token of an unknown kind'; Id = 'InvalidRequest'; Value = 'something'
                Message = '*not the secret of an agent token*' }
        ) {
            if ($User) { $null = Connect-FakeGitLab $server $User }
            if ($Version) { Edit-FakeGitLabOption $server @{ version = $Version } }
            if ($Value) { $secret = ConvertTo-Secret $Value }
            $failure = Get-Failure { Revoke-GitLabAgentToken -Secret $secret -Confirm:$false }
            $failure.FullyQualifiedErrorId | Should -Be "$Id,GitLabAgents.Commands.RevokeGitLabAgentTokenCommand"
            "$failure" | Should -BeLike $Message
            ((Get-FakeGitLabState $server).tokens | Where-Object id -EQ 1001).status | Should -Be active
            { Connect-FakeGitLab $server glpat-maintainer } | Should -Not -Throw
        }

        It 'rejects plain text and an empty secret' {
            $failure = Get-Failure { Revoke-GitLabAgentToken -Secret 'glagent-plain' -Confirm:$false }
            "$failure" | Should -BeLike '*SecureString*'
            "$failure" | Should -Not -BeLike '*glagent-plain*'
            (Get-Failure {
                Revoke-GitLabAgentToken -Secret ([securestring]::new()) -Confirm:$false
            }).FullyQualifiedErrorId |
                Should -BeLike 'InvalidRequest,*'
            Get-FakeGitLabCall $server | Should -BeNullOrEmpty
        }

        It 'rejects a piped token that was found by its secret' {
            $token = Get-GitLabAgentToken -Secret $secret
            $failure = Get-Failure { $token | Revoke-GitLabAgentToken -Confirm:$false }
            $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidRequest,*'
            $failure.ErrorDetails.RecommendedAction | Should -BeLike '*-Secret*'
            Get-FakeGitLabCall $server -Method DELETE | Should -BeNullOrEmpty
        }
    }
}
