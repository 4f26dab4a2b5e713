[Diagnostics.CodeAnalysis.SuppressMessage(
    'PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'The blocks of Pester share their variables.')]
param()

# Objects from CSV, CliXml, JSON or a job carry the address of the GitLab that they came from as text. No command that
# changes something may act with them on another GitLab.

BeforeAll {
    Import-Module "$PSScriptRoot/../../GitLabAgents.psd1"
    Import-Module "$PSScriptRoot/FakeGitLab.psm1"
    $hidden = Hide-GitLabEnvironment
    $test = Start-FakeGitLab
    $production = Start-FakeGitLab

    function Copy-Object ($InputObject, [string] $Format) {
        $file = Join-Path $TestDrive "objects.$Format"
        switch ($Format) {
            'csv' { $InputObject | Export-Csv $file; Import-Csv $file }
            'clixml' { $InputObject | Export-Clixml $file; Import-Clixml $file }
            'json' { $InputObject | ConvertTo-Json -WarningAction SilentlyContinue | ConvertFrom-Json }
            # What a job returns is serialized like this.
            'job' {
                [System.Management.Automation.PSSerializer]::Deserialize(
                    [System.Management.Automation.PSSerializer]::Serialize($InputObject, 1))
            }
        }
    }
}

AfterAll {
    Stop-FakeGitLab $test
    Stop-FakeGitLab $production
    Restore-GitLabEnvironment $hidden
}

Describe 'The origin of objects' {
    BeforeEach {
        Reset-FakeGitLab $test
        Reset-FakeGitLab $production
        $null = Connect-FakeGitLab $test
        $objects = @{
            token        = Get-GitLabAgentToken group/app prod -TokenId 1001
            agent        = Get-GitLabClusterAgent group/app staging
            prod         = Get-GitLabClusterAgent group/app prod
            connection   = Get-GitLabAgentConnection group/app staging
            url          = Get-GitLabAgentUrlConfiguration group/app staging
        }
    }

    AfterEach {
        Disconnect-GitLab
    }

    Context '<Command>, <Format>' -ForEach @(
        foreach ($format in 'csv', 'clixml', 'json', 'job') {
            @{ Format = $format; Kind = 'token'; Command = 'Revoke-GitLabAgentToken'
                Action = { $_ | Revoke-GitLabAgentToken -Confirm:$false } }
            @{ Format = $format; Kind = 'url'; Command = 'Remove-GitLabAgentUrlConfiguration'
                Action = { $_ | Remove-GitLabAgentUrlConfiguration -Agent staging -Confirm:$false } }
            @{ Format = $format; Kind = 'connection'; Command = 'Remove-GitLabClusterAgent'
                Action = { $_ | Remove-GitLabClusterAgent -Confirm:$false } }
            @{ Format = $format; Kind = 'agent'; Command = 'Remove-GitLabClusterAgent'
                Action = { $_ | Remove-GitLabClusterAgent -Agent { $_.AgentId } -Confirm:$false } }
            @{ Format = $format; Kind = 'agent'; Command = 'New-GitLabAgentToken'
                Action = { $_ | New-GitLabAgentToken -Name copy } }
            @{ Format = $format; Kind = 'agent'; Command = 'New-GitLabClusterAgent'
                Action = { $_ | New-GitLabClusterAgent -Name copy } }
            @{ Format = $format; Kind = 'prod'; Command = 'New-GitLabAgentUrlConfiguration'
                Action = { $_ | New-GitLabAgentUrlConfiguration -Url grpc://copy.example.com } }
            @{ Format = $format; Kind = 'agent'; Command = 'Invoke-GitLabAgentTokenRotation'
                Action = { $_ | Invoke-GitLabAgentTokenRotation -NoWait -Force } }
        }
    ) {
        It 'changes nothing on another GitLab' {
            $copy = Copy-Object $objects[$Kind] $Format
            $null = Connect-FakeGitLab $production
            $failures = Get-Failure { $copy | ForEach-Object $Action }
            @($failures).Count | Should -Be 1
            $failures[0].FullyQualifiedErrorId | Should -BeLike "InvalidRequest,*$($Command -replace '-')*"
            "$($failures[0])" | Should -Match $(
                if ($Kind -eq 'connection') { 'is not an agent\. Nothing was removed' } else {
                    "came from $($test.Url -replace '^http://'), but the current session is with " +
                        "$($production.Url -replace '^http://')\. Nothing was sent"
                })
            Get-FakeGitLabCall $production -Method POST, DELETE | Should -BeNullOrEmpty
        }
    }

    Context '<Command>, <Format>' -ForEach @(
        foreach ($format in 'csv', 'clixml', 'json', 'job') {
            @{ Format = $format; Kind = 'token'; Command = 'Revoke-GitLabAgentToken'
                Action = { $_ | Revoke-GitLabAgentToken -Confirm:$false } }
            @{ Format = $format; Kind = 'url'; Command = 'Remove-GitLabAgentUrlConfiguration'
                Action = { $_ | Remove-GitLabAgentUrlConfiguration -Agent staging -Confirm:$false } }
            @{ Format = $format; Kind = 'agent'; Command = 'Remove-GitLabClusterAgent'
                Action = { $_ | Remove-GitLabClusterAgent -Agent { $_.AgentId } -Confirm:$false } }
            @{ Format = $format; Kind = 'agent'; Command = 'New-GitLabClusterAgent'
                Action = { $_ | New-GitLabClusterAgent -Name copy } }
            @{ Format = $format; Kind = 'prod'; Command = 'New-GitLabAgentUrlConfiguration'
                Action = { $_ | New-GitLabAgentUrlConfiguration -Url grpc://copy.example.com } }
            @{ Format = $format; Kind = 'agent'; Command = 'New-GitLabAgentToken'
                Action = { $_ | New-GitLabAgentToken -Name copy } }
            @{ Format = $format; Kind = 'agent'; Command = 'Invoke-GitLabAgentTokenRotation'
                Action = { $_ | Invoke-GitLabAgentTokenRotation -NoWait } }
        }
    ) {
        It 'works on the GitLab that the object came from' {
            $copy = Copy-Object $objects[$Kind] $Format
            $null = Connect-FakeGitLab $test
            Clear-FakeGitLabRequest $test
            Get-Failure { $copy | ForEach-Object $Action } | Should -BeNullOrEmpty
            @(Get-FakeGitLabCall $test -Method POST, DELETE).Count | Should -Be 1
        }

        It 'works on another GitLab with -Session' {
            $copy = Copy-Object $objects[$Kind] $Format
            $PSDefaultParameterValues = @{ "$($Command):Session" = Connect-FakeGitLab $production }
            Get-Failure { $copy | ForEach-Object $Action } | Should -BeNullOrEmpty
            @(Get-FakeGitLabCall $production -Method POST, DELETE).Count | Should -Be 1
        }
    }

    It 'protects the objects in a <_> of another GitLab' -ForEach 'report', 'finding', 'rotation' {
        $item = switch ($_) {
            'report' { (Get-GitLabAgentInventory group/app -Name prod).Tokens }
            'finding' { (Test-GitLabAgent group/app).Token | Where-Object { $_ } | Select-Object -First 1 }
            'rotation' { (Invoke-GitLabAgentTokenRotation group/app staging -NoWait).NewToken }
        }
        foreach ($format in 'csv', 'clixml', 'json', 'job') {
            $copy = @(Copy-Object @($item)[0] $format)
            $null = Connect-FakeGitLab $production
            $failures = Get-Failure { $copy | Revoke-GitLabAgentToken -Confirm:$false }
            $failures[0].FullyQualifiedErrorId | Should -BeLike 'InvalidRequest,*' -Because $format
            Get-FakeGitLabCall $production -Method POST, DELETE | Should -BeNullOrEmpty
        }
    }

    It 'protects an object without a known origin' {
        foreach ($origin in '', ' ', 'gitlab.example.com') {
            $row = [pscustomobject]@{ ProjectId = 101; AgentId = 11; TokenId = 1001; Session = $origin }
            $failures = Get-Failure { $row | Revoke-GitLabAgentToken -Confirm:$false }
            $failures[0].FullyQualifiedErrorId | Should -BeLike 'InvalidRequest,*'
        }
        Get-FakeGitLabCall $test -Method DELETE | Should -BeNullOrEmpty
    }

    It 'accepts the address of the session in use as <_>' -ForEach 'URL', 'URL with a slash', 'upper case' {
        $address = switch ($_) {
            'URL' { $test.Url }
            'URL with a slash' { "$($test.Url)/" }
            'upper case' { $test.Url.ToUpperInvariant() }
        }
        $row = [pscustomobject]@{ ProjectId = 101; AgentId = 11; TokenId = 1001; Session = $address }
        Get-Failure { $row | Revoke-GitLabAgentToken -Confirm:$false } | Should -BeNullOrEmpty
        @(Get-FakeGitLabCall $test -Method DELETE).Count | Should -Be 1
    }

    It 'reads nothing from another GitLab' {
        $copy = Copy-Object $objects.agent csv
        $null = Connect-FakeGitLab $production
        Clear-FakeGitLabRequest $production
        (Get-Failure { $copy | Get-GitLabAgentToken })[0].FullyQualifiedErrorId | Should -BeLike 'InvalidRequest,*'
        Get-FakeGitLabCall $production | Should -BeNullOrEmpty
    }

    It 'rejects text for -Session' {
        $failures = Get-Failure { Get-GitLabClusterAgent group/app -Session 'gitlab.example.com' }
        $failures[0].FullyQualifiedErrorId | Should -BeLike 'InvalidRequest,*'
    }

    It 'requires a session' {
        $copy = Copy-Object $objects.agent csv
        Disconnect-GitLab
        (Get-Failure { $copy | Get-GitLabAgentToken })[0].FullyQualifiedErrorId | Should -BeLike 'NotConnected,*'
    }
}
