<#
    The life of an agent, from registration to removal, each command before its output.
    GITLAB_HOST and GITLAB_TOKEN say which GitLab.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)]
    [string] $Manifest
)

$ErrorActionPreference = 'Stop'
if ([Console]::IsOutputRedirected) {
    $PSStyle.OutputRendering = 'PlainText'
}

Import-Module $Manifest

$commands = @'
Connect-GitLab -AllowUnencryptedAuthentication
$agent = New-GitLabClusterAgent -Project group/app -Name demo
$agent
$new = $agent | New-GitLabAgentToken -Name demo-1 -Description 'For the demo cluster'
$new
$new.RevealToken().Length      # the secret, for helm or kubectl: shown this once
Get-GitLabClusterAgent -Project group/app
Get-GitLabClusterAgent -Project group/app | Get-GitLabAgentToken
$new | ConvertTo-GitLabAgentManifest      # refers to the secret; -Format KubernetesSecret is the secret itself
Get-GitLabClusterAgent -Project group/app | Get-GitLabAgentConnection
$agent | Invoke-GitLabAgentTokenRotation -WhatIf
$agent | Get-GitLabAgentToken -Name demo-* | Revoke-GitLabAgentToken -WhatIf
$agent | Get-GitLabAgentToken -Name demo-* | Revoke-GitLabAgentToken -Confirm:$false
$agent | Remove-GitLabClusterAgent -Confirm:$false
Get-GitLabClusterAgent -Project group/app -Name demo -ErrorAction Continue
Disconnect-GitLab
'@ -split '\r?\n'

foreach ($command in $commands) {
    [Console]::WriteLine("PS> $command")
    try {
        # Dot-sourced, so that a variable of one command is there for the next.
        $shown = . ([scriptblock]::Create($command)) 2>&1 3>&1 | Out-String -Width 100
        if ($shown.Trim()) {
            [Console]::WriteLine($shown.Trim("`r", "`n"))
        }
    }
    catch {
        [Console]::WriteLine("ERROR: $_")
        exit 1
    }
}
