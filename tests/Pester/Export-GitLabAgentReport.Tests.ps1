[Diagnostics.CodeAnalysis.SuppressMessage(
    'PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'The blocks of Pester share their variables.')]
param()

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

Describe 'Export-GitLabAgentReport' {
    BeforeEach {
        Reset-FakeGitLab $server
        $session = Connect-FakeGitLab $server
        $items = @(Get-GitLabAgentInventory group/app)
        Clear-FakeGitLabRequest $server
        $folder = (New-Item -ItemType Directory "TestDrive:/$([guid]::NewGuid())").FullName
        Push-Location $folder
    }

    AfterEach {
        Pop-Location
        Disconnect-GitLab
    }

    Context 'writes' {
        It 'one file with all agents that are piped, sends nothing and returns nothing' {
            $items | Export-GitLabAgentReport report.html | Should -BeNullOrEmpty
            (Get-ChildItem $folder -Force).Name | Should -Be 'report.html'
            $page = Get-Content report.html -Raw -Encoding UTF8
            $page | Should -BeLike '<!DOCTYPE html>*</html>*'
            [regex]::Matches($page, '<tr role="row" id="agent-').Count | Should -Be $items.Count
            $items.Count | Should -BeGreaterThan 1
            foreach ($item in $items) { $page | Should -BeLike "*<bdi>$($item.Agent)</bdi>*" }
            Get-FakeGitLabRequest $server | Should -BeNullOrEmpty
        }

        It 'UTF-8 without a byte order mark' {
            $items | Export-GitLabAgentReport report.html -Title 'Über Agenten 你好'
            $bytes = [System.IO.File]::ReadAllBytes("$folder/report.html")
            $bytes[0] | Should -Be ([byte][char]'<')
            [System.Text.Encoding]::UTF8.GetString($bytes) | Should -BeLike '*<h1>*Agenten*</h1>*'
            [System.Net.WebUtility]::HtmlDecode([System.Text.Encoding]::UTF8.GetString($bytes)) |
                Should -BeLike '*<title>Über Agenten 你好</title>*'
        }

        It 'no access token and no token' {
            $token = New-GitLabAgentToken group/app staging new-1
            Get-GitLabAgentInventory group/app | Export-GitLabAgentReport report.html
            $page = Get-Content report.html -Raw -Encoding UTF8
            $page | Should -Not -Match 'glpat-|glagent-'
            $page | Should -Not -BeLike "*$($token.RevealToken())*"
        }

        It 'hostile titles as text' {
            $items | Export-GitLabAgentReport report.html -Title '</title><script>alert(1)</script>'
            $page = Get-Content report.html -Raw -Encoding UTF8
            $page | Should -BeLike '*<h1>&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;</h1>*'
            [regex]::Matches($page, '<script').Count | Should -Be 1
        }

        It 'the file with -PassThru' {
            $file = $items | Export-GitLabAgentReport report.html -PassThru
            $file | Should -BeOfType System.IO.FileInfo
            $file.FullName | Should -Be (Get-Item report.html).FullName
        }

        It 'what was read before the session ended' {
            Disconnect-GitLab
            $items | Export-GitLabAgentReport report.html
            'report.html' | Should -Exist
        }

        It 'a report without agents' {
            @() | Export-GitLabAgentReport report.html
            Get-Content report.html -Raw | Should -BeLike '*The report has no agents*'
        }

        It 'nothing with -WhatIf' {
            $items | Export-GitLabAgentReport report.html -WhatIf
            Get-ChildItem $folder -Force | Should -BeNullOrEmpty
        }
    }

    Context 'accepts PowerShell paths:' {
        It '<Path>' -TestCases @(
            @{ Path = 'report.html' }
            @{ Path = './report.html' }
            @{ Path = 'sub/../report.html' }
            @{ Path = 'Reports:/report.html' }
            @{ Path = 'a [1] ü ''.html' }
            @{ Path = 'sub/report.html' }
            @{ Path = 'sub\report.html' }
        ) {
            $null = New-Item -ItemType Directory sub
            $null = New-PSDrive -Name Reports -PSProvider FileSystem -Root $folder
            $file = $items | Export-GitLabAgentReport $Path -PassThru
            [System.IO.File]::Exists($file.FullName) | Should -BeTrue
            Test-Path -LiteralPath $Path | Should -BeTrue
            (Get-ChildItem $folder -Recurse -File -Force).Count | Should -Be 1
        }

        It 'a path below ~' {
            $name = "report-$([guid]::NewGuid()).html"
            try {
                ($items | Export-GitLabAgentReport "~/$name" -PassThru).FullName |
                    Should -Be (Resolve-Path "~/$name").ProviderPath
            }
            finally {
                Remove-Item "~/$name" -ErrorAction Ignore
            }
        }
    }

    Context 'fails' {
        It 'before anything is read, if the file exists' {
            Set-Content report.html before
            $failure = Get-Failure { Get-GitLabAgentInventory group/app | Export-GitLabAgentReport report.html }
            $failure.FullyQualifiedErrorId |
                Should -Be 'FileExists,GitLabAgents.Commands.ExportGitLabAgentReportCommand'
            $failure.CategoryInfo.Category | Should -Be ResourceExists
            $failure.TargetObject | Should -Be report.html
            $failure.ErrorDetails.RecommendedAction | Should -BeLike '*-Force*'
            Get-Content report.html | Should -Be before
            Get-FakeGitLabRequest $server | Should -BeNullOrEmpty
        }

        It 'not with -Force, even if the file is read-only' {
            Set-Content report.html before
            Set-ItemProperty -Path report.html -Name IsReadOnly -Value $true
            $items | Export-GitLabAgentReport report.html -Force
            Get-Content report.html -Raw | Should -BeLike '<!DOCTYPE html>*'
            (Get-ChildItem $folder -Force).Name | Should -Be 'report.html'
        }

        It 'clearly for <Path>' -TestCases @(
            @{ Path = 'missing/report.html'; Id = 'NotFound'; Text = 'The folder * does not exist.' }
            @{ Path = 'folder'; Id = 'InvalidRequest'; Text = '* is a folder.' }
            @{ Path = 'Env:/report'; Id = 'InvalidRequest'
                Text = "*the provider Environment, not of the file system." }
            @{ Path = 'NoSuchDrive:/report.html'; Id = 'DriveNotFound'; Text = '*NoSuchDrive*' }
        ) {
            $null = New-Item -ItemType Directory folder
            $failure = Get-Failure { $items | Export-GitLabAgentReport $Path -Force }
            $failure.FullyQualifiedErrorId | Should -Be "$Id,GitLabAgents.Commands.ExportGitLabAgentReportCommand"
            "$failure" | Should -BeLike $Text
            (Get-ChildItem $folder -Force).Name | Should -Be 'folder'
        }

        It 'for a device, even with -Force' -Skip:($env:OS -eq 'Windows_NT') {
            $failure = Get-Failure { $items | Export-GitLabAgentReport /dev/no-such-device -Force }
            "$failure" | Should -BeLike '* is a device.'
            '/dev/no-such-device' | Should -Not -Exist
        }

        It 'without a file if the pipeline fails before its end' {
            $failure = Get-Failure {
                $items | ForEach-Object { $_; throw 'broken' } | Export-GitLabAgentReport report.html
            }
            "$failure" | Should -Be broken
            Get-ChildItem $folder -Force | Should -BeNullOrEmpty
        }

        It 'for other objects' {
            $failure = Get-Failure { Get-GitLabClusterAgent group/app | Export-GitLabAgentReport report.html }
            $failure[0].FullyQualifiedErrorId | Should -BeLike 'InputObjectMissingMandatory,*'
        }

        It 'if -Session is not that of the agents' {
            $other = Connect-FakeGitLab $server
            $failure = Get-Failure { $items | Export-GitLabAgentReport report.html -Session $other }
            $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidRequest,*'
            'report.html' | Should -Not -Exist
        }
    }
}
