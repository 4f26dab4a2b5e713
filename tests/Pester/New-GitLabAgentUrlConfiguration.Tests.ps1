[Diagnostics.CodeAnalysis.SuppressMessage(
    'PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'The blocks of Pester share their variables.')]
param()

BeforeDiscovery {
    $noOpenSsl = -not (Get-Command openssl -CommandType Application -ErrorAction Ignore)
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

Describe 'New-GitLabAgentUrlConfiguration' {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
    }

    AfterEach { $session | Disconnect-GitLab }

    It 'creates a configuration with JWT by default, with a public key for the Helm value' {
        $created = New-GitLabAgentUrlConfiguration group/app prod grpcs://agent.example.com:443
        $created.AuthenticationMethod | Should -Be Jwt
        [Convert]::FromBase64String($created.PublicKey).Length | Should -Be 32
        (Get-FakeGitLabRequest $server -Method POST).body | Should -Be '{"url":"grpcs://agent.example.com:443"}'
    }

    It 'accepts agents from the pipeline' {
        Get-GitLabClusterAgent group/app prod | New-GitLabAgentUrlConfiguration -Url grpc://agent:80 |
            ForEach-Object AgentId | Should -Be 11
    }

    It 'rejects a URL that is not gRPC' {
        $failure = Get-Failure { New-GitLabAgentUrlConfiguration 101 11 https://agent }
        $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidRequest,*'
        Get-FakeGitLabRequest $server | Should -BeNullOrEmpty
    }

    It 'warns of an expired certificate, and continues' {
        $rsa = [System.Security.Cryptography.RSA]::Create(2048)
        $request = [System.Security.Cryptography.X509Certificates.CertificateRequest]::new(
            'CN=old', $rsa, 'SHA256', [System.Security.Cryptography.RSASignaturePadding]::Pkcs1)
        $old = $request.CreateSelfSigned([DateTimeOffset]::UtcNow.AddDays(-30), [DateTimeOffset]::UtcNow.AddDays(-1))
        New-GitLabAgentUrlConfiguration 101 11 grpc://agent -ClientCertificate $old.ExportCertificatePem() `
            -ClientKey (ConvertTo-Secret $rsa.ExportPkcs8PrivateKeyPem()) -WarningVariable warnings `
            -WarningAction SilentlyContinue |
            Should -Not -BeNullOrEmpty
        "$warnings" | Should -BeLike '*-ClientCertificate*CN=old*expired*'
    } -Skip:($PSVersionTable.PSEdition -ne 'Core')

    It 'reports that the agent already has one' {
        $failure = Get-Failure { New-GitLabAgentUrlConfiguration 101 12 grpcs://agent }
        $failure.FullyQualifiedErrorId | Should -BeLike 'Conflict,*'
        $failure.CategoryInfo.Category | Should -Be ResourceExists
        $failure.TargetObject | Should -Be 12
    }

    Context 'with certificates of openssl' -Skip:$noOpenSsl {
        BeforeAll {
            # Certificates that users create with openssl.
            $certificates = (New-Item -ItemType Directory "TestDrive:/certificates").FullName
            Push-Location $certificates
            & {
                openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 30 -subj /CN=client
                openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout other-key.pem `
                    -out other.pem -days 30 -subj /CN=other
                openssl pkey -in key.pem -aes256 -passout pass:secret -out encrypted.pem
            } 2>$null
            Set-Content junk.pem 'hello'
            $key = [System.IO.File]::ReadAllText("$certificates/key.pem")
            $certificate = [System.IO.File]::ReadAllText("$certificates/cert.pem")
            function Expand-Field($Name) {
                # The last request is the one that the server accepted: with PEM, or with base64 of it on older
                # releases.
                $value = (@(Get-FakeGitLabRequest $server -Method POST)[-1].body | ConvertFrom-Json).$Name
                if ($value -like '-----BEGIN*') {
                    $value
                } else { [System.Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($value)) }
            }
        }

        AfterAll { Pop-Location }

        It 'sends certificates from paths that PowerShell resolves' {
            New-PSDrive -Name Certificates -PSProvider FileSystem -Root $certificates | Out-Null
            $created = New-GitLabAgentUrlConfiguration 101 11 grpcs://agent -ClientCertificatePath ./cert.pem `
                -ClientKeyPath Certificates:/key.pem -CaCertificatePath other.pem -TlsHost agent.internal
            $created.AuthenticationMethod | Should -Be Mtls
            $created.ClientCertificate.Trim() | Should -Be $certificate.Trim()
            $created.TlsHost | Should -Be agent.internal
            Expand-Field client_cert | Should -BeExactly $certificate
            Expand-Field client_key | Should -BeExactly $key
            Expand-Field ca_cert | Should -BeExactly ([System.IO.File]::ReadAllText("$certificates/other.pem"))
        }

        It 'accepts them as text, and the key as a SecureString' {
            $created = New-GitLabAgentUrlConfiguration 101 11 grpcs://agent -ClientCertificate $certificate `
                -ClientKey (ConvertTo-Secret $key) -CaCertificate $certificate
            $created.AuthenticationMethod | Should -Be Mtls
            Expand-Field client_key | Should -BeExactly $key
        }

        It 'rejects <what> before any request' -ForEach @(
            @{ What = 'swapped files'; Certificate = 'key.pem'; Key = 'cert.pem'
                Message = '*key.pem contains a private key where a certificate is expected*' }
            @{ What = 'a certificate as key'; Certificate = 'cert.pem'; Key = 'other.pem'
                Message = '*other.pem contains a certificate where a private key is expected*' }
            @{ What = 'a file that is not PEM'; Certificate = 'junk.pem'; Key = 'key.pem'
                Message = '*junk.pem is not PEM*' }
            @{ What = 'an encrypted key'; Certificate = 'cert.pem'; Key = 'encrypted.pem'
                Message = '*encrypted.pem is encrypted*' }
            @{ What = 'the key of another certificate'; Certificate = 'cert.pem'; Key = 'other-key.pem'
                Message = '*other-key.pem does not belong to the certificate*cert.pem*' }
            @{ What = 'a missing file'; Certificate = 'nowhere.pem'; Key = 'key.pem'
                Message = '*nowhere.pem cannot be read*' }
        ) {
            $failure = Get-Failure {
                New-GitLabAgentUrlConfiguration 101 11 grpcs://agent -ClientCertificatePath $Certificate `
                    -ClientKeyPath $Key
            }
            $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidRequest,*'
            $failure.CategoryInfo.Category | Should -Be InvalidArgument
            $failure.Exception.Message | Should -BeLike $Message
            Get-FakeGitLabRequest $server | Should -BeNullOrEmpty
        }

        It 'rejects a certificate without its key, and a key without its certificate, by the parameter set' {
            foreach ($half in @{ ClientCertificatePath = 'cert.pem' }, @{ ClientKeyPath = 'key.pem' },
                @{ ClientCertificate = $certificate }, @{ ClientKey = ConvertTo-Secret $key }) {
                $value = if ($half.ContainsKey('ClientKey')) { '([securestring]::new())' } else { 'x' }
                $failure = Invoke-ChildShell @"
                Import-Module '$PSScriptRoot/../../GitLabAgents.psd1'
                try { New-GitLabAgentUrlConfiguration 1 1 grpc://a -$(@($half.Keys)[0]) $value }
                catch { `$_.FullyQualifiedErrorId }
"@
                $failure | Should -BeLike 'MissingMandatoryParameter,*'
            }
        }

        It 'rejects a certificate authority as a path and as text at once' {
            $failure = Get-Failure {
                New-GitLabAgentUrlConfiguration 101 11 grpc://agent -CaCertificatePath cert.pem `
                    -CaCertificate $certificate
            }
            $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidRequest,*'
        }

        It 'removes the configuration again if the server ignored the certificate' {
            Add-FakeGitLabFault $server @{
                kind = 'body'
                status = 201
                body = '{"id":501,"agent_id":12,"url":"grpcs://a","public_key":"AAAA"}'
                method = 'POST'
                pathContains = 'url_configurations'
            }
            $failure = Get-Failure {
                New-GitLabAgentUrlConfiguration 101 12 grpcs://agent -ClientCertificatePath cert.pem `
                    -ClientKeyPath key.pem
            }
            $failure.Exception.Message | Should -BeLike '*ignored the client certificate*was removed*'
            (Get-FakeGitLabState $server).urlConfigurations | Should -BeNullOrEmpty
        }

        It 'creates nothing with -WhatIf, and describes the authentication' {
            $text = Invoke-ChildShell @"
            Import-Module '$PSScriptRoot/../../GitLabAgents.psd1'
            Connect-GitLab -AllowUnencryptedAuthentication
            `$client = @{
                ClientCertificatePath = '$certificates/cert.pem'
                ClientKeyPath = '$certificates/key.pem'
            }
            New-GitLabAgentUrlConfiguration 101 11 grpcs://agent @client -WhatIf
"@ -Environment @{ GITLAB_HOST = $server.Url; GITLAB_TOKEN = 'glpat-maintainer' }
            "$text" | Should -BeLike '*What if:*mutual TLS*'
            Get-FakeGitLabRequest $server -Method POST | Should -BeNullOrEmpty
        }

        It 'does not reveal the private key' {
            $sent = [Convert]::ToBase64String([System.Text.Encoding]::UTF8.GetBytes($key))
            Add-FakeGitLabFault $server @{
                kind = 'status'
                status = 422
                body = (ConvertTo-Json @{ message = "no: $sent" })
                method = 'POST'
                times = 2
            }
            $Error.Clear()
            $text = & {
                New-GitLabAgentUrlConfiguration 101 11 grpc://agent -ClientCertificatePath cert.pem `
                    -ClientKeyPath key.pem -Confirm:$false -Verbose -Debug
                New-GitLabAgentUrlConfiguration 101 11 grpc://agent -ClientCertificate $certificate `
                    -ClientKey (ConvertTo-Secret $key) -Confirm:$false -Verbose -Debug
                New-GitLabAgentUrlConfiguration 101 11 grpc://agent -ClientCertificatePath cert.pem `
                    -ClientKeyPath key.pem -Confirm:$false -Verbose -Debug |
                    Format-List * -Force
            } *>&1 | Out-String -Width 4000
            $text += $Error | ForEach-Object { $_ | Format-List * -Force; $_.Exception.ToString() } |
                Out-String -Width 4000
            $text | Should -BeLike '*422*'
            foreach ($line in ($key -split '\n' | Where-Object { $_ -and $_ -notlike '-----*' }),
                $sent.Substring(0, 60), $sent.Substring(100, 60) |
                ForEach-Object { $_ }) {
                $text.Contains($line) | Should -BeFalse
            }
        }
    }
}
