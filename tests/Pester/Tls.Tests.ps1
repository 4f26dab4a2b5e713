#Requires -PSEdition Core
[Diagnostics.CodeAnalysis.SuppressMessage(
    'PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'The blocks of Pester share their variables.')]
param()

BeforeAll {
    Import-Module "$PSScriptRoot/../../GitLabAgents.psd1"
    Import-Module "$PSScriptRoot/FakeGitLab.psm1"
    $hidden = Hide-GitLabEnvironment
    $authority = Join-Path ([System.IO.Path]::GetTempPath()) "$([guid]::NewGuid()).pem"
    $server = Start-FakeGitLab -Arguments '--https', '--certificate-out', $authority
    $byName = $server.Url.Replace('127.0.0.1', 'localhost') # wine reads no IP addresses in certificates.
    $proxy = Start-FakeGitLab
    $token = ConvertTo-Secret glpat-maintainer
    # Requests are recorded behind the control endpoints, which are read over TLS too.
    function Get-Seen { (Invoke-RestMethod "$($server.Url)/-/fake-gitlab/requests" -SkipCertificateCheck) }
}

AfterAll {
    Stop-FakeGitLab $server
    Stop-FakeGitLab $proxy
    Remove-Item $authority
    Restore-GitLabEnvironment $hidden
}

Describe 'Connect-GitLab over TLS' {
    AfterEach { Disconnect-GitLab }

    It 'rejects a certificate of an unknown authority, and sends no token' {
        $before = @(Get-Seen).Count
        $failure = Get-Failure { Connect-GitLab $server.Url $token }
        $failure.FullyQualifiedErrorId | Should -BeLike 'ConnectionFailed,*'
        $failure.CategoryInfo.Category | Should -Be ConnectionError
        $failure.Exception.Message | Should -BeLike '*certificate*-CaCertificatePath*'
        @(Get-Seen).Count | Should -Be $before
        Get-GitLabSession | Should -BeNullOrEmpty
    }

    It 'trusts the certificates of -CaCertificatePath without a warning' {
        Connect-GitLab $byName $token -CaCertificatePath $authority -WarningVariable warnings
        $warnings | Should -BeNullOrEmpty
        (Get-GitLabClusterAgent group/app).Count | Should -Be 2
    }

    It 'uses HTTP/2 if the server offers it' {
        Connect-GitLab $byName $token -CaCertificatePath $authority
        (Get-Seen)[-1].protocol | Should -Be 'HTTP/2'
    }

    It 'still checks the name of the host' {
        $other = $server.Url -replace '127\.0\.0\.1', '127.0.0.2'
        $failure = Get-Failure { Connect-GitLab $other $token -CaCertificatePath $authority -MaximumRetryCount 0 }
        $failure.FullyQualifiedErrorId | Should -BeLike 'ConnectionFailed,*'
    }

    It 'reports what is wrong with the file of -CaCertificatePath' {
        $failure = Get-Failure { Connect-GitLab $server.Url $token -CaCertificatePath ./nowhere.pem }
        $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidRequest,*'
        $failure.Exception.Message | Should -BeLike '*nowhere.pem*'
    }

    It 'accepts any certificate with -SkipCertificateCheck, with a warning each time' {
        1..2 | ForEach-Object {
            Connect-GitLab $server.Url $token -SkipCertificateCheck -WarningVariable warnings `
                -WarningAction SilentlyContinue
            "$warnings" | Should -BeLike '*not checked*'
        }
    }

    It 'sends the certificate of -Certificate to the server' {
        $rsa = [System.Security.Cryptography.RSA]::Create(2048)
        $request = [System.Security.Cryptography.X509Certificates.CertificateRequest]::new(
            'CN=me', $rsa, 'SHA256', [System.Security.Cryptography.RSASignaturePadding]::Pkcs1)
        $certificate = $request.CreateSelfSigned(
            [DateTimeOffset]::UtcNow.AddDays(-1), [DateTimeOffset]::UtcNow.AddDays(1))
        $strict = Start-FakeGitLab -Arguments '--https', '--require-client-certificate'
        try {
            Get-Failure { Connect-GitLab $strict.Url $token -SkipCertificateCheck -MaximumRetryCount 0 } |
                Should -Not -BeNullOrEmpty
            Connect-GitLab $strict.Url $token -SkipCertificateCheck -Certificate $certificate `
                -WarningAction SilentlyContinue
            (Get-GitLabClusterAgent group/app).Count | Should -Be 2
        }
        finally { Stop-FakeGitLab $strict }
    }
}

Describe 'Connect-GitLab through a proxy' {
    BeforeEach { Reset-FakeGitLab $proxy }
    AfterEach {
        Disconnect-GitLab
        $env:http_proxy = $env:no_proxy = $env:ALL_PROXY = $null
    }

    It 'connects through -Proxy' {
        Connect-GitLab http://gitlab.invalid $token -AllowUnencryptedAuthentication -Proxy $proxy.Url
        (Get-FakeGitLabRequest $proxy)[0].rawTarget |
            Should -Be 'http://gitlab.invalid/api/v4/personal_access_tokens/self'
    }

    It 'sends the credential of <_> to the proxy, and reveals it in no message' -ForEach '-ProxyCredential', 'its URL' {
        Add-FakeGitLabFault $proxy @{
            kind = 'status'
            status = 407
            body = ''
            headers = @{ 'Proxy-Authenticate' = 'Basic realm="p"' }
        }
        $credential = if ($_ -eq '-ProxyCredential') {
            @{ Proxy = $proxy.Url; ProxyCredential = [pscredential]::new('me', (ConvertTo-Secret 'pr0xy-pass')) }
        } else { @{ Proxy = $proxy.Url -replace '://', '://me:pr0xy-pass@' } }
        Connect-GitLab http://gitlab.invalid $token -AllowUnencryptedAuthentication @credential
        (Get-FakeGitLabRequest $proxy).headers.'Proxy-Authorization' |
            Should -Contain ('Basic ' +
                [Convert]::ToBase64String([System.Text.Encoding]::UTF8.GetBytes('me:pr0xy-pass')))
        $dead = @{} + $credential
        $dead.Proxy = $dead.Proxy -replace ':\d+$', ':1'
        $failure = Get-Failure { Connect-GitLab https://gitlab.invalid $token @dead -MaximumRetryCount 0 }
        $failure.FullyQualifiedErrorId | Should -BeLike 'ConnectionFailed,*'
        ($failure | Format-List * -Force | Out-String) + $failure.Exception.ToString() |
            Should -Not -BeLike '*pr0xy-pass*'
    }

    It 'uses the proxy of the environment, and none with -NoProxy' {
        $output = Invoke-ChildShell @"
            Import-Module '$PSScriptRoot/../../GitLabAgents.psd1'
            Connect-GitLab -AllowUnencryptedAuthentication
            (Get-GitLabSession).TokenName
            try { Connect-GitLab -AllowUnencryptedAuthentication -NoProxy -MaximumRetryCount 0 }
            catch { `$_.FullyQualifiedErrorId }
"@ -Environment @{ GITLAB_HOST = 'http://gitlab.invalid'; GITLAB_TOKEN = 'glpat-maintainer'; http_proxy = $proxy.Url }
        $output[0] | Should -Be maintainer
        $output[-1] | Should -BeLike 'ConnectionFailed,*'
    }

    It 'reads the environment when it connects' {
        $way = { Connect-GitLab http://gitlab.invalid $token -AllowUnencryptedAuthentication -MaximumRetryCount 0 }
        (Get-Failure $way).FullyQualifiedErrorId | Should -BeLike 'ConnectionFailed,*'
        $env:http_proxy = $proxy.Url
        Get-Failure $way | Should -BeNullOrEmpty
        (Get-FakeGitLabRequest $proxy)[0].rawTarget |
            Should -Be 'http://gitlab.invalid/api/v4/personal_access_tokens/self'
        $env:no_proxy = 'gitlab.invalid'
        (Get-Failure $way).FullyQualifiedErrorId | Should -BeLike 'ConnectionFailed,*'
        $env:no_proxy = $env:http_proxy = $null
        $env:ALL_PROXY = $proxy.Url
        Get-Failure $way | Should -BeNullOrEmpty
        $env:ALL_PROXY = $null
        (Get-Failure $way).FullyQualifiedErrorId | Should -BeLike 'ConnectionFailed,*'
    }

    It 'uses the default proxy that a user has set for .NET' {
        $before = [System.Net.Http.HttpClient]::DefaultProxy
        try {
            [System.Net.Http.HttpClient]::DefaultProxy = [System.Net.WebProxy]::new($proxy.Url)
            Connect-GitLab http://gitlab.invalid $token -AllowUnencryptedAuthentication
            (Get-FakeGitLabRequest $proxy)[0].headers.Host | Should -Be gitlab.invalid
        }
        finally { [System.Net.Http.HttpClient]::DefaultProxy = $before }
    }

    It 'accepts -Proxy <What>' -ForEach @(
        @{ What = 'host:port'; Convert = { $args[0] -replace '^http://' } }
        @{ What = 'localhost:port'; Convert = { $args[0] -replace '^http://127.0.0.1', 'localhost' } }
        @{ What = 'as a Uri'; Convert = { [uri]$args[0] } }
        @{ What = 'user:password@host:port'; Convert = { $args[0] -replace '^http://', 'me:pr0xy-pass@' } }
    ) {
        Connect-GitLab http://gitlab.invalid $token -AllowUnencryptedAuthentication -Proxy (& $Convert $proxy.Url)
        (Get-FakeGitLabRequest $proxy)[0].headers.Host | Should -Be gitlab.invalid
    }

    It 'stops at once if the proxy rejects the password' {
        Add-FakeGitLabFault $proxy @{
            kind = 'status'
            status = 407
            body = ''
            headers = @{ 'Proxy-Authenticate' = 'Basic realm="p"' }
            times = 'always'
        }
        $way = @{ Proxy = $proxy.Url; ProxyCredential = [pscredential]::new('me', (ConvertTo-Secret 'pr0xy-pass')) }
        $failure = Get-Failure { Connect-GitLab http://gitlab.invalid $token -AllowUnencryptedAuthentication @way }
        $failure.FullyQualifiedErrorId | Should -BeLike 'ConnectionFailed,*'
        $failure.Exception.Message | Should -BeLike "*the proxy $($proxy.Url) refused*(407)*-ProxyCredential*"
        @(
            (Get-FakeGitLabRequest $proxy).headers | Where-Object { $_.PSObject.Properties['Proxy-Authorization'] }
        ).Count |
            Should -Be 1
    }

    It 'rejects parameters that cannot be combined' {
        (Get-Failure {
            Connect-GitLab http://x $token -AllowUnencryptedAuthentication -Proxy $proxy.Url -NoProxy
        }).FullyQualifiedErrorId |
            Should -BeLike 'InvalidRequest,*'
        (Get-Failure {
            Connect-GitLab http://x $token -AllowUnencryptedAuthentication -ProxyCredential ([pscredential]::new(
                'me', $token))
        }).FullyQualifiedErrorId |
            Should -BeLike 'InvalidRequest,*'
    }
}
