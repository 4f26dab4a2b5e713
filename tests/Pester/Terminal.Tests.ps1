[Diagnostics.CodeAnalysis.SuppressMessage(
    'PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'The blocks of Pester share their variables.')]
param()

# Names, descriptions and messages of a server are text that other people chose. Whatever is in them, no control
# character, bidirectional control, zero-width character or line separator reaches a terminal, by whichever way.

BeforeAll {
    Import-Module "$PSScriptRoot/../../GitLabAgents.psd1"
    Import-Module "$PSScriptRoot/FakeGitLab.psm1"
    Add-Type -Path "$PSScriptRoot/RecordingHost.cs"
    $hidden = Hide-GitLabEnvironment
    $server = Start-FakeGitLab
    $name = "a$([char]27)[2K$([char]0x202E)b$([char]0x2028)c$([char]0x200B)d$([char]0x9B)1Ae$([char]0x2066)f"
    $shown = 'a [2K b c d 1Ae f'
    $unsafe = '[\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]'

    # Runs a script in a shell with a host that records, and returns all that a user can see, by stream.
    function Invoke-Visible ([string] $Script) {
        $console = [RecordingHost]::new()
        $console.Choice = '&Yes'
        $runspace = [runspacefactory]::CreateRunspace($console, [initialsessionstate]::CreateDefault2())
        $runspace.Open()
        $shell = [powershell]::Create()
        $shell.Runspace = $runspace
        try {
            $null = $shell.AddScript("param(`$module) Import-Module `$module
                `$VerbosePreference = `$DebugPreference = `$InformationPreference = 'Continue'
                `$ErrorView = 'NormalView'").AddArgument(
                "$PSScriptRoot/../../GitLabAgents.psd1").Invoke()
            $shell.Commands.Clear()
            $output = $shell.AddScript("param(`$session, `$other) $Script | Out-String -Width 300").AddArgument(
                $session).AddArgument($other).Invoke()
            @{
                Output   = "$output"
                Error    = "$($shell.Streams.Error)$($shell.Streams.Error | Out-String -Width 300)" +
                    "$($shell.Streams.Error.CategoryInfo)"
                Warning  = "$($shell.Streams.Warning) $($console.Warnings)"
                Verbose  = "$($shell.Streams.Verbose)"
                Debug    = "$($shell.Streams.Debug)"
                Progress = "$($shell.Streams.Progress.Activity) $($shell.Streams.Progress.StatusDescription) " +
                    "$($shell.Streams.Progress.CurrentOperation)"
                Console  = "$($console.Text -replace '\n')"
                Question = "$($console.Questions)"
            }
        }
        finally {
            $shell.Dispose()
            $runspace.Dispose()
        }
    }

    function Assert-Safe ($Visible) {
        foreach ($name in $Visible.Keys) {
            $Visible[$name] -replace '\x1b\[[0-9;]*m' | Should -Not -Match $unsafe -Because $name
        }
    }
}

AfterAll {
    Stop-FakeGitLab $server
    Restore-GitLabEnvironment $hidden
}

Describe 'Text of a server' {
    BeforeEach {
        Reset-FakeGitLab $server
        $pod = @{
            version = $name
            podName = $name
            podNamespace = $name
            warnings = @(@{ type = 'x'; message = $name })
        }
        $token = @{ name = $name; description = $name; lastUsedAt = '2026-01-01T00:00:00Z' }
        $null = Add-FakeGitLabSeed $server @{
            agents = @(
                @{ project = 'evil/all'; name = $name; connections = @($pod)
                    tokens = @($token, @{ name = "2$name" })
                    urlConfiguration = @{ url = "grpcs://host/$name"; tlsHost = $name } }
            )
            environments = @(@{ project = 'evil/all'; name = $name; agent = "evil/all:$name" })
        }
        $other = Connect-FakeGitLab $server
        $session = Connect-FakeGitLab $server
        $agent = Get-GitLabClusterAgent evil/all
        $agent.Name | Should -Be $name
    }

    AfterEach { $session, $other | Disconnect-GitLab }

    It 'is safe in the <Stream> of <Command>' -ForEach @(
        @{ Stream = 'Output'; Command = 'Format-Table' }
        @{ Stream = 'Output'; Command = 'Format-List' }
        @{ Stream = 'Output'; Command = 'Get-GitLabAgentToken' }
        @{ Stream = 'Output'; Command = 'Get-GitLabAgentToken | Format-List' }
        @{ Stream = 'Output'; Command = 'Get-GitLabAgentConnection' }
        @{ Stream = 'Output'; Command = 'Get-GitLabAgentConnection | Format-List' }
        @{ Stream = 'Output'; Command = 'Get-GitLabAgentConnection | ForEach-Object Connections' }
        @{ Stream = 'Output'; Command = 'Get-GitLabAgentInventory' }
        @{ Stream = 'Output'; Command = 'Get-GitLabAgentInventory | Format-List' }
        @{ Stream = 'Output'; Command = 'Test-GitLabAgent' }
        @{ Stream = 'Output'; Command = 'Test-GitLabAgent | Format-List' }
        @{ Stream = 'Output'; Command = 'Get-GitLabAgentActivity' }
        @{ Stream = 'Output'; Command = 'Get-GitLabAgentActivity | Format-List' }
        @{ Stream = 'Output'; Command = 'Get-GitLabAgentUrlConfiguration' }
        @{ Stream = 'Output'; Command = 'Get-GitLabAgentUrlConfiguration | Format-List' }
        @{ Stream = 'Console'; Command = 'Remove-GitLabClusterAgent -WhatIf' }
        @{ Stream = 'Question'; Command = 'Remove-GitLabClusterAgent' }
        @{ Stream = 'Verbose'; Command = 'Remove-GitLabClusterAgent -Confirm:$false -Verbose' }
        @{ Stream = 'Console'; Command = 'Get-GitLabAgentToken | Revoke-GitLabAgentToken -WhatIf' }
        @{ Stream = 'Question'; Command = 'Get-GitLabAgentToken | Revoke-GitLabAgentToken' }
        @{ Stream = 'Error'; Command = 'Get-GitLabAgentToken | Revoke-GitLabAgentToken -Session $other' }
        @{ Stream = 'Console'
            Command = 'Get-GitLabAgentUrlConfiguration | Remove-GitLabAgentUrlConfiguration -WhatIf' }
        @{ Stream = 'Question'; Command = 'Get-GitLabAgentUrlConfiguration | Remove-GitLabAgentUrlConfiguration' }
        @{ Stream = 'Console'; Command = 'Invoke-GitLabAgentTokenRotation -NoWait -WhatIf' }
        @{ Stream = 'Question'; Command = 'Invoke-GitLabAgentTokenRotation -NoWait' }
        @{ Stream = 'Warning'; Command = 'Invoke-GitLabAgentTokenRotation -Force -PollSec 1 -TimeoutSec 1' }
        @{ Stream = 'Progress'; Command = 'Invoke-GitLabAgentTokenRotation -Force -PollSec 1 -TimeoutSec 1' }
        @{ Stream = 'Error'; Command = 'Invoke-GitLabAgentTokenRotation -Force -PollSec 1 -TimeoutSec 1' }
        @{ Stream = 'Error'; Command = 'Invoke-GitLabAgentTokenRotation -Force -Deploy { throw $_.Description }' +
            ' -Description (Get-GitLabClusterAgent evil/all -Session $session).Name' }
    ) {
        $visible = Invoke-Visible "Get-GitLabClusterAgent evil/all -Session `$session | $Command"
        Assert-Safe $visible
        $visible[$Stream] | Should -BeLike "*$([WildcardPattern]::Escape($shown))*"
    }

    It 'is safe in an error of the server' {
        Add-FakeGitLabFault $server @{
            kind = 'status'
            status = 403
            contentType = 'application/json'
            body = (@{ message = "403 Forbidden - $name" } | ConvertTo-Json)
            headers = @{ 'X-Request-Id' = 'id' }
            times = 'always'
        }
        $visible = Invoke-Visible 'New-GitLabClusterAgent evil/all new -Session $session'
        $visible.Error | Should -BeLike "*403 Forbidden - $([WildcardPattern]::Escape($shown))*"
        Assert-Safe $visible
    }
}
