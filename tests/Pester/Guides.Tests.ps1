#Requires -PSEdition Core
[Diagnostics.CodeAnalysis.SuppressMessage('PSUseDeclaredVarsMoreThanAssignments', '',
    Justification = 'The blocks of Pester share their variables.')]
[Diagnostics.CodeAnalysis.SuppressMessage('PSUseShouldProcessForStateChangingFunctions', '',
    Justification = 'Set-Secret takes the place of the function of a vault.')]
param()

# Runs what README.md and the guides of docs/ show against the fake GitLab: each page from its first line to its last.

BeforeDiscovery {
    $root = (Resolve-Path "$PSScriptRoot/../..").Path
    # Without what is generated from other sources.
    $pages = @(Get-Item "$root/README.md", "$root/CONTRIBUTING.md") + @(Get-ChildItem "$root/docs/*.md")
    $guides = foreach ($page in $pages | Where-Object BaseName -NotIn CONTRIBUTING, benchmarks, fault-matrix) {
        $text = [System.IO.File]::ReadAllText($page.FullName) -replace '\r\n', "`n"
        # PowerShell as it is, and the lines of other languages that start a script of examples/.
        $code = foreach ($block in [regex]::Matches($text, '(?ms)^ *```(?<Language>\w+)\n(?<Code>.*?)^ *```$')) {
            $lines = $block.Groups['Code'].Value
            if ($block.Groups['Language'].Value -eq 'powershell') {
                # The build needs no test here: it has run.
                if ($lines -notmatch '^(dotnet|\./build\.ps1)\b') { $lines }
            }
            else {
                $pattern = '(?m)pwsh -NoProfile -NonInteractive -File (?<Script>examples/.*)$'
                foreach ($line in [regex]::Matches($lines, $pattern)) {
                    "./$($line.Groups['Script'].Value)" -replace "'-Confirm:\`$false'", '-Confirm:$false'
                }
            }
        }
        $files = @{}
        foreach ($block in [regex]::Matches($text, '(?ms)^```csv\n(.*?)^```$')) {
            $name = if ($block.Value -cmatch ',Release') { 'clusters.csv' } else { 'agents.csv' }
            $files[$name] = $block.Groups[1].Value
        }
        @{ Page = $page.BaseName; Code = @($code); Files = $files }
    }
    $links = foreach ($page in $pages) {
        $text = [System.IO.File]::ReadAllText($page.FullName)
        foreach ($link in [regex]::Matches($text, '\]\((?!https:)(?<File>[^)#]*)(#(?<Part>[^)]+))?\)')) {
            @{
                From = $page.Name
                Page = $page.FullName
                Link = $link.Groups['File'].Value
                Part = $link.Groups['Part'].Value
            }
        }
    }
    $scripts = Get-ChildItem "$root/examples/*.ps1" | ForEach-Object { @{ Script = $_.BaseName; Path = $_.FullName } }
}

BeforeAll {
    . "$PSScriptRoot/Runbook.ps1"
    $root = Split-Path $examples

    # What stands in for the world around the pages.
    $given = [System.Collections.Generic.List[object]]::new()
    $surroundings = {
        function Read-Host ($Prompt, [switch] $AsSecureString) {
            $null = $AsSecureString
            ConvertTo-Secret $(if ($Prompt -eq 'Secret') { $leaked } else { $env:GITLAB_TOKEN })
        }
        function Get-Secret { ConvertTo-Secret 'glpat-maintainer' }
        function Set-Secret { $null = $args }
        function kubectl {
            $global:LASTEXITCODE = 0
            $null = $input | Out-String
            Use-NewToken
            if ($args -contains 'restart') { 'deployment.apps/gitlab-agent restarted' }
        }
        function helm {
            $text = $input | Out-String
            if ($text.Trim()) {
                $given.Add(($text | ConvertFrom-Json))
                $new = (Get-FakeGitLabState $server).agents | Where-Object name -In 'demo', 'edge'
                $null = Add-FakeGitLabSeed $server @{ connections = @{ agent = $new.id } }
            }
        }
        # The cluster signs in with the tokens that it gets; rotations wait for that.
        function Use-NewToken {
            $limit = (Get-Date).AddHours(-1)
            $new = (Get-FakeGitLabState $server).tokens | Where-Object {
                $_.status -eq 'active' -and -not $_.lastUsedAt -and [DateTimeOffset]$_.createdAt -gt $limit
            }
            if ($new) { $null = Add-FakeGitLabSeed $server @{ markUsed = @($new.id) } }
        }
    }
    function ConvertTo-Script ([string[]] $Code) {
        $text = $Code -join "`n" -replace '\bgitlab\.example\.(com|org)\b', $server.Url
        [scriptblock]::Create($text)
    }
}

AfterAll {
    Stop-Runbook
}

Describe 'Guide' {
    BeforeEach {
        $session = Reset-Runbook
        $given.Clear()
        $env:GITLAB_HOST = $server.Url
        $env:GITLAB_TOKEN = 'glpat-maintainer'
        $leaked = ((Get-FakeGitLabState $server).tokens | Where-Object id -EQ 1002).secret
        $null = New-Item -ItemType SymbolicLink -Path "$TestDrive/examples" -Target $examples
        Push-Location $TestDrive
        # Nobody answers.
        $PSDefaultParameterValues = @{
            'Connect-GitLab:AllowUnencryptedAuthentication' = $true
            'Revoke-GitLabAgentToken:Confirm'               = $false
            'Invoke-GitLabAgentTokenRotation:Confirm'       = $false
        }
    }

    AfterEach {
        Pop-Location
        (Get-Item "$TestDrive/examples").Delete()
        Disconnect-GitLab
        Remove-Item Env:GITLAB_HOST, Env:GITLAB_TOKEN -ErrorAction Ignore
    }

    It '<Page> shows what works' -ForEach ($guides | Where-Object Page -NE runbooks) {
        $Code | Should -Not -BeNullOrEmpty
        # Only administrators find tokens by their secret.
        if ("$Code" -match ' -Secret ') {
            $env:GITLAB_TOKEN = 'glpat-admin'
            $session = Connect-FakeGitLab $server glpat-admin
        }
        $run = ConvertTo-Script $Code
        . $surroundings
        Get-Failure { . $run } | Should -BeNullOrEmpty
    }

    It 'security revokes the leaked token, with and without an administrator' -ForEach (
        $guides | Where-Object Page -EQ security
    ) {
        $parts = @{}
        foreach ($block in $Code) { if ($block -match 'Rotation|Read-Host') { $parts[$Matches[0]] = $block } }
        . $surroundings
        $null = . (ConvertTo-Script $parts.Rotation)
        (Get-Token staging-1).status | Should -Be 'revoked'
        $null = Connect-FakeGitLab $server glpat-admin
        $null = . (ConvertTo-Script $parts.'Read-Host')
        (Get-Token prod-spare).status | Should -Be 'revoked'
        (Get-Token prod-2024).status | Should -Be 'active'
    }

    It 'from-zero passes both secrets to Helm, and revokes the first' -ForEach (
        $guides | Where-Object Page -EQ from-zero
    ) {
        $run = ConvertTo-Script $Code
        . $surroundings
        $null = . $run
        $given.config.token | Should -Be (Get-Token demo-1).secret, (Get-Token demo-2).secret
        $given[0].config.kasAddress | Should -Be 'wss://kas.example.com/'
        (Get-Token demo-1).status | Should -Be 'revoked'
        (Get-Token demo-2).status | Should -Be 'active'
    }

    It 'from-zero explains every error ID' {
        $page = [System.IO.File]::ReadAllText("$root/docs/from-zero.md")
        foreach ($id in [enum]::GetNames([GitLabAgents.GitLabErrorKind])) {
            $page.Contains("| ``$id`` |") | Should -BeTrue -Because "$id is an error ID"
        }
    }

    It '<From> links to what exists: <Link>#<Part>' -ForEach $links {
        $target = if ($Link) { Join-Path (Split-Path $Page) $Link } else { $Page }
        $target | Should -Exist
        if ($Part) {
            $headings = Get-Content $target | Where-Object { $_ -match '^#' } |
                ForEach-Object { ($_ -replace '^#+ ' -replace '[^\w\- ]').ToLowerInvariant() -replace ' ', '-' }
            $headings | Should -Contain $Part
        }
    }
}

Describe 'The page of the runbooks' {
    BeforeAll {
        Reset-FakeGitLab $server
        $env:GITLAB_HOST = $server.Url
        $env:GITLAB_TOKEN = 'glpat-maintainer'
        $null = Connect-FakeGitLab $server
        # All agents of group are connected, with the version that the page waits for.
        $null = Add-FakeGitLabSeed $server @{ connections = @{ agent = 12; version = '18.9.0' } }
        $null = New-Item -ItemType Directory "$TestDrive/page"
        $null = New-Item -ItemType SymbolicLink -Path "$TestDrive/page/examples" -Target $examples
    }

    AfterAll {
        (Get-Item "$TestDrive/page/examples").Delete()
        Disconnect-GitLab
        Remove-Item Env:GITLAB_HOST, Env:GITLAB_TOKEN -ErrorAction Ignore
    }

    BeforeEach { Push-Location "$TestDrive/page" }
    AfterEach { Pop-Location }

    # In the order of the page: later commands use what earlier ones left.
    It 'shows what works: <Line>' -ForEach ($guides | Where-Object Page -EQ runbooks | ForEach-Object {
            $files = $_.Files
            $_.Code | ForEach-Object { @{ Line = ($_ -split '\n')[0]; Code = $_; Files = $files } }
        }) {
        foreach ($name in $Files.Keys) { Set-Content $name $Files[$name] -NoNewline }
        if ($Code -match '-Apply') {
            # The approver.
            $plan = Import-Csv plan.csv
            foreach ($row in $plan) { $row.Approve, $row.ApprovedBy = 'yes', 'Ada' }
            $plan | Export-Csv plan.csv
        }
        $run = ConvertTo-Script $Code
        . $surroundings
        $global:LASTEXITCODE = 0
        $isScript = $Code -match 'examples/'
        $output = @(. $run *>&1)
        $errors = @($output | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] })
        $errors | Should -BeNullOrEmpty
        if ($isScript) { $LASTEXITCODE | Should -BeIn 0, 2, 3 }
    }

    It 'leaves the files that it mentions' {
        'agents.html', 'agents.xml', 'agents.md', 'inventory.csv', 'result.csv', 'plan.csv', 'revoked.csv',
        'rotated.csv' | Should -Exist
    }
}

Describe 'The page of the runbooks mentions' {
    It '<Script>, which parses' -ForEach $scripts {
        [System.IO.File]::ReadAllText("$root/docs/runbooks.md") | Should -BeLike "*../examples/$Script.ps1*"
        $failures = $null
        $null = [System.Management.Automation.Language.Parser]::ParseFile($Path, [ref]$null, [ref]$failures)
        $failures | Should -BeNullOrEmpty
        foreach ($line in Get-Content $Path) { $line.Length | Should -BeLessOrEqual 120 -Because $line }
    }
}
