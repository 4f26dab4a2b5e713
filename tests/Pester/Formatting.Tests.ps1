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

Describe 'Views' {
    BeforeEach {
        Reset-StandIn $server
        $session = Connect-StandIn $server
    }

    AfterEach {
        Disconnect-GitLab
    }

    BeforeAll {
        # The lines of a table, without empty ones and without what comes after the text.
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
        ($lines | Where-Object { $_ -match 'Project:' }).Trim() | Should -Be 'Project: group/app', 'Project: platform/infra'
    }

    It 'shows when tokens were used last' {
        $null = Add-StandInSeed $server @{ tokens = @{ agent = 'group/app:staging'; name = 'fresh'; lastUsedAt = [DateTimeOffset]::UtcNow.AddSeconds(-20).ToString('o') } }
        $lines = @('prod', 'staging' | ForEach-Object { Get-GitLabAgentToken group/app $_ } | Format-Line)
        $lines[0] -split '\s+' | Should -Be 'Id', 'AgentId', 'Name', 'Status', 'LastUsed', 'Created'
        $lines[2].Trim() | Should -Match '^1001\s+11\s+prod-2024\s+active\s+3 hours ago\s+6 months ago$'
        $lines[3].Trim() | Should -Match '^1002\s+11\s+prod-spare\s+active\s+never\s+20 days ago$'
        $lines[4].Trim() | Should -Match '^\d+\s+12\s+fresh\s+active\s+just now\s+just now$'
        $lines[5].Trim() | Should -Match '^1004\s+12\s+staging-1\s+active\s+2 months ago\s+2 months ago$'
    }

    It 'shows "?" where the last use is not known' {
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

    It 'shows sessions in a table' {
        $null = Add-StandInSeed $server @{ accessTokens = @{ value = 'glpat-view'; name = 'view'; scopes = 'api read_user'; expiresAt = '2099-12-31' } }
        $lines = @(Connect-StandIn $server glpat-view | Format-Line)
        $lines[0] -split '\s+' | Should -Be 'Uri', 'Token', 'Scopes', 'Expires', 'Version'
        $lines[2].Trim() | Should -Match "^$([regex]::Escape($server.Url))/\s+view\s+api, read_user\s+2099-12-31\s+\d+\.\d+"
    }

    It 'shows an agent of a server of old' {
        Edit-StandInOption $server @{ oldServer = $true }
        $lines = @(Get-GitLabClusterAgent 101 | Format-Line)
        $lines[3].Trim() | Should -Match '^11$'
    }

    It 'says <Words> of <Seconds> seconds' -ForEach @(
        @{ Seconds = -30; Words = 'just now' }
        @{ Seconds = -90; Words = '1 minute ago' }
        @{ Seconds = -7300; Words = '2 hours ago' }
        @{ Seconds = -100000; Words = '1 day ago' }
        @{ Seconds = -3000000; Words = '1 month ago' }
        @{ Seconds = -70000000; Words = '2 years ago' }
        @{ Seconds = 90; Words = 'in 1 minute' }
        @{ Seconds = 200000; Words = 'in 2 days' }
    ) {
        [GitLabAgents.Views]::Age([DateTimeOffset]::UtcNow.AddSeconds($Seconds)) | Should -Be $Words
    }
}
