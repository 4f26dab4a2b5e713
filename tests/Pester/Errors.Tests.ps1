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

Describe 'A pattern that is none' {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
    }

    AfterEach { $session | Disconnect-GitLab }

    It 'is refused before any request: <line>' -ForEach @(
        @{ Line = "Get-GitLabClusterAgent group/app -Name '[x'" }
        @{ Line = "Get-GitLabClusterAgent -Group group -Name '[x'" }
        @{ Line = "Get-GitLabAgentToken group/app prod -Name '[x'" }
    ) {
        $failure = Get-Failure ([scriptblock]::Create($Line))
        $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidRequest,*'
        Get-FakeGitLabRequest $server | Should -BeNullOrEmpty
    }
}

Describe 'Errors' {
    BeforeEach {
        Reset-FakeGitLab $server
        $null = Connect-FakeGitLab $server -Parameter @{ MaximumRetryCount = 0 }
    }

    AfterEach {
        Disconnect-GitLab
    }

    Context 'what the server answers' {
        It '<Id>: <Name>' -ForEach @(
            @{ Name = 'a token that was revoked'; Id = 'AuthenticationFailed'; Category = 'AuthenticationError'; Status = 401; Words = '401 Unauthorized'
                Fault = @{ kind = 'status'; status = 401 }; Script = { Get-GitLabClusterAgent group/app }; Target = 'group/app' }
            @{ Name = 'a token that expired'; Id = 'AuthenticationFailed'; Category = 'AuthenticationError'; Status = 401; Words = 'Token is expired.'
                Fault = @{ kind = 'status'; status = 401; body = '{"error":"invalid_token","error_description":"Token is expired."}' }; Script = { Get-GitLabAgentToken 101 11 }; Target = 11 }
            @{ Name = 'a role too low'; Id = 'Forbidden'; Category = 'PermissionDenied'; Status = 403; Words = '403 Forbidden'; AccessToken = 'glpat-developer'
                Script = { New-GitLabClusterAgent group/app edge }; Target = 'edge' }
            @{ Name = 'a role too low to remove'; Id = 'Forbidden'; Category = 'PermissionDenied'; Status = 403; Words = '403 Forbidden'; AccessToken = 'glpat-developer'
                Script = { Remove-GitLabClusterAgent 101 11 -Confirm:$false }; Target = 11 }
            @{ Name = 'a role too low to revoke'; Id = 'Forbidden'; Category = 'PermissionDenied'; Status = 403; Words = '403 Forbidden'; AccessToken = 'glpat-developer'
                Script = { Revoke-GitLabAgentToken 101 11 1001 -Confirm:$false }; Target = 1001 }
            @{ Name = 'a scope that is missing'; Id = 'InsufficientScope'; Category = 'PermissionDenied'; Status = 403; Words = 'The request requires higher privileges'; AccessToken = 'glpat-readonly'
                Script = { New-GitLabAgentToken 103 14 ci-1 }; Target = 14 }
            @{ Name = 'no scope for reading'; Id = 'InsufficientScope'; Category = 'PermissionDenied'; Status = 403; Words = 'The request requires higher privileges'; AccessToken = 'glpat-noscope'
                Script = { Get-GitLabClusterAgent group/app }; Target = 'group/app' }
            @{ Name = 'no project to list'; Id = 'ProjectNotFound'; Category = 'ObjectNotFound'; Status = 404; Words = '404 Project Not Found'
                Script = { Get-GitLabClusterAgent no/where }; Target = 'no/where' }
            @{ Name = 'no project to register in'; Id = 'ProjectNotFound'; Category = 'ObjectNotFound'; Status = 404; Words = '404 Project Not Found'
                Script = { New-GitLabClusterAgent 4711 edge }; Target = 'edge' }
            @{ Name = 'a role too low to list'; Id = 'AgentNotFound'; Category = 'ObjectNotFound'; Status = 404; Words = '404 ClusterAgents Not Found'; AccessToken = 'glpat-reporter'
                Script = { Get-GitLabClusterAgent group/app }; Target = 'group/app' }
            @{ Name = 'a project that is hidden'; Id = 'ProjectNotFound'; Category = 'ObjectNotFound'; Status = 404; Words = '404 Project Not Found'
                Script = { Get-GitLabClusterAgent platform/secret }; Target = 'platform/secret' }
            @{ Name = 'no agent'; Id = 'AgentNotFound'; Category = 'ObjectNotFound'; Status = 404; Words = '404 Not found'
                Script = { Get-GitLabClusterAgent 101 -AgentId 999 }; Target = 999 }
            @{ Name = 'no agent to remove'; Id = 'AgentNotFound'; Category = 'ObjectNotFound'; Status = 404; Words = '404 Not found'
                Script = { Remove-GitLabClusterAgent 101 999 -Confirm:$false }; Target = 999 }
            @{ Name = 'no agent whose tokens to list'; Id = 'AgentNotFound'; Category = 'ObjectNotFound'; Status = 404; Words = '404 Not found'
                Script = { Get-GitLabAgentToken 101 999 }; Target = 999 }
            @{ Name = 'no agent to make a token for'; Id = 'AgentNotFound'; Category = 'ObjectNotFound'; Status = 404; Words = '404 Not found'
                Script = { New-GitLabAgentToken 101 999 ci-1 }; Target = 999 }
            @{ Name = 'no token'; Id = 'TokenNotFound'; Category = 'ObjectNotFound'; Status = 404; Words = '404 Not found'
                Script = { Get-GitLabAgentToken 101 11 -TokenId 4711 }; Target = 4711 }
            @{ Name = 'no token to revoke'; Id = 'TokenNotFound'; Category = 'ObjectNotFound'; Status = 404; Words = '404 Not found'
                Script = { Revoke-GitLabAgentToken 101 11 4711 -Confirm:$false }; Target = 4711 }
            @{ Name = 'a name that GitLab does not take'; Id = 'InvalidRequest'; Category = 'InvalidArgument'; Status = 400; Words = 'Name can contain only lowercase letters'
                Script = { New-GitLabClusterAgent group/app 'No Good' }; Target = 'No Good' }
            @{ Name = 'words in an object of arrays'; Id = 'InvalidRequest'; Category = 'InvalidArgument'; Status = 400; Words = 'name is odd'
                Fault = @{ kind = 'status'; status = 400; method = 'POST'; body = '{"message":{"name":["is odd"]}}' }; Script = { New-GitLabClusterAgent group/app edge }; Target = 'edge' }
            @{ Name = 'a project that was moved'; Id = 'InvalidRequest'; Category = 'InvalidArgument'; Status = 405; Words = 'moved projects'
                Script = { New-GitLabClusterAgent group/old-name edge }; Target = 'edge' }
            @{ Name = 'two active tokens already'; Id = 'TokenLimitReached'; Category = 'LimitsExceeded'; Status = 400; Words = 'only two active tokens'
                Script = { New-GitLabAgentToken 101 11 ci-1 }; Target = 11 }
            @{ Name = 'two active tokens, in another language'; Id = 'TokenLimitReached'; Category = 'LimitsExceeded'; Status = 400; Words = 'nur zwei aktive Tokens'
                Fault = @{ kind = 'status'; status = 400; method = 'POST'; body = '{"message":"400 Bad request - nur zwei aktive Tokens"}' }
                Script = { New-GitLabAgentToken 101 11 ci-1 }; Target = 11 }
            @{ Name = 'a limit that is none, whatever the words'; Id = 'InvalidRequest'; Category = 'InvalidArgument'; Status = 400; Words = 'only two active tokens'
                Fault = @{ kind = 'status'; status = 400; method = 'POST'; body = '{"message":"400 Bad request - An agent can have only two active tokens at a time"}' }
                Script = { New-GitLabAgentToken 103 14 ci-1 }; Target = 14 }
            @{ Name = 'a name that is taken'; Id = 'Conflict'; Category = 'ResourceExists'; Status = 400; Words = 'already been taken'
                Script = { New-GitLabClusterAgent group/app prod }; Target = 'prod' }
            @{ Name = 'a name that is taken, in another language'; Id = 'Conflict'; Category = 'ResourceExists'; Status = 400; Words = 'ist schon vergeben'
                Fault = @{ kind = 'status'; status = 400; method = 'POST'; body = '{"message":"400 Bad request - [\"Name ist schon vergeben\"]"}' }
                Script = { New-GitLabClusterAgent group/app prod }; Target = 'prod' }
            @{ Name = 'a lock'; Id = 'Conflict'; Category = 'ResourceExists'; Status = 409; Words = 'Resource lock'
                Fault = @{ kind = 'status'; status = 409; body = '{"message":"409 Conflict: Resource lock"}' }; Script = { Remove-GitLabClusterAgent 101 11 -Confirm:$false }; Target = 11 }
            @{ Name = 'too many requests'; Id = 'RateLimited'; Category = 'LimitsExceeded'; Status = 429; Words = 'Retry later'
                Fault = @{ kind = 'rateLimited'; retryAfter = 60 }; Script = { Get-GitLabClusterAgent group/app }; Target = 'group/app' }
            @{ Name = 'too many requests, in JSON'; Id = 'RateLimited'; Category = 'LimitsExceeded'; Status = 429; Words = 'requested too many times'
                Fault = @{ kind = 'status'; status = 429; body = '{"message":{"error":"This endpoint has been requested too many times. Try again later."}}' }
                Script = { New-GitLabAgentToken 103 14 ci-1 }; Target = 14 }
            @{ Name = 'a failure of GitLab'; Id = 'ServerError'; Category = 'InvalidResult'; Status = 500; Words = '500 Internal Server Error'
                Fault = @{ kind = 'status'; status = 500 }; Script = { Get-GitLabClusterAgent group/app }; Target = 'group/app' }
            @{ Name = 'a failure of GitLab at a POST'; Id = 'ServerError'; Category = 'InvalidResult'; Status = 500; Words = '500 Internal Server Error'
                Fault = @{ kind = 'status'; status = 500 }; Script = { New-GitLabAgentToken 103 14 ci-1 }; Target = 14 }
            @{ Name = 'a proxy at a GET'; Id = 'ServerError'; Category = 'InvalidResult'; Status = 502; Words = ''
                Fault = @{ kind = 'html'; status = 502 }; Script = { Get-GitLabClusterAgent group/app }; Target = 'group/app' }
            @{ Name = 'a proxy at a DELETE'; Id = 'ServerError'; Category = 'InvalidResult'; Status = 503; Words = ''
                Fault = @{ kind = 'html'; status = 503 }; Script = { Revoke-GitLabAgentToken 101 11 1001 -Confirm:$false }; Target = 1001 }
            @{ Name = 'HTML with status 200'; Id = 'InvalidResponse'; Category = 'InvalidResult'; Status = 200; Words = ''
                Fault = @{ kind = 'html'; status = 200 }; Script = { Get-GitLabClusterAgent group/app }; Target = 'group/app' }
            @{ Name = 'JSON of another kind'; Id = 'InvalidResponse'; Category = 'InvalidResult'; Status = 200; Words = ''
                Fault = @{ kind = 'body'; body = '{"status":"ok"}' }; Script = { Get-GitLabClusterAgent group/app }; Target = 'group/app' }
            @{ Name = 'rubbish at a POST'; Id = 'InvalidResponse'; Category = 'InvalidResult'; Status = 201; Words = ''
                Fault = @{ kind = 'body'; status = 201; method = 'POST'; body = '<<<' }; Script = { New-GitLabAgentToken 103 14 ci-1 }; Target = 14 }
            @{ Name = 'a redirect to another host'; Id = 'InvalidResponse'; Category = 'InvalidResult'; Status = 302; Words = ''
                Fault = @{ kind = 'redirect'; location = 'http://elsewhere.invalid/sign_in' }; Script = { Get-GitLabClusterAgent group/app }; Target = 'group/app' }
            @{ Name = '502 at a POST'; Id = 'OutcomeUnknown'; Category = 'ResourceUnavailable'; Status = 502; Words = ''
                Fault = @{ kind = 'html'; status = 502; method = 'POST' }; Script = { New-GitLabAgentToken 103 14 ci-1 }; Target = 14 }
            @{ Name = '503 at a POST'; Id = 'OutcomeUnknown'; Category = 'ResourceUnavailable'; Status = 503; Words = ''
                Fault = @{ kind = 'html'; status = 503; method = 'POST' }; Script = { New-GitLabClusterAgent group/app edge }; Target = 'edge' }
            @{ Name = 'GitLab''s own 503 at a POST'; Id = 'ServerError'; Category = 'InvalidResult'; Status = 503; Words = '503 Service Unavailable'
                Fault = @{ kind = 'status'; status = 503; method = 'POST' }; Script = { New-GitLabClusterAgent group/app edge }; Target = 'edge' }
            @{ Name = 'a page with status 200 at a DELETE'; Id = 'InvalidResponse'; Category = 'InvalidResult'; Status = 200; Words = ''
                Fault = @{ kind = 'html'; status = 200; method = 'DELETE' }; Script = { Revoke-GitLabAgentToken 101 11 1001 -Confirm:$false }; Target = 1001 }
            @{ Name = 'a page with status 404'; Id = 'InvalidResponse'; Category = 'InvalidResult'; Status = 404; Words = ''
                Fault = @{ kind = 'html'; status = 404 }; Script = { Get-GitLabAgentToken 101 11 -TokenId 1001 }; Target = 1001 }
            @{ Name = '504 at a POST'; Id = 'OutcomeUnknown'; Category = 'ResourceUnavailable'; Status = 504; Words = ''
                Fault = @{ kind = 'html'; status = 504; method = 'POST' }; Script = { New-GitLabAgentToken 103 14 ci-1 }; Target = 14 }
        ) {
            if ($AccessToken) { $null = Connect-FakeGitLab $server $AccessToken -Parameter @{ MaximumRetryCount = 0 } }
            if ($Fault) { Add-FakeGitLabFault $server $Fault }
            $failures = @(Get-Failure $Script)
            $failures.Count | Should -Be 1
            $failure = $failures[0]
            $failure.FullyQualifiedErrorId | Should -BeLike "$Id,GitLabAgents.Commands.*Command"
            $failure.CategoryInfo.Category | Should -Be $Category
            $failure.TargetObject | Should -Be $Target
            $failure.Exception | Should -BeOfType GitLabAgents.GitLabApiException
            [int]$failure.Exception.StatusCode | Should -Be $Status
            $failure.Exception.RequestUri | Should -BeLike "$($server.Url)/api/v4/*"
            $failure.Exception.Message | Should -BeLike "*$Words*"
            if ($Words) {
                $failure.Exception.ServerMessage | Should -BeLike "*$Words*"
                "$failure" | Should -BeLike "*$Words*"
            }
        }

        It 'says that a missing role looks like something that is not there' {
            (Get-Failure { Get-GitLabClusterAgent no/where }).Exception.Message | Should -BeLike '*role*Developer*'
            (Get-Failure { Remove-GitLabClusterAgent 101 999 -Confirm:$false }).Exception.Message | Should -BeLike '*role*Maintainer*'
        }

        It 'tells how long the server asked to wait, and the id of the request' {
            Add-FakeGitLabFault $server @{ kind = 'rateLimited'; retryAfter = 77 }
            $exception = (Get-Failure { Get-GitLabClusterAgent group/app }).Exception
            $exception.RetryAfter | Should -Be ([timespan]::FromSeconds(77))
            $exception.Method | Should -Be 'GET'
            $exception.RequestId | Should -Be (Get-FakeGitLabRequest $server).requestId
            $exception.RequestId | Should -Not -BeNullOrEmpty
        }

        It 'names the token to look for when the outcome is unknown' {
            Add-FakeGitLabFault $server @{ kind = 'html'; status = 502; method = 'POST'; afterActing = $true }
            $failure = Get-Failure { New-GitLabAgentToken 103 14 "it's mine" }
            $failure.FullyQualifiedErrorId | Should -BeLike 'OutcomeUnknown,*'
            $failure.Exception.Message -match '(?<Command>Get-GitLabAgentToken .*)$' | Should -BeTrue
            # The command that the message gives finds it.
            $found = & ([scriptblock]::Create($Matches.Command))
            $found.Name | Should -Be "it's mine"
            @(Get-FakeGitLabCall $server -Method POST).Count | Should -Be 1
        }

        It 'names the agent to look for when the outcome is unknown' {
            Add-FakeGitLabFault $server @{ kind = 'html'; status = 502; method = 'POST'; afterActing = $true }
            $failure = Get-Failure { New-GitLabClusterAgent group/app edge }
            $failure.FullyQualifiedErrorId | Should -BeLike 'OutcomeUnknown,*'
            $failure.Exception.Message -match '(?<Command>Get-GitLabClusterAgent .*)$' | Should -BeTrue
            (& ([scriptblock]::Create($Matches.Command))).Name | Should -Be 'edge'
        }
    }

    Context 'no answer' {
        It 'ConnectionFailed: connection refused' {
            $token = ConvertTo-Secret glpat-maintainer
            Connect-GitLab http://127.0.0.1:9 $token -AllowUnencryptedAuthentication -SkipValidation -MaximumRetryCount 0
            $failure = Get-Failure { Get-GitLabClusterAgent group/app }
            $failure.FullyQualifiedErrorId | Should -BeLike 'ConnectionFailed,*'
            $failure.CategoryInfo.Category | Should -Be 'ConnectionError'
            $failure.TargetObject | Should -Be 'group/app'
            $failure.Exception.StatusCode | Should -BeNullOrEmpty
        }

        It 'ConnectionFailed: connection refused at a POST' {
            Connect-GitLab http://127.0.0.1:9 (ConvertTo-Secret glpat-maintainer) -AllowUnencryptedAuthentication -SkipValidation -MaximumRetryCount 0
            (Get-Failure { New-GitLabAgentToken 101 11 ci-1 }).FullyQualifiedErrorId | Should -BeLike 'ConnectionFailed,*'
        }

        It 'ConnectionFailed: the connection breaks at a <Kind>' -ForEach @(
            @{ Kind = 'reset' }, @{ Kind = 'truncate' }, @{ Kind = 'resetMidBody' }
        ) {
            Add-FakeGitLabFault $server @{ kind = $Kind; times = 'always' }
            $failure = Get-Failure { Get-GitLabClusterAgent group/app }
            $failure.FullyQualifiedErrorId | Should -BeLike 'ConnectionFailed,*'
            $failure.CategoryInfo.Category | Should -Be 'ConnectionError'
        }

        It 'OutcomeUnknown: the connection breaks at a POST (<Kind>)' -ForEach @(
            @{ Kind = 'reset' }, @{ Kind = 'truncate' }, @{ Kind = 'resetMidBody' }, @{ Kind = 'closeWithoutResponse' }
        ) {
            Add-FakeGitLabFault $server @{ kind = $Kind; method = 'POST'; times = 'always' }
            $failure = Get-Failure { New-GitLabAgentToken 103 14 ci-1 }
            $failure.FullyQualifiedErrorId | Should -BeLike 'OutcomeUnknown,*'
            $failure.CategoryInfo.Category | Should -Be 'ResourceUnavailable'
            $failure.Exception.Message | Should -BeLike '*ci-1*'
            @(Get-FakeGitLabCall $server -Method POST).Count | Should -Be 1
        }

        It 'Timeout: no answer in time' {
            $null = Connect-FakeGitLab $server -Parameter @{ MaximumRetryCount = 0; TimeoutSec = 1 }
            Add-FakeGitLabFault $server @{ kind = 'hang' }
            $failure = Get-Failure { Get-GitLabClusterAgent group/app }
            $failure.FullyQualifiedErrorId | Should -BeLike 'Timeout,*'
            $failure.CategoryInfo.Category | Should -Be 'OperationTimeout'
            $failure.TargetObject | Should -Be 'group/app'
            $failure.Exception.Message | Should -BeLike '*-TimeoutSec*'
            Wait-Until { (Get-FakeGitLabLoad $server).inFlight -eq 0 }
        }

        It 'OutcomeUnknown: no answer in time at a POST' {
            $null = Connect-FakeGitLab $server -Parameter @{ MaximumRetryCount = 3; TimeoutSec = 1 }
            Add-FakeGitLabFault $server @{ kind = 'hang'; times = 'always' }
            $failure = Get-Failure { New-GitLabClusterAgent group/app edge }
            $failure.FullyQualifiedErrorId | Should -BeLike 'OutcomeUnknown,*'
            $failure.TargetObject | Should -Be 'edge'
            @(Get-FakeGitLabCall $server -Method POST).Count | Should -Be 1
        }
    }

    Context 'no session' {
        It 'NotConnected: <Name>' -ForEach @(
            @{ Name = 'Get-GitLabClusterAgent'; Script = { Get-GitLabClusterAgent group/app } }
            @{ Name = 'New-GitLabClusterAgent'; Script = { New-GitLabClusterAgent group/app edge } }
            @{ Name = 'Remove-GitLabClusterAgent'; Script = { Remove-GitLabClusterAgent 101 11 -Confirm:$false } }
            @{ Name = 'Get-GitLabAgentToken'; Script = { Get-GitLabAgentToken 101 11 } }
            @{ Name = 'New-GitLabAgentToken'; Script = { New-GitLabAgentToken 101 11 ci-1 } }
            @{ Name = 'Revoke-GitLabAgentToken'; Script = { Revoke-GitLabAgentToken 101 11 1001 -Confirm:$false } }
        ) {
            Disconnect-GitLab
            $failure = Get-Failure $Script
            $failure.FullyQualifiedErrorId | Should -BeLike 'NotConnected,*'
            $failure.CategoryInfo.Category | Should -Be 'ConnectionError'
            $failure.Exception.Message | Should -BeLike '*Connect-GitLab*'
            Get-FakeGitLabCall $server | Should -BeNullOrEmpty
        }

        It 'NotFound: an address where no GitLab is' {
            Disconnect-GitLab
            $failure = Get-Failure { Connect-FakeGitLab ([pscustomobject]@{ Url = "$($server.Url)/nothing/here" }) }
            $failure.FullyQualifiedErrorId | Should -BeLike 'NotFound,*'
            $failure.CategoryInfo.Category | Should -Be 'ObjectNotFound'
            $failure.TargetObject | Should -Be "$($server.Url)/nothing/here"
        }
    }

    Context 'tries' {
        BeforeEach {
            $null = Connect-FakeGitLab $server
        }

        It 'reads on behind <Name>' -ForEach @(
            @{ Name = 'a 429'; Fault = @{ kind = 'rateLimited'; retryAfter = 0; times = 2 }; Requests = 3 }
            @{ Name = 'a 502'; Fault = @{ kind = 'html'; status = 502 }; Requests = 2 }
            @{ Name = 'a connection that broke'; Fault = @{ kind = 'reset' }; Requests = 2 }
        ) {
            Add-FakeGitLabFault $server $Fault
            (Get-GitLabClusterAgent group/app).Count | Should -Be 2
            @(Get-FakeGitLabCall $server).Count | Should -Be $Requests
        }

        It 'does not repeat a 500' {
            Add-FakeGitLabFault $server @{ kind = 'status'; status = 500; times = 'always' }
            Get-Failure { Get-GitLabClusterAgent group/app } | Should -Not -BeNullOrEmpty
            @(Get-FakeGitLabCall $server).Count | Should -Be 1
        }

        It 'repeats a POST behind a 429, since the server did nothing' {
            Add-FakeGitLabFault $server @{ kind = 'rateLimited'; retryAfter = 0; method = 'POST' }
            (New-GitLabAgentToken 103 14 ci-1).Name | Should -Be 'ci-1'
            @(Get-FakeGitLabCall $server -Method POST).Count | Should -Be 2
            @((Get-FakeGitLabState $server).tokens | Where-Object name -EQ ci-1).Count | Should -Be 1
        }

        It 'waits as long as the server asks, and shows it' {
            Add-FakeGitLabFault $server @{ kind = 'rateLimited'; retryAfter = 1 }
            $watch = [System.Diagnostics.Stopwatch]::StartNew()
            $verbose = Get-GitLabClusterAgent group/app -Verbose 4>&1 | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] }
            $watch.Elapsed.TotalSeconds | Should -BeGreaterOrEqual 0.99
            "$verbose" | Should -BeLike '*Waiting 1 s*429*'
        }
    }

    It 'is shown with what to do' {
        $text = (Get-Failure { Get-GitLabClusterAgent no/where }) | Out-String -Width 300
        $text | Should -BeLike '*404 Project Not Found*'
    }
}
