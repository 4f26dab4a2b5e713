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

Describe 'Connect-GitLab' {
    BeforeAll {
        $plain = @{ AllowUnencryptedAuthentication = $true }
    }

    BeforeEach {
        Reset-FakeGitLab $server
        $token = ConvertTo-Secret 'glpat-maintainer'
    }

    AfterEach {
        Disconnect-GitLab
        $null = Hide-GitLabEnvironment
    }

    Context 'a session' {
        It 'reads the token and the server, and returns nothing' {
            Connect-GitLab $server.Url $token @plain | Should -BeNullOrEmpty
            Get-FakeGitLabCall $server | Should -Be 'GET /api/v4/personal_access_tokens/self', 'GET /api/v4/metadata'
            (Get-FakeGitLabRequest $server)[0].headers.'PRIVATE-TOKEN' | Should -BeExactly 'glpat-maintainer'
            (Get-GitLabSession).Uri | Should -Be "$($server.Url)/"
        }

        It 'returns the session with -PassThru' {
            Edit-FakeGitLabOption $server @{
                kasEnabled = $true
                kasExternalUrl = 'wss://kas.example.com'
                version = '18.5.0-ee'
                isEnterprise = $true
            }
            $before = [DateTimeOffset]::Now
            $session = Connect-GitLab -Uri $server.Url -Token $token @plain -PassThru -ThrottleLimit 3
            $session | Should -BeOfType GitLabAgents.GitLabSession
            $session.TokenName | Should -Be 'maintainer'
            $session.Scopes | Should -Be 'api'
            $session.TokenType | Should -Be 'PrivateToken'
            $session.ExpiresAt | Should -BeNullOrEmpty
            $session.Version | Should -Be '18.5.0-ee'
            $session.IsEnterprise | Should -BeTrue
            $session.KasUri | Should -Be 'wss://kas.example.com/'
            $session.ThrottleLimit | Should -Be 3
            $session.ConnectedAt | Should -BeGreaterOrEqual $before
            "$session" | Should -Be ($server.Url -replace '^http://')
            [object]::ReferenceEquals($session, (Get-GitLabSession)) | Should -BeTrue
        }

        It 'uses the password of a credential as the token' {
            Connect-GitLab $server.Url -Credential ([pscredential]::new('anyone', $token)) @plain
            (Get-FakeGitLabRequest $server)[0].headers.'PRIVATE-TOKEN' | Should -BeExactly 'glpat-maintainer'
        }

        It 'rejects a token and a credential together' {
            (Get-Failure {
                Connect-GitLab $server.Url -Token $token -Credential ([pscredential]::new('anyone', $token))
            }).FullyQualifiedErrorId |
                Should -BeLike 'AmbiguousParameterSet*'
        }

        It 'sends an OAuth token as a bearer' {
            $session = Connect-GitLab $server.Url (ConvertTo-Secret 'oauth-maintainer') -TokenType OAuth @plain `
                -PassThru
            $headers = (Get-FakeGitLabRequest $server)[0].headers
            $headers.Authorization | Should -BeExactly 'Bearer oauth-maintainer'
            $headers.PSObject.Properties.Name | Should -Not -Contain 'PRIVATE-TOKEN'
            $session.TokenType | Should -Be 'OAuth'
            $session.Version | Should -Not -BeNullOrEmpty
        }

        It 'accepts an OAuth token if the server responds with <_> to the request for its details' -ForEach 400, 401,
            403, 404 {
            Edit-FakeGitLabOption $server @{ oauthSelfStatus = $_ }
            $session = Connect-GitLab $server.Url (ConvertTo-Secret 'oauth-maintainer') -TokenType OAuth @plain `
                -PassThru -WarningVariable warnings
            $session.TokenName | Should -BeNullOrEmpty
            $session.Version | Should -Not -BeNullOrEmpty
            $warnings | Should -BeNullOrEmpty
        }

        It 'removes white space around a token that came from a file' {
            Connect-GitLab $server.Url (ConvertTo-Secret "glpat-maintainer`r`n") @plain
            (Get-FakeGitLabRequest $server)[0].headers.'PRIVATE-TOKEN' | Should -BeExactly 'glpat-maintainer'
        }

        It 'reads /version from a server without /metadata' {
            Add-FakeGitLabFault $server @{ kind = 'status'; status = 404; pathContains = '/metadata' }
            (Connect-GitLab $server.Url $token @plain -PassThru).Version | Should -Not -BeNullOrEmpty
            @(Get-FakeGitLabCall $server)[-1] | Should -Be 'GET /api/v4/version'
        }

        It 'sends nothing with -SkipValidation' {
            $session = Connect-GitLab $server.Url $token @plain -SkipValidation -PassThru
            Get-FakeGitLabCall $server | Should -BeNullOrEmpty
            $session.TokenName | Should -BeNullOrEmpty
            (Get-GitLabClusterAgent group/app).Count | Should -Be 2
        }

        It 'has the documented defaults' {
            (Connect-GitLab $server.Url $token @plain -SkipValidation -PassThru).ThrottleLimit | Should -Be 8
        }

        It 'replaces the current session; the earlier session still works' {
            $first = Connect-GitLab $server.Url $token @plain -PassThru
            $second = Connect-GitLab $server.Url (ConvertTo-Secret 'glpat-developer') @plain -PassThru
            [object]::ReferenceEquals($second, (Get-GitLabSession)) | Should -BeTrue
            (Get-GitLabClusterAgent group/app -Session $first).Count | Should -Be 2
        }

        It 'is the current session of its own runspace only' {
            Connect-GitLab $server.Url $token @plain
            $shell = [powershell]::Create()
            try {
                $shell.AddScript(
                    "Import-Module '$PSScriptRoot/../../GitLabAgents.psd1'; @(Get-GitLabSession).Count").Invoke() |
                    Should -Be 0
            }
            finally {
                $shell.Dispose()
            }
        }
    }

    Context 'the address' {
        It 'accepts <Given>' -ForEach @(
            @{ Given = 'gitlab.example.com'; Uri = 'https://gitlab.example.com/' }
            @{ Given = 'gitlab.example.com:8443'; Uri = 'https://gitlab.example.com:8443/' }
            @{ Given = 'https://gitlab.example.com/'; Uri = 'https://gitlab.example.com/' }
            @{ Given = 'https://gitlab.example.com/prefix'; Uri = 'https://gitlab.example.com/prefix' }
            @{ Given = 'https://gitlab.example.com/prefix/api/v4/'; Uri = 'https://gitlab.example.com/prefix' }
            @{ Given = 'gitlab.example.com/api/v4'; Uri = 'https://gitlab.example.com/' }
        ) {
            (Connect-GitLab $Given $token -SkipValidation -PassThru).Uri.AbsoluteUri | Should -Be $Uri
        }

        It 'ignores /api/v4 at its end' {
            Connect-GitLab "$($server.Url)/api/v4" $token @plain
            @(Get-FakeGitLabCall $server)[0] | Should -Be 'GET /api/v4/personal_access_tokens/self'
        }

        It 'keeps the prefix of a relative URL' {
            $prefixed = Start-FakeGitLab -Arguments --prefix, /gitlab
            try {
                Connect-GitLab $prefixed.Url $token @plain
                @(Get-FakeGitLabCall $prefixed) |
                    Should -Be 'GET /gitlab/api/v4/personal_access_tokens/self', 'GET /gitlab/api/v4/metadata'
            }
            finally {
                Stop-FakeGitLab $prefixed
            }
        }

        It 'rejects http, and sends nothing' {
            $failure = Get-Failure { Connect-GitLab $server.Url $token }
            $failure.FullyQualifiedErrorId | Should -Be 'InvalidRequest,GitLabAgents.Commands.ConnectGitLabCommand'
            $failure.CategoryInfo.Category | Should -Be 'InvalidArgument'
            $failure.TargetObject | Should -Be $server.Url
            "$($failure.Exception.Message)" | Should -BeLike '*-AllowUnencryptedAuthentication*'
            Get-FakeGitLabCall $server | Should -BeNullOrEmpty
            Get-GitLabSession | Should -BeNullOrEmpty
        }

        It 'rejects http with -SkipValidation too' {
            (Get-Failure { Connect-GitLab $server.Url $token -SkipValidation }).FullyQualifiedErrorId |
                Should -BeLike 'InvalidRequest,*'
            Get-GitLabSession | Should -BeNullOrEmpty
        }

        It 'rejects an access token in its place, and does not repeat it: <_>' -ForEach @(
            'glpat-xYzzyxYzzyxYzzyxYzzy'
            'glpat-xYzzyxYzzyxYzzyxYzzyxYzzyxYzzyxYzzy.01.0w1abc234'
            'https://gldt-xYzzyxYzzyxYzzyxYzzy/'
        ) {
            $given = $_
            $failure = Get-Failure { Connect-GitLab $given $token -ErrorVariable errors }
            $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidRequest,*'
            $failure.Exception.Message | Should -BeLike '*looks like an access token*'
            ($failure | Format-List * -Force | Out-String) + ($failure | Out-String) + $failure.Exception |
                Should -Not -BeLike '*xYzzy*'
            $errors | Out-String | Should -Not -BeLike '*xYzzy*'
            $env:GITLAB_HOST = $given
            (Get-Failure { Connect-GitLab -Token $token }) | Out-String | Should -Not -BeLike '*xYzzy*'
        }

        It 'rejects <_>' -ForEach 'https://user:secret@gitlab.example.com', 'https://gitlab.example.com/?a=b',
            'ftp://gitlab.example.com', 'https://', 'a b' {
            $failure = Get-Failure { Connect-GitLab $_ $token }
            $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidRequest,*'
            "$failure" | Should -Not -BeLike '*secret*'
        }
    }

    Context 'the environment' {
        It 'reads the address from <_>, and the token from GITLAB_TOKEN' -ForEach 'GITLAB_HOST', 'GITLAB_URI',
            'CI_SERVER_URL' {
            [Environment]::SetEnvironmentVariable($_, $server.Url)
            $env:GITLAB_TOKEN = 'glpat-developer'
            Connect-GitLab @plain
            (Get-FakeGitLabRequest $server)[0].headers.'PRIVATE-TOKEN' | Should -BeExactly 'glpat-developer'
        }

        It 'prefers GITLAB_HOST to GITLAB_URI to CI_SERVER_URL' {
            $env:GITLAB_TOKEN = 'glpat-developer'
            $env:CI_SERVER_URL = 'https://ci.example.com'
            (Connect-GitLab -SkipValidation -PassThru).Uri.Host | Should -Be 'ci.example.com'
            $env:GITLAB_URI = 'https://uri.example.com'
            (Connect-GitLab -SkipValidation -PassThru).Uri.Host | Should -Be 'uri.example.com'
            $env:GITLAB_HOST = 'host.example.com'
            (Connect-GitLab -SkipValidation -PassThru).Uri.Host | Should -Be 'host.example.com'
        }

        It 'connects to gitlab.com without an address' {
            $env:GITLAB_TOKEN = 'glpat-developer'
            (Connect-GitLab -SkipValidation -PassThru).Uri.AbsoluteUri | Should -Be 'https://gitlab.com/'
        }

        It 'prefers parameters' {
            $env:GITLAB_HOST = 'https://gitlab.invalid'
            $env:GITLAB_TOKEN = 'glpat-developer'
            Connect-GitLab $server.Url $token @plain
            (Get-FakeGitLabRequest $server)[0].headers.'PRIVATE-TOKEN' | Should -BeExactly 'glpat-maintainer'
        }

        It 'reports a missing token' {
            $failure = Get-Failure { Connect-GitLab $server.Url @plain }
            $failure.FullyQualifiedErrorId | Should -BeLike 'AuthenticationFailed,*'
            $failure.Exception.Message | Should -BeLike '*GITLAB_TOKEN*'
            Get-FakeGitLabCall $server | Should -BeNullOrEmpty
        }
    }

    Context 'the token' {
        It 'warns of a token without the scope api' {
            Connect-GitLab $server.Url (ConvertTo-Secret 'glpat-readonly') @plain -WarningVariable warnings `
                -WarningAction SilentlyContinue
            $warnings.Count | Should -Be 1
            "$warnings" | Should -BeLike '*readonly*api*read_api*'
            Get-GitLabSession | Should -Not -BeNullOrEmpty
        }

        It 'warns of a token that expires within seven days' {
            $null = Add-FakeGitLabSeed $server @{ accessTokens = @{
                value = 'glpat-week'
                expiresAt = [datetime]::UtcNow.AddDays(6).ToString('yyyy-MM-dd')
            } }
            Connect-GitLab $server.Url (ConvertTo-Secret 'glpat-week') @plain -WarningVariable warnings `
                -WarningAction SilentlyContinue
            $warnings.Count | Should -Be 1
            "$warnings" | Should -BeLike "*week*expires*$([datetime]::UtcNow.AddDays(6).ToString('yyyy-MM-dd'))*"
            (Get-GitLabSession).ExpiresAt.UtcDateTime.ToString('yyyy-MM-dd') |
                Should -Be ([datetime]::UtcNow.AddDays(6).ToString('yyyy-MM-dd'))
        }

        It 'warns of it by the clock of the server' {
            $null = Add-FakeGitLabSeed $server @{ accessTokens = @{
                value = 'glpat-month'
                expiresAt = [datetime]::UtcNow.AddDays(30).ToString('yyyy-MM-dd')
            } }
            Edit-FakeGitLabOption $server @{ clockSkewMs = 25 * 86400000 }
            Connect-GitLab $server.Url (ConvertTo-Secret 'glpat-month') @plain -WarningVariable warnings `
                -WarningAction SilentlyContinue
            "$warnings" | Should -BeLike '*month*expires on*'
        }

        It 'writes the date in the same way in <_>' -ForEach 'th-TH', 'ar-SA', 'fa-IR' {
            $before = [cultureinfo]::CurrentCulture
            try {
                [cultureinfo]::CurrentCulture = $_
                Connect-GitLab $server.Url (ConvertTo-Secret 'glpat-expiring') @plain -WarningVariable warnings `
                    -WarningAction SilentlyContinue
            }
            finally { [cultureinfo]::CurrentCulture = $before }
            $expected = [datetime]::UtcNow.AddDays(3).ToString('yyyy-MM-dd', [cultureinfo]::InvariantCulture)
            "$warnings" | Should -BeLike "*$expected*"
        }

        It 'does not miss the scope api in a fine-grained token' {
            $null = Add-FakeGitLabSeed $server @{ accessTokens = @{ value = 'glpat-fine'; scopes = 'granular' } }
            Connect-GitLab $server.Url (ConvertTo-Secret 'glpat-fine') @plain -WarningVariable warnings `
                -WarningAction SilentlyContinue
            $warnings | Where-Object { $_ -like '*scope*' } | Should -BeNullOrEmpty
        }

        It 'shows no control character of its name' {
            Add-FakeGitLabFault $server @{
                kind = 'body'
                status = 200
                pathContains = '/personal_access_tokens/self'
                body = '{"id":1,"name":"a\u001b[2Kb","active":true,"revoked":false,"user_id":1,' +
                    '"created_at":"2026-01-01T00:00:00Z","scopes":["read_\u001bapi"]}'
            }
            Connect-GitLab $server.Url $token @plain -WarningVariable warnings -WarningAction SilentlyContinue
            "$warnings" | Should -BeLike '*a ?2Kb*'
            "$warnings" | Should -Not -Match '\x1b'
        }

        It 'does not warn of a token that expires later' {
            $null = Add-FakeGitLabSeed $server @{ accessTokens = @{
                value = 'glpat-later'
                expiresAt = [datetime]::UtcNow.AddDays(9).ToString('yyyy-MM-dd')
            } }
            Connect-GitLab $server.Url (ConvertTo-Secret 'glpat-later') @plain -WarningVariable warnings
            $warnings | Should -BeNullOrEmpty
            (Get-GitLabSession).TokenName | Should -Be 'later'
        }

        It 'does not warn of a valid token' {
            Connect-GitLab $server.Url $token @plain -WarningVariable warnings
            $warnings | Should -BeNullOrEmpty
            (Get-GitLabSession).TokenName | Should -Be 'maintainer'
        }

        It 'does not connect with <_>' -ForEach 'glpat-unknown', 'glpat-expired', 'glcbt-job' {
            $failure = Get-Failure { Connect-GitLab $server.Url (ConvertTo-Secret $_) @plain }
            $failure.FullyQualifiedErrorId |
                Should -Be 'AuthenticationFailed,GitLabAgents.Commands.ConnectGitLabCommand'
            $failure.CategoryInfo.Category | Should -Be 'AuthenticationError'
            Get-GitLabSession | Should -BeNullOrEmpty
        }

        It 'connects with a token whose scopes allow nothing else, with a warning' {
            Connect-GitLab $server.Url (ConvertTo-Secret 'glpat-noscope') @plain -WarningVariable warnings `
                -WarningAction SilentlyContinue
            "$warnings" | Should -BeLike '*read_user*'
            (Get-GitLabSession).TokenName | Should -Be 'noscope'
        }

        It 'rejects <What>, and sends nothing' -ForEach @(
            @{ What = 'an empty token'; Text = ' ' }
            @{ What = 'a token that contains a line break'; Text = "glpat-a`nX-Header: b" }
        ) {
            (Get-Failure { Connect-GitLab $server.Url (ConvertTo-Secret $Text) @plain }).FullyQualifiedErrorId |
                Should -BeLike 'InvalidRequest,*'
            Get-FakeGitLabCall $server | Should -BeNullOrEmpty
        }

        It 'rejects plain text' {
            $failure = Get-Failure { Connect-GitLab $server.Url 'glpat-maintainer' @plain }
            $failure.Exception | Should -BeOfType System.Management.Automation.ParameterBindingException
            "$failure" | Should -BeLike '*SecureString*'
            "$failure" | Should -Not -BeLike '*glpat-*'
            Get-FakeGitLabCall $server | Should -BeNullOrEmpty
        }
    }

    Context 'a connection that fails' {
        It 'keeps the current session: <What>' -ForEach @(
            @{ What = 'wrong token'
                Script = {
                    Connect-GitLab $server.Url (ConvertTo-Secret 'glpat-unknown') -AllowUnencryptedAuthentication
                } }
            @{ What = 'http'; Script = { Connect-GitLab $server.Url $token } }
            @{ What = 'no server'
                Script = {
                    Connect-GitLab http://127.0.0.1:9 $token -AllowUnencryptedAuthentication -MaximumRetryCount 0
                } }
            @{ What = 'no address'; Script = { Connect-GitLab 'ftp://x' $token } }
        ) {
            $session = Connect-GitLab $server.Url $token @plain -PassThru
            @(Get-Failure $Script).Count | Should -Be 1
            [object]::ReferenceEquals($session, (Get-GitLabSession)) | Should -BeTrue
            (Get-GitLabClusterAgent group/app).Count | Should -Be 2
        }

        It 'is a terminating error' {
            { Connect-GitLab $server.Url (ConvertTo-Secret 'glpat-unknown') @plain -ErrorAction SilentlyContinue } |
                Should -Throw -ErrorId 'AuthenticationFailed,*'
        }

        It 'reports a server that is not GitLab' {
            Add-FakeGitLabFault $server @{ kind = 'html'; status = 200; times = 'always' }
            (Get-Failure { Connect-GitLab $server.Url $token @plain }).FullyQualifiedErrorId |
                Should -BeLike 'InvalidResponse,*'
            Get-GitLabSession | Should -BeNullOrEmpty
        }

        It 'does not follow a redirect to another host' {
            $other = Start-FakeGitLab
            try {
                Add-FakeGitLabFault $server @{
                    kind = 'redirect'
                    status = 301
                    location = "$($other.Url)/api/v4/personal_access_tokens/self"
                    times = 'always'
                }
                $failure = Get-Failure { Connect-GitLab $server.Url $token @plain }
                $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidResponse,*'
                "$failure" | Should -BeLike '*redirects*'
                Get-FakeGitLabCall $other | Should -BeNullOrEmpty
                Get-FakeGitLabCall $server | Should -Not -BeNullOrEmpty
            }
            finally {
                Stop-FakeGitLab $other
            }
        }
    }

    Context 'parameters that cannot be combined' {
        It 'rejects <What>' -ForEach @(
            @{ What = '-Proxy with -NoProxy'; Parameter = @{ Proxy = 'http://127.0.0.1:9'; NoProxy = $true } }
            @{ What = '-ProxyCredential without -Proxy'
                Parameter = @{ ProxyCredential = [pscredential]::new('a', [securestring]::new()) } }
            @{ What = 'a certificate file without a certificate'; Parameter = @{ CaCertificatePath = $PSCommandPath } }
            @{ What = 'a missing certificate file'; Parameter = @{ CaCertificatePath = 'missing.pem' } }
        ) {
            (Get-Failure { Connect-GitLab $server.Url $token @plain @Parameter }).FullyQualifiedErrorId |
                Should -BeLike 'InvalidRequest,*'
            Get-FakeGitLabCall $server | Should -BeNullOrEmpty
        }

        It 'checks the range of <Name>' -ForEach @(
            @{ Name = 'TimeoutSec'; Value = -1 }
            @{ Name = 'MaximumRetryCount'; Value = -1 }
            @{ Name = 'ThrottleLimit'; Value = 0 }
            @{ Name = 'ThrottleLimit'; Value = 257 }
            @{ Name = 'ThrottleLimit'; Value = [int]::MaxValue }
        ) {
            $parameter = @{ $Name = $Value }
            (Get-Failure { Connect-GitLab $server.Url $token @plain @parameter }).FullyQualifiedErrorId |
                Should -BeLike 'ParameterArgumentValidation*'
        }

        It 'accepts the largest <_>' -ForEach 'TimeoutSec', 'MaximumRetryCount' {
            $parameter = @{ $_ = [int]::MaxValue }
            (Connect-GitLab $server.Url $token @plain @parameter -ThrottleLimit 256 -PassThru).TokenName |
                Should -Be maintainer
            (Get-GitLabClusterAgent group/app).Count | Should -Be 2
        }

        It 'rejects the proxy <_>, and does not repeat it' -ForEach @(
            'ftp://me:pr0xy-pass@proxy:21'
            'http://me:pr0xy-pass@proxy:3128/path'
            'http://me:pr0xy-pass@proxy:3128?a=b'
            'me:pr0xy-pass@ho st:3128'
            'me:pr0xy-pass@proxy:port'
            '/etc/proxy'
        ) {
            foreach ($skip in $false, $true) {
                $failure = Get-Failure { Connect-GitLab $server.Url $token @plain -Proxy $_ -SkipValidation:$skip }
                $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidRequest,*'
                $failure.Exception.Message | Should -BeLike '*-Proxy*host:port*'
                $failure.Exception.ToString() + $failure.TargetObject | Should -Not -BeLike '*pr0xy-pass*'
            }

            Get-FakeGitLabCall $server | Should -BeNullOrEmpty
        }

        It 'rejects a certificate without its private key' {
            $rsa = [System.Security.Cryptography.RSA]::Create(2048)
            $request = [System.Security.Cryptography.X509Certificates.CertificateRequest]::new(
                'CN=me', $rsa, 'SHA256', [System.Security.Cryptography.RSASignaturePadding]::Pkcs1)
            $certificate = $request.CreateSelfSigned([DateTimeOffset]::UtcNow, [DateTimeOffset]::UtcNow.AddDays(1))
            $bare = [System.Security.Cryptography.X509Certificates.X509Certificate2]::new($certificate.RawData)
            $failure = Get-Failure { Connect-GitLab $server.Url $token @plain -Certificate $bare }
            $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidRequest,*'
            $failure.Exception.Message | Should -BeLike '*private key*'
            $collection = [System.Security.Cryptography.X509Certificates.X509Certificate2Collection]::new()
            $null = $collection.Add($bare)
            $null = $collection.Add($certificate)
            (Connect-GitLab $server.Url $token @plain -Certificate $collection -PassThru).TokenName |
                Should -Be maintainer
        }

        It 'connects through a proxy' {
            # The fake GitLab rejects the unknown endpoint, but it received the request.
            $null = Get-Failure {
                Connect-GitLab http://gitlab.invalid $token @plain -Proxy $server.Url -MaximumRetryCount 0
            }
            @(Get-FakeGitLabRequest $server)[0].headers.Host | Should -Be 'gitlab.invalid'
        }

        It 'retries as often as -MaximumRetryCount allows' {
            Add-FakeGitLabFault $server @{ kind = 'rateLimited'; retryAfter = 0; times = 'always' }
            (Get-Failure { Connect-GitLab $server.Url $token @plain -MaximumRetryCount 2 }).FullyQualifiedErrorId |
                Should -BeLike 'RateLimited,*'
            @(Get-FakeGitLabCall $server).Count | Should -Be 3
        }
    }

    Context 'https' {
        BeforeAll {
            $certificate = Join-Path $TestDrive ca.pem
            $secure = Start-FakeGitLab -Arguments --https, --certificate-out, $certificate, --urls, https://127.0.0.1:0
            $byName = $secure.Url.Replace('127.0.0.1', 'localhost') # wine reads no IP addresses in certificates.
        }

        AfterAll {
            Stop-FakeGitLab $secure
        }

        It 'does not trust a certificate of an unknown authority' {
            $failure = Get-Failure { Connect-GitLab $secure.Url $token -MaximumRetryCount 0 }
            $failure.FullyQualifiedErrorId | Should -BeLike 'ConnectionFailed,*'
            $failure.Exception.Message | Should -BeLike '*-CaCertificatePath*'
        }

        It 'trusts the authorities of a file' {
            (Connect-GitLab $byName $token -CaCertificatePath $certificate -PassThru `
                -WarningVariable warnings).TokenName |
                Should -Be 'maintainer'
            $warnings | Should -BeNullOrEmpty
        }

        It 'accepts any certificate with -SkipCertificateCheck, with a warning' {
            (Connect-GitLab $secure.Url $token -SkipCertificateCheck -PassThru -WarningVariable warnings `
                -WarningAction SilentlyContinue).TokenName |
                Should -Be 'maintainer'
            "$warnings" | Should -BeLike '*not checked*'
        }
    }
}
