#Requires -PSEdition Core
[Diagnostics.CodeAnalysis.SuppressMessage(
    'PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'Pester blocks share variables.')]
param()

BeforeDiscovery {
    # On Windows the folders of the user cannot be redirected, and a test must not touch them.
    $canInstall = $PSVersionTable.Platform -eq 'Unix' -and (Get-Command Install-PSResource -ErrorAction Ignore)
    $canCompress = Get-Command Compress-PSResource -ErrorAction Ignore
}

BeforeAll {
    Import-Module "$PSScriptRoot/FakeGitLab.psm1"
    $hidden = Hide-GitLabEnvironment
    $server = Start-FakeGitLab

    $configuration = if ($env:GITLABAGENTS_CONFIGURATION) { $env:GITLABAGENTS_CONFIGURATION } else { '*' }
    $pattern = "$PSScriptRoot/../../tools/Build/bin/$configuration/net10.0/GitLabAgents.Build.dll"
    $tool = Get-ChildItem $pattern -ErrorAction Ignore | Sort-Object LastWriteTimeUtc | Select-Object -Last 1
    if ($null -eq $tool) { throw 'tools/Build is not built. Run: dotnet build' }
    $output = "$TestDrive/output"
    $log = dotnet $tool.FullName package --output $output --configuration any 2>&1
    if ($LASTEXITCODE -ne 0) { throw "tools/Build exited with ${LASTEXITCODE}: $log" }
    $package = (Get-ChildItem $output | Where-Object Name -Like GitLabAgents.*.nupkg).FullName
    $version = [System.IO.Path]::GetFileNameWithoutExtension($package) -replace '^GitLabAgents\.'
    $folder = (Resolve-Path "$output/GitLabAgents/$version").ProviderPath

    # Scripts in a new process find the module only in the packed folder.
    $environment = @{ MODULES = $output; SERVER = $server.Url; GITLAB_TOKEN = 'glpat-maintainer' }
    $prelude = @'
$ErrorActionPreference = 'Stop'
Import-Module Microsoft.PowerShell.Utility, Microsoft.PowerShell.Management, Microsoft.PowerShell.Security
$env:PSModulePath = $env:MODULES

'@

    function Get-Nuspec ([string] $Path) {
        Add-Type -AssemblyName System.IO.Compression.FileSystem
        $zip = [System.IO.Compression.ZipFile]::OpenRead($Path)
        try {
            $reader = [System.IO.StreamReader]::new($zip.GetEntry('GitLabAgents.nuspec').Open())
            ([xml] $reader.ReadToEnd()).package.metadata
        }
        finally {
            $zip.Dispose()
        }
    }
}

AfterAll {
    Stop-FakeGitLab $server
    Restore-GitLabEnvironment $hidden
}

Describe 'The packed folder' {
    It 'has a valid manifest' {
        $module = Test-ModuleManifest "$folder/GitLabAgents.psd1" -WarningVariable warnings -ErrorAction Stop
        $warnings | Should -BeNullOrEmpty
        "$($module.Version)" | Should -Be $version
        $module.LicenseUri | Should -Not -BeNullOrEmpty
        $module.ProjectUri | Should -Not -BeNullOrEmpty
        $module.ReleaseNotes | Should -Match '\w' -Because 'they come from the changelog'
        $module.Tags | Should -Contain 'GitLab'
        $module.CompatiblePSEditions | Sort-Object | Should -Be 'Core', 'Desktop'
    }

    It 'contains nothing of the tests or tools' {
        Get-ChildItem $folder -Recurse -File | Where-Object Name -Match 'Test|FakeGitLab|xunit|Demo|Build' |
            Should -BeNullOrEmpty
    }

    It 'is imported by name' {
        Invoke-ChildShell -Environment $environment ($prelude + @'
(Get-Module -ListAvailable).Name
(Get-Command Connect-GitLab).Version.ToString() # Imports it.
(Get-Module GitLabAgents).ModuleBase
'@) | Should -Be 'GitLabAgents', $version, $folder
    }

    It 'manages an agent from registration to removal' {
        Invoke-ChildShell -Environment $environment ($prelude + @'
Import-Module GitLabAgents
Connect-GitLab $env:SERVER -AllowUnencryptedAuthentication
$agent = New-GitLabClusterAgent group/app packaged
"new agent: $($agent.Name)"
$new = $agent | New-GitLabAgentToken -Name packaged-1
"new token: $($new.Name), with a secret: $($new.RevealToken().Length -gt 20)"
"agents: $((Get-GitLabClusterAgent group/app -Name packaged | Measure-Object).Count)"
"tokens: $((Get-GitLabClusterAgent group/app packaged | Get-GitLabAgentToken).Name)"
$agent | Get-GitLabAgentToken | Revoke-GitLabAgentToken -Confirm:$false
"left: $(($agent | Get-GitLabAgentToken | Measure-Object).Count)"
$agent | Remove-GitLabClusterAgent -Confirm:$false
"removed: $((Get-GitLabClusterAgent group/app -Name packaged* | Measure-Object).Count -eq 0)"
Disconnect-GitLab
"session: $(Get-GitLabSession)"
'@) | Should -Be @(
            'new agent: packaged', 'new token: packaged-1, with a secret: True', 'agents: 1', 'tokens: packaged-1'
            'left: 0', 'removed: True', 'session: ')
    }

    It 'loads only its own assemblies and those of PowerShell' {
        $loaded = Invoke-ChildShell -Environment $environment ($prelude + @'
Import-Module GitLabAgents
Connect-GitLab $env:SERVER -AllowUnencryptedAuthentication
$null = Get-GitLabClusterAgent group/app | Get-GitLabAgentToken
$platform = [AppContext]::GetData('TRUSTED_PLATFORM_ASSEMBLIES') -split [System.IO.Path]::PathSeparator
foreach ($assembly in [AppDomain]::CurrentDomain.GetAssemblies()) {
    if ($assembly.IsDynamic -or -not $assembly.Location) { continue }
    if ($assembly.Location -notin $platform -and -not $assembly.Location.StartsWith($PSHOME)) { $assembly.Location }
}
'@)
        $loaded | Where-Object { -not $_.StartsWith($folder) } | Should -BeNullOrEmpty
        foreach ($name in 'GitLabAgents', 'GitLabAgents.Client', 'GitLabAgents.Loader', 'GitLabAgents.Transport',
            'Microsoft.Extensions.Http') {
            $loaded | Split-Path -Leaf | Should -Contain "$name.dll"
        }
    }

    It 'has views and help' {
        $lines = Invoke-ChildShell -Environment $environment ($prelude + @'
Import-Module GitLabAgents
(Get-FormatData GitLabAgents.ClusterAgent).TypeNames
(Get-Help New-GitLabAgentToken).Synopsis
(Get-Help New-GitLabAgentToken).examples.example.Count -gt 0
(Get-Help about_GitLabAgents | Out-String).Length -gt 500
'@)
        $lines[0] | Should -Be 'GitLabAgents.ClusterAgent'
        $lines[1] | Should -Match '\.$' -Because 'Get-Help displays the syntax if there is no help'
        $lines[2..3] | Should -Be 'True', 'True'
    }
}

Describe 'The nuspec' -Skip:(-not $canCompress) {
    It 'matches that of Compress-PSResource, with tags for the cmdlets' {
        $destination = New-Item -ItemType Directory "$TestDrive/compressed"
        Compress-PSResource -Path $folder -DestinationPath $destination
        $expected = Get-Nuspec (Get-ChildItem $destination -Filter *.nupkg).FullName
        $actual = Get-Nuspec $package
        $actual.ChildNodes.Name | Should -Be $expected.ChildNodes.Name
        foreach ($name in $expected.ChildNodes.Name | Where-Object { $_ -ne 'tags' }) {
            $actual.$name | Should -Be $expected.$name -Because $name
        }

        $tags = $actual.tags -split ' '
        $expectedTags = $expected.tags -split ' '
        $tags | Select-Object -First $expectedTags.Count | Should -Be $expectedTags
        $tags | Select-Object -Skip $expectedTags.Count | Should -Match '^PS(Includes|Cmdlet|Command)_'
    }
}

Describe 'The installed package' -Skip:(-not $canInstall) {
    BeforeAll {
        # The folders of the user are in a temporary home, so that the test changes nothing for the real user.
        $userHome = (New-Item -ItemType Directory "$TestDrive/home").FullName
        $repository = (New-Item -ItemType Directory "$TestDrive/repository").FullName
        Copy-Item $package $repository
        $result = "$TestDrive/result.xml"
        $userEnvironment = @{
            HOME = $userHome; XDG_DATA_HOME = ''; XDG_CONFIG_HOME = ''; XDG_CACHE_HOME = ''; PSModulePath = ''
            FOLDER = $folder; REPOSITORY = $repository; OLDER = "$TestDrive/older/GitLabAgents"; RESULT = $result
            SERVER = $server.Url; GITLAB_TOKEN = 'glpat-maintainer'
        }
        $log = Invoke-ChildShell -Environment $userEnvironment @'
$ErrorActionPreference = 'Stop'
$result = @{}
Register-PSResourceRepository -Name Local -Uri $env:REPOSITORY -Trusted

# An older version of the module, published from its folder.
$null = New-Item -ItemType Directory $env:OLDER
Copy-Item "$env:FOLDER/*" $env:OLDER -Recurse
$manifest = "$env:OLDER/GitLabAgents.psd1"
(Get-Content $manifest -Raw) -replace "(?<=ModuleVersion\s*=\s*)'[\d.]+'", "'0.0.1'" | Set-Content $manifest
Publish-PSResource -Path $env:OLDER -Repository Local

$result.Found = Find-PSResource GitLabAgents -Repository Local
$result.AllVersions = Find-PSResource GitLabAgents -Version * -Repository Local | ForEach-Object { "$($_.Version)" }
$result.FoundByTag = Find-PSResource -Tag Kubernetes -Repository Local

Install-PSResource GitLabAgents -Version 0.0.1 -Repository Local
$result.Installed = Get-PSResource GitLabAgents
Update-PSResource GitLabAgents -Repository Local
$result.Updated = Get-PSResource GitLabAgents

$result.Module = Import-Module GitLabAgents -PassThru | Select-Object Version, ModuleBase
$result.Synopsis = (Get-Help New-GitLabAgentToken).Synopsis
$result.Topic = Get-Help about_GitLabAgents | Out-String
Connect-GitLab $env:SERVER -AllowUnencryptedAuthentication
$result.Agents = Get-GitLabClusterAgent group/app | ForEach-Object Name
Remove-Module GitLabAgents

Uninstall-PSResource GitLabAgents -Version *
$result.Left = Get-PSResource GitLabAgents -ErrorAction Ignore
$result | Export-Clixml $env:RESULT -Depth 4
'@
        if (-not (Test-Path $result)) { throw "The installation failed: $($log -join "`n")" }
        $result = Import-Clixml $result
    }

    It 'is found with the metadata of the manifest' {
        $manifest = Import-PowerShellDataFile "$folder/GitLabAgents.psd1"
        $found = $result.Found
        "$($found.Version)" | Should -Be $version
        $found.Author | Should -Be $manifest.Author
        $found.Description | Should -Be $manifest.Description
        $found.Copyright | Should -Be $manifest.Copyright
        "$($found.ProjectUri)" | Should -Be $manifest.PrivateData.PSData.ProjectUri
        "$($found.LicenseUri)" | Should -Be $manifest.PrivateData.PSData.LicenseUri
        $found.ReleaseNotes -replace '\r' | Should -Be ($manifest.PrivateData.PSData.ReleaseNotes -replace '\r')
        $found.Includes.Cmdlet | Sort-Object | Should -Be ($manifest.CmdletsToExport | Sort-Object)
        $result.FoundByTag.Name | Should -Be 'GitLabAgents'
    }

    It 'is installed in an older version' {
        $result.AllVersions | Sort-Object | Should -Be '0.0.1', $version
        "$($result.Installed.Version)" | Should -Be '0.0.1'
    }

    It 'is updated' {
        $result.Updated | ForEach-Object { "$($_.Version)" } | Sort-Object | Should -Be '0.0.1', $version
        $result.Updated.InstalledLocation | Should -BeLike "$userHome/*"
    }

    It 'is imported in its newest version, with help' {
        "$($result.Module.Version)" | Should -Be $version
        $result.Module.ModuleBase | Should -BeLike "$userHome/*/GitLabAgents/$version"
        $result.Synopsis | Should -Match '\.$' -Because 'Get-Help displays the syntax if there is no help'
        $result.Topic | Should -Match 'Connect-GitLab'
    }

    It 'runs a command' {
        $result.Agents | Should -Be 'prod', 'staging'
    }

    It 'is uninstalled without leftovers' {
        $result.Left | Should -BeNullOrEmpty
        Get-ChildItem $userHome -Recurse -Filter 'GitLabAgents*' | Should -BeNullOrEmpty
    }
}
