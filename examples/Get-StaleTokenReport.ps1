<#
.SYNOPSIS
Reports the tokens of GitLab agents that no agent has used for a while.

.DESCRIPTION
Reads the agents of projects or groups and the true last use of every token, and gives an object for each token that is
stale: last used more than -Days days ago, or never used and made more than -Days days ago. A token that was made
recently and not used yet is not stale. Nothing is changed.

Without a session, it connects as Connect-GitLab does: with GITLAB_HOST and GITLAB_TOKEN of the environment. Reading
needs the scope read_api and the role Developer.

Exit codes: 0, all was read; 1, the run failed; 2, something could not be read, and the report is incomplete; 3, with
-FailOnStale: all was read, and there are stale tokens.

.PARAMETER Project
Ids or full paths of projects.

.PARAMETER Group
Ids or full paths of groups. Projects of a group that the access token may not read are passed over; -Verbose names them.

.PARAMETER Recurse
Takes the projects of subgroups too.

.PARAMETER Days
How many days without use make a token stale.

.PARAMETER Path
Writes the report as CSV to this file too. It then exists even if nothing is stale, with the headings alone.

.PARAMETER FailOnStale
Ends with exit code 3 when there are stale tokens, for a pipeline that is to turn red.

.EXAMPLE
./examples/Get-StaleTokenReport.ps1 group/app

.EXAMPLE
./examples/Get-StaleTokenReport.ps1 -Group platform -Recurse -Days 60 -Path stale.csv
#>
[CmdletBinding(DefaultParameterSetName = 'Project')]
param(
    [Parameter(Mandatory, Position = 0, ParameterSetName = 'Project')]
    [ValidateNotNullOrEmpty()]
    [string[]] $Project,

    [Parameter(Mandatory, ParameterSetName = 'Group')]
    [ValidateNotNullOrEmpty()]
    [string[]] $Group,

    [Parameter(ParameterSetName = 'Group')]
    [switch] $Recurse,

    [ValidateRange(1, 36500)]
    [int] $Days = 90,

    [ValidateNotNullOrEmpty()]
    [string] $Path,

    [switch] $FailOnStale
)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$utf8 = if ($PSVersionTable.PSVersion.Major -ge 6) { 'utf8BOM' } else { 'utf8' } # With a mark: spreadsheets look for it.

# For spreadsheets: text that begins like a formula is kept text, and dates are the same everywhere.
function ConvertTo-Cell ($Value) {
    if ($null -eq $Value) { return '' }
    if ($Value -is [DateTimeOffset]) { return $Value.UtcDateTime.ToString('yyyy-MM-ddTHH:mm:ssZ', [cultureinfo]::InvariantCulture) }
    "$Value" -replace '^(?=[=+\-@\t\r])', "'"
}

if (-not (Get-Module GitLabAgents)) {
    $manifest = Join-Path $PSScriptRoot '../GitLabAgents.psd1'
    Import-Module $(if (Test-Path -LiteralPath $manifest) { $manifest } else { 'GitLabAgents' })
}

$connected = -not (Get-GitLabSession)
if ($connected) { Connect-GitLab }
try {
    $found = @(
        if ($PSCmdlet.ParameterSetName -eq 'Group') {
            foreach ($one in $Group) { Get-GitLabClusterAgent -Group $one -Recurse:$Recurse -ErrorAction Continue -ErrorVariable +failures }
        }
        else {
            foreach ($one in $Project) { Get-GitLabClusterAgent -Project $one -ErrorAction Continue -ErrorVariable +failures }
        }
    )
    $agents = @($found | Sort-Object -Property Id -Unique)

    # In one pipeline, so that the reads of many agents overlap.
    $tokens = @($agents | Get-GitLabAgentToken -ErrorAction Continue -ErrorVariable +failures)
}
finally {
    if ($connected) { Disconnect-GitLab }
}

$now = [DateTimeOffset]::UtcNow
$byAgent = @{}
foreach ($token in $tokens) { $byAgent[$token.AgentId] = @($byAgent[$token.AgentId]) + $token }

$report = foreach ($agent in $agents) {
    $own = @($byAgent[$agent.Id] | Where-Object { $_ })
    foreach ($token in $own) {
        # Never used: then its age counts. Where neither is known, nothing is said.
        $since = if ($null -ne $token.LastUsedAt) { $token.LastUsedAt } else { $token.CreatedAt }
        if (-not $token.IsLastUsedKnown -or $null -eq $since -or $since -gt $now.AddDays(-$Days)) { continue }
        $used = @($own | Where-Object { $null -ne $_.LastUsedAt } | Sort-Object -Property LastUsedAt)
        [pscustomobject]@{
            Project     = $agent.ProjectPath
            ProjectId   = $agent.ProjectId
            Agent       = $agent.Name
            AgentId     = $agent.Id
            Token       = $token.Name
            TokenId     = $token.Id
            CreatedAt   = $token.CreatedAt
            LastUsedAt  = $token.LastUsedAt
            IdleDays    = [int][math]::Floor(($now - $since).TotalDays)
            Reason      = if ($null -ne $token.LastUsedAt) { 'unused' } else { 'never used' }
            # Of the agent's tokens this is the one that was used last: revoking it may cut a cluster off.
            IsLastInUse = $null -ne $token.LastUsedAt -and $token.LastUsedAt -eq $used[-1].LastUsedAt
        }
    }
}
$report = @($report | Sort-Object -Property IdleDays -Descending)

if ($Path) {
    $columns = 'Project', 'ProjectId', 'Agent', 'AgentId', 'Token', 'TokenId', 'CreatedAt', 'LastUsedAt', 'IdleDays', 'Reason', 'IsLastInUse'
    if ($report) {
        $cells = foreach ($row in $report) {
            $cell = [ordered]@{}
            foreach ($column in $columns) { $cell[$column] = ConvertTo-Cell $row.$column }
            [pscustomobject]$cell
        }
        $cells | Export-Csv -LiteralPath $Path -NoTypeInformation -Encoding $utf8
    }
    else {
        Set-Content -LiteralPath $Path -Value ('"{0}"' -f ($columns -join '","')) -Encoding $utf8
    }
}

$report
$without = @($agents | Where-Object { -not $byAgent.ContainsKey($_.Id) }).Count
Write-Information -InformationAction Continue (
    "$($agents.Count) agents, $without of them without a token; $($tokens.Count) tokens, $($report.Count) not used for $Days days.")
if ($failures) {
    Write-Warning "$($failures.Count) could not be read: the report is incomplete."
    exit 2
}
exit $(if ($FailOnStale -and $report) { 3 } else { 0 })
