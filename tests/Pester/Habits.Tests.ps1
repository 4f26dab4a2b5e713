[Diagnostics.CodeAnalysis.SuppressMessage(
    'PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'The blocks of Pester share their variables.')]
param()

BeforeDiscovery {
    $noGit = -not (Get-Command git -CommandType Application -ErrorAction Ignore)
}

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

Describe 'The environment of a user' {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
    }

    AfterEach { Disconnect-GitLab }

    Context '-Project . in a Git clone' -Skip:$noGit {
        BeforeAll {
            $clone = (New-Item -ItemType Directory "TestDrive:/clone/deep/down" -Force).FullName
            git -C TestDrive:/ 2>$null
            git init -q "$clone/../.."
            function Use-Origin($Url) {
                git -C $clone remote remove origin 2>$null
                git -C $clone remote add origin $Url
            }
        }

        BeforeEach { Push-Location $clone }
        AfterEach { Pop-Location }

        It 'is the project of the origin <_>' -ForEach @(
            'git@127.0.0.1:group/app.git'
            'ssh://git@127.0.0.1:2222/group/app.git'
            'https://127.0.0.1/group/app.git'
            'https://user:pass@127.0.0.1:8443/group/app'
            'http://127.0.0.1/group/app/'
        ) {
            Use-Origin $_
            (Get-GitLabClusterAgent .).Name | Should -Be 'prod', 'staging'
            (Get-FakeGitLabRequest $server).rawTarget |
                Should -Be '/api/v4/projects/group%2Fapp/cluster_agents?per_page=100&page=1'
        }

        It 'works for every cmdlet with -Project' {
            Use-Origin git@127.0.0.1:group/app.git
            (New-GitLabClusterAgent . here).ProjectPath | Should -Be group/app
            (Get-GitLabClusterAgent . -AgentId 11).Name | Should -Be prod
            $token = New-GitLabAgentToken . here one
            (Get-GitLabAgentToken . here).Name | Should -Be one
            Revoke-GitLabAgentToken . here $token.Id -Confirm:$false
            $configuration = New-GitLabAgentUrlConfiguration . here grpc://a
            (Get-GitLabAgentUrlConfiguration . here).Id | Should -Be $configuration.Id
            Remove-GitLabAgentUrlConfiguration . here $configuration.Id -Confirm:$false
            Remove-GitLabClusterAgent . here -Confirm:$false
            (Get-FakeGitLabState $server).agents.name | Should -Not -Contain here
        }

        It 'is rejected if the origin is on another host' {
            Use-Origin git@gitlab.example.com:group/app.git
            $failure = Get-Failure { Remove-GitLabClusterAgent . prod -Confirm:$false }
            $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidRequest,*'
            $failure.Exception.Message | Should -BeLike '*gitlab.example.com*127.0.0.1*'
            Get-FakeGitLabRequest $server | Should -BeNullOrEmpty
        }

        It 'reports that git is missing' {
            Use-Origin git@127.0.0.1:group/app.git
            $path = $env:PATH
            try {
                $env:PATH = $clone
                $failure = Get-Failure { Get-GitLabClusterAgent . }
            }
            finally { $env:PATH = $path }
            $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidRequest,*'
            $failure.Exception.Message | Should -BeLike '*needs git*'
        }

        It 'is rejected without an origin, and without a clone' {
            git -C $clone remote remove origin 2>$null
            (Get-Failure { Get-GitLabClusterAgent . }).FullyQualifiedErrorId | Should -BeLike 'InvalidRequest,*'
            Push-Location ([System.IO.Path]::GetPathRoot($clone))
            (Get-Failure { Get-GitLabClusterAgent . }).Exception.Message | Should -BeLike '*is not a clone*'
            Pop-Location
            Get-FakeGitLabRequest $server | Should -BeNullOrEmpty
        }

        It 'does not mistake the path prefix of a GitLab for a group' {
            $prefixed = Start-FakeGitLab -Arguments '--prefix', '/gitlab'
            try {
                $null = Connect-FakeGitLab $prefixed
                Use-Origin https://127.0.0.1/gitlab/group/app.git
                (Get-GitLabClusterAgent .).Name | Should -Be 'prod', 'staging'
            }
            finally { Stop-FakeGitLab $prefixed }
        }
    }

    Context 'the session' {
        It 'shows when the access token expires' {
            $null = Connect-FakeGitLab $server glpat-expiring
            $expires = (Get-GitLabSession).ExpiresAt
            $expires | Should -BeGreaterThan ([DateTimeOffset]::UtcNow)
            Get-GitLabSession | Out-String -Width 160 |
                Should -BeLike "*$($expires.UtcDateTime.ToString('yyyy-MM-dd'))*"
        }
    }

    Context 'a missing access token' {
        It 'fails at once with the recommended action if nobody can be prompted' {
            $watch = [System.Diagnostics.Stopwatch]::StartNew()
            $output = Invoke-ChildShell @"
                Import-Module '$PSScriptRoot/../../GitLabAgents.psd1'
                try { Connect-GitLab $($server.Url) -AllowUnencryptedAuthentication }
                catch { `$_.FullyQualifiedErrorId; `$_.Exception.Message }
"@
            $output[0] | Should -BeLike 'AuthenticationFailed,*'
            "$output" | Should -BeLike '*GITLAB_TOKEN*'
            $watch.Elapsed.TotalSeconds | Should -BeLessThan 30
        }

        It 'prompts with masked input if somebody can be prompted' {
            Add-Type -Path "$PSScriptRoot/RecordingHost.cs"
            $console = [RecordingHost]::new()
            $console.Secret = 'glpat-maintainer'
            $runspace = [runspacefactory]::CreateRunspace($console)
            $runspace.Open()
            $shell = [powershell]::Create($runspace)
            $saved = $env:CI
            $env:CI = $null
            try {
                $result = $shell.AddScript(@"
                    Import-Module '$PSScriptRoot/../../GitLabAgents.psd1'
                    Connect-GitLab $($server.Url) -AllowUnencryptedAuthentication -PassThru
"@).Invoke()
                $result.TokenName | Should -Be maintainer
                $console.SecretCount | Should -Be 1
                $console.Text | Should -BeLike '*token*'
                $console.Text | Should -Not -BeLike '*glpat*'
            }
            finally {
                $env:CI = $saved
                $shell.Dispose()
                $runspace.Dispose()
            }
        }
    }
}
