<#
.SYNOPSIS
Revokes unused tokens of GitLab agents in two steps: a plan and, after its approval, the revocation.

.DESCRIPTION
The first step reads the inventory and writes the tokens that can be revoked to a CSV file, the plan. An approver enters
yes in the column Approve and a name in the column ApprovedBy. The second step, -Apply, reads each approved token again,
and revokes it only if it is still unused.

A token is unused if its last use is more than -Days days ago, or if it was never used and is older than that. The token
that an agent used last is never revoked, however long ago that was, because its cluster may only be switched off. To
retire such an agent, use Remove-GitLabClusterAgent. Agents of archived projects are skipped, because GitLab does not
revoke tokens there.

Without a session, the script connects as Connect-GitLab does, with GITLAB_HOST and GITLAB_TOKEN of the environment. The
plan needs the scope read_api and the role Developer, -Apply needs the scope api and the role Maintainer.

Exit codes: 0, the script completed, even if there was nothing to do; 1, the script failed; 2, something could not be
read or revoked.

.PARAMETER Project
Specifies projects by their IDs or full paths.

.PARAMETER Group
Specifies groups by their IDs or full paths. Projects that the access token may not read are skipped; -Verbose lists
them.

.PARAMETER Recurse
Includes the projects of subgroups.

.PARAMETER PlanPath
Specifies the CSV file of the plan. The first step replaces an existing plan only with -Force.

.PARAMETER Days
Specifies after how many days a token is unused. Use the same value in both steps.

.PARAMETER Force
Replaces an existing plan and the approvals in it.

.PARAMETER Apply
Revokes the approved tokens. The script asks before each revocation; use -Confirm:$false if nobody can answer. -WhatIf
shows what it would revoke.

.PARAMETER ResultPath
Writes the outcome of each approved token to this CSV file as well.

.EXAMPLE
./examples/Invoke-TokenHygiene.ps1 -Group platform -Recurse -PlanPath plan.csv

.EXAMPLE
./examples/Invoke-TokenHygiene.ps1 -Apply -PlanPath plan.csv -WhatIf

.EXAMPLE
./examples/Invoke-TokenHygiene.ps1 -Apply -PlanPath plan.csv -Confirm:$false -ResultPath revoked.csv
#>
[CmdletBinding(DefaultParameterSetName = 'Project', SupportsShouldProcess, ConfirmImpact = 'High')]
param(
    [Parameter(Mandatory, Position = 0, ParameterSetName = 'Project')]
    [ValidateNotNullOrEmpty()]
    [string[]] $Project,

    [Parameter(Mandatory, ParameterSetName = 'Group')]
    [ValidateNotNullOrEmpty()]
    [string[]] $Group,

    [Parameter(ParameterSetName = 'Group')]
    [switch] $Recurse,

    [Parameter(Mandatory)]
    [ValidateNotNullOrEmpty()]
    [string] $PlanPath,

    [ValidateRange(1, 36500)]
    [int] $Days = 90,

    [Parameter(ParameterSetName = 'Project')]
    [Parameter(ParameterSetName = 'Group')]
    [switch] $Force,

    [Parameter(Mandatory, ParameterSetName = 'Apply')]
    [switch] $Apply,

    [Parameter(ParameterSetName = 'Apply')]
    [ValidateNotNullOrEmpty()]
    [string] $ResultPath
)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$limit = [DateTimeOffset]::UtcNow.AddDays(-$Days)
# Spreadsheets need the byte order mark.
$utf8 = if ($PSVersionTable.PSVersion.Major -ge 6) { 'utf8BOM' } else { 'utf8' }

# For spreadsheets: text that looks like a formula remains text, and dates do not depend on the culture.
function ConvertTo-Cell ($Value) {
    if ($Value -is [DateTimeOffset]) {
        return $Value.UtcDateTime.ToString('yyyy-MM-ddTHH:mm:ssZ', [cultureinfo]::InvariantCulture)
    }
    "$Value" -replace '^(?=[=+\-@\t\r])', "'"
}

# A terminal would obey the control characters of a name, and show another name.
function ConvertTo-Line ($Text) { "$Text" -replace '[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]', ' ' }

function Format-Count ($Count, $Noun) { "$Count $Noun$(if ($Count -ne 1) { 's' })" }

function Export-Row ($Rows, $Path) {
    $cells = foreach ($row in $Rows) {
        $cell = [ordered]@{}
        foreach ($property in $row.PSObject.Properties) { $cell[$property.Name] = ConvertTo-Cell $property.Value }
        [pscustomobject]$cell
    }
    $cells | Export-Csv -LiteralPath $Path -NoTypeInformation -Encoding $utf8 -WhatIf:$false -Confirm:$false
}

# The age counts for a token that was never used. A token is not unused if its last use or its age is not known.
function Test-Unused ($Token) {
    $since = if ($null -ne $Token.LastUsedAt) { $Token.LastUsedAt } else { $Token.CreatedAt }
    $Token.IsLastUsedKnown -and $null -ne $since -and $since -lt $limit
}

# Whether no other token of the agent was used later.
function Test-LastInUse ($Token, $Tokens) {
    $later = $Tokens | Where-Object { $null -ne $_.LastUsedAt -and $_.LastUsedAt -gt $Token.LastUsedAt }
    $null -ne $Token.LastUsedAt -and -not $later
}

function Get-Plan {
    foreach ($agent in $agents | Where-Object { -not $_.IsArchived -and $_ -notin $unread }) {
        foreach ($token in $agent.Tokens) {
            if (-not (Test-Unused $token) -or (Test-LastInUse $token $agent.Tokens)) { continue }
            [pscustomobject][ordered]@{
                Approve    = ''
                ApprovedBy = ''
                GitLab     = "$($session.Uri)"
                Project    = $agent.Project
                ProjectId  = $agent.ProjectId
                Agent      = $agent.Agent
                AgentId    = $agent.AgentId
                TokenId    = $token.Id
                Token      = $token.Name
                CreatedAt  = $token.CreatedAt
                LastUsedAt = $token.LastUsedAt
                Reason     = if ($null -ne $token.LastUsedAt) { 'unused' } else { 'never used' }
            }
        }
    }
}

# Revokes an approved token, and returns the outcome.
function Invoke-Row {
    [Diagnostics.CodeAnalysis.SuppressMessage('PSShouldProcess', '',
        Justification = 'The script asks, so that "Yes to All" is for all rows.')]
    param($Row)

    if ($Row.Approve.Trim() -ne 'yes') { throw "Approve is '$($Row.Approve)'. Enter yes or no." }
    if (-not $Row.ApprovedBy.Trim()) { throw 'ApprovedBy is empty.' }
    if ($Row.GitLab -ne "$($session.Uri)") {
        throw "The plan is for $($Row.GitLab), but the session is with $($session.Uri)."
    }

    # All current tokens of the agent; if one cannot be read, nothing is revoked.
    $tokens = @(Get-GitLabAgentToken -Project ([long]$Row.ProjectId) -Agent ([long]$Row.AgentId))
    $token = $tokens | Where-Object Id -EQ ([long]$Row.TokenId)
    if (-not $token) { return 'AlreadyGone' }
    if ((ConvertTo-Cell $token.Name) -cne $Row.Token) {
        throw "Token $($token.Id) is named '$(ConvertTo-Line $token)', not '$(ConvertTo-Line $Row.Token)'."
    }
    if (-not (Test-Unused $token)) { return 'UsedSince' }
    if (Test-LastInUse $token $tokens) { return 'LastInUse' }
    $name = "token '$(ConvertTo-Line $token)' ($($token.Id))"
    $target = "$name of agent $($Row.AgentId) of project $($Row.ProjectId) on $session"
    if (-not $PSCmdlet.ShouldProcess($target, 'Revoke')) { return 'Skipped' }
    $token | Revoke-GitLabAgentToken -Confirm:$false
    'Revoked'
}

if (-not $Apply -and -not $Force -and (Test-Path -LiteralPath $PlanPath)) {
    throw "$PlanPath already exists. Apply it, remove it, or use -Force."
}

$plan = @(if ($Apply) { Import-Csv -LiteralPath $PlanPath -Encoding utf8 })
foreach ($row in $plan) {
    foreach ($column in 'Approve', 'ApprovedBy', 'GitLab', 'ProjectId', 'AgentId', 'TokenId', 'Token') {
        if (-not $row.PSObject.Properties[$column]) { throw "$PlanPath is not a valid plan: it has no column $column." }
    }
}

if (-not (Get-Module GitLabAgents)) {
    $manifest = Join-Path $PSScriptRoot '../GitLabAgents.psd1'
    Import-Module $(if (Test-Path -LiteralPath $manifest) { $manifest } else { 'GitLabAgents' })
}

$connected = -not (Get-GitLabSession)
if ($connected) { Connect-GitLab }
try {
    $session = Get-GitLabSession
    if (-not $Apply) {
        $failures = @()
        $read = @{ ErrorAction = 'Continue'; ErrorVariable = '+failures' }
        $found = @(
            if ($Group) { foreach ($one in $Group) { Get-GitLabAgentInventory -Group $one -Recurse:$Recurse @read } }
            else { foreach ($one in $Project) { Get-GitLabAgentInventory -Project $one @read } }
        )
        $agents = @($found | Sort-Object -Property Project, Agent, AgentId -Unique)
        $unread = @($agents | Where-Object {
                $null -eq $_.Tokens -or ($_.Tokens | Where-Object { -not $_.IsLastUsedKnown })
            })
        $unreported = @($unread | Where-Object {
                $reason = "$($_.Reason)"
                -not ($failures | Where-Object { $reason.Contains("$_") })
            })
        foreach ($agent in $unreported) {
            $place = "agent $($agent.Agent) of project $($agent.Project)"
            Write-Error -ErrorAction Continue "The tokens of $place could not be read. $($agent.Reason)"
        }

        $rows = @(Get-Plan)
        if ($rows) { Export-Row -Rows $rows -Path $PlanPath }
        elseif (Test-Path -LiteralPath $PlanPath) { Remove-Item -LiteralPath $PlanPath -Confirm:$false }
        $failed = $failures.Count + $unreported.Count
        $count = @($agents | ForEach-Object Tokens | Where-Object { $_ }).Count
        Write-Information -InformationAction Continue (
            "$(Format-Count $agents.Count agent), $(Format-Count $count token), $($rows.Count) in the plan" +
            $(if ($rows) { "." } else { "; no file was written." }))
        if ($failed) { Write-Warning "$failed could not be read: the plan is incomplete." }
    }
    else {
        $results = @(
            foreach ($row in $plan) {
                if ($row.Approve.Trim() -in '', 'no') { continue }
                $result = [pscustomobject][ordered]@{
                    TokenId    = $row.TokenId
                    Token      = $row.Token
                    AgentId    = $row.AgentId
                    ProjectId  = $row.ProjectId
                    ApprovedBy = $row.ApprovedBy
                    Outcome    = 'Failed'
                    Detail     = ''
                }
                try { $result.Outcome = Invoke-Row $row }
                catch {
                    # If nobody can answer and -Confirm:$false is missing, the other rows would fail in the same way.
                    $cause = $_.Exception.GetBaseException()
                    if ($cause -is [System.Management.Automation.PSInvalidOperationException]) { throw }
                    $result.Detail = $_.Exception.Message
                    $message = "Token $($row.TokenId) of agent $($row.AgentId): $($result.Detail)"
                    Write-Error -ErrorAction Continue $message
                }
                $result
            }
        )

        # The outcomes are returned first, so that they are not lost if the file cannot be written.
        $results
        if ($ResultPath -and $results) { Export-Row -Rows $results -Path $ResultPath }
        $failed = @($results | Where-Object Outcome -EQ Failed).Count
        $revoked = @($results | Where-Object Outcome -EQ Revoked).Count
        Write-Information -InformationAction Continue (
            "$($plan.Count) in the plan, $($results.Count) approved, $revoked revoked, $failed failed.")
    }
}
finally {
    if ($connected) { Disconnect-GitLab }
}

exit $(if ($failed) { 2 } else { 0 })
