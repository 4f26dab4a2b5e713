[Diagnostics.CodeAnalysis.SuppressMessage(
    'PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'The blocks of Pester share their variables.')]
param()

BeforeAll {
    $manifest = (Resolve-Path "$PSScriptRoot/../../GitLabAgents.psd1").Path
    Import-Module $manifest
    Import-Module "$PSScriptRoot/FakeGitLab.psm1"
    $hidden = Hide-GitLabEnvironment
    $server = Start-FakeGitLab
    # For scripts that run in a new process.
    $environment = @{ MANIFEST = $manifest; SERVER = $server.Url; GITLAB_TOKEN = 'glpat-maintainer' }
}

AfterAll {
    Stop-FakeGitLab $server
    Restore-GitLabEnvironment $hidden
}

Describe 'The module' {
    Context 'the manifest' {
        It 'is valid' {
            $module = Test-ModuleManifest $manifest -WarningVariable warnings -ErrorAction Stop
            $warnings | Should -BeNullOrEmpty
            $module.Name | Should -Be 'GitLabAgents'
            $module.Description | Should -Not -BeNullOrEmpty
            $module.CompatiblePSEditions | Sort-Object | Should -Be 'Core', 'Desktop'
        }

        It 'exports its cmdlets and nothing else' {
            $data = Import-PowerShellDataFile $manifest
            (Get-Module GitLabAgents).ExportedCommands.Keys | Sort-Object |
                Should -Be ($data.CmdletsToExport | Sort-Object)
            $data.FunctionsToExport | Should -BeNullOrEmpty
            $data.AliasesToExport | Should -BeNullOrEmpty
            $data.VariablesToExport | Should -BeNullOrEmpty
        }
    }

    Context 'in a new process' {
        It 'imports without output and errors' {
            Invoke-ChildShell -Environment $environment @'
$ErrorActionPreference = 'Stop'
Import-Module $env:MANIFEST *>&1
"imported $((Get-Module GitLabAgents).ExportedCmdlets.Count -ge 9)"
'@ | Should -Be 'imported True'
        }

    }

    Context 'load contexts, which .NET Framework does not have' -Skip:($PSVersionTable.PSEdition -ne 'Core') {
        It 'loads no dependency before it is needed, and then into its own load context' {
            Invoke-ChildShell -Environment $environment @'
$ErrorActionPreference = 'Stop'
Import-Module $env:MANIFEST
function Get-Dependency {
    [AppDomain]::CurrentDomain.GetAssemblies() |
        Where-Object { -not $_.IsDynamic -and $_.Location -match 'GitLabAgents|module.bin.dependencies' } |
        Where-Object Location -Match 'dependencies'
}
Get-GitLabSession
Get-Command -Module GitLabAgents | ForEach-Object { $null = $_.Parameters.Count }
"before: $(@(Get-Dependency).Count)"
Connect-GitLab $env:SERVER -AllowUnencryptedAuthentication
$loaded = @(Get-Dependency)
"after: $($loaded.Count -gt 3)"
$contexts = $loaded | ForEach-Object { [System.Runtime.Loader.AssemblyLoadContext]::GetLoadContext($_).Name }
"contexts: $(($contexts | Sort-Object -Unique) -join ',')"
'@ | Should -Be 'before: 0', 'after: True', 'contexts: GitLabAgents'
        }

        It 'works with an older <_> of another module' -ForEach 'Microsoft.Extensions.Logging.Abstractions',
            'Microsoft.Extensions.Http', 'YamlDotNet' {
            $folder = Join-Path $TestDrive "Other.$_"
            $null = New-Item $folder -ItemType Directory
            Invoke-ChildShell -Environment ($environment + @{ FOLDER = $folder; LIBRARY = $_ }) @'
$ErrorActionPreference = 'Stop'
$library = "$env:FOLDER/$env:LIBRARY.dll"
$source = '[assembly: System.Reflection.AssemblyVersion("1.2.3.4")]' +
    'namespace Other { public static class Marker { public static int Number { get { return 42; } } } }'
# Add-Type cannot compile the source, because the assembly would get another name.
Add-Type -AssemblyName Microsoft.CodeAnalysis, Microsoft.CodeAnalysis.CSharp
$tree = [Microsoft.CodeAnalysis.CSharp.CSharpSyntaxTree]::ParseText($source)
$core = [Microsoft.CodeAnalysis.MetadataReference]::CreateFromFile([object].Assembly.Location)
$options = [Microsoft.CodeAnalysis.CSharp.CSharpCompilationOptions]::new('DynamicallyLinkedLibrary')
$compilation = [Microsoft.CodeAnalysis.CSharp.CSharpCompilation]::Create($env:LIBRARY,
    [Microsoft.CodeAnalysis.SyntaxTree[]]@($tree), [Microsoft.CodeAnalysis.MetadataReference[]]@($core), $options)
$file = [System.IO.File]::Create($library)
$done = $compilation.Emit($file)
$file.Dispose()
if (-not $done.Success) { $done.Diagnostics }
$name = [System.Reflection.AssemblyName]::GetAssemblyName($library)
"there is $($name.Name) $($name.Version)"
New-ModuleManifest "$env:FOLDER/Other.psd1" -RequiredAssemblies "$env:LIBRARY.dll"
Import-Module "$env:FOLDER/Other.psd1"
"the other's: $([Other.Marker]::Number)"
Import-Module $env:MANIFEST
Connect-GitLab $env:SERVER -AllowUnencryptedAuthentication
"agents: $((Get-GitLabClusterAgent group/app).Count)"
$token = New-GitLabAgentToken platform/infra cluster-us other
"secret: $(($token | ConvertTo-GitLabAgentManifest -Format KubernetesSecret).Contains($token.RevealToken()))"
$token | Revoke-GitLabAgentToken -Confirm:$false
"the other's: $([Other.Marker]::Number)"
'@ | Should -Be "there is $_ 1.2.3.4", "the other's: 42", 'agents: 2', 'secret: True', "the other's: 42"
        }

        It 'removes its resolve handler with the module, and can be imported again' {
            Invoke-ChildShell -Environment $environment @'
$ErrorActionPreference = 'Stop'
function Get-Hook {
    $flags = [System.Reflection.BindingFlags]'NonPublic, Static'
    $field = [System.Runtime.Loader.AssemblyLoadContext].GetField('AssemblyResolve', $flags)
    $event = $field.GetValue($null)
    if (-not $event) { return 0 }
    @($event.GetInvocationList() | Where-Object { $_.Method.DeclaringType.Namespace -like 'GitLabAgents*' }).Count
}
"before: $(Get-Hook)"
Import-Module $env:MANIFEST
"imported: $(Get-Hook)"
Connect-GitLab $env:SERVER -AllowUnencryptedAuthentication
"connected: $($null -ne (Get-GitLabSession))"
Remove-Module GitLabAgents
"removed: $(Get-Hook)"
Import-Module $env:MANIFEST
"again: $(Get-Hook)"
"session: $($null -ne (Get-GitLabSession))"
Connect-GitLab $env:SERVER -AllowUnencryptedAuthentication
"agents: $((Get-GitLabClusterAgent group/app).Count)"
Import-Module $env:MANIFEST -Force
"forced: $(Get-Hook)"
Connect-GitLab $env:SERVER -AllowUnencryptedAuthentication
"agents: $((Get-GitLabClusterAgent group/app).Count)"
'@ | Should -Be @(
                'before: 0', 'imported: 1', 'connected: True', 'removed: 0', 'again: 1', 'session: False', 'agents: 2'
                'forced: 1', 'agents: 2')
        }

        It 'keeps the resolve handler as long as another runspace has the module' {
            Invoke-ChildShell -Environment $environment @'
$ErrorActionPreference = 'Stop'
$shell = [powershell]::Create()
$null = $shell.AddScript('Import-Module $env:MANIFEST').Invoke()
$shell.Commands.Clear()
Import-Module $env:MANIFEST
Remove-Module GitLabAgents
$script = 'Connect-GitLab $env:SERVER -AllowUnencryptedAuthentication; (Get-GitLabClusterAgent group/app).Count'
"agents: $($shell.AddScript($script).Invoke())"
$shell.Streams.Error
'@ | Should -Be 'agents: 2'
        }

    }

    Context 'in a script' {
        It 'lets a script catch its exception by name' {
            Invoke-ChildShell -Environment $environment @'
Import-Module $env:MANIFEST
& ([scriptblock]::Create(@"
try { Connect-GitLab '$env:SERVER' -AllowUnencryptedAuthentication; Get-GitLabClusterAgent no/where -ErrorAction Stop }
catch [GitLabAgents.GitLabApiException] { "caught `$([int]`$_.Exception.StatusCode)" }
catch { 'another' }
"@))
'@ | Should -Be 'caught 404'
        }

        It 'makes its types available to scripts' {
            Invoke-ChildShell -Environment $environment @'
Import-Module $env:MANIFEST
$names = 'ClusterAgent', 'AgentToken', 'GitLabSession', 'ProjectReference'
$types = & ([scriptblock]::Create(($names -replace '.+', '[GitLabAgents.$0]') -join ', '))
$types.Name -join ','
([GitLabAgents.ProjectReference]'group/app').Path
'@ | Should -Be 'ClusterAgent,AgentToken,GitLabSession,ProjectReference', 'group/app'
        }
    }
}
