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

Describe 'Views' {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
    }

    AfterEach {
        Disconnect-GitLab
    }

    BeforeAll {
        # Returns the lines of a table, without empty lines and trailing white space.
        function Format-Line {
            $text = $input | Out-String -Width 120
            ($text -replace '\x1b\[[0-9;]*m' -split '\r?\n').TrimEnd() | Where-Object { $_ }
        }
    }

    It 'shows agents in a table' {
        $lines = @(Get-GitLabClusterAgent group/app | Format-Line)
        $lines[0].Trim() | Should -Match '^Project: group/app$'
        $lines[1] -split '\s+' | Should -Be 'Id', 'Name', 'Created', 'CreatedBy'
        $lines[3].Trim() | Should -Match '^11\s+prod\s+6 months ago\s+7$'
        $lines[4].Trim() | Should -Match '^12\s+staging\s+2 months ago$'
        $lines.Count | Should -Be 5
    }

    It 'groups agents by their project' {
        $lines = @('group/app', 'platform/infra' | Get-GitLabClusterAgent | Format-Line)
        ($lines | Where-Object { $_ -match 'Project:' }).Trim() |
            Should -Be 'Project: group/app', 'Project: platform/infra'
    }

    It 'shows when tokens were last used' {
        $null = Add-FakeGitLabSeed $server @{ tokens = @{
            agent = 'group/app:staging'
            name = 'fresh'
            lastUsedAt = [DateTimeOffset]::UtcNow.AddSeconds(-20).ToString('o')
        } }
        $lines = @('prod', 'staging' | ForEach-Object { Get-GitLabAgentToken group/app $_ } | Format-Line)
        $lines[0] -split '\s+' | Should -Be 'Id', 'AgentId', 'Name', 'Status', 'LastUsed', 'Created'
        $lines[2].Trim() | Should -Match '^1001\s+11\s+prod-2024\s+active\s+3 hours ago\s+6 months ago$'
        $lines[3].Trim() | Should -Match '^1002\s+11\s+prod-spare\s+active\s+never\s+20 days ago$'
        $lines[4].Trim() | Should -Match '^\d+\s+12\s+fresh\s+active\s+just now\s+just now$'
        $lines[5].Trim() | Should -Match '^1004\s+12\s+staging-1\s+active\s+2 months ago\s+2 months ago$'
    }

    It 'shows every age by the clock of its GitLab: <What>' -ForEach @(
        @{ What = 'agents'; Script = { Get-GitLabClusterAgent group/app -Name young }; Ages = '3 days ago' }
        @{ What = 'tokens'; Script = { Get-GitLabAgentToken group/app prod }; Ages = '3 days ago', 'never' }
        @{ What = 'connections'; Script = { Get-GitLabAgentConnection group/app prod }; Ages = '3 days ago' }
        @{ What = 'pods'; Script = { (Get-GitLabAgentConnection group/app prod).Connections }; Ages = '3 days ago' }
        @{ What = 'the inventory'; Script = { Get-GitLabAgentInventory group/app -Name prod }; Ages = '3 days ago' }
        @{ What = 'pods of the inventory'; Ages = '3 days ago'
            Script = { (Get-GitLabAgentInventory group/app -Name prod).Connections } }
        @{ What = 'activity'; Script = { Get-GitLabAgentActivity group/app prod -First 2 }; Ages = '3 days ago' }
    ) {
        # All times are hours old by this machine's clock.
        $hours = [DateTimeOffset]::UtcNow.AddHours(-5).ToString('o')
        $null = Add-FakeGitLabSeed $server @{ agents = @{ project = 'group/app'; name = 'young'; createdAt = $hours } }
        Edit-FakeGitLabOption $server @{ clockSkewMs = 3 * 86400000 }
        $text = & $Script | Format-Line | Out-String
        foreach ($age in $Ages) { $text | Should -BeLike "*$age*" }
        $text | Should -Not -Match 'hours? ago'
    }

    It 'shows "?" if the last use is unknown' {
        $lines = @(Get-GitLabAgentToken 101 11 -Summary | Format-Line)
        $lines[2].Trim() | Should -Match '^1001\s+11\s+prod-2024\s+active\s+\?\s+6 months ago$'
        $lines[3].Trim() | Should -Match '^1002\s+11\s+prod-spare\s+active\s+\?\s+20 days ago$'
        $lines -join "`n" | Should -Not -Match 'never'
    }

    It 'shows a new token without its secret' {
        $token = New-GitLabAgentToken 103 14 ci-1
        $lines = @($token | Format-Line)
        $lines[0] -split '\s+' | Should -Be 'Id', 'AgentId', 'Name', 'Secret'
        $lines[2].Trim() | Should -Match '^\d+\s+14\s+ci-1\s+RevealToken\(\) shows it$'
        $lines -join "`n" | Should -Not -Match ([regex]::Escape($token.RevealToken()))
    }

    It 'shows the outcomes of rotations in a table, without secrets' {
        $rotated = Get-GitLabClusterAgent group/app | Invoke-GitLabAgentTokenRotation -NoWait -Force -Name 'mine'
        $lines = @($rotated | Format-Line)
        $lines[0].Trim() | Should -Be 'Project: group/app'
        $lines[1] -split '\s+' | Should -Be 'Agent', 'Status', 'NewToken', 'Revoked', 'Kept'
        $lines[3].Trim() | Should -Match '^prod\s+AwaitingUse\s+mine\s+prod-spare\s+prod-2024$'
        $lines[4].Trim() | Should -Match '^staging\s+AwaitingUse\s+mine\s+staging-1$'
        $text = $rotated | Format-List | Out-String -Width 200
        $text | Should -Match "RevokedTokens\s+: prod-spare \(1002\)"
        $text | Should -Match "NewToken\s+: mine \($($rotated[0].NewToken.Id)\)"
        foreach ($one in $rotated) { "$lines $text" | Should -Not -BeLike "*$($one.NewToken.RevealToken())*" }
    }

    It 'shows sessions in a table' {
        $null = Add-FakeGitLabSeed $server @{ accessTokens = @{
            value = 'glpat-view'
            name = 'view'
            scopes = 'api read_user'
            expiresAt = '2099-12-31'
        } }
        $lines = @(Connect-FakeGitLab $server glpat-view | Format-Line)
        $lines[0] -split '\s+' | Should -Be 'Uri', 'Token', 'Scopes', 'Expires', 'Version'
        $lines[2].Trim() |
            Should -Match "^$([regex]::Escape($server.Url))/\s+view\s+api, read_user\s+2099-12-31\s+\d+\.\d+"
    }

    It 'shows an agent of an older server' {
        Edit-FakeGitLabOption $server @{ oldServer = $true }
        $lines = @(Get-GitLabClusterAgent 101 | Format-Line)
        $lines[3].Trim() | Should -Match '^11$'
    }

    It 'shows <Seconds> seconds as <Text>' -ForEach @(
        @{ Seconds = -30; Message = 'just now' }
        @{ Seconds = -90; Message = '1 minute ago' }
        @{ Seconds = -7300; Message = '2 hours ago' }
        @{ Seconds = -100000; Message = '1 day ago' }
        @{ Seconds = -3000000; Message = '1 month ago' }
        @{ Seconds = -70000000; Message = '2 years ago' }
        @{ Seconds = 90; Message = 'in 1 minute' }
        @{ Seconds = 200000; Message = 'in 2 days' }
    ) {
        [GitLabAgents.ViewFormatter]::Age([DateTimeOffset]::UtcNow.AddSeconds($Seconds)) | Should -Be $Message
    }
}

Describe 'Views at <Width> columns' -ForEach @(@{ Width = 80 }, @{ Width = 160 }) {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
    }

    AfterEach { $session | Disconnect-GitLab }

    It 'keeps 200 agents and their tokens on one line each' {
        $null = Add-FakeGitLabSeed $server @{ agents = 1..200 |
            ForEach-Object {
                @{ project = 'fleet/all'; name = "cluster-in-some-region-with-a-long-name-$_"
                    tokens = @("token-of-cluster-$_-with-a-long-name") }
            } }
        $agents = Get-GitLabClusterAgent fleet/all
        $lines = ($agents | Out-String -Width $Width) -split '\r?\n'
        @($lines -match '^\d+ ').Count | Should -Be 200
        ($lines | Measure-Object -Property Length -Maximum).Maximum | Should -BeLessOrEqual $Width
        @($lines -match 'Project: fleet/all').Count | Should -Be 1

        $lines = ($agents | Get-GitLabAgentToken | Out-String -Width $Width) -split '\r?\n'
        @($lines -match '^\d+ .*\bactive\b.*\bnever\b').Count | Should -Be 200
        ($lines | Measure-Object -Property Length -Maximum).Maximum | Should -BeLessOrEqual $Width
    }

    It 'shows every kind of object in its table' {
        foreach ($object in (Get-GitLabSession), (Get-GitLabClusterAgent 101 prod),
            (Get-GitLabAgentToken 101 11 -TokenId 1001), (New-GitLabAgentToken 101 12 new),
            (Get-GitLabAgentUrlConfiguration 101 12), (Get-GitLabAgentConnection 101 11),
            (Invoke-GitLabAgentTokenRotation 105 16 -NoWait)) {
            $lines = @(($object | Out-String -Width $Width).Trim() -split '\r?\n' | Where-Object { $_ })
            $lines.Count |
                Should -BeIn 3, 4 -Because "$($object.GetType().Name) has a head, a rule, a row and perhaps its project"
            ($lines | Measure-Object -Property Length -Maximum).Maximum | Should -BeLessOrEqual $Width
        }
    }
}

Describe 'Lists' {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
    }

    AfterEach { $session | Disconnect-GitLab }

    It 'show dates in ISO 8601' {
        $agent = Get-GitLabClusterAgent 101 prod
        $agent | Format-List | Out-String |
            Should -Match "CreatedAt\s+: $([regex]::Escape($agent.CreatedAt.ToString('yyyy-MM-ddTHH:mm:sszzz')))"
        $token = Get-GitLabAgentToken 101 11 -TokenId 1001
        $token | Format-List | Out-String |
            Should -Match "LastUsedAt\s+: $([regex]::Escape($token.LastUsedAt.ToString('yyyy-MM-ddTHH:mm:sszzz')))"
    }

    It 'show never, and ? if it is unknown' {
        Get-GitLabAgentToken 101 11 -TokenId 1002 | Format-List | Out-String | Should -Match 'LastUsedAt\s+: never'
        Get-GitLabAgentToken 101 11 -Name prod-2024 -Summary | Format-List | Out-String |
            Should -Match 'LastUsedAt\s+: \?'
    }

    It 'show no secret' {
        $new = New-GitLabAgentToken 101 12 new
        $text = $new | Format-List | Out-String
        $text | Should -BeLike '*RevealToken()*'
        $text | Should -Not -BeLike "*$($new.RevealToken())*"
    }
}

Describe 'Views in any session' {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
    }

    AfterEach { $session | Disconnect-GitLab }

    It 'show the same columns in constrained language mode and without $PSStyle' {
        $objects = @{
            'Get-GitLabAgentToken 101 11 -Session $session'                  = '3 hours ago'
            'Get-GitLabClusterAgent 101 -Session $session'                   = '6 months ago'
            'Get-GitLabAgentConnection 101 11 -Session $session'             = 'Connected'
            'Get-GitLabAgentToken 101 11 -Session $session | Format-List'    = 'T\d\d:\d\d:\d\d'
            'Get-GitLabClusterAgent 101 prod -Session $session | Format-List' = 'group/app'
        }
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript(
                ("Import-Module '$PSScriptRoot/../../GitLabAgents.psd1'; Set-StrictMode -Version Latest; " +
                    "Remove-Variable PSStyle -Force -ErrorAction Ignore; " +
                    "`$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'")).Invoke()
            foreach ($command in $objects.Keys) {
                $shell.Commands.Clear()
                $text = "$($shell.AddScript("param(`$session) $command | Out-String").AddArgument($session).Invoke())"
                $text | Should -Match $objects[$command] -Because $command
            }
        }
        finally { $shell.Dispose() }
    }

    It 'show the same dates in <_>' -ForEach 'th-TH', 'ar-SA', 'fa-IR', 'en-US' {
        $culture = [cultureinfo]::CurrentCulture
        try {
            [cultureinfo]::CurrentCulture = $_
            $expiring = Connect-FakeGitLab $server glpat-expiring 3>$null
            $expected = [DateTime]::UtcNow.AddDays(3).ToString('yyyy-MM-dd', [cultureinfo]::InvariantCulture)
            $expiring | Out-String | Should -Match "\b$expected\b"
            $expiring | Format-List | Out-String | Should -Match "ExpiresAt\s+: $expected"
        }
        finally { [cultureinfo]::CurrentCulture = $culture }
    }

    It 'and messages have the same dates in <_>' -ForEach 'th-TH', 'ar-SA', 'fa-IR', 'en-US' {
        $soon = New-TestCertificate soon.example.com -To 10
        $old = New-TestCertificate old.example.com -From -30 -To -10
        $null = Add-FakeGitLabSeed $server @{
            urlConfigurations = @{ agent = 'group/app:prod'; url = 'grpcs://host:1'; clientCertificate = $soon.Pem }
        }
        $day = { $args[0].ToUniversalTime().ToString('yyyy-MM-dd', [cultureinfo]::InvariantCulture) }
        $expiry = & $day $soon.Certificate.NotAfter
        $culture = [cultureinfo]::CurrentCulture
        try {
            [cultureinfo]::CurrentCulture = $_
            $configuration = Get-GitLabAgentUrlConfiguration group/app prod
            $configuration | Out-String -Width 200 | Should -Match "\b$expiry\b"
            $configuration | Format-List | Out-String | Should -Match "CertificateExpiresAt\s+: ${expiry}T"
            (Test-GitLabAgent group/app -Rule CertificateExpires).Message | Should -BeLike "*$expiry*"

            $null = New-GitLabAgentUrlConfiguration group/app staging -Url grpcs://host:1 -CaCertificate $old.Pem `
                -WhatIf -WarningVariable warnings -WarningAction SilentlyContinue
            $expired = $old.Certificate.NotAfter.ToString('yyyy-MM-dd', [cultureinfo]::InvariantCulture)
            "$warnings" | Should -BeLike "*expired on $expired*"

            $rotation = Invoke-GitLabAgentTokenRotation group/app staging -NoWait
            $rotation.NewToken.Name | Should -Be "staging-1-$(& $day $rotation.NewToken.CreatedAt.UtcDateTime)"
            $rotation | Format-List | Out-String | Should -Match "StartedAt\s+: $($rotation.StartedAt.Year)-"

            $null = Add-FakeGitLabSeed $server @{ markUsed = @(1001, 1002) }
            $lastUse = (Get-GitLabAgentToken group/app prod -TokenId 1001).LastUsedAt.UtcDateTime
            $failure = Get-Failure { Invoke-GitLabAgentTokenRotation group/app prod -NoWait -Force }
            $failure.FullyQualifiedErrorId | Should -BeLike 'TokenLimitReached,*'
            "$failure" | Should -BeLike "*(1001, last used $(& $day $lastUse) *"
        }
        finally { [cultureinfo]::CurrentCulture = $culture }
    }

    It 'let no control character of a name reach the terminal' {
        $names = "z$([char]27)[1A$([char]27)[2Kfine", "bidi$([char]0x202E)txt", "line$([char]0x2028)break",
            "zero$([char]0x200B)width"
        $null = Add-FakeGitLabSeed $server @{ tokens = @(
            $names | ForEach-Object { @{ agent = 'platform/infra:cluster-us'; name = $_ } }
        ) }
        $unsafe = '[\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]'
        $tokens = Get-GitLabAgentToken platform/infra cluster-us
        $tokens.Count | Should -Be 4
        $tokens.Name | Should -Contain $names[1]
        $tokens | Out-String | Should -Not -Match $unsafe
        $tokens | Format-List | Out-String | Should -Not -Match $unsafe
        $messages = $tokens | Revoke-GitLabAgentToken -Confirm:$false -Verbose 4>&1
        $messages.Count | Should -BeGreaterThan 3
        foreach ($message in $messages) { "$message" | Should -Not -Match $unsafe }
    }

    It 'let no control character of a certificate, an address or a target reach the terminal' {
        $unsafe = '[\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]'
        $name = "a$([char]27)[2K$([char]0x202E)b$([char]0x2028)c"
        $pem = (New-TestCertificate client.example.com).Pem
        Edit-FakeGitLabOption $server @{ kasExternalUrl = "wss://kas$([char]0x200B).example.com/$name" }
        $null = Add-FakeGitLabSeed $server @{
            urlConfigurations = @{
                agent = 'group/app:prod'
                url = "grpcs://host:1/$name"
                clientCertificate = "subject=$name`n$pem"
                caCertificate = "$pem`n$name"
            }
        }
        $connected = Connect-FakeGitLab $server
        "$($connected.KasUri)" | Should -Match $unsafe
        $text = $connected | Format-List | Out-String -Width 200
        $text | Should -Not -Match $unsafe
        $text | Should -Match 'KasUri\s+: wss://kas \.example\.com/a \[2K b c'

        $configuration = Get-GitLabAgentUrlConfiguration group/app prod
        $configuration.ClientCertificate | Should -BeLike "subject=$([WildcardPattern]::Escape($name))*"
        $text = $configuration | Format-List | Out-String -Width 200
        $text | Should -Not -Match $unsafe
        $lines = $text -split '\r?\n' | ForEach-Object Trim
        $lines | Should -Contain 'ClientCertificate    : subject=a [2K b c'
        $lines | Should -Contain 'CaCertificate        : -----BEGIN CERTIFICATE-----'
        @($lines -eq '-----END CERTIFICATE-----').Count | Should -Be 2
        $lines | Should -Contain 'a [2K b c'

        # NormalView, the one of Windows PowerShell, shows the target of an error.
        $failure = Get-Failure { $configuration | Remove-GitLabAgentUrlConfiguration -Session $session -Confirm:$false }
        $failure.TargetObject | Should -Be $configuration
        $failure.CategoryInfo.TargetName | Should -Be 'grpcs://host:1/a [2K b c'
        $ErrorView = 'NormalView'
        $text = $failure | Out-String
        $text | Should -BeLike '*InvalidArgument*'
        $text -replace '\x1b\[[0-9;]*m' | Should -Not -Match $unsafe
    }

    It 'serialize every property of <_> except secrets' -ForEach 'ClusterAgent', 'AgentToken', 'NewAgentToken',
        'AgentUrlConfiguration', 'AgentConnection', 'AgentPod', 'AgentTokenRotation', 'GitLabSession' {
        $type = "GitLabAgents.$_" -as [type]
        $listed = (Get-TypeData $type.FullName).PropertySerializationSet.ReferencedProperties
        $listed | Sort-Object | Should -Be ($type.GetProperties().Name | Where-Object { $_ -ne 'Token' } | Sort-Object)
    }

    It 'are not in a copy of an object' {
        $token = Get-GitLabAgentToken 101 11 -TokenId 1001
        ($token | Select-Object *).PSObject.Properties.Name | Should -Not -Contain 'View'
        $token | ConvertTo-Json -Depth 1 -WarningAction SilentlyContinue | Should -Not -BeLike '*View*'
        [System.Management.Automation.PSSerializer]::Serialize($token) | Should -Not -BeLike '*View*'
    }
}

Describe 'Colours' {
    It 'mark <what>: <expected>' -ForEach @(
        @{ What = 'a token never used for 90 days'; Created = -91; Used = $null; Expected = $true }
        @{ What = 'a token created yesterday and never used'; Created = -1; Used = $null; Expected = $false }
        @{ What = 'a token used 100 days ago'; Created = -200; Used = -100; Expected = $true }
        @{ What = 'an old token used yesterday'; Created = -200; Used = -1; Expected = $false }
    ) {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
        $now = [DateTimeOffset]::UtcNow
        $token = @{ name = 't'; createdAt = $now.AddDays($Created).ToString('o') }
        if ($null -ne $Used) { $token.lastUsedAt = $now.AddDays($Used).ToString('o') }
        $null = Add-FakeGitLabSeed $server @{ agents = @(@{ project = 'fleet/one'; name = 'a'; tokens = @($token) }) }
        $read = Get-GitLabAgentToken fleet/one a
        [GitLabAgents.ViewFormatter]::IsStale($read) | Should -Be $Expected
        [GitLabAgents.ViewFormatter]::IsStale((Get-GitLabAgentToken fleet/one a -Summary)) | Should -BeFalse
        $session | Disconnect-GitLab
    }

    It 'are not used if output is redirected' {
        $text = Invoke-ChildShell @"
            Import-Module '$PSScriptRoot/../../GitLabAgents.psd1'
            Connect-GitLab -AllowUnencryptedAuthentication -WarningAction SilentlyContinue
            Get-GitLabSession | Out-String
            Get-GitLabClusterAgent -Group platform -Recurse | Get-GitLabAgentToken | Out-String
"@ -Environment @{ GITLAB_HOST = $server.Url; GITLAB_TOKEN = 'glpat-expiring'; NO_COLOR = '' }
        "$text" | Should -BeLike '*eu-3*never*'
        "$text" | Should -Not -BeLike "*$([char]27)``[33m*"
    }
}
