[Diagnostics.CodeAnalysis.SuppressMessage(
    'PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'The blocks of Pester share their variables.')]
param()

# A message that cannot be written ends the pipeline. What a cmdlet has created by then is removed again, and a warning
# says so: an object that nobody received would be a token without an owner.

BeforeAll {
    Import-Module "$PSScriptRoot/../../GitLabAgents.psd1"
    Import-Module "$PSScriptRoot/FakeGitLab.psm1"
    Add-Type -Path "$PSScriptRoot/RecordingHost.cs"
    $hidden = Hide-GitLabEnvironment
    $server = Start-FakeGitLab

    # Runs a command in a runspace with a host that answers every prompt with Halt, and returns the outcome.
    function Invoke-WithPreference ([string] $Script, [hashtable] $Preferences) {
        $console = [RecordingHost]::new()
        $console.Choice = '&Halt Command'
        $shell = [powershell]::Create([runspacefactory]::CreateRunspace($console))
        try {
            $shell.Runspace.Open()
            $null = $shell.AddScript('param($module, $session, $preferences, $script)
                Import-Module $module
                foreach ($name in $preferences.Keys) { Set-Variable $name $preferences[$name] }
                $PSDefaultParameterValues["*GitLab*:Session"] = $session
                & ([scriptblock]::Create($script))').AddArgument("$PSScriptRoot/../../GitLabAgents.psd1").AddArgument(
                    $session).AddArgument(
                    $Preferences).AddArgument(
                    $Script)
            $output = try { $shell.Invoke() } catch { $thrown = $_ }
            [pscustomobject]@{
                Output = @($output)
                Thrown = $thrown
                Errors = $shell.Streams.Error
                Warnings = $console.Warnings
            }
        }
        finally {
            $shell.Runspace.Dispose()
            $shell.Dispose()
        }
    }
}

AfterAll {
    Stop-FakeGitLab $server
    Restore-GitLabEnvironment $hidden
}

Describe 'A message that cannot be written' {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
        $before = Get-FakeGitLabState $server
    }

    AfterEach {
        Disconnect-GitLab
    }

    Context '<Script> with <Preference> = <Value>' -ForEach @(
        foreach ($script in @(
                @{ Kind = 'tokens'; Script = 'New-GitLabAgentToken 101 12 -Name lost' }
                @{ Kind = 'agents'; Script = 'New-GitLabClusterAgent group/app lost' }
                @{ Kind = 'urlConfigurations'
                    Script = 'New-GitLabAgentUrlConfiguration 103 14 -Url grpc://lost.example.com' })) {
            foreach ($preference in 'VerbosePreference', 'DebugPreference', 'ProgressPreference',
                'InformationPreference', 'WarningPreference') {
                foreach ($value in 'Stop', 'Inquire') {
                    $script + @{ Preference = $preference; Value = $value }
                }
            }
        }
    ) {
        It 'does not lose the object' {
            # Only a wait shows progress.
            if ($Preference -eq 'ProgressPreference') {
                Add-FakeGitLabFault $server @{
                    kind = 'status'
                    status = 429
                    headers = @{ 'Retry-After' = '1' }
                    method = 'POST'
                    times = 1
                }
            }
            $result = Invoke-WithPreference $Script @{ $Preference = $Value }
            $state = Get-FakeGitLabState $server
            $state.$Kind | Should -Not -BeNullOrEmpty
            @(Get-FakeGitLabCall $server -Method POST).Count | Should -BeGreaterThan 0
            $active = @($state.$Kind | Where-Object { -not $_.status -or $_.status -eq 'active' })
            $created = @($active | Where-Object { $_.id -notin $before.$Kind.id })
            $result.Errors | Should -BeNullOrEmpty
            if ($result.Output) {
                $created.Count | Should -Be 1
                "$($result.Output[0].Id)" | Should -Be "$($created[0].id)"
            }
            else {
                $created | Should -BeNullOrEmpty -Because 'nobody received it'
                $result.Thrown | Should -Not -BeNullOrEmpty
            }
        }
    }

    It 'reports the outcome for the object' {
        $result = Invoke-WithPreference 'New-GitLabAgentToken 101 12 -Name lost' @{ VerbosePreference = 'Stop' }
        $result.Output | Should -BeNullOrEmpty
        $result.Thrown | Should -Not -BeNullOrEmpty
        "$($result.Warnings)" | Should -BeLike "The pipeline ended before 'lost' was written. The token was revoked."
        @(
            (Get-FakeGitLabState $server).tokens | Where-Object { $_.name -eq 'lost' -and $_.status -eq 'active' }
        ).Count |
            Should -Be 0
    }
}
