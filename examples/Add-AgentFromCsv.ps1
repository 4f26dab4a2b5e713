<#
.SYNOPSIS
Enrols many GitLab agents: registers each, makes its token and hands the token's secret to the cluster.

.DESCRIPTION
Reads a CSV file with the columns Project and Agent, and optionally TokenName (by default the agent's name), Description,
and whatever -Deploy needs. By default that is Context, a context of kubectl, and optionally Namespace and SecretName
(both gitlab-agent-token in namespace gitlab-agent otherwise).

A row that fails does not stop the others. The file can be run again: an agent that is there is not made anew, and one
that has an active token of the name is left alone. When the secret cannot be handed over, the token that was just made
is revoked again: nobody has its secret. The secret is in no output, file, error or command line.

Without a session, it connects as Connect-GitLab does: with GITLAB_HOST and GITLAB_TOKEN of the environment. Enrolling
needs the scope api and the role Maintainer.

Exit codes: 0, every row is enrolled; 1, the run failed; 2, some rows failed.

.PARAMETER Path
The CSV file, UTF-8.

.PARAMETER Deploy
What hands the secret over. It is called with the new token, whose Token is a SecureString and whose RevealToken() gives
the secret in the clear, and with the row. What it puts out is thrown away; to fail, it throws. By default the secret
becomes a Kubernetes secret, handed to kubectl through its standard input.

.PARAMETER WaitSec
Waits up to this many seconds until the agents that were just enrolled are connected, all of them together. For a
-Deploy that installs the agent. An agent that is not connected in time is an error that says what was seen.
By default, the script does not wait.

.PARAMETER ResultPath
Writes the outcome of every row as CSV to this file too.

.EXAMPLE
./examples/Add-AgentFromCsv.ps1 agents.csv -WhatIf

.EXAMPLE
./examples/Add-AgentFromCsv.ps1 agents.csv -ResultPath result.csv

agents.csv:
Project,Agent,Context
platform/infra,cluster-ap,admin@cluster-ap
platform/infra,cluster-sa,admin@cluster-sa

.EXAMPLE
./examples/Add-AgentFromCsv.ps1 agents.csv -Deploy { param($Token, $Row) Set-Secret -Vault Ops -Name "agent-$($Row.Agent)" -SecureStringSecret $Token.Token }

Into a vault of Microsoft.PowerShell.SecretManagement; the secret is never in the clear.
#>
[CmdletBinding(SupportsShouldProcess)]
param(
    [Parameter(Mandatory, Position = 0)]
    [ValidateNotNullOrEmpty()]
    [string] $Path,

    [ValidateNotNull()]
    [scriptblock] $Deploy,

    [ValidateRange(1, 86400)]
    [int] $WaitSec,

    [ValidateNotNullOrEmpty()]
    [string] $ResultPath
)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$unconnected = @()
$utf8 = if ($PSVersionTable.PSVersion.Major -ge 6) { 'utf8BOM' } else { 'utf8' } # With a mark: spreadsheets look for it.
$PSNativeCommandUseErrorActionPreference = $true # A native command of -Deploy that fails, fails the row (PowerShell 7.4 and later).

function Get-Cell ($Row, $Column, $Default = '') {
    $property = $Row.PSObject.Properties[$Column]
    if ($property -and $property.Value) { $property.Value } else { $Default }
}

# For spreadsheets: text that begins like a formula is kept text.
function ConvertTo-Cell ($Value) { "$Value" -replace '^(?=[=+\-@\t\r])', "'" }

# Words of others, without the secret in any form that kubectl could repeat.
function Hide-Secret ([string] $Text, $Token) {
    $secret = $Token.RevealToken()
    $encoded = [convert]::ToBase64String([System.Text.Encoding]::UTF8.GetBytes($secret))
    $Text.Replace($secret, '[secret]').Replace($encoded, '[secret]')
}

function Publish-KubernetesSecret ($Token, $Row) {
    $PSNativeCommandUseErrorActionPreference = $false
    $ErrorActionPreference = 'Continue' # Windows PowerShell would take a warning of kubectl for a failure.
    $namespace = Get-Cell -Row $Row -Column Namespace -Default gitlab-agent
    $output = @{
        apiVersion = 'v1'
        kind       = 'List'
        items      = @(
            @{ apiVersion = 'v1'; kind = 'Namespace'; metadata = @{ name = $namespace } }
            @{
                apiVersion = 'v1'
                kind       = 'Secret'
                metadata   = @{ name = (Get-Cell -Row $Row -Column SecretName -Default gitlab-agent-token); namespace = $namespace }
                stringData = @{ token = $Token.RevealToken() }
            }
        )
    } | ConvertTo-Json -Depth 5 | kubectl --context (Get-Cell $Row Context) apply --server-side --force-conflicts --filename - 2>&1 | Out-String
    if ($LASTEXITCODE -ne 0) { throw "kubectl ended with $($LASTEXITCODE): $(Hide-Secret $output.Trim() $Token)" }
}

$rows = @(Import-Csv -LiteralPath $Path -Encoding utf8)
if (-not $rows) { throw "There are no rows in $Path." }
foreach ($column in 'Project', 'Agent') {
    if (-not $rows[0].PSObject.Properties[$column]) { throw "$Path has no column $column." }
}
foreach ($row in $rows) {
    foreach ($property in $row.PSObject.Properties) { $property.Value = "$($property.Value)".Trim() }
}
if (-not $Deploy -and -not (Get-Command kubectl -ErrorAction Ignore)) { throw 'There is no kubectl. Install it, or give -Deploy.' }

if (-not (Get-Module GitLabAgents)) {
    $manifest = Join-Path $PSScriptRoot '../GitLabAgents.psd1'
    Import-Module $(if (Test-Path -LiteralPath $manifest) { $manifest } else { 'GitLabAgents' })
}

$connected = -not (Get-GitLabSession)
if ($connected) { Connect-GitLab }
try {
    $results = foreach ($row in $rows) {
        $result = [pscustomobject][ordered]@{
            Project = Get-Cell $row Project
            Agent   = Get-Cell $row Agent
            AgentId = $null
            TokenId = $null
            Outcome = 'Failed'
            Detail  = ''
        }
        try {
            if (-not $result.Project) { throw 'The row has no project.' }
            if ($result.Agent -cnotmatch '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$') {
                throw "'$($result.Agent)' is no name for an agent: at most 63 of a-z, 0-9 and -, with no - at either end."
            }
            if (-not $Deploy -and -not (Get-Cell $row Context)) { throw 'The row has no context for kubectl.' }
            $tokenName = Get-Cell -Row $row -Column TokenName -Default $result.Agent

            $agent = try { Get-GitLabClusterAgent -Project $result.Project -Name $result.Agent }
            catch { if ($_.FullyQualifiedErrorId -notlike 'AgentNotFound,*') { throw } }
            $token = $null
            if ($agent) {
                $result.AgentId = $agent.Id
                $token = $agent | Get-GitLabAgentToken | Where-Object Name -CEQ $tokenName | Sort-Object -Property LastUsedAt | Select-Object -Last 1
            }

            if ($token) {
                $result.TokenId = $token.Id
                $result.Outcome = if ($null -ne $token.LastUsedAt) { 'AlreadyEnrolled' } else { 'NeverUsed' }
                if ($null -eq $token.LastUsedAt) {
                    $result.Detail = 'It has a token of the name that was never used. If its secret did not arrive, revoke the token and run this again.'
                }
            }
            elseif (-not $PSCmdlet.ShouldProcess("agent $($result.Agent) of project $($result.Project)", "Enrol with token '$tokenName'")) {
                $result.Outcome = 'Skipped'
            }
            else {
                if (-not $agent) {
                    $agent = New-GitLabClusterAgent -Project $result.Project -Name $result.Agent -Confirm:$false
                    $result.AgentId = $agent.Id
                }

                $more = if (Get-Cell $row Description) { @{ Description = Get-Cell $row Description } } else { @{} }
                $token = $agent | New-GitLabAgentToken -Name $tokenName @more -Confirm:$false
                $result.TokenId = $token.Id
                try {
                    $null = if ($Deploy) { & $Deploy $token $row } else { Publish-KubernetesSecret $token $row }
                }
                catch {
                    $words = Hide-Secret "$_" $token
                    # PowerShell keeps what was thrown, with the secret.
                    foreach ($kept in @($Error)) { if ((Hide-Secret "$kept" $token) -cne "$kept") { $Error.Remove($kept) } }
                    $after = try {
                        $token | Revoke-GitLabAgentToken -Confirm:$false
                        "Token $($token.Id) was revoked again."
                    }
                    catch { "Token $($token.Id) could not be revoked again, revoke it by hand: $($_.Exception.Message)" }
                    throw "The secret was not handed over: $words $after"
                }
                $result.Outcome = 'Enrolled'
            }
        }
        catch {
            $result.Detail = $_.Exception.Message
            Write-Error -ErrorAction Continue "Row $($result.Project), $($result.Agent): $($result.Detail)"
        }
        $result
    }

    $enrolled = @($results | Where-Object Outcome -EQ Enrolled)
    if ($WaitSec -and $enrolled) {
        $connections = @($enrolled | Wait-GitLabAgentConnection -TimeoutSec $WaitSec -ErrorAction Continue -ErrorVariable unconnected)
        foreach ($result in $enrolled) {
            $connection = $connections | Where-Object AgentId -EQ $result.AgentId
            $result.Detail = if ($connection) { "Connected with version $($connection.Version)." } else { 'It is not connected yet.' }
        }
    }
}
finally {
    if ($connected) { Disconnect-GitLab }
}

$results = @($results)
if ($ResultPath) {
    $cells = foreach ($result in $results) {
        $cell = [ordered]@{}
        foreach ($property in $result.PSObject.Properties) { $cell[$property.Name] = ConvertTo-Cell $property.Value }
        [pscustomobject]$cell
    }
    $cells | Export-Csv -LiteralPath $ResultPath -NoTypeInformation -Encoding $utf8 -WhatIf:$false -Confirm:$false
}

$results
$failed = @($results | Where-Object Outcome -EQ Failed).Count
Write-Information -InformationAction Continue "$($results.Count) rows, $(@($results | Where-Object Outcome -EQ Enrolled).Count) enrolled, $failed failed."
exit $(if ($failed -or $unconnected) { 2 } else { 0 })
