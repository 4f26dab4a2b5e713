<#
.SYNOPSIS
Enrols many GitLab agents: registers each agent, creates its token, and deploys the token's secret to the cluster.

.DESCRIPTION
Reads a CSV file with the columns Project and Agent, and optionally TokenName (by default the agent's name),
Description, and the columns that -Deploy needs. By default, these are Context, a context of kubectl, and optionally
Namespace (by default gitlab-agent) and SecretName (by default gitlab-agent-token).

A row that fails does not stop the others. You can run the script again with the same file: it does not create an agent
that exists, and it does not change an agent that has an active token of the name. If the secret cannot be deployed, the
script revokes the new token, because nobody has its secret. No secret is written to the output, a file, an error or a
command line.

Without a session, the script connects as Connect-GitLab does, with GITLAB_HOST and GITLAB_TOKEN of the environment. The
access token needs the scope api and the role Maintainer.

Exit codes: 0, all rows are enrolled, and with -WaitSec the new agents are connected; 1, the script failed; 2, a row
failed, or an agent was not connected in time.

.PARAMETER Path
Specifies the CSV file, in UTF-8.

.PARAMETER Deploy
Specifies a script block that deploys the secret instead of kubectl. Its arguments are the new token and the row. The
token has the secret in Token, as a SecureString, and RevealToken() returns it as plain text. The output of the script
block is discarded. It must throw if the secret was not deployed. By default, the script passes the secret to kubectl
through standard input, which creates a Kubernetes secret.

.PARAMETER WaitSec
Specifies how many seconds to wait until the new agents are connected, all of them together. Use it if -Deploy installs
the agent. By default, the script does not wait.

.PARAMETER ResultPath
Writes the outcome of each row to this CSV file as well.

.EXAMPLE
./examples/Add-AgentFromCsv.ps1 agents.csv -WhatIf

.EXAMPLE
./examples/Add-AgentFromCsv.ps1 agents.csv -ResultPath result.csv

agents.csv:
Project,Agent,Context
platform/infra,cluster-ap,admin@cluster-ap
platform/infra,cluster-sa,admin@cluster-sa

.EXAMPLE
./examples/Add-AgentFromCsv.ps1 agents.csv -Deploy {
    param($Token, $Row)
    Set-Secret -Vault Ops -Name "agent-$($Row.Agent)" -SecureStringSecret $Token.Token
}

Stores each secret in a vault of Microsoft.PowerShell.SecretManagement; it never becomes plain text.
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
# Spreadsheets need the byte order mark.
$utf8 = if ($PSVersionTable.PSVersion.Major -ge 6) { 'utf8BOM' } else { 'utf8' }
# A native command that fails makes -Deploy fail (PowerShell 7.4 and later).
$PSNativeCommandUseErrorActionPreference = $true

function Get-Cell ($Row, $Column, $Default = '') {
    $property = $Row.PSObject.Properties[$Column]
    if ($property -and $property.Value) { $property.Value } else { $Default }
}

# For spreadsheets: text that looks like a formula remains text.
function ConvertTo-Cell ($Value) { "$Value" -replace '^(?=[=+\-@\t\r])', "'" }

function Format-Count ($Count, $Noun) { "$Count $Noun$(if ($Count -ne 1) { 's' })" }

# Removes the secret from text, in any form in which kubectl could repeat it.
function Hide-Secret ([string] $Text, $Token) {
    $secret = $Token.RevealToken()
    $encoded = [convert]::ToBase64String([System.Text.Encoding]::UTF8.GetBytes($secret))
    $Text.Replace($secret, '[secret]').Replace($encoded, '[secret]')
}

function Publish-KubernetesSecret ($Token, $Row) {
    $PSNativeCommandUseErrorActionPreference = $false
    $ErrorActionPreference = 'Continue' # Windows PowerShell would treat a warning of kubectl as a failure.
    $namespace = Get-Cell -Row $Row -Column Namespace -Default gitlab-agent
    $name = Get-Cell -Row $Row -Column SecretName -Default gitlab-agent-token
    $manifest = @{
        apiVersion = 'v1'
        kind       = 'List'
        items      = @(
            @{ apiVersion = 'v1'; kind = 'Namespace'; metadata = @{ name = $namespace } }
            @{
                apiVersion = 'v1'
                kind       = 'Secret'
                metadata   = @{ name = $name; namespace = $namespace }
                stringData = @{ token = $Token.RevealToken() }
            }
        )
    } | ConvertTo-Json -Depth 5
    $arguments = '--context', (Get-Cell $Row Context), 'apply', '--server-side', '--force-conflicts', '--filename', '-'
    $output = $manifest | kubectl @arguments 2>&1 | Out-String
    if ($LASTEXITCODE -ne 0) {
        throw "kubectl returned exit code $($LASTEXITCODE): $(Hide-Secret $output.Trim() $Token)"
    }
}

# Deploys a new token. If that fails, revokes the token.
function Publish-Token ($Token, $Row) {
    try {
        $null = if ($Deploy) { & $Deploy $Token $Row } else { Publish-KubernetesSecret $Token $Row }
    }
    catch {
        $message = Hide-Secret "$_" $Token
        # PowerShell keeps the errors, with the secret in them.
        foreach ($kept in @($Error)) { if ((Hide-Secret "$kept" $Token) -cne "$kept") { $Error.Remove($kept) } }
        $rollback = try {
            $Token | Revoke-GitLabAgentToken -Confirm:$false
            "Token $($Token.Id) was revoked."
        }
        catch { "Token $($Token.Id) could not be revoked. Revoke it: $($_.Exception.Message)" }
        throw "The secret was not deployed: $message $rollback"
    }
}

# Enrols the agent of a row, and records what was done in the result.
function Add-Agent {
    [Diagnostics.CodeAnalysis.SuppressMessage('PSShouldProcess', '',
        Justification = 'The script asks, so that "Yes to All" is for all rows.')]
    param($Row, $Result)

    if (-not $Result.Project) { throw 'The row has no project.' }
    if ($Result.Agent -cnotmatch '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$') {
        throw "'$($Result.Agent)' is not a valid agent name: use at most 63 of a-z, 0-9 and -, without - at either end."
    }
    if (-not $Deploy -and -not (Get-Cell $Row Context)) { throw 'The row has no context for kubectl.' }
    $tokenName = Get-Cell -Row $Row -Column TokenName -Default $Result.Agent

    $agent = try { Get-GitLabClusterAgent -Project $Result.Project -Name $Result.Agent }
    catch { if ($_.FullyQualifiedErrorId -notlike 'AgentNotFound,*') { throw } }
    if ($agent) {
        $Result.AgentId = $agent.Id
        $token = $agent | Get-GitLabAgentToken | Where-Object Name -CEQ $tokenName |
            Sort-Object -Property LastUsedAt | Select-Object -Last 1
        if ($token) {
            $Result.TokenId = $token.Id
            $Result.Outcome = 'AlreadyEnrolled'
            if ($null -eq $token.LastUsedAt) {
                $Result.Outcome = 'NeverUsed'
                $Result.Detail = 'Its token of this name was never used. If the secret was lost, revoke the token ' +
                    'and run the script again.'
            }
            return
        }
    }

    $target = "agent $($Result.Agent) of project $($Result.Project)"
    if (-not $PSCmdlet.ShouldProcess($target, "Enrol with token '$tokenName'")) {
        $Result.Outcome = 'Skipped'
        return
    }

    if (-not $agent) {
        $agent = New-GitLabClusterAgent -Project $Result.Project -Name $Result.Agent -Confirm:$false
        $Result.AgentId = $agent.Id
    }
    $more = if (Get-Cell $Row Description) { @{ Description = Get-Cell $Row Description } } else { @{} }
    $token = $agent | New-GitLabAgentToken -Name $tokenName @more -Confirm:$false
    $Result.TokenId = $token.Id
    Publish-Token -Token $token -Row $Row
    $Result.Outcome = 'Enrolled'
}

$rows = @(Import-Csv -LiteralPath $Path -Encoding utf8)
if (-not $rows) { throw "There are no rows in $Path." }
foreach ($column in 'Project', 'Agent') {
    if (-not $rows[0].PSObject.Properties[$column]) { throw "$Path has no column $column." }
}
foreach ($row in $rows) {
    foreach ($property in $row.PSObject.Properties) { $property.Value = "$($property.Value)".Trim() }
}
if (-not $Deploy -and -not (Get-Command kubectl -ErrorAction Ignore)) {
    throw 'kubectl was not found. Install it, or specify -Deploy.'
}

if (-not (Get-Module GitLabAgents)) {
    $manifest = Join-Path $PSScriptRoot '../GitLabAgents.psd1'
    Import-Module $(if (Test-Path -LiteralPath $manifest) { $manifest } else { 'GitLabAgents' })
}

$timeouts = @()
$connected = -not (Get-GitLabSession)
if ($connected) { Connect-GitLab }
try {
    $results = @(
        foreach ($row in $rows) {
            $result = [pscustomobject][ordered]@{
                Project = Get-Cell $row Project
                Agent   = Get-Cell $row Agent
                AgentId = $null
                TokenId = $null
                Outcome = 'Failed'
                Detail  = ''
            }
            try { Add-Agent -Row $row -Result $result }
            catch {
                $result.Detail = $_.Exception.Message
                Write-Error -ErrorAction Continue "Row $($result.Project), $($result.Agent): $($result.Detail)"
            }
            $result
        }
    )

    $enrolled = @($results | Where-Object Outcome -EQ Enrolled)
    if ($WaitSec -and $enrolled) {
        $wait = @{ TimeoutSec = $WaitSec; ErrorAction = 'Continue'; ErrorVariable = 'timeouts' }
        $connections = @($enrolled | Select-Object -Property Project, AgentId | Wait-GitLabAgentConnection @wait)
        foreach ($result in $enrolled) {
            $connection = $connections | Where-Object AgentId -EQ $result.AgentId
            $timeout = $timeouts | Where-Object TargetObject -EQ $result.AgentId | Select-Object -First 1
            $result.Detail = if ($connection) { "Connected with version $($connection.Version)." } else { "$timeout" }
        }
    }
}
finally {
    if ($connected) { Disconnect-GitLab }
}

# The outcomes are returned first, so that they are not lost if the file cannot be written.
$results
if ($ResultPath) {
    $cells = foreach ($result in $results) {
        $cell = [ordered]@{}
        foreach ($property in $result.PSObject.Properties) { $cell[$property.Name] = ConvertTo-Cell $property.Value }
        [pscustomobject]$cell
    }
    $file = @{ LiteralPath = $ResultPath; NoTypeInformation = $true; Encoding = $utf8 }
    $cells | Export-Csv @file -WhatIf:$false -Confirm:$false
}

$failed = @($results | Where-Object Outcome -EQ Failed).Count
$summary = "$(Format-Count $results.Count row), $($enrolled.Count) enrolled, $failed failed"
if ($WaitSec) { $summary += ", $(@($timeouts).Count) not connected" }
Write-Information -InformationAction Continue "$summary."
exit $(if ($failed -or $timeouts) { 2 } else { 0 })
