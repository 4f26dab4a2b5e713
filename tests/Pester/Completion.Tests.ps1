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

Describe 'Completion' {
    BeforeAll {
        function Get-Completion([string] $Line) {
            (TabExpansion2 $Line $Line.Length).CompletionMatches | Where-Object ResultType -EQ ParameterValue
        }
    }

    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
    }

    AfterEach { Disconnect-GitLab }

    It 'completes <line>' -ForEach @(
        @{ Line = 'Get-GitLabClusterAgent group/'; Expected = 'group/empty', 'group/app' }
        @{ Line = 'Get-GitLabClusterAgent -Project app'
            Expected = 'platform/apps/api', 'platform/apps/web', 'group/app' }
        @{ Line = 'Get-GitLabClusterAgent -Project WEB'; Expected = 'platform/apps/web' }
        @{ Line = 'Get-GitLabClusterAgent -Project s/a'; Expected = 'platform/apps/api' }
        @{ Line = 'Get-GitLabClusterAgent -Group '; Expected = 'platform/apps', 'group', 'platform', 'Ünïcode' }
        @{ Line = 'Get-GitLabClusterAgent -Group pps'; Expected = 'platform/apps' }
        @{ Line = 'Get-GitLabAgentInventory -Group platform/a'; Expected = 'platform/apps' }
        @{ Line = 'Get-GitLabAgentInventory group/a'; Expected = 'group/app' }
        @{ Line = 'Get-GitLabAgentInventory group/app -Name '; Expected = 'prod', 'staging' }
        @{ Line = 'Get-GitLabClusterAgent -Project group/a'; Expected = 'group/app' }
        @{ Line = 'Get-GitLabClusterAgent -Group platform/'; Expected = 'platform/apps' }
        @{ Line = 'Get-GitLabClusterAgent group/app st'; Expected = 'staging' }
        @{ Line = 'Get-GitLabClusterAgent group/app -Name '; Expected = 'prod', 'staging' }
        @{ Line = 'Get-GitLabClusterAgent group/app -AgentId '; Expected = '11', '12' }
        @{ Line = 'Get-GitLabAgentToken group/app '; Expected = 'prod', 'staging' }
        @{ Line = 'Get-GitLabAgentToken group/app PR'; Expected = 'prod' }
        @{ Line = 'New-GitLabAgentToken group/app '; Expected = 'prod', 'staging' }
        @{ Line = 'Invoke-GitLabAgentTokenRotation group/app '; Expected = 'prod', 'staging' }
        @{ Line = 'Invoke-GitLabAgentTokenRotation -Project group/e'; Expected = 'group/empty' }
        @{ Line = 'Remove-GitLabClusterAgent group/app '; Expected = 'prod', 'staging' }
        @{ Line = 'New-GitLabAgentUrlConfiguration group/app '; Expected = 'prod', 'staging' }
        @{ Line = 'Get-GitLabAgentToken group/app prod -TokenId '; Expected = '1001', '1002' }
        @{ Line = 'Revoke-GitLabAgentToken group/app 11 10'; Expected = '1001', '1002' }
        @{ Line = 'Get-GitLabAgentToken 101 11 -Name prod-s'; Expected = 'prod-spare' }
    ) {
        (Get-Completion $Line).CompletionText | Should -Be $Expected
    }

    It 'offers the twenty most recent projects if nothing is typed' {
        $null = Add-FakeGitLabSeed $server @{ projects = 1..30 |
            ForEach-Object {
                @{ path = "fleet/p$_"; lastActivityAt = [DateTimeOffset]::UtcNow.AddMinutes($_).ToString('o') }
            } }
        (Get-Completion 'Get-GitLabAgentInventory -Project ').CompletionText |
            Should -Be (30..11 | ForEach-Object { "fleet/p$_" })
        Get-FakeGitLabCall $server |
            Should -Be ('GET /api/v4/projects?membership=true&min_access_level=30&archived=false&simple=true&' +
                'order_by=last_activity_at&per_page=20')
    }

    It 'lets GitLab search for the typed text, and finds a project among many' {
        $null = Add-FakeGitLabSeed $server @{ projects = 1..50 | ForEach-Object { "fleet/p$_" } }
        Clear-FakeGitLabRequest $server
        (Get-Completion 'Get-GitLabClusterAgent -Project group/ap').CompletionText | Should -Be group/app
        (Get-Completion 'Get-GitLabClusterAgent -Group latform').CompletionText | Should -Be 'platform/apps', 'platform'
        Get-FakeGitLabCall $server | Should -Be @(
            ('GET /api/v4/projects?membership=true&min_access_level=30&archived=false&simple=true&search=group%2Fap&' +
                'search_namespaces=true&order_by=last_activity_at&per_page=20')
            'GET /api/v4/groups?min_access_level=30&search=latform&per_page=20')
        (Get-Completion 'Get-GitLabClusterAgent -Project ap').CompletionText | Should -Contain 'group/app'
    }

    It 'omits archived projects and those in which the user is not a Developer' {
        (Get-Completion 'Get-GitLabClusterAgent -Project platform').CompletionText |
            Should -Be 'platform/apps/api', 'platform/apps/web', 'platform/infra'
        $null = Connect-FakeGitLab $server glpat-reporter
        Get-Completion 'Get-GitLabClusterAgent -Project platform' | Should -BeNullOrEmpty
    }

    It 'describes the item in its tooltip' {
        (Get-Completion 'Revoke-GitLabAgentToken group/app prod 1001').ToolTip |
            Should -BeLike "*1001*prod-2024*active*"
        (Get-Completion 'Get-GitLabAgentToken group/app prod').ToolTip | Should -BeLike '*11*group/app*'
    }

    It 'quotes names if necessary, so that the completed line identifies the token' {
        New-GitLabAgentToken group/app staging "it's [odd] & `$name" | Out-Null
        $text = (Get-Completion "Get-GitLabAgentToken group/app staging -Name it").CompletionText
        $found = & ([scriptblock]::Create("Get-GitLabAgentToken group/app staging -Name $text"))
        $found.Name | Should -Be "it's [odd] & `$name"
    }

    It 'shows no control character of a name' {
        $null = New-GitLabAgentToken group/app staging "evil$([char]27)[2J"
        $result = @(Get-Completion 'Get-GitLabAgentToken group/app staging -Name evil')
        $result.Count | Should -Be 1
        $result.ListItemText, $result.ToolTip | Should -Not -Match "$([char]27)"
    }

    It 'completes agents and tokens of the current repository' {
        $clone = (New-Item -ItemType Directory (Join-Path $TestDrive 'clone')).FullName
        git init --quiet $clone
        git -C $clone remote add origin git@127.0.0.1:group/app.git
        Push-Location $clone
        try {
            (Get-Completion 'Get-GitLabAgentToken . st').CompletionText | Should -Be staging
            (Get-Completion 'Revoke-GitLabAgentToken . prod 1001').CompletionText | Should -Be 1001
            Set-Location $TestDrive
            Get-Completion 'Get-GitLabAgentToken . st' | Should -BeNullOrEmpty
        }
        finally {
            Pop-Location
        }
    }

    It 'continues a quoted word' {
        (Get-Completion "Get-GitLabAgentToken group/app 'st").CompletionText | Should -Be staging
    }

    It 'uses the session of -Session' {
        $other = Start-FakeGitLab -Arguments '--empty'
        try {
            $null = Add-FakeGitLabSeed $other @{ agents = @(@{ project = 'group/app'; name = 'elsewhere' }) }
            $named = Connect-GitLab $other.Url (ConvertTo-Secret glpat-maintainer) -AllowUnencryptedAuthentication `
                -PassThru
            Connect-GitLab $server.Url (ConvertTo-Secret glpat-maintainer) -AllowUnencryptedAuthentication
            Set-Variable -Name completionSession -Value $named -Scope Global
            (Get-Completion 'Get-GitLabAgentToken -Session $completionSession group/app ').CompletionText |
                Should -Be elsewhere
        }
        finally {
            Stop-FakeGitLab $other
            Remove-Variable completionSession -Scope Global -ErrorAction Ignore
        }
    }

    It 'offers nothing and reports no error if <what>' -ForEach @(
        @{ What = 'the project is unknown'; Prepare = {}; Line = 'Get-GitLabAgentToken nope/nope ' }
        @{ What = 'the server fails'
            Prepare = { Add-FakeGitLabFault $server @{ kind = 'status'; status = 500; times = 99 } }
            Line = 'Get-GitLabAgentToken group/app ' }
        @{ What = 'the server sends HTML'
            Prepare = { Add-FakeGitLabFault $server @{ kind = 'html'; status = 200; times = 99 } }
            Line = 'Get-GitLabAgentToken group/app ' }
        @{ What = 'there is no session'; Prepare = { Disconnect-GitLab }; Line = 'Get-GitLabAgentToken group/app ' }
        @{ What = 'no project is given'; Prepare = {}; Line = 'Get-GitLabAgentToken -Agent ' }
    ) {
        & $Prepare
        $Error.Clear()
        Get-Completion $Line | Should -BeNullOrEmpty
        $Error | Should -BeNullOrEmpty
    }

    It 'stops after two seconds with a server that hangs' {
        Add-FakeGitLabFault $server @{ kind = 'hang'; times = 99 }
        $watch = [System.Diagnostics.Stopwatch]::StartNew()
        Get-Completion 'Get-GitLabAgentToken group/app ' | Should -BeNullOrEmpty
        $watch.Elapsed.TotalSeconds | Should -BeGreaterThan 1.5
        $watch.Elapsed.TotalSeconds | Should -BeLessThan 5
        Wait-Until { (Get-FakeGitLabLoad $server).inFlight -eq 0 }
    }

    It 'stops after two seconds with an unreachable server' {
        # A socket that does not listen keeps the port closed.
        $socket = [System.Net.Sockets.Socket]::new('InterNetwork', 'Stream', 'Tcp')
        try {
            $socket.Bind([System.Net.IPEndPoint]::new([ipaddress]::Loopback, 0))
            $url = "http://127.0.0.1:$($socket.LocalEndPoint.Port)"
            Connect-GitLab $url (ConvertTo-Secret glpat-maintainer) -AllowUnencryptedAuthentication -SkipValidation
            $watch = [System.Diagnostics.Stopwatch]::StartNew()
            Get-Completion 'Get-GitLabAgentToken group/app ' | Should -BeNullOrEmpty
            $watch.Elapsed.TotalSeconds | Should -BeLessThan 5
        }
        finally {
            $socket.Dispose()
        }
    }
}
