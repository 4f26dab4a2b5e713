#Requires -PSEdition Core
[Diagnostics.CodeAnalysis.SuppressMessage(
    'PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'The blocks of Pester share their variables.')]
param()

BeforeDiscovery {
    $noShell = $IsWindows -or -not (Test-Path /bin/sh)
    $noHelm = -not (Get-Command helm -CommandType Application -ErrorAction Ignore)
    $noKubectl = -not (Get-Command kubectl -CommandType Application -ErrorAction Ignore)
}

BeforeAll {
    $manifest = (Resolve-Path "$PSScriptRoot/../../GitLabAgents.psd1").Path
    Import-Module $manifest
    Import-Module "$PSScriptRoot/FakeGitLab.psm1"
    $hidden = Hide-GitLabEnvironment
    $server = Start-FakeGitLab
}

AfterAll {
    Stop-FakeGitLab $server
    Restore-GitLabEnvironment $hidden
}

Describe 'ConvertTo-GitLabAgentManifest' {
    BeforeAll {
        # A valid certificate, one with its key in the same file, and one that expired.
        $files = (New-Item -ItemType Directory 'TestDrive:/files').FullName
        $good = New-TestCertificate ca
        Set-Content "$files/ca.pem" $good.Pem
        Set-Content "$files/both.pem" $good.Pem, $good.KeyPem
        Set-Content "$files/expired.pem" (New-TestCertificate ca -From -9 -To -2).Pem
        Set-Content "$files/key.pem" $good.KeyPem
        Set-Content "$files/junk.pem" hello
        Push-Location $files

        $command =
            'helm upgrade --install gitlab-agent gitlab/gitlab-agent --namespace gitlab-agent --create-namespace ' +
                '--set-string config.secretName=gitlab-agent-token'
        $values = "config:`n  secretName: `"gitlab-agent-token`"`n"
        function Get-SecretText ($Token, $Marks = '') {
            ("apiVersion: v1`nkind: Secret`nmetadata:`n  name: `"gitlab-agent-token`"`n  namespace: " +
                "`"gitlab-agent`"`n${Marks}type: Opaque`nstringData:`n  token: `"$($Token.RevealToken())`"`n")
        }

        function Add-UrlConfiguration ($Agent = 14, $Url = 'grpc://agent.example.com:8182', $With = @{}) {
            New-GitLabAgentUrlConfiguration 103 $Agent $Url @With
        }
    }

    AfterAll { Pop-Location }

    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
        $token = New-GitLabAgentToken 103 14 ci-1
        Clear-FakeGitLabRequest $server
    }

    AfterEach { Disconnect-GitLab }

    Context 'creates' {
        It 'the command for Helm by default, with the address that the server reports' {
            $created = $token | ConvertTo-GitLabAgentManifest
            $created | Should -BeOfType string
            $created | Should -BeExactly "$command --set-string config.kasAddress=wss://kas.example.com"
        }

        It 'the values for Helm' {
            $token | ConvertTo-GitLabAgentManifest -Format HelmValues |
                Should -BeExactly "$values  kasAddress: `"wss://kas.example.com`"`n"
        }

        It 'the Kubernetes secret, with the token that the server created' {
            $created = $token | ConvertTo-GitLabAgentManifest -Format KubernetesSecret
            $created | Should -BeExactly (Get-SecretText $token)
            $created |
                Should -BeLike "*`"$(((Get-FakeGitLabState $server).tokens | Where-Object id -EQ $token.Id).secret)`"*"
        }

        It 'each format with the specified names' {
            $names = @{
                Namespace = 'ns-1'
                ReleaseName = 'prod.eu'
                SecretName = 'agent.token'
                KasAddress = 'grpc://10.0.0.1:8150'
            }
            ConvertTo-GitLabAgentManifest $token @names |
                Should -BeExactly ('helm upgrade --install prod.eu gitlab/gitlab-agent --namespace ns-1 ' +
                    '--create-namespace --set-string config.secretName=agent.token --set-string ' +
                    'config.kasAddress=grpc://10.0.0.1:8150')
            ConvertTo-GitLabAgentManifest $token @names -Format HelmValues |
                Should -BeExactly "config:`n  secretName: `"agent.token`"`n  kasAddress: `"grpc://10.0.0.1:8150`"`n"
            ConvertTo-GitLabAgentManifest $token @names -Format KubernetesSecret |
                Should -BeLike "*  name: `"agent.token`"`n  namespace: `"ns-1`"`n*"
        }

        It 'one text per token, and sends nothing' {
            $other = New-GitLabAgentToken 101 12 ci-1
            Clear-FakeGitLabRequest $server
            foreach ($format in 'HelmCommand', 'HelmValues', 'KubernetesSecret') {
                @($token, $other | ConvertTo-GitLabAgentManifest -Format $format).Count | Should -Be 2
            }

            $token, $other | ConvertTo-GitLabAgentManifest -Format KubernetesSecret |
                Should -BeExactly (Get-SecretText $token), (Get-SecretText $other)
            Get-FakeGitLabRequest $server | Should -BeNullOrEmpty
        }

        It 'each format in the pipeline that creates the token, and after the session has ended' {
            Get-GitLabClusterAgent group/app staging | New-GitLabAgentToken -Name ci-1 | ConvertTo-GitLabAgentManifest |
                Should -BeLike 'helm *'
            Disconnect-GitLab
            $token | ConvertTo-GitLabAgentManifest -Format KubernetesSecret | Should -BeExactly (Get-SecretText $token)
            $token | ConvertTo-GitLabAgentManifest -Session $session | Should -BeLike '*wss://kas.example.com'
        }
    }

    Context 'with a private certificate authority' {
        It 'uses the full path of the file in the command, for any PowerShell path' {
            $null = New-PSDrive -Name Files -PSProvider FileSystem -Root $files
            $full = Join-Path $files 'ca.pem'
            $argument = if ($IsWindows) {
                $full.Replace('\', '/')
            } else { $full } # Helm reads a backslash as an escape.
            foreach ($path in './ca.pem', 'Files:/ca.pem', $full) {
                $token | ConvertTo-GitLabAgentManifest -KasCaCertificatePath $path |
                    Should -BeExactly ("$command --set-string config.kasAddress=wss://kas.example.com --set-file " +
                        "config.kasCaCert=$argument")
            }
        }

        It 'writes the certificate to the values, without the key in the same file' {
            $clean = "$values  kasAddress: `"wss://kas.example.com`"`n  kasCaCert: |`n"
            foreach ($file in 'ca.pem', 'both.pem') {
                $created = $token | ConvertTo-GitLabAgentManifest -Format HelmValues -KasCaCertificatePath $file
                $created |
                    Should -BeLike "$clean    -----BEGIN CERTIFICATE-----`n    *`n    -----END CERTIFICATE-----`n"
                $created | Should -Not -BeLike '*PRIVATE*'
                $pem = $created.Substring($clean.Length) -replace '(?m)^ {4}'
                [System.Security.Cryptography.X509Certificates.X509Certificate2]::CreateFromPem($pem).Subject |
                    Should -Be 'CN=ca'
            }
        }

        It 'warns once of an expired certificate' {
            $created = $token, $token |
                ConvertTo-GitLabAgentManifest -KasCaCertificatePath expired.pem -WarningVariable warnings `
                    -WarningAction SilentlyContinue
            $created.Count | Should -Be 2
            "$warnings" | Should -BeLike "-KasCaCertificatePath *expired.pem: the certificate 'CN=ca' expired on *"
            @($warnings).Count | Should -Be 1
        }

        It 'rejects <File> for <Format>: <Message>' -ForEach @(
            @{ File = 'none.pem'; Format = 'HelmCommand'; Message = '*cannot be read*' }
            @{ File = 'junk.pem'; Format = 'HelmCommand'; Message = '*is not PEM*' }
            @{ File = 'key.pem'; Format = 'HelmValues'; Message = '*private key where a certificate is expected*' }
            @{ File = 'both.pem'; Format = 'HelmCommand'; Message = '*contains a private key besides the certificate*' }
            @{ File = 'Env:PATH'; Format = 'HelmCommand'; Message = '*is not a file*' }
        ) {
            $failure = Get-Failure {
                $token | ConvertTo-GitLabAgentManifest -Format $Format -KasCaCertificatePath $File
            }
            $failure.FullyQualifiedErrorId |
                Should -Be 'InvalidRequest,GitLabAgents.Commands.ConvertToGitLabAgentManifestCommand'
            "$failure" | Should -BeLike "-KasCaCertificatePath $Message"
        }
    }

    Context 'for a receptive agent' {
        It 'writes its key, and no address' {
            $url = Add-UrlConfiguration
            $token | ConvertTo-GitLabAgentManifest -UrlConfiguration $url -WarningVariable warnings |
                Should -BeExactly ("$command --set config.receptive.enabled=true --set-string " +
                    "config.api.jwtPublicKey=$($url.PublicKey)")
            $token | ConvertTo-GitLabAgentManifest -UrlConfiguration $url -Format HelmValues |
                Should -BeExactly ("$values  receptive:`n    enabled: true`n  api:`n    jwtPublicKey: " +
                    "`"$($url.PublicKey)`"`n")
            $warnings | Should -BeNullOrEmpty
        }

        It 'labels the secret so that Helm can adopt it' {
            $marks =
                "  labels:`n    app.kubernetes.io/managed-by: Helm`n  annotations:`n    meta.helm.sh/release-name: " +
                    "`"gitlab-agent`"`n    meta.helm.sh/release-namespace: `"gitlab-agent`"`n"
            $token | ConvertTo-GitLabAgentManifest -UrlConfiguration (Add-UrlConfiguration) -Format KubernetesSecret |
                Should -BeExactly (Get-SecretText $token $marks)
        }

        It 'warns if TLS requires a certificate' {
            $url = Add-UrlConfiguration -Url grpcs://agent.example.com:8182
            $created = $token |
                ConvertTo-GitLabAgentManifest -UrlConfiguration $url -WarningVariable warnings `
                    -WarningAction SilentlyContinue
            $created | Should -BeLike 'helm *'
            "$warnings" | Should -BeLike '*grpcs://agent.example.com:8182 with TLS*config.api.tls*'
            $null = $token |
                ConvertTo-GitLabAgentManifest -UrlConfiguration $url -Format KubernetesSecret -WarningVariable warnings
            $warnings | Should -BeNullOrEmpty
        }

        It 'accepts a configuration that was read with another session for the same GitLab' {
            $null = Add-UrlConfiguration
            $second = Connect-FakeGitLab $server
            $url = Get-GitLabAgentUrlConfiguration 103 14 -Session $second
            $token | ConvertTo-GitLabAgentManifest -UrlConfiguration $url | Should -BeLike '*jwtPublicKey=*'
        }

        It 'rejects mutual TLS, for which the chart has no values, but creates the secret' {
            Set-Content gitlab.pem $good.Pem
            $url = Add-UrlConfiguration -With @{ ClientCertificatePath = 'gitlab.pem'; ClientKeyPath = 'key.pem' }
            foreach ($format in 'HelmCommand', 'HelmValues') {
                $failure = Get-Failure { $token | ConvertTo-GitLabAgentManifest -Format $format -UrlConfiguration $url }
                $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidRequest,*'
                "$failure" | Should -BeLike '*uses mutual TLS*'
                $failure.ErrorDetails.RecommendedAction |
                    Should -BeLike '*Get-Help New-GitLabAgentUrlConfiguration -Examples*'
            }

            $token | ConvertTo-GitLabAgentManifest -Format KubernetesSecret -UrlConfiguration $url |
                Should -BeLike '*managed-by: Helm*'
        }

        It 'rejects a configuration of another agent or another GitLab' {
            $failure = Get-Failure {
                $token | ConvertTo-GitLabAgentManifest -UrlConfiguration (Add-UrlConfiguration -Agent 13)
            }
            $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidRequest,*'
            "$failure" | Should -BeLike '*is for agent 13*the token is for agent 14*'
            $another = Start-FakeGitLab
            try {
                $null = Connect-FakeGitLab $another
                $failure = Get-Failure {
                    $token |
                        ConvertTo-GitLabAgentManifest -Format KubernetesSecret -UrlConfiguration (Add-UrlConfiguration)
                }
                "$failure" | Should -BeLike 'URL configuration * is for agent 14 on *'
            }
            finally {
                Stop-FakeGitLab $another
            }
        }

        It 'rejects -<_> with a URL configuration' -ForEach 'KasAddress', 'KasCaCertificatePath' {
            $with = @{ $_ = @{ KasAddress = 'wss://kas.example.com'; KasCaCertificatePath = 'ca.pem' }[$_] }
            $failure = Get-Failure {
                $token | ConvertTo-GitLabAgentManifest -UrlConfiguration (Add-UrlConfiguration) @with
            }
            $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidRequest,*'
            "$failure" |
                Should -BeLike '-UrlConfiguration cannot be combined with -KasAddress or -KasCaCertificatePath*'
        }
    }

    Context 'rejects' {
        It '<Name>, in each format' -ForEach @(
            @{ Name = 'an invalid namespace'; With = @{ Namespace = 'My_Space' }
                Message = '-Namespace is not a valid name of a Kubernetes namespace*' }
            @{ Name = 'an invalid release name'; With = @{ ReleaseName = 'a b' }
                Message = '-ReleaseName is not a valid name of a Helm release*' }
            @{ Name = 'an invalid secret name'; With = @{ SecretName = '-x' }
                Message = '-SecretName is not a valid name of a Kubernetes secret*' }
            @{ Name = 'an invalid address'; With = @{ KasAddress = 'https://kas.example.com' }
                Message = '-KasAddress is not a valid address*' }
            @{ Name = 'an address that runs a command'; With = @{ KasAddress = 'wss://kas.example.com/;id' }
                Message = '-KasAddress is not a valid address*' }
        ) {
            foreach ($format in 'HelmCommand', 'HelmValues', 'KubernetesSecret') {
                $failure = Get-Failure { $token | ConvertTo-GitLabAgentManifest -Format $format @With }
                $failure.FullyQualifiedErrorId |
                    Should -Be 'InvalidRequest,GitLabAgents.Commands.ConvertToGitLabAgentManifestCommand'
                $failure.CategoryInfo.Category | Should -Be InvalidArgument
                $failure.TargetObject | Should -Be $token
                "$failure" | Should -BeLike $Message
            }
        }

        It 'a token without a known KAS address: <Name>' -ForEach @(
            @{ Name = 'the agent server is off'; Prepare = { Edit-FakeGitLabOption $server @{ kasEnabled = $false } }
                With = @{} }
            @{ Name = 'the session was not validated'; Prepare = {}; With = @{ SkipValidation = $true } }
        ) {
            . $Prepare
            $null = Connect-FakeGitLab $server -Parameter $With
            $new = New-GitLabAgentToken 101 12 ci-1
            foreach ($format in 'HelmCommand', 'HelmValues') {
                $failure = Get-Failure { $new | ConvertTo-GitLabAgentManifest -Format $format }
                $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidRequest,*'
                "$failure" | Should -BeLike 'The address that agents connect to is not known*'
                $failure.ErrorDetails.RecommendedAction | Should -BeLike 'Specify it with -KasAddress*'
                $new | ConvertTo-GitLabAgentManifest -Format $format -KasAddress wss://kas.example.org |
                    Should -BeLike '*wss://kas.example.org*'
            }

            $new | ConvertTo-GitLabAgentManifest -Format KubernetesSecret | Should -BeExactly (Get-SecretText $new)
        }

        It 'an address of the server that a shell would misread' {
            Edit-FakeGitLabOption $server @{ kasExternalUrl = 'wss://kas.example.com/;id' }
            $null = Connect-FakeGitLab $server
            $failure = Get-Failure { New-GitLabAgentToken 101 12 ci-1 | ConvertTo-GitLabAgentManifest }
            $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidRequest,*'
            "$failure" |
                Should -BeLike 'The agent server (KAS) address that 127.0.0.1:* reports is not a valid address*'
        }

        It 'another session than that of the token' {
            $other = Connect-FakeGitLab $server
            $failure = Get-Failure { $token | ConvertTo-GitLabAgentManifest -Session $other }
            $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidRequest,*'
            "$failure" | Should -BeLike 'The object came from*'
        }

        It 'one token, and continues with the next' {
            $null = Connect-FakeGitLab $server -Parameter @{ SkipValidation = $true }
            $unknown = New-GitLabAgentToken 101 12 ci-1
            $output = @(
                $unknown, $token, $unknown |
                    ConvertTo-GitLabAgentManifest -ErrorVariable failures -ErrorAction SilentlyContinue
            )
            $output | Should -BeExactly "$command --set-string config.kasAddress=wss://kas.example.com"
            $failures.TargetObject | Should -Be $unknown, $unknown
        }

        It 'a token without a secret' {
            $failure = Get-Failure { Get-GitLabAgentToken 103 14 -Name ci-1 | ConvertTo-GitLabAgentManifest }
            $failure.FullyQualifiedErrorId | Should -BeLike 'InputObjectMissingMandatory,*'
        }
    }

    It 'reveals the token only in the text of the secret' {
        $url = Add-UrlConfiguration -Url grpcs://agent.example.com:8182
        $Error.Clear()
        $records = @(
            foreach ($format in 'HelmCommand', 'HelmValues', 'KubernetesSecret') {
                $with = @{ Format = $format; Verbose = $true; Debug = $true; WarningAction = 'Continue' }
                if ($format -ne 'KubernetesSecret') {
                    $token | ConvertTo-GitLabAgentManifest @with *>&1
                    $token | ConvertTo-GitLabAgentManifest @with -UrlConfiguration $url *>&1
                }

                $token | ConvertTo-GitLabAgentManifest @with -Namespace A *>&1
                $token | ConvertTo-GitLabAgentManifest @with -SecretName $token.RevealToken() *>&1
                $token | ConvertTo-GitLabAgentManifest @with -ReleaseName $token.RevealToken() *>&1
                $token | ConvertTo-GitLabAgentManifest @with -Namespace $token.RevealToken() *>&1
                $token |
                    ConvertTo-GitLabAgentManifest @with `
                        -KasAddress "wss://x:$($token.RevealToken())@kas.example.com" *>&1
                $token |
                    ConvertTo-GitLabAgentManifest @with -UrlConfiguration $url -KasAddress wss://kas.example.com *>&1
            }
        )
        $text = @(
            $records | Out-String -Width 1000
            $records | Format-List * -Force | Out-String -Width 1000
            $Error | Format-List * -Force | Out-String -Width 1000
            $Error |
                ForEach-Object {
                    $_.Exception.ToString()
                    [System.Management.Automation.PSSerializer]::Serialize($_, 4)
                }
        ) -join "`n"
        $Error.Count | Should -Be 18
        foreach ($expected in 'helm upgrade', 'secretName:', 'with TLS', '-Namespace is not a valid name',
            'cannot be combined') {
            $text.Contains($expected) | Should -BeTrue -Because $expected
        }
        $secret = $token.RevealToken()
        foreach ($form in $secret,
            [convert]::ToBase64String([System.Text.Encoding]::UTF8.GetBytes($secret)).TrimEnd('='),
            [convert]::ToHexString([System.Text.Encoding]::Unicode.GetBytes($secret))) {
            $text.Contains($form, [StringComparison]::OrdinalIgnoreCase) | Should -BeFalse
        }

        # The search finds the secret where it is.
        "$($token | ConvertTo-GitLabAgentManifest -Format KubernetesSecret)".Contains($secret) | Should -BeTrue
    }

    It 'completes the formats' {
        $line = 'ConvertTo-GitLabAgentManifest -Format '
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText |
            Should -Be 'HelmCommand', 'HelmValues', 'KubernetesSecret'
    }

    It 'loads the YAML library when it is first needed, in its own load context' {
        Invoke-ChildShell -Environment @{
            MANIFEST = $manifest
            SERVER = $server.Url
            GITLAB_TOKEN = 'glpat-maintainer'
        } @'
$ErrorActionPreference = 'Stop'
Import-Module $env:MANIFEST
function Get-Yaml {
    @([AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { $_.GetName().Name -eq 'YamlDotNet' })
}
Connect-GitLab $env:SERVER -AllowUnencryptedAuthentication
$token = New-GitLabAgentToken 101 12 ci-1
"before: $((Get-Yaml).Count)"
$null = $token | ConvertTo-GitLabAgentManifest -Format KubernetesSecret
$contexts = Get-Yaml | ForEach-Object { [System.Runtime.Loader.AssemblyLoadContext]::GetLoadContext($_).Name }
"after: $($contexts -join ',')"
'@ | Should -Be 'before: 0', 'after: GitLabAgents'
    }
}

Describe "The command of ConvertTo-GitLabAgentManifest$(if ($noShell) { ' (skipped: there is no /bin/sh)' })" {
    BeforeAll {
        # A helm that writes its arguments and its standard input.
        $bin = (New-Item -ItemType Directory 'TestDrive:/bin').FullName
        [System.IO.File]::WriteAllText("$bin/helm", "#!/bin/sh`nprintf '<%s>\n' `"`$@`"`n")
        if (-not $IsWindows) { chmod +x "$bin/helm" }
        $pathBefore = $env:PATH
        Reset-FakeGitLab $server
        $null = Connect-FakeGitLab $server
        $token = New-GitLabAgentToken 103 14 ci-1
        $certificate = (New-TestCertificate ca).Pem
        function Add-Certificate ($Folder) {
            $path = [System.IO.Path]::Combine($TestDrive, 'paths', $Folder)
            $null = [System.IO.Directory]::CreateDirectory($path)
            [System.IO.File]::WriteAllText("$path/ca.pem", $certificate)
            "$path/ca.pem"
        }
    }

    AfterAll {
        $env:PATH = $pathBefore
        Disconnect-GitLab
    }

    It 'has the same arguments in sh and in PowerShell, with <_> in the path' -Skip:$noShell -ForEach @(
        'plain', 'a space', 'two  spaces', 'a,comma', 'o''brien', 'o''brien, jr', "o$([char]0x2019)brien", 'a "quote"',
        '$HOME', '$(id)', '`id`'
        '*', '?', '[a]', '{a,b}', '~', '#x', 'a#b', '(a)', 'a;b', 'a|b', 'a&b', 'a>b', '@a', '!x', 'a=b', '-x', '%20',
        'a --%20', 'Ключи 🔑'
    ) {
        $file = Add-Certificate $_
        $line = $token | ConvertTo-GitLabAgentManifest -KasCaCertificatePath $file -ErrorAction Stop
        $line.Contains("`n") | Should -BeFalse
        $env:PATH = "$bin$([System.IO.Path]::PathSeparator)$pathBefore"
        $expected = @(
            'upgrade', '--install', 'gitlab-agent', 'gitlab/gitlab-agent', '--namespace', 'gitlab-agent',
            '--create-namespace'
            '--set-string', 'config.secretName=gitlab-agent-token', '--set-string',
            'config.kasAddress=wss://kas.example.com'
            '--set-file', "config.kasCaCert=$($file.Replace(',', '\,'))"
        ) | ForEach-Object { "<$_>" }
        /bin/sh -c $line | Should -BeExactly $expected
        & ([scriptblock]::Create($line)) | Should -BeExactly $expected
    }

    It 'keeps names that PowerShell could parse as numbers: <_>' -Skip:$noShell -ForEach '123', '1e3', '0x10', '007',
        '1kb', '1.5', 'null', 'true' {
        $line = $token | ConvertTo-GitLabAgentManifest -Namespace ($_ -replace '\.') -ReleaseName $_ -SecretName $_
        $env:PATH = "$bin$([System.IO.Path]::PathSeparator)$pathBefore"
        $message = /bin/sh -c $line
        $message | Should -Contain "<config.secretName=$_>"
        $message[2] | Should -BeExactly "<$_>"
        & ([scriptblock]::Create($line)) | Should -BeExactly $message
    }
}

Describe "helm$(if ($noHelm) { ' (skipped: there is none on the PATH)' })" {
    BeforeAll {
        # A chart with the name in the command, which renders the values that it receives.
        $chart = (New-Item -ItemType Directory 'TestDrive:/helm/gitlab/gitlab-agent/templates').FullName
        Set-Content "$chart/../Chart.yaml" "apiVersion: v2`nname: gitlab-agent`nversion: 1.0.0"
        Set-Content "$chart/values.yaml" ('shown: {{ dict "config" .Values.config "namespace" .Release.Namespace ' +
            '"release" .Release.Name | toJson }}')
        Push-Location 'TestDrive:/helm'
        Reset-FakeGitLab $server
        $null = Connect-FakeGitLab $server
        $token = New-GitLabAgentToken 103 14 ci-1
        $configuration = New-GitLabAgentUrlConfiguration 103 14 grpc://agent.example.com:8182
        $pem = (New-TestCertificate ca).Pem
        function Get-Shown ($Output) {
            $text = "$($Output -match '^shown: ')" -replace '^shown: '
            if ($text) { ConvertFrom-Json $text -AsHashtable } else { throw "helm says: $Output" }
        }
    }

    AfterAll {
        Pop-Location
        Disconnect-GitLab
    }

    It 'renders the same from the command and from the values: <Name>' -Skip:$noHelm -ForEach @(
        @{ Name = 'as they are'; With = @{}; Url = $false }
        @{ Name = 'a name of digits'; With = @{ SecretName = '123'; Namespace = '007'; ReleaseName = '1e3' }
            Url = $false }
        @{ Name = 'the name null'; With = @{ SecretName = 'null' }; Url = $false }
        @{ Name = 'a receptive agent'; With = @{}; Url = $true }
        @{ Name = 'an authority'; With = @{ KasCaCertificatePath = 'a, b {c}/o''brien/ca.pem' }; Url = $false }
        @{ Name = 'an authority with a quoted path'; With = @{ KasCaCertificatePath = 'a,,b $x/ca.pem' }; Url = $false }
    ) {
        if ($Url) { $With = @{ UrlConfiguration = $configuration } }
        if ($With.KasCaCertificatePath) {
            $null = [System.IO.Directory]::CreateDirectory(
                (Split-Path (Join-Path $PWD.ProviderPath $With.KasCaCertificatePath)))
            [System.IO.File]::WriteAllText((Join-Path $PWD.ProviderPath $With.KasCaCertificatePath), $pem)
        }

        $line = ($token | ConvertTo-GitLabAgentManifest @With -ErrorAction Stop) -replace '^helm upgrade --install',
            'helm template'
        $fromCommand = Get-Shown (& ([scriptblock]::Create($line)) 2>&1)
        $release = if ($With.ReleaseName) { $With.ReleaseName } else { 'gitlab-agent' }
        $namespace = if ($With.Namespace) { $With.Namespace } else { 'gitlab-agent' }
        $yaml = $token | ConvertTo-GitLabAgentManifest @With -Format HelmValues
        $fromValues = Get-Shown ($yaml |
            helm template $release gitlab/gitlab-agent --namespace $namespace --values - 2>&1)

        $fromCommand.release | Should -BeExactly $release
        $fromCommand.namespace | Should -BeExactly $namespace
        $fromCommand.config.secretName |
            Should -BeExactly $(if ($With.SecretName) { $With.SecretName } else { 'gitlab-agent-token' })
        $fromCommand.config.kasAddress | Should -BeExactly $(if (-not $Url) { 'wss://kas.example.com' })
        if ($Url) {
            $fromCommand.config.receptive.enabled | Should -BeTrue
            $fromCommand.config.api.jwtPublicKey | Should -BeExactly $configuration.PublicKey
        }
        foreach ($shown in $fromCommand, $fromValues) {
            if ($shown.config.kasCaCert) {
                $shown.config.kasCaCert = [convert]::ToBase64String(
                    [System.Security.Cryptography.X509Certificates.X509Certificate2]::CreateFromPem(
                        $shown.config.kasCaCert).RawData)
            }
        }

        [bool] $fromCommand.config.kasCaCert | Should -Be ([bool] $With.KasCaCertificatePath)
        ConvertTo-Json $fromCommand -Depth 5 | Should -BeExactly (ConvertTo-Json $fromValues -Depth 5)
    }
}

Describe "kubectl$(if ($noKubectl) { ' (skipped: there is none on the PATH)' })" {
    BeforeAll {
        # The responses of a cluster that kubectl needs for a dry run.
        $listener = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Loopback, 0)
        $listener.Start()
        $cluster = [powershell]::Create()
        $null = $cluster.AddScript({
                param($listener)
                $answers = @{
                    '/api'    = '{"kind":"APIVersions","versions":["v1"]}'
                    '/apis'   = '{"kind":"APIGroupList","apiVersion":"v1","groups":[]}'
                    '/api/v1' = '{"kind":"APIResourceList","groupVersion":"v1","resources":[{"name":"secrets",' +
                        '"singularName":"secret","namespaced":true,"kind":"Secret","verbs":["create","get","patch"]}]}'
                }
                while ($true) {
                    try { $client = $listener.AcceptTcpClient() } catch { break }
                    try {
                        $client.ReceiveTimeout = 5000
                        $reader = [System.IO.StreamReader]::new($client.GetStream())
                        $path = ("$($reader.ReadLine())" -split '[ ?]')[1]
                        while ($reader.ReadLine()) { }
                        $status,
                        $body = if ($answers[$path]) {
                            '200 OK', $answers[$path]
                        } else {
                            '404 Not Found',
                            '{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404}'
                        }
                        $bytes = [System.Text.Encoding]::UTF8.GetBytes(
                            ("HTTP/1.1 $status`r`nContent-Type: application/json`r`nContent-Length: " +
                                "$($body.Length)`r`nConnection: close`r`n`r`n$body"))
                        $client.GetStream().Write($bytes, 0, $bytes.Length)
                    }
                    catch [System.IO.IOException] { $null = $_ } # It went away, or never asked.
                    finally { $client.Dispose() }
                }
            }).AddArgument($listener)
        $running = $cluster.BeginInvoke()
        Set-Content TestDrive:/kubeconfig ''
        $kubeconfigBefore = $env:KUBECONFIG
        $env:KUBECONFIG = "$TestDrive/kubeconfig"
        $there = '--server', "http://127.0.0.1:$($listener.LocalEndpoint.Port)", '--cache-dir', "$TestDrive/cache"
        Reset-FakeGitLab $server
        $null = Connect-FakeGitLab $server
        $token = New-GitLabAgentToken 103 14 ci-1
    }

    AfterAll {
        Disconnect-GitLab
        $env:KUBECONFIG = $kubeconfigBefore
        $listener.Stop()
        $null = $cluster.EndInvoke($running)
        $cluster.Dispose()
    }

    It 'accepts the secret unchanged' -Skip:$noKubectl {
        foreach ($verb in 'apply', 'create') {
            $said = $token | ConvertTo-GitLabAgentManifest -Format KubernetesSecret -Namespace 123 -SecretName 1e3 |
                kubectl @there $verb --dry-run=client --validate=false --output json --filename - 2>&1
            $LASTEXITCODE | Should -Be 0 -Because "$said"
            $created = "$said" | ConvertFrom-Json
            "$($created.apiVersion) $($created.kind) $($created.type)" | Should -BeExactly 'v1 Secret Opaque'
            $created.metadata.name | Should -BeExactly '1e3'
            $created.metadata.namespace | Should -BeExactly '123'
            $data = if ($created.data) {
                [System.Text.Encoding]::UTF8.GetString([convert]::FromBase64String($created.data.token))
            } else { $created.stringData.token }
            $data | Should -BeExactly $token.RevealToken()
        }
    }

    It 'accepts the secret of a receptive agent, with the labels of the release' -Skip:$noKubectl {
        $url = New-GitLabAgentUrlConfiguration 103 14 grpc://agent.example.com:8182
        $said = $token |
            ConvertTo-GitLabAgentManifest -Format KubernetesSecret -UrlConfiguration $url -ReleaseName true |
            kubectl @there create --dry-run=client --validate=false --output json --filename - 2>&1
        $LASTEXITCODE | Should -Be 0 -Because "$said"
        $created = "$said" | ConvertFrom-Json
        $created.metadata.labels.'app.kubernetes.io/managed-by' | Should -BeExactly 'Helm'
        $created.metadata.annotations.'meta.helm.sh/release-name' | Should -BeExactly 'true'
        $created.metadata.annotations.'meta.helm.sh/release-namespace' | Should -BeExactly 'gitlab-agent'
    }
}
