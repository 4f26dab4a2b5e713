[Diagnostics.CodeAnalysis.SuppressMessage(
    'PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'The blocks of Pester share their variables.')]
param()

BeforeAll {
    Import-Module "$PSScriptRoot/../../GitLabAgents.psd1"
    Import-Module "$PSScriptRoot/FakeGitLab.psm1"
    $hidden = Hide-GitLabEnvironment
    $server = Start-FakeGitLab

    function Get-Day([double] $Days) { [DateTimeOffset]::UtcNow.AddDays(-$Days).ToString('o') }

    # Adds a healthy agent, unless something else is specified.
    function Add-Agent([hashtable] $Agent = @{}, [object[]] $Tokens = @(
        @{ name = 'one'; createdAt = (Get-Day 30); lastUsedAt = (Get-Day 0.1) }
    ), [switch] $Disconnected) {
        $seed = @{ project = 'ops/app'; name = 'one'; createdAt = Get-Day 30; tokens = $Tokens }
        if (-not $Disconnected) { $seed.connections = @{ version = '18.9.0' } }
        foreach ($key in $Agent.Keys) { $seed[$key] = $Agent[$key] }
        $null = Add-FakeGitLabSeed $server @{ agents = $seed }
    }
}

AfterAll {
    Stop-FakeGitLab $server
    Restore-GitLabEnvironment $hidden
}

Describe 'Test-GitLabAgent' {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
    }

    AfterEach { Disconnect-GitLab }

    Context 'rules' {
        It 'reports nothing for a healthy agent' {
            Add-Agent
            Get-Failure { Test-GitLabAgent ops/app } | Should -BeNullOrEmpty
            Test-GitLabAgent ops/app | Should -BeNullOrEmpty
        }

        It 'reports an agent that never connected, but not on its first day' {
            Add-Agent -Disconnected -Tokens @{ name = 'one'; createdAt = Get-Day 0.5 }
            Add-Agent @{
                name = 'new'
                createdAt = Get-Day 0.5
            } -Disconnected -Tokens @{ name = 'one'; createdAt = Get-Day 0.5 }
            $finding = Test-GitLabAgent ops/app
            $finding.RuleName, $finding.Severity, $finding.Project, $finding.Agent |
                Should -Be 'NeverConnected', 'Warning', 'ops/app', 'one'
            $finding.RecommendedAction | Should -BeLike "*Remove-GitLabClusterAgent -Project 'ops/app' -Agent 'one'"
        }

        It 'reports an agent that lost its connection' {
            Add-Agent -Disconnected
            $finding = Test-GitLabAgent ops/app
            $finding.RuleName, $finding.Severity | Should -Be 'Disconnected', 'Error'
            $finding.Message | Should -BeLike '*last seen 2 hours ago.'
            $finding.Token | Should -BeNullOrEmpty
        }

        It 'reports an agent without a token' {
            Add-Agent -Disconnected -Tokens @()
            (Test-GitLabAgent ops/app).RuleName | Should -Be NoToken
        }

        It 'reports tokens that are idle or were never used, and a spare one' {
            Add-Agent -Tokens @{ name = 'used'; createdAt = Get-Day 200; lastUsedAt = Get-Day 0.1 },
                @{ name = 'idle'; createdAt = Get-Day 200; lastUsedAt = Get-Day 100 }
            $findings = Test-GitLabAgent ops/app
            $findings.RuleName | Should -Be 'TokenUnused', 'SpareTokenUnused'
            $findings.Token.Name | Should -Be 'idle', 'idle'
            $findings[0].Message | Should -BeLike "Token 'idle' (*) was last used 100 days ago."
            Test-GitLabAgent ops/app -UnusedFor 101.00:00:00 | Should -BeNullOrEmpty
            (Test-GitLabAgent ops/app -UnusedFor 0).RuleName | Should -Be 'TokenUnused', 'TokenUnused'
        }

        It 'reports a token that was never used, after a day' {
            Add-Agent -Tokens @{ name = 'one'; createdAt = Get-Day 30; lastUsedAt = Get-Day 0.1 },
                @{ name = 'two'; createdAt = Get-Day 2 }
            $finding = Test-GitLabAgent ops/app
            $finding.RuleName, $finding.Token.Name | Should -Be 'TokenNeverUsed', 'two'
            $finding.RecommendedAction |
                Should -BeLike "*Revoke-GitLabAgentToken -Project 'ops/app' -Agent * -TokenId $($finding.Token.Id)"
        }

        It 'reports an old token' {
            Add-Agent -Tokens @{ name = 'one'; createdAt = Get-Day 400; lastUsedAt = Get-Day 0.1 }
            $finding = Test-GitLabAgent ops/app
            $finding.RuleName | Should -Be TokenTooOld
            $finding.RecommendedAction |
                Should -BeLike "*Invoke-GitLabAgentTokenRotation -Project 'ops/app' -Agent 'one' -Deploy*"
            Test-GitLabAgent ops/app -TokenMaxAge 500.00:00:00 | Should -BeNullOrEmpty
        }

        It 'reports more tokens than GitLab allows' {
            Add-Agent -Tokens (1..3 |
                ForEach-Object { @{ name = "t$_"; createdAt = Get-Day 30; lastUsedAt = Get-Day 0.1 } })
            (Test-GitLabAgent ops/app).RuleName | Should -Be TooManyTokens
        }

        It 'reports an outdated version, and more urgently if GitLab warns' {
            Add-Agent @{ connections = @{ version = '18.8.0' } }
            Add-Agent @{
                name = 'two'
                connections = @{
                    version = '17.0.0'
                    warnings = @(@{ type = 'version'; message = 'The agent is too old.' })
                }
            }
            $findings = Test-GitLabAgent ops/app
            $findings.RuleName | Should -Be 'VersionBehind', 'VersionBehind'
            $findings.Severity | Should -Be 'Information', 'Warning'
            $findings[0].Message | Should -Be 'The agent has version 18.8.0, and GitLab has 18.9.0-ee.'
            $findings[1].Message | Should -BeLike '*GitLab warns: The agent is too old.'
        }

        It 'reports an archived project, which is only read on request' {
            Test-GitLabAgent -Group platform -Rule ProjectArchived | Should -BeNullOrEmpty
            $finding = Test-GitLabAgent -Group platform -Rule ProjectArchived -IncludeArchived
            $finding.Project, $finding.Agent, $finding.Severity | Should -Be 'platform/old', 'retired', 'Information'
        }

        It 'reports an agent whose connections are hidden from the role' {
            Add-Agent
            $null = Connect-FakeGitLab $server glpat-developer
            $finding = Test-GitLabAgent ops/app
            $finding.RuleName, $finding.Severity | Should -Be 'NotReadable', 'Warning'
            $finding.Message | Should -BeLike '*Maintainer*'
        }

        It 'reports a project that cannot be read, and writes the error too' {
            $output = Test-GitLabAgent nowhere/at-all 2>&1
            $failure, $finding = $output
            $failure.FullyQualifiedErrorId | Should -BeLike 'ProjectNotFound,*'
            $finding.RuleName, $finding.Project, $finding.Agent | Should -Be 'NotReadable', 'nowhere/at-all', $null
            @(Test-GitLabAgent nowhere/at-all -ExcludeRule NotReadable 2>&1).Count | Should -Be 1
        }

        It 'recommends to check the group if it does not exist' {
            $failure, $finding = Test-GitLabAgent -Group nope 2>&1
            $failure.FullyQualifiedErrorId | Should -BeLike 'NotFound,*'
            $failure.ErrorDetails.RecommendedAction, $finding.RecommendedAction |
                Should -BeLike "Check the group's ID or full path.*"
        }

        It 'shows no control character of a name' {
            Add-Agent -Tokens @{ name = "evil$([char]27)[2J"; createdAt = Get-Day 400; lastUsedAt = Get-Day 0.1 }
            $finding = Test-GitLabAgent ops/app
            $finding.Message, $finding.RecommendedAction, ($finding | Format-List | Out-String) |
                Should -Not -Match "$([char]27)\[2J"
        }
    }

    Context 'certificates' {
        It 'reports a certificate that expires, and nothing without one' {
            $folder = New-Item -ItemType Directory (Join-Path $TestDrive ([guid]::NewGuid()))
            $key = [System.Security.Cryptography.RSA]::Create(2048)
            $request = [System.Security.Cryptography.X509Certificates.CertificateRequest]::new(
                'CN=agent', $key, [System.Security.Cryptography.HashAlgorithmName]::SHA256,
                [System.Security.Cryptography.RSASignaturePadding]::Pkcs1)
            $certificate = $request.CreateSelfSigned(
                [DateTimeOffset]::UtcNow.AddDays(-1), [DateTimeOffset]::UtcNow.AddDays(10))
            Add-Agent
            [System.IO.File]::WriteAllText("$folder/cert.pem", $certificate.ExportCertificatePem())
            [System.IO.File]::WriteAllText("$folder/key.pem", $key.ExportPkcs8PrivateKeyPem())
            $configuration = New-GitLabAgentUrlConfiguration ops/app one grpcs://one.example.com `
                -ClientCertificatePath "$folder/cert.pem" -ClientKeyPath "$folder/key.pem"
            $finding = Test-GitLabAgent ops/app -Rule CertificateExpires
            $finding.Severity | Should -Be Warning
            $finding.RecommendedAction |
                Should -BeLike "*Remove-GitLabAgentUrlConfiguration *-UrlConfigurationId $($configuration.Id)"
            Test-GitLabAgent ops/app -CertificateExpiresWithin 5.00:00:00 | Should -BeNullOrEmpty
        } -Skip:($PSVersionTable.PSVersion.Major -lt 7)

        It 'reports configurations that the role may not read' {
            $null = Connect-FakeGitLab $server glpat-developer
            $finding = Test-GitLabAgent group/app -Rule CertificateExpires, NotReadable | Where-Object Agent -EQ staging
            "$($finding.Message)" | Should -BeLike '*URL configuration*'
        }

        It 'writes the error of configurations that it cannot read, whatever the rules' {
            Add-Agent
            $null = New-GitLabAgentUrlConfiguration ops/app one grpc://one.example.com
            Add-FakeGitLabFault $server @{
                kind = 'status'
                status = 500
                pathMatches = 'url_configurations'
                times = 'always'
            }
            $output = @(Test-GitLabAgent ops/app -Rule CertificateExpires 2>&1)
            $output.Count | Should -Be 1
            $output[0].FullyQualifiedErrorId | Should -BeLike 'ServerError,*'
            $output[0].TargetObject.Agent | Should -Be one
        }
    }

    Context 'parameters' {
        It 'tests each inventory item once, without another query' {
            $items = Get-GitLabAgentInventory group/app
            Clear-FakeGitLabRequest $server
            ($items | Test-GitLabAgent -ExcludeRule CertificateExpires).Agent | Should -Be 'prod', 'staging'
            Get-FakeGitLabCall $server | Should -BeNullOrEmpty
        }

        It 'accepts projects from the pipeline' {
            ('group/app', 'platform/infra' | Test-GitLabAgent).Project | Sort-Object -Unique |
                Should -Be 'group/app', 'platform/infra'
        }

        It 'tests agents from the pipeline, and reads each project once' {
            $findings = Get-GitLabClusterAgent -Group platform -Recurse | Test-GitLabAgent
            $findings.Message | Should -Be (Test-GitLabAgent -Group platform -Recurse).Message
            Clear-FakeGitLabRequest $server
            (Get-GitLabClusterAgent platform/infra cluster-us | Test-GitLabAgent).Agent | Should -Be 'cluster-us'
            Get-FakeGitLabCall $server -Method POST | Should -Be 'POST /api/graphql'
        }

        It 'tests agents on the GitLab that they came from' {
            $agents = Get-GitLabClusterAgent group/app -Session $session
            $null = Connect-FakeGitLab $server glpat-developer
            $findings = $agents | Test-GitLabAgent
            $findings.RuleName | Should -Be 'TokenNeverUsed', 'Disconnected'
            $findings[0].Session | Should -Be $session
        }

        It 'reads a group and everything' {
            (Test-GitLabAgent -Group platform -Recurse).Project | Sort-Object -Unique |
                Should -Be 'platform/apps/api', 'platform/apps/web', 'platform/infra'
            (Test-GitLabAgent -All).Project | Should -Contain 'group/app'
        }

        It 'selects and excludes rules, by wildcards too' {
            (Test-GitLabAgent platform/infra -Rule Token*).RuleName | Sort-Object -Unique |
                Should -Be 'TokenNeverUsed', 'TokenTooOld'
            (Test-GitLabAgent platform/infra -ExcludeRule Token*, NotReadable).RuleName |
                Should -Be 'TooManyTokens', 'NoToken'
        }

        It 'rejects -<Parameter> <Value>' -ForEach @(
            @{ Parameter = 'Rule'; Value = 'TokenUnsed' }
            @{ Parameter = 'ExcludeRule'; Value = 'nothing' }
            @{ Parameter = 'UnusedFor'; Value = 90 }
            @{ Parameter = 'TokenMaxAge'; Value = [timespan]'-1' }
        ) {
            $arguments = @{ $Parameter = $Value }
            (Get-Failure { Test-GitLabAgent group/app @arguments }).FullyQualifiedErrorId |
                Should -BeLike 'InvalidRequest,*'
            Get-FakeGitLabCall $server | Should -BeNullOrEmpty
        }

        It 'completes the names of rules' {
            (TabExpansion2 'Test-GitLabAgent -All -Rule Token').CompletionMatches.CompletionText |
                Should -Be 'TokenUnused', 'TokenNeverUsed', 'TokenTooOld'
            (TabExpansion2 'Test-GitLabAgent -All -ExcludeRule ').CompletionMatches.Count | Should -Be 12
        }
    }

    Context 'findings' {
        It 'can be piped to the cmdlets for agents, tokens, connections and activity' {
            $findings = Test-GitLabAgent group/app
            ($findings | Get-GitLabClusterAgent).Name | Should -Be 'prod', 'staging'
            ($findings | Get-GitLabAgentInventory).Agent | Should -Be 'prod', 'staging'
            ($findings | Get-GitLabAgentConnection).Agent | Should -Be 'prod', 'staging'
            ($findings | Get-GitLabAgentToken).AgentId | Should -Be 11, 11, 12
            ($findings | Get-GitLabAgentActivity -First 1).Agent | Should -Be 'prod', 'staging'
        }

        It 'does not bind to <_>' -ForEach 'Revoke-GitLabAgentToken', 'Remove-GitLabClusterAgent',
            'Remove-GitLabAgentUrlConfiguration' {
            $findings = Test-GitLabAgent group/app
            $findings | Should -Not -BeNullOrEmpty
            $command = $_
            Get-Failure { $findings | & $command -Confirm:$false } | Should -Not -BeNullOrEmpty
            Get-FakeGitLabCall $server -Method DELETE | Should -BeNullOrEmpty
        }

        It 'does not bind to Remove-GitLabClusterAgent after a round trip through CliXml' {
            Test-GitLabAgent group/app | Export-Clixml "$TestDrive/findings.xml"
            Get-Failure { Import-Clixml "$TestDrive/findings.xml" | Remove-GitLabClusterAgent -Confirm:$false } |
                Should -Not -BeNullOrEmpty
            Get-FakeGitLabCall $server -Method DELETE | Should -BeNullOrEmpty
        }

        It 'shows a table of severity, rule, project, agent and message' {
            $text = Test-GitLabAgent group/app -Rule Disconnected | Out-String -Width 200
            $text | Should -Match 'Severity\s+Rule\s+Project\s+Agent\s+Message'
            $text | Should -Match 'Error\s+Disconnected\s+group/app\s+staging\s+The agent is not connected\.'
        }

        It 'shows the recommended action in a list' {
            Test-GitLabAgent group/app -Rule Disconnected | Format-List | Out-String |
                Should -Match 'RecommendedAction\s*: Check the agent'
        }
    }
}
