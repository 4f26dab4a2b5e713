<#
.SYNOPSIS
Revokes stale tokens of GitLab agents, in two steps: a plan, and after its approval the revocation.

.DESCRIPTION
The first step reads the tokens and writes those that can go to a CSV file, the plan. Someone looks at it, writes yes
into Approve and a name into ApprovedBy. The second step, -Apply, revokes what is approved, each token only if it is
still stale when it is read again.

A token is stale when it was last used more than -Days days ago, or never used and made more than -Days days ago. Of
each agent's tokens the one that was used last is never revoked, however long ago that was: its cluster may be switched
off for a while. To retire such an agent, use Remove-GitLabClusterAgent.

Without a session, it connects as Connect-GitLab does: with GITLAB_HOST and GITLAB_TOKEN of the environment. The plan
needs the scope read_api and the role Developer, -Apply the scope api and the role Maintainer.

Exit codes: 0, done, even if there was nothing to do; 1, the run failed; 2, something could not be read or revoked.

.PARAMETER Project
Ids or full paths of projects.

.PARAMETER Group
Ids or full paths of groups. Projects of a group that the access token may not read are passed over; -Verbose names them.

.PARAMETER Recurse
Takes the projects of subgroups too.

.PARAMETER PlanPath
The plan. The first step does not replace a plan that is there, unless -Force.

.PARAMETER Days
How many days without use make a token stale. Give both steps the same.

.PARAMETER Force
Replaces a plan that is there, and the approvals in it.

.PARAMETER Apply
Revokes what is approved in the plan. Asks before each token; unattended, give -Confirm:$false. -WhatIf says what would
be revoked.

.PARAMETER ResultPath
Writes the outcome of every approved token as CSV to this file too.

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
$utf8 = if ($PSVersionTable.PSVersion.Major -ge 6) { 'utf8BOM' } else { 'utf8' } # With a mark: spreadsheets look for it.

# For spreadsheets: text that begins like a formula is kept text, and dates are the same everywhere.
function ConvertTo-Cell ($Value) {
    if ($null -eq $Value) { return '' }
    if ($Value -is [DateTimeOffset]) { return $Value.UtcDateTime.ToString('yyyy-MM-ddTHH:mm:ssZ', [cultureinfo]::InvariantCulture) }
    "$Value" -replace '^(?=[=+\-@\t\r])', "'"
}

# Never used: then the token's age counts. What is not known is not stale.
function Test-Stale ($Token, $Limit) {
    $since = if ($null -ne $Token.LastUsedAt) { $Token.LastUsedAt } else { $Token.CreatedAt }
    $Token.IsLastUsedKnown -and $null -ne $since -and $since -lt $Limit
}

# The one of an agent's tokens that was used last, and what was used at the same time.
function Test-LastInUse ($Token, $Tokens) {
    $null -ne $Token.LastUsedAt -and -not ($Tokens | Where-Object { $null -ne $_.LastUsedAt -and $_.LastUsedAt -gt $Token.LastUsedAt })
}

if (-not $Apply -and -not $Force -and (Test-Path -LiteralPath $PlanPath)) {
    throw "$PlanPath is there already. Apply it, remove it, or give -Force."
}

$plan = @(
    if ($Apply) {
        $columns = 'Approve', 'ApprovedBy', 'GitLab', 'ProjectId', 'AgentId', 'TokenId', 'Token'
        foreach ($row in Import-Csv -LiteralPath $PlanPath -Encoding utf8) {
            foreach ($column in $columns) {
                if (-not $row.PSObject.Properties[$column]) { throw "$PlanPath is no plan: it has no column $column." }
            }
            $row
        }
    }
)

if (-not (Get-Module GitLabAgents)) {
    $manifest = Join-Path $PSScriptRoot '../GitLabAgents.psd1'
    Import-Module $(if (Test-Path -LiteralPath $manifest) { $manifest } else { 'GitLabAgents' })
}

$connected = -not (Get-GitLabSession)
if ($connected) { Connect-GitLab }
try {
    $session = Get-GitLabSession
    $limit = [DateTimeOffset]::UtcNow.AddDays(-$Days)

    if (-not $Apply) {
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
        $tokens = @($agents | Get-GitLabAgentToken -ErrorAction Continue -ErrorVariable +tokenFailures)

        # An agent of which one token could not be read has no last token that we know.
        $unknown = @{}
        foreach ($failure in $tokenFailures) {
            if ("$($failure.Exception.RequestUri)" -match '/cluster_agents/(\d+)') { $unknown[[long]$Matches[1]] = $true }
        }
        $byAgent = @{}
        foreach ($token in $tokens) { $byAgent[$token.AgentId] = @($byAgent[$token.AgentId]) + $token }

        $rows = @(
            foreach ($agent in $agents) {
                $own = @($byAgent[$agent.Id] | Where-Object { $_ })
                foreach ($token in $own) {
                    if ($unknown[$agent.Id] -or -not (Test-Stale $token $limit) -or (Test-LastInUse $token $own)) { continue }
                    [pscustomobject][ordered]@{
                        Approve    = ''
                        ApprovedBy = ''
                        GitLab     = "$($session.Uri)"
                        Project    = ConvertTo-Cell $agent.ProjectPath
                        ProjectId  = $agent.ProjectId
                        Agent      = ConvertTo-Cell $agent.Name
                        AgentId    = $agent.Id
                        TokenId    = $token.Id
                        Token      = ConvertTo-Cell $token.Name
                        CreatedAt  = ConvertTo-Cell $token.CreatedAt
                        LastUsedAt = ConvertTo-Cell $token.LastUsedAt
                        Reason     = if ($null -ne $token.LastUsedAt) { 'unused' } else { 'never used' }
                    }
                }
            }
        )
        if ($rows) { $rows | Export-Csv -LiteralPath $PlanPath -NoTypeInformation -Encoding $utf8 -Confirm:$false }
        elseif (Test-Path -LiteralPath $PlanPath) { Remove-Item -LiteralPath $PlanPath -Confirm:$false }
        $failed = @($failures).Count + @($tokenFailures).Count
        Write-Information -InformationAction Continue "$($agents.Count) agents, $($tokens.Count) tokens, $($rows.Count) in the plan$(if (-not $rows) { '; no file was written' })."
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
                try {
                    if ($row.Approve.Trim() -ne 'yes') { throw "Approve says '$($row.Approve)': write yes or no." }
                    if (-not $row.ApprovedBy.Trim()) { throw 'ApprovedBy is empty.' }
                    if ($row.GitLab -ne "$($session.Uri)") { throw "The plan is for $($row.GitLab), and this is $($session.Uri)." }

                    # All tokens of the agent, as they are now; one that cannot be read ends it here.
                    $tokens = @(Get-GitLabAgentToken -Project ([long]$row.ProjectId) -Agent ([long]$row.AgentId))
                    $token = $tokens | Where-Object Id -EQ ([long]$row.TokenId)
                    if (-not $token) { $result.Outcome = 'AlreadyGone' }
                    elseif ((ConvertTo-Cell $token.Name) -cne $row.Token) { throw "Token $($token.Id) is named '$token', not '$($row.Token)'." }
                    elseif (-not (Test-Stale $token $limit)) { $result.Outcome = 'UsedSince' }
                    elseif (Test-LastInUse $token $tokens) { $result.Outcome = 'LastInUse' }
                    elseif ($PSCmdlet.ShouldProcess("token '$token' ($($token.Id)) of agent $($row.AgentId) of project $($row.ProjectId) on $session", 'Revoke')) {
                        $token | Revoke-GitLabAgentToken -Confirm:$false
                        $result.Outcome = 'Revoked'
                    }
                    else { $result.Outcome = 'Skipped' }
                }
                catch {
                    # Without anyone to ask, and without -Confirm:$false, there is no point in going on.
                    if ($_.Exception.GetBaseException() -is [System.Management.Automation.PSInvalidOperationException]) { throw }
                    $result.Detail = $_.Exception.Message
                    Write-Error -ErrorAction Continue "Token $($row.TokenId) of agent $($row.AgentId): $($result.Detail)"
                }
                $result
            }
        )
        if ($ResultPath -and $results) {
            $cells = foreach ($result in $results) {
                $cell = [ordered]@{}
                foreach ($property in $result.PSObject.Properties) { $cell[$property.Name] = ConvertTo-Cell $property.Value }
                [pscustomobject]$cell
            }
            $cells | Export-Csv -LiteralPath $ResultPath -NoTypeInformation -Encoding $utf8 -WhatIf:$false -Confirm:$false
        }
        $results
        $failed = @($results | Where-Object Outcome -EQ Failed).Count
        Write-Information -InformationAction Continue (
            "$($plan.Count) in the plan, $($results.Count) approved, $(@($results | Where-Object Outcome -EQ Revoked).Count) revoked, $failed failed.")
    }
}
finally {
    if ($connected) { Disconnect-GitLab }
}

exit $(if ($failed) { 2 } else { 0 })
