#Requires -PSEdition Core
[Diagnostics.CodeAnalysis.SuppressMessage(
    'PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'The blocks of Pester share their variables.')]
param()

# Runs the examples of the help against the fake GitLab: each on its own, those of an about topic in a row.

BeforeDiscovery {
    function Get-Code ($Text) {
        [regex]::Matches($Text, '(?ms)^```powershell\n(.*?)^```$') | ForEach-Object { $_.Groups[1].Value }
    }

    $examples = foreach ($file in Get-ChildItem "$PSScriptRoot/../../docs/en-US/*.md") {
        $text = [System.IO.File]::ReadAllText($file) -replace '\r\n', "`n"
        if ($file.Name -like 'about_*') {
            @{ Page = $file.BaseName; Title = 'all'; Code = (Get-Code $text) -join '' }
            continue
        }

        foreach ($part in $text -split '(?m)^### ' -match '\AExample ') {
            @{ Page = $file.BaseName; Title = ($part -split '\n')[0]; Code = (Get-Code $part) -join '' }
        }
    }
}

BeforeAll {
    $manifest = (Resolve-Path "$PSScriptRoot/../../GitLabAgents.psd1").Path
    Import-Module $manifest
    Import-Module "$PSScriptRoot/FakeGitLab.psm1"
    $hidden = Hide-GitLabEnvironment
    $server = Start-FakeGitLab

    # What the examples find in their folder.
    $folder = Join-Path $TestDrive 'examples'
    $null = New-Item -ItemType Directory $folder
    $keys = @{}
    foreach ($name in 'ca', 'agent', 'gitlab') {
        $certificate = New-TestCertificate $name -To 365
        Set-Content "$folder/$name.pem" $certificate.Pem
        Set-Content "$folder/$name.key" ($keys[$name] = $certificate.KeyPem)
    }

    # What stands in for the world around them.
    Add-Type -Path "$(Split-Path $manifest)/module/bin/dependencies/YamlDotNet.dll"
    $surroundings = {
        function Get-Secret ($Name, [switch] $AsPlainText) {
            $text = if ($Name -like '*-key') { $keys.gitlab } else { 'glpat-maintainer' }
            if ($AsPlainText) { $text } else { ConvertTo-Secret $text }
        }

        function Read-Host { ConvertTo-Secret $answer }
        function kubectl { Read-Yaml ($input | Out-String); Use-EveryToken }
        function helm { Read-Yaml ($input | Out-String) }
        function Use-EveryToken {
            # The cluster signs in with what it is handed; rotations wait for that.
            $new = (Get-FakeGitLabState $server).tokens |
                Where-Object { $_.status -eq 'active' -and -not $_.lastUsedAt }
            if ($new) { $null = Add-FakeGitLabSeed $server @{ markUsed = @($new.id) } }
        }
        # JSON is YAML too.
        function Read-Yaml ($Text) {
            [YamlDotNet.RepresentationModel.YamlStream]::new().Load([System.IO.StringReader]::new($Text))
        }
    }
}

AfterAll {
    Stop-FakeGitLab $server
    Restore-GitLabEnvironment $hidden
}

Describe 'Example' {
    BeforeEach {
        Reset-FakeGitLab $server
        $env:GITLAB_HOST = $server.Url
        $env:GITLAB_TOKEN = 'glpat-maintainer'
        $null = Connect-FakeGitLab $server
        Push-Location $folder
    }

    AfterEach {
        Pop-Location
        Disconnect-GitLab
    }

    It '<Page>, <Title>' -ForEach $examples {
        $Code | Should -Not -BeNullOrEmpty
        # The hosts of the examples are the fake GitLab, and runspaces of their own find the module.
        $here = $Code -replace '(https://)?\bgitlab(-\w+)?\.example\.com\b', $server.Url
        $here = $here -replace '(?<=-Parallel \{)', "`nImport-Module '$manifest'"
        $run = [scriptblock]::Create($here)
        . $surroundings
        # Only administrators find tokens by their secret.
        $answer = 'glpat-maintainer'
        if ($Code -match ' -Secret ') {
            $null = Connect-FakeGitLab $server glpat-admin
            $answer = ((Get-FakeGitLabState $server).tokens | Where-Object id -EQ 1001).secret
        }

        $ErrorActionPreference = 'Stop'
        $ConfirmPreference = 'None'
        $PSDefaultParameterValues = @{
            'Connect-GitLab:AllowUnencryptedAuthentication' = $true
            'Invoke-GitLabAgentTokenRotation:TimeoutSec'    = 5
        }
        $errorsBefore = $global:Error.Count
        $null = . $run 6>&1 | Out-String
        $latest = $global:Error | Select-Object -First 1
        $global:Error.Count | Should -Be $errorsBefore -Because "there is no error: $latest"
    }
}

Describe 'The README' {
    BeforeAll {
        Reset-FakeGitLab $server
        $null = Connect-FakeGitLab $server
        $readme = [System.IO.File]::ReadAllText("$(Split-Path $manifest)/README.md") -replace '\r\n', "`n"
    }

    AfterAll {
        Disconnect-GitLab
    }

    It 'shows what <Command> returns' -ForEach @(
        @{ Command = 'Get-GitLabAgentInventory -Group platform -Recurse' }
        @{ Command = 'Test-GitLabAgent -Group platform -Recurse' }
    ) {
        $block = "^``````powershell\n$([regex]::Escape($Command))\s+#[^\n]*\n``````\n\n``````\n(?<Table>.*?)\n``````$"
        $readme -match "(?ms)$block" | Should -BeTrue
        $expected = $Matches.Table -split '\n'
        $actual = (& ([scriptblock]::Create($Command)) | Format-Table | Out-String -Width 500).Trim() -split '\r?\n'
        $actual.Count | Should -Be $expected.Count
        for ($i = 0; $i -lt $expected.Count; $i++) {
            # The widths of columns, and what a minute more or less changes, do not matter.
            $row, $start = $actual[$i], ($expected[$i] -replace '…$') |
                ForEach-Object { ($_ -replace '[ -]+', ' ' -replace '\d+ minutes', 'minutes').Trim() }
            if ($expected[$i].EndsWith('…')) { $row | Should -BeLike "$start*" }
            else { $row | Should -BeExactly $start }
        }
    }
}
