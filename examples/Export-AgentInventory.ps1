<#
.SYNOPSIS
Writes an inventory of GitLab agents as CSV, as HTML, or both.

.DESCRIPTION
A row an agent: its project, when it was made, whether it is receptive, its tokens, and when one of them was last used.
Whatever comes from GitLab is encoded for HTML, and in the CSV text that begins like a formula stays text. There are no
secrets in an inventory. Nothing is changed on the GitLab.

Without a session, it connects as Connect-GitLab does: with GITLAB_HOST and GITLAB_TOKEN of the environment. Reading
needs the scope read_api and the role Developer.

Exit codes: 0, all was read; 1, the run failed, and no file was written; 2, something could not be read: the files are
written, say ? for it, and the HTML says that it is incomplete.

.PARAMETER Project
Ids or full paths of projects.

.PARAMETER Group
Ids or full paths of groups. Projects of a group that the access token may not read are passed over; -Verbose names them.

.PARAMETER Recurse
Takes the projects of subgroups too.

.PARAMETER CsvPath
The CSV file to write. What is there is replaced.

.PARAMETER HtmlPath
The HTML file to write. What is there is replaced.

.PARAMETER Title
The heading of the HTML.

.EXAMPLE
./examples/Export-AgentInventory.ps1 -Group platform -Recurse -CsvPath agents.csv -HtmlPath agents.html
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

    [ValidateNotNullOrEmpty()]
    [string] $CsvPath,

    [ValidateNotNullOrEmpty()]
    [string] $HtmlPath,

    [ValidateNotNullOrEmpty()]
    [string] $Title = 'GitLab agents'
)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$utf8 = if ($PSVersionTable.PSVersion.Major -ge 6) { 'utf8BOM' } else { 'utf8' } # With a mark: spreadsheets look for it.
if (-not $CsvPath -and -not $HtmlPath) { throw 'There is nothing to write: give -CsvPath, -HtmlPath or both.' }

function ConvertTo-Text ($Value) {
    if ($Value -is [DateTimeOffset]) { return $Value.UtcDateTime.ToString('yyyy-MM-ddTHH:mm:ssZ', [cultureinfo]::InvariantCulture) }
    "$Value"
}

# For spreadsheets: text that begins like a formula is kept text.
function ConvertTo-Cell ($Value) { (ConvertTo-Text $Value) -replace '^(?=[=+\-@\t\r])', "'" }

function ConvertTo-Markup ($Value) { [System.Net.WebUtility]::HtmlEncode((ConvertTo-Text $Value)) }

if (-not (Get-Module GitLabAgents)) {
    $manifest = Join-Path $PSScriptRoot '../GitLabAgents.psd1'
    Import-Module $(if (Test-Path -LiteralPath $manifest) { $manifest } else { 'GitLabAgents' })
}

$connected = -not (Get-GitLabSession)
if ($connected) { Connect-GitLab }
try {
    $session = Get-GitLabSession
    $found = @(
        if ($PSCmdlet.ParameterSetName -eq 'Group') {
            foreach ($one in $Group) { Get-GitLabClusterAgent -Group $one -Recurse:$Recurse -ErrorAction Continue -ErrorVariable +failures }
        }
        else {
            foreach ($one in $Project) { Get-GitLabClusterAgent -Project $one -ErrorAction Continue -ErrorVariable +failures }
        }
    )
    $agents = @($found | Sort-Object -Property ProjectPath, Name, Id -Unique)

    # In one pipeline, so that the reads of many agents overlap.
    $tokens = @($agents | Get-GitLabAgentToken -ErrorAction Continue -ErrorVariable +tokenFailures)
}
finally {
    if ($connected) { Disconnect-GitLab }
}

$failures = @($failures) + @($tokenFailures)
if (-not $agents -and $failures) { throw "No agent could be read; no file was written. First failure: $($failures[0])" }

# The agents of whose tokens we do not know all.
$unknown = @{}
foreach ($failure in $tokenFailures) {
    if ("$($failure.Exception.RequestUri)" -match '/cluster_agents/(\d+)') { $unknown[[long]$Matches[1]] = $true }
}

$byAgent = @{}
foreach ($token in $tokens) { $byAgent[$token.AgentId] = @($byAgent[$token.AgentId]) + $token }

$rows = foreach ($agent in $agents) {
    $own = @($byAgent[$agent.Id] | Where-Object { $_ })
    $lastUsed = @($own | Where-Object { $null -ne $_.LastUsedAt } | Sort-Object -Property LastUsedAt -Descending)
    [pscustomobject][ordered]@{
        Project       = $agent.ProjectPath
        ProjectId     = $agent.ProjectId
        Agent         = $agent.Name
        AgentId       = $agent.Id
        CreatedAt     = $agent.CreatedAt
        IsReceptive   = $agent.IsReceptive
        Tokens        = if ($unknown[$agent.Id]) { '?' } else { $own.Count }
        TokenNames    = ($own | ForEach-Object { "$_" }) -join '; '
        LastUsedAt    = if ($lastUsed) { $lastUsed[0].LastUsedAt } elseif ($unknown[$agent.Id]) { '?' } elseif ($own) { 'never' }
        LastUsedToken = if ($lastUsed) { $lastUsed[0].Name }
    }
}
$rows = @($rows)
$columns = 'Project', 'ProjectId', 'Agent', 'AgentId', 'CreatedAt', 'IsReceptive', 'Tokens', 'TokenNames', 'LastUsedAt', 'LastUsedToken'

if ($CsvPath) {
    $lines = @('"{0}"' -f ($columns -join '","')) + @(
        foreach ($row in $rows) {
            ($columns | ForEach-Object { '"{0}"' -f (ConvertTo-Cell $row.$_).Replace('"', '""') }) -join ','
        })
    Set-Content -LiteralPath $CsvPath -Value $lines -Encoding $utf8
}

if ($HtmlPath) {
    $when = [DateTimeOffset]::UtcNow.ToString('yyyy-MM-dd HH:mm', [cultureinfo]::InvariantCulture)
    $lines = @(
        '<!DOCTYPE html>'
        '<html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src ''none''; style-src ''unsafe-inline''">'
        "<title>$(ConvertTo-Markup $Title)</title>"
        '<style>body{font-family:sans-serif}table{border-collapse:collapse}th,td{border:1px solid #999;padding:.2em .6em;text-align:left}</style>'
        "</head><body><h1>$(ConvertTo-Markup $Title)</h1>"
        "<p>$(ConvertTo-Markup $session.Uri), $when UTC, $($rows.Count) agents.</p>"
        if ($failures) { "<p><strong>Incomplete: $($failures.Count) could not be read.</strong></p>" }
        '<table><thead><tr>'
        foreach ($column in $columns) { "<th>$column</th>" }
        '</tr></thead><tbody>'
        foreach ($row in $rows) { '<tr>' + (($columns | ForEach-Object { "<td>$(ConvertTo-Markup $row.$_)</td>" }) -join '') + '</tr>' }
        '</tbody></table></body></html>'
    )
    Set-Content -LiteralPath $HtmlPath -Value $lines -Encoding utf8
}

Write-Information -InformationAction Continue "$($rows.Count) agents, $($tokens.Count) tokens."
if ($failures) {
    Write-Warning "$($failures.Count) could not be read: the inventory is incomplete."
    exit 2
}
exit 0
