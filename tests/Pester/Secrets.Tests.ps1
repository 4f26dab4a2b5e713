#Requires -PSEdition Core
[Diagnostics.CodeAnalysis.SuppressMessage(
    'PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'The blocks of Pester share their variables.')]
param()

# Plants secrets, runs every cmdlet with success and with failure, with every stream open, and searches all output for
# the secrets, in plain text and in the encodings of a SecureString or a header.

BeforeAll {
    $manifest = (Resolve-Path "$PSScriptRoot/../../GitLabAgents.psd1").Path
    Import-Module $manifest
    Import-Module "$PSScriptRoot/FakeGitLab.psm1"
    $hidden = Hide-GitLabEnvironment
    $server = Start-FakeGitLab

    # Returns the forms in which a secret could be written.
    function Get-SecretForm ([string] $Secret) {
        $Secret
        foreach ($encoding in [System.Text.Encoding]::Unicode, [System.Text.Encoding]::UTF8) {
            $bytes = $encoding.GetBytes($Secret)
            [convert]::ToHexString($bytes)
            [convert]::ToBase64String($bytes).TrimEnd('=')
        }

        [uri]::EscapeDataString($Secret)
        -join $Secret[($Secret.Length - 1)..0]
    }

    function Find-Secret ([string] $Text, [string[]] $Secret) {
        foreach ($planted in $Secret) {
            foreach ($form in Get-SecretForm $planted) {
                $at = $Text.IndexOf($form, [StringComparison]::OrdinalIgnoreCase)
                if ($at -ge 0) {
                    $Text.Substring([math]::Max(0, $at - 60), [math]::Min(120, $Text.Length - [math]::Max(0, $at - 60)))
                }
            }
        }
    }

    # Returns every representation of objects that PowerShell's own commands create.
    function Write-EveryForm ($Object, $Folder) {
        $path = Join-Path $Folder 'object'
        $Object | Out-String
        $Object | Format-Table | Out-String -Width 500
        $Object | Format-Table * | Out-String -Width 500
        $Object | Format-List * -Force | Out-String -Width 500
        $Object | Format-Custom * -Depth 5 | Out-String -Width 500
        $Object | Format-Wide | Out-String
        $Object | ConvertTo-Json -Depth 5 -WarningAction SilentlyContinue
        $Object | Export-Clixml "$path.xml"
        Get-Content "$path.xml" -Raw
        $Object | Export-Csv "$path.csv"
        Get-Content "$path.csv" -Raw
        $Object | ConvertTo-Csv
        $Object | ConvertTo-Html
        ($Object | ConvertTo-Xml -Depth 5).OuterXml
        [System.Management.Automation.PSSerializer]::Serialize($Object, 5)
        foreach ($one in $Object) { "$one"; $one.PSObject.Properties | ForEach-Object { "$($_.Name)=$($_.Value)" } }
    }

    function Write-Failure ($Record) {
        foreach ($one in $Record) {
            "$one"
            $one | Out-String -Width 500
            $one | Format-List * -Force | Out-String -Width 500
            [System.Management.Automation.PSSerializer]::Serialize($one, 4)
            $one.InvocationInfo | Format-List * -Force | Out-String -Width 500
            "$($one.ErrorDetails)"
            for ($exception = $one.Exception; $exception; $exception = $exception.InnerException) {
                $exception.ToString()
                $exception | Format-List * -Force | Out-String -Width 500
                $exception.Data.Values | ForEach-Object { "$_" }
            }
        }
    }
}

AfterAll {
    Stop-FakeGitLab $server
    Restore-GitLabEnvironment $hidden
}

Describe 'Secrets' {
    BeforeEach {
        Reset-FakeGitLab $server
        $access = 'glpat-Pl4nted-Acc3ss_Token'
        $null = Add-FakeGitLabSeed $server @{ accessTokens = @{ value = $access; name = 'planted' } }
    }

    AfterEach {
        Disconnect-GitLab
    }

    It 'are found by the search of these tests' {
        Find-Secret 'abc glpat-Pl4nted-Acc3ss_Token def' $access | Should -Not -BeNullOrEmpty
        $secure = ConvertTo-Secret $access
        $secure | Export-Clixml "$TestDrive/secure.xml"
        if (-not $IsWindows) {
            Find-Secret (Get-Content "$TestDrive/secure.xml" -Raw) $access | Should -Not -BeNullOrEmpty
        }
        Find-Secret 'abc' $access | Should -BeNullOrEmpty
    }

    It 'are in no representation of an object' {
        $session = Connect-FakeGitLab $server $access
        $new = New-GitLabAgentToken 103 14 ci-1
        $rotated = Invoke-GitLabAgentTokenRotation 101 staging -NoWait
        $failed = Invoke-GitLabAgentTokenRotation 104 web -Deploy {
            throw $_.RevealToken()
        } -ErrorAction SilentlyContinue
        $secrets = @($access) + (Get-FakeGitLabState $server).tokens.secret
        $secrets | Should -Contain $new.RevealToken()
        $text = foreach ($object in @($session), @($new), @($rotated), @($failed), @(Get-GitLabClusterAgent group/app),
            @(Get-GitLabAgentToken 101 11), @(Get-GitLabAgentConnection 101 11)) {
            $folder = New-Item (Join-Path $TestDrive ([guid]::NewGuid())) -ItemType Directory
            Write-EveryForm $object $folder
        }
        $text = $text -join "`n"
        foreach ($expected in 'ci-1', 'staging', 'prod-2024', 'planted', 'prod-gitlab-agent-7d4b9', 'staging-1-',
            'AwaitingUse', '[redacted]') {
            $text.Contains($expected) |
                Should -BeTrue -Because "'$expected' shows that there was something to look through"
        }

        Find-Secret $text $secrets | Should -BeNullOrEmpty
    }

    It 'are the only part of a new token that is not serialized' {
        $session = Connect-FakeGitLab $server $access
        $new = New-GitLabAgentToken 103 14 ci-1 -Description why
        $new | Export-Clixml "$TestDrive/new.xml"
        $back = Import-Clixml "$TestDrive/new.xml"
        $back.Name | Should -Be 'ci-1'
        $back.TokenId | Should -Be $new.TokenId
        $back.AgentId | Should -Be 14
        $back.ProjectId | Should -Be 103
        $back.Description | Should -Be 'why'
        $back.PSObject.Properties.Name | Should -Not -Contain 'Token'
        $session.TokenName | Should -Be 'planted'
    }

    It 'are in no stream, for successes and errors' -Tag NotUnderWine {
        $null = Add-FakeGitLabSeed $server @{ accessTokens = @{
            value = 'glpat-0ther-Planted-Token'
            scopes = 'read_api'
            expiresAt = [datetime]::UtcNow.AddDays(2).ToString('yyyy-MM-dd')
        } }
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript({
                    param($manifest, $url, $access, $other)
                    Import-Module $manifest
                    $VerbosePreference =
                        $DebugPreference =
                            $InformationPreference = $WarningPreference = $ProgressPreference = 'Continue'
                    $secret = { param($text) [System.Net.NetworkCredential]::new('', $text).SecurePassword }
                    $plain = @{ AllowUnencryptedAuthentication = $true }
                    Connect-GitLab $url (& $secret $other) @plain -PassThru
                    New-GitLabClusterAgent group/app never
                    Connect-GitLab $url (& $secret $access) @plain -PassThru
                    Get-GitLabSession
                    Get-GitLabClusterAgent group/app
                    Get-GitLabClusterAgent no/where
                    Get-GitLabClusterAgent 101 -AgentId 999
                    New-GitLabClusterAgent group/app edge
                    New-GitLabClusterAgent group/app edge
                    New-GitLabClusterAgent group/app what -WhatIf
                    New-GitLabAgentToken group/app edge ci-1
                    New-GitLabAgentToken group/app edge ci-2
                    New-GitLabAgentToken group/app edge ci-3
                    New-GitLabAgentToken group/app edge ci-4 -WhatIf
                    Get-GitLabAgentToken group/app edge
                    Get-GitLabAgentToken group/app edge -Name none
                    Get-GitLabAgentToken group/app edge -Name ci-1 | Revoke-GitLabAgentToken -WhatIf
                    Get-GitLabAgentToken group/app edge -Name ci-1 | Revoke-GitLabAgentToken -Confirm:$false
                    Revoke-GitLabAgentToken 101 11 4711 -Confirm:$false
                    $created = New-GitLabAgentToken platform/infra cluster-us for-helm
                    $created | ConvertTo-GitLabAgentManifest
                    $created | ConvertTo-GitLabAgentManifest -Format HelmValues
                    $created | ConvertTo-GitLabAgentManifest -Format KubernetesSecret -SecretName $created.RevealToken()
                    $rotation = @{ PollSec = 1; TimeoutSec = 1 }
                    Invoke-GitLabAgentTokenRotation platform/apps/web web @rotation -WhatIf
                    Invoke-GitLabAgentTokenRotation platform/apps/web web @rotation -Deploy {
                        throw "kubectl said $($_.RevealToken())"
                    }
                    try {
                        Invoke-GitLabAgentTokenRotation platform/apps/web web @rotation -Deploy {
                            [void][int]::Parse($_.RevealToken())
                        }
                    } catch { $_ }
                    Invoke-GitLabAgentTokenRotation platform/apps/web web @rotation -Deploy {
                        Write-Error $_.RevealToken() -ErrorAction SilentlyContinue
                        throw 'no'
                    }
                    Invoke-GitLabAgentTokenRotation platform/apps/web web @rotation -Deploy { $_.RevealToken() }
                    Invoke-GitLabAgentTokenRotation platform/apps/web web @rotation -Resume
                    Invoke-GitLabAgentTokenRotation platform/apps/api api @rotation -NoWait
                    Get-GitLabClusterAgent group/app edge | Remove-GitLabClusterAgent -WhatIf
                    Get-GitLabClusterAgent group/app edge | Remove-GitLabClusterAgent -Confirm:$false
                    Disconnect-GitLab
                    Get-GitLabClusterAgent group/app
                    try { Connect-GitLab $url -Token $access @plain } catch { Write-Error -ErrorRecord $_ }
                    try { Connect-GitLab $url -Token "$access " @plain } catch { Write-Error -ErrorRecord $_ }
                    try {
                        Connect-GitLab $url -Token ([pscustomobject]@{ Value = $access }) @plain
                    } catch { Write-Error -ErrorRecord $_ }
                    try { Connect-GitLab $url (& $secret "$access-wrong") @plain } catch { Write-Error -ErrorRecord $_ }
                    try { Connect-GitLab $url (& $secret "$access`nX") @plain } catch { Write-Error -ErrorRecord $_ }
                    try {
                        Connect-GitLab "http://user:$access@127.0.0.1" (& $secret $access) @plain
                    } catch { Write-Error -ErrorRecord $_ }
                    try {
                        Connect-GitLab "http://127.0.0.1?private_token=$access" (& $secret $access) @plain
                    } catch { Write-Error -ErrorRecord $_ }
                    $Error
                }).AddArgument($manifest).AddArgument($server.Url).AddArgument($access).AddArgument(
                    'glpat-0ther-Planted-Token')
            Add-FakeGitLabFault $server @{
                kind = 'rateLimited'
                retryAfter = 0
                pathContains = 'cluster_agents'
                skipFirst = 3
            }
            $output = $shell.Invoke()
            $secrets = @($access, 'glpat-0ther-Planted-Token') + (Get-FakeGitLabState $server).tokens.secret
            $streams = $shell.Streams
            $failures = @($streams.Error) +
                @($output | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] })
            $text = @(
                foreach ($stream in 'Verbose', 'Debug', 'Warning', 'Information', 'Progress') {
                    foreach ($record in $streams.$stream) {
                        "$record"
                        $record | Format-List * -Force | Out-String -Width 500
                    }
                }
                Write-Failure $failures
                $output | Out-String -Width 500
            ) -join "`n"
        }
        finally {
            $shell.Dispose()
        }

        # The output is not empty.
        foreach ($expected in 'GET http://127.0.0.1', 'SecureString', 'expires on', 'higher privileges', 'helm upgrade',
            'secretName: ', '-SecretName is not a valid name', 'kubectl said [redacted]', 'was not seen in use',
            'web-1-') {
            $text.Contains($expected) |
                Should -BeTrue -Because "'$expected' shows that there was something to look through"
        }

        $streams.Progress.Count | Should -BeGreaterThan 0
        $failures.FullyQualifiedErrorId | ForEach-Object { ($_ -split ',')[0] } | Sort-Object -Unique |
            Should -Contain 'TokenLimitReached'
        $failures.Count | Should -BeGreaterOrEqual 20
        Find-Secret $text $secrets | Should -BeNullOrEmpty
    }

    It 'are in no transcript, and not on the screen' {
        $transcript = Join-Path $TestDrive transcript.txt
        $output = Invoke-ChildShell -Environment @{
            MANIFEST = $manifest
            SERVER = $server.Url
            GITLAB_TOKEN = $access
            TRANSCRIPT = $transcript
        } @'
$null = Start-Transcript $env:TRANSCRIPT -IncludeInvocationHeader
$VerbosePreference = $DebugPreference = $InformationPreference = 'Continue'
Import-Module $env:MANIFEST
Connect-GitLab $env:SERVER -AllowUnencryptedAuthentication -PassThru | Out-Host
Get-GitLabClusterAgent group/app | Out-Host
Get-GitLabClusterAgent no/where
New-GitLabAgentToken 103 14 ci-1 -WhatIf
New-GitLabAgentToken 103 14 ci-1 | Out-Host
New-GitLabAgentToken 103 14 ci-2 | Format-List * | Out-Host
New-GitLabAgentToken 103 14 ci-3
Get-GitLabAgentToken 103 14 | Format-Table *
Get-GitLabAgentToken 103 14 | Revoke-GitLabAgentToken -WhatIf
Connect-GitLab $env:SERVER -Token $env:GITLAB_TOKEN -AllowUnencryptedAuthentication
$Error | Format-List * -Force
Get-GitLabSession | Select-Object Uri, TokenName, Scopes | Format-Custom *
$null = Stop-Transcript
'@
        $secrets = @($access) + (Get-FakeGitLabState $server).tokens.secret
        $screen = $output -join "`n"
        foreach ($expected in 'What if:', 'VERBOSE: GET http', 'RevealToken() shows it', 'SecureString') {
            $screen.Contains($expected) |
                Should -BeTrue -Because "'$expected' shows that there was something to look through"
        }

        Find-Secret $screen $secrets | Should -BeNullOrEmpty
        $written = Get-Content $transcript -Raw
        foreach ($expected in 'What if:', 'GET http', 'RevealToken() shows it') {
            $written.Contains($expected) |
                Should -BeTrue -Because "'$expected' shows that there was something to look through"
        }

        Find-Secret $written $secrets | Should -BeNullOrEmpty
    }

    It 'are redacted from what a server echoes: <Name>' -ForEach @(
        @{ Name = 'in its words'
            Fault = @{ kind = 'status'; status = 400; body = '{"message":"400 Bad request - you sent {0}"}' } }
        @{ Name = 'in an OAuth error'
            Fault = @{
                kind = 'status'
                status = 401
                body = '{"error":"invalid_token","error_description":"{0} is no token"}'
            } }
        @{ Name = 'as the error code'; Fault = @{ kind = 'status'; status = 403; body = '{"error":"{0}"}' } }
        @{ Name = 'in plain text'
            Fault = @{ kind = 'status'; status = 403; body = 'PRIVATE-TOKEN: {0}'; contentType = 'text/plain' } }
        @{ Name = 'in HTML'
            Fault = @{ kind = 'body'; status = 200; body = '<html>{0}</html>'; contentType = 'text/html' } }
        @{ Name = 'in JSON of another kind'; Fault = @{ kind = 'body'; status = 200; body = '{"echo":"{0}"}' } }
        @{ Name = 'in JSON that breaks off'; Fault = @{ kind = 'body'; status = 200; body = '[{"id":"{0}' } }
        @{ Name = 'in X-Request-Id'; Fault = @{ kind = 'status'; status = 500; headers = @{ 'X-Request-Id' = '{0}' } } }
        @{ Name = 'in Location'
            Fault = @{
                kind = 'redirect'
                status = 302
                location = 'http://{0}.elsewhere.invalid/{0}?private_token={0}'
            } }
        @{ Name = 'in Retry-After'; Fault = @{ kind = 'status'; status = 429; headers = @{ 'Retry-After' = '{0}' } } }
        @{ Name = 'in X-Next-Page'; Fault = @{ kind = 'changeHeaders'; headers = @{ 'X-Next-Page' = '{0}' } } }
    ) {
        $null = Connect-FakeGitLab $server $access -Parameter @{ MaximumRetryCount = 0 }
        $planted = ConvertFrom-Json ((ConvertTo-Json $Fault -Depth 5).Replace('{0}', $access)) -AsHashtable
        Add-FakeGitLabFault $server ($planted + @{ times = 'always' })
        $Error.Clear()
        $records = @(Get-GitLabClusterAgent 101 -Verbose -Debug *>&1)
        $records += Get-GitLabClusterAgent group/app -Verbose -Debug *>&1
        $records += New-GitLabAgentToken 103 14 ci-1 -Confirm:$false -Verbose -Debug *>&1
        $records += Get-GitLabAgentConnection 101 11 -Verbose -Debug *>&1
        $failures = @($records | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] })
        $failures.Count | Should -BeGreaterThan 0
        $text = @(
            Write-Failure $failures
            $records | Out-String -Width 500
            $records | Format-List * -Force | Out-String -Width 500
            $Error | Format-List * -Force | Out-String -Width 500
        ) -join "`n"
        Find-Secret $text $access | Should -BeNullOrEmpty
    }

    It 'are not in the error of an unreadable response with a new token: <Body>' -ForEach @(
        @{ Body = '{"id":"x","token":"{0}"}' }, @{ Body = '{"token":"{0}"' },
        @{ Body = '{"id":null,"token":"{0}","name":"ci-1"}' }
        @{ Body = '{"id":5,"created_at":{"a":1},"token":"{0}"}' }, @{ Body = '<html>{0}</html>' }, @{ Body = '"{0}"' }
    ) {
        $secret = 'glagent-N3w-Planted-Token'
        $null = Connect-FakeGitLab $server $access -Parameter @{ MaximumRetryCount = 0 }
        Add-FakeGitLabFault $server @{
            kind = 'body'
            status = 201
            method = 'POST'
            body = $Body.Replace('{0}', $secret)
        }
        $records = New-GitLabAgentToken 103 14 ci-1 -Confirm:$false -Verbose -Debug *>&1
        $failures = @($records | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] })
        $failures.FullyQualifiedErrorId | Should -BeLike 'InvalidResponse,*'
        $text = @(Write-Failure $failures; $records | Out-String -Width 500) -join "`n"
        Find-Secret $text $secret, $access | Should -BeNullOrEmpty
    }

    It 'are sent only to the server, in one header' {
        $null = Connect-FakeGitLab $server $access
        $null = Get-GitLabClusterAgent group/app | Get-GitLabAgentToken
        foreach ($request in Get-FakeGitLabRequest $server) {
            Find-Secret $request.rawTarget $access | Should -BeNullOrEmpty
            $carrying = $request.headers.PSObject.Properties | Where-Object { $_.Value -like "*$access*" }
            $carrying.Name | Should -Be 'PRIVATE-TOKEN'
        }
    }

    It 'are deleted when the session ends' {
        $session = Connect-FakeGitLab $server $access
        $held = [GitLabAgents.GitLabSession].GetField(
            '_token', [System.Reflection.BindingFlags]'NonPublic, Instance').GetValue(
            $session)
        $value = $held.GetType().GetField('_value', [System.Reflection.BindingFlags]'NonPublic, Instance').GetValue(
            $held)
        $value.Length | Should -Be $access.Length
        Disconnect-GitLab
        { $value.Copy() } | Should -Throw -ExpectedMessage '*disposed*'
    }
}
