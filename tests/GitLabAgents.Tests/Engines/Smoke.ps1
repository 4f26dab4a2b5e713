# Takes a token through its life in whatever PowerShell runs this: OlderEngineTests.cs reads the output.
param(
    [Parameter(Mandatory)] [string] $Manifest,
    [Parameter(Mandatory)] [string] $Uri
)

$ErrorActionPreference = 'Stop'
Import-Module $Manifest
'imported'

$secret = [System.Net.NetworkCredential]::new('', 'glpat-maintainer').SecurePassword
$session = Connect-GitLab -Uri $Uri -Token $secret -AllowUnencryptedAuthentication -PassThru
"connected: $($session.TokenName)"
"listed: $((Get-GitLabClusterAgent -Project group/app).Name -join ', ')"

$token = New-GitLabAgentToken -Project group/app -Agent staging -Name smoke
"created: $($token.RevealToken().Length -gt 10)"
"tokens: $((Get-GitLabAgentToken -Project group/app -Agent staging).Name -join ', ')"

$line = 'Get-GitLabClusterAgent -Project group/app -Name '
"completed: $((TabExpansion2 $line $line.Length).CompletionMatches.CompletionText -join ', ')"

$token | Revoke-GitLabAgentToken -Confirm:$false
"revoked: $((Get-GitLabAgentToken -Project group/app -Agent staging).Name -join ', ')"
