[Diagnostics.CodeAnalysis.SuppressMessage('PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'The blocks of Pester share their variables.')]
param()

BeforeDiscovery {
    $withHelp = Test-Path "$PSScriptRoot/../../en-US"
}

BeforeAll {
    Import-Module "$PSScriptRoot/FakeGitLab.psm1"
    $hidden = Hide-GitLabEnvironment
    $server = Start-FakeGitLab

    # The package goes to a repository folder, and from there into an empty folder of modules.
    $configuration = if ($env:GITLABAGENTS_CONFIGURATION) { $env:GITLABAGENTS_CONFIGURATION } else { '*' }
    $tool = Get-ChildItem "$PSScriptRoot/../../tools/Package/bin/$configuration/net10.0/GitLabAgents.Packaging.dll" -ErrorAction Ignore |
        Sort-Object LastWriteTimeUtc | Select-Object -Last 1
    if ($null -eq $tool) { throw 'tools/Package is not built: dotnet build' }
    $repository = "$TestDrive/repository"
    $modules = "$TestDrive/modules"
    $null = New-Item -ItemType Directory $repository, $modules
    $said = dotnet $tool.FullName --output "$TestDrive/made" --configuration any 2>&1
    if ($LASTEXITCODE -ne 0) { throw "tools/Package ended with ${LASTEXITCODE}: $said" }
    Copy-Item "$TestDrive/made/*.nupkg" $repository
    $package = Get-ChildItem $repository -Filter GitLabAgents.*.nupkg
    $version = $package.BaseName -replace '^GitLabAgents\.'
    $installed = "$modules/GitLabAgents/$version"

    if (Get-Command Save-PSResource -ErrorAction Ignore) {
        $name = "GitLabAgents-$([guid]::NewGuid())"
        Register-PSResourceRepository -Name $name -Uri $repository -Trusted
        try {
            Save-PSResource GitLabAgents -Repository $name -Path $modules -TrustRepository
        }
        finally {
            Unregister-PSResourceRepository -Name $name
        }
    }
    else {
        # What installers do: all but the nuspec and the parts of the packaging.
        [System.IO.Compression.ZipFile]::ExtractToDirectory($package.FullName, $installed)
        foreach ($part in '_rels', 'package', '[Content_Types].xml', 'GitLabAgents.nuspec') {
            Remove-Item -LiteralPath "$installed/$part" -Recurse -Force # .rels is hidden.
        }
    }

    # For scripts that run in a shell of their own, which sees the module there alone.
    $environment = @{ MODULES = $modules; SERVER = $server.Url; GITLAB_TOKEN = 'glpat-maintainer' }
    $prelude = @'
$ErrorActionPreference = 'Stop'
Import-Module Microsoft.PowerShell.Utility, Microsoft.PowerShell.Management, Microsoft.PowerShell.Security
$env:PSModulePath = $env:MODULES

'@
}

AfterAll {
    Stop-FakeGitLab $server
    Restore-GitLabEnvironment $hidden
}

Describe 'The package' {
    It 'is installed with a manifest in order' {
        $module = Test-ModuleManifest "$installed/GitLabAgents.psd1" -WarningVariable warnings -ErrorAction Stop
        $warnings | Should -BeNullOrEmpty
        "$($module.Version)" | Should -Be $version
        $module.LicenseUri | Should -Not -BeNullOrEmpty
        $module.ProjectUri | Should -Not -BeNullOrEmpty
        $module.ReleaseNotes | Should -Match '\w' -Because 'they come from the changelog'
        $module.Tags | Should -Contain 'GitLab'
        $module.CompatiblePSEditions | Sort-Object | Should -Be 'Core', 'Desktop'
    }

    It 'holds nothing of tests or tools' {
        Get-ChildItem $installed -Recurse -File | Where-Object Name -Match 'Test|FakeGitLab|xunit|Demo|Packaging' | Should -BeNullOrEmpty
    }

    It 'is the only module of its kind that the shell sees, and is imported by name' {
        Invoke-ChildShell -Environment $environment ($prelude + @'
(Get-Module -ListAvailable).Name
(Get-Command Connect-GitLab).Version.ToString() # Which imports it.
(Get-Module GitLabAgents).ModuleBase
'@) | Should -Be 'GitLabAgents', $version, (Resolve-Path $installed).ProviderPath
    }

    It 'takes an agent through its life' {
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
"gone: $((Get-GitLabClusterAgent group/app -Name packaged* | Measure-Object).Count -eq 0)"
Disconnect-GitLab
"session: $(Get-GitLabSession)"
'@) | Should -Be @(
            'new agent: packaged', 'new token: packaged-1, with a secret: True', 'agents: 1', 'tokens: packaged-1'
            'left: 0', 'gone: True', 'session: ')
    }

    It 'loads the DLLs of its own folder, and the rest of PowerShell''s' {
        $loaded = Invoke-ChildShell -Environment $environment ($prelude + @'
Import-Module GitLabAgents
Connect-GitLab $env:SERVER -AllowUnencryptedAuthentication
$null = Get-GitLabClusterAgent group/app | Get-GitLabAgentToken
$platform = [AppContext]::GetData('TRUSTED_PLATFORM_ASSEMBLIES') -split [System.IO.Path]::PathSeparator
foreach ($assembly in [AppDomain]::CurrentDomain.GetAssemblies()) {
    if (-not $assembly.IsDynamic -and $assembly.Location -and $assembly.Location -notin $platform -and -not $assembly.Location.StartsWith($PSHOME)) { $assembly.Location }
}
'@)
        $base = (Resolve-Path $installed).ProviderPath
        $loaded | Where-Object { -not $_.StartsWith($base) } | Should -BeNullOrEmpty
        foreach ($name in 'GitLabAgents', 'GitLabAgents.Client', 'GitLabAgents.Loader', 'GitLabAgents.Transport', 'Microsoft.Extensions.Http') {
            $loaded | Split-Path -Leaf | Should -Contain "$name.dll"
        }
    }

    It 'brings its views' {
        Invoke-ChildShell -Environment $environment ($prelude + @'
Import-Module GitLabAgents
(Get-FormatData GitLabAgents.ClusterAgent).TypeNames
'@) | Should -Be 'GitLabAgents.ClusterAgent'
    }

    It 'brings its help' -Skip:(-not $withHelp) {
        $help = Invoke-ChildShell -Environment $environment ($prelude + @'
Import-Module GitLabAgents
(Get-Help New-GitLabAgentToken).Synopsis
(Get-Help New-GitLabAgentToken).examples.example.Count -gt 0
(Get-Help about_GitLabAgents | Out-String).Length -gt 500
'@)
        $help[0] | Should -Not -Match '^New-GitLabAgentToken' -Because 'that is what Get-Help makes up'
        $help[1..2] | Should -Be 'True', 'True'
    }
}
