<#
.SYNOPSIS
Rotates the tokens of GitLab agents that are older than 90 days, without an outage, and reports the results.

.DESCRIPTION
Reads the agents of groups or projects. An agent is due when it has an active token older than -Days. Each due agent
gets a new token, which is deployed to its cluster. When GitLab has seen the new token in use, the older ones are
revoked. The deployments run one after the other, and the waits overlap. Invoke-GitLabAgentTokenRotation decides what
may be revoked: the token that an agent uses is never revoked before another was seen in use.

By default, the new token becomes the agent's Kubernetes secret, through the standard input of kubectl, and the agent's
deployment is restarted. -ClusterPath specifies the kubectl context of each agent. The current context is never used,
and an agent without a context is not changed.

The script does not prompt, unless -Confirm is used. If an agent already has two tokens, one of them is revoked to free
a slot, provided that it was never used, or not for -UnusedFor while the other was used later.

A failure does not stop the other agents. No secret is written to the output, a file, an error or a command line.

Without a session, the script connects as Connect-GitLab does, with GITLAB_HOST and GITLAB_TOKEN of the environment. The
access token needs the scope api and the role Maintainer.

Exit codes: 0, all due rotations completed, or none was due; 1, the script failed; 2, a rotation did not complete, or
something could not be read.

.PARAMETER Group
Specifies groups by their IDs or full paths. Projects that the access token may not read are skipped; -Verbose lists
them.

.PARAMETER Recurse
Includes the projects of subgroups.

.PARAMETER Project
Specifies projects by their IDs or full paths.

.PARAMETER Days
Specifies the age in days at which a token is due.

.PARAMETER ClusterPath
Specifies a CSV file in UTF-8 with the columns Project, Agent and Context, and optionally Namespace, SecretName and
Release: the kubectl context of each agent, and its names in the cluster. The default of Namespace is gitlab-agent, and
that of SecretName is gitlab-agent-token. Without Release, all agents of the namespace are restarted. The file of
Add-AgentFromCsv.ps1 is suitable.

.PARAMETER Deploy
Specifies a script block that deploys the new token instead of kubectl. Its arguments are the new token and the agent.
The token has the secret in Token, as a SecureString, and RevealToken() returns it as plain text. The script block has
to make the agent use the new token, for example with a restart. Its output is discarded. It must throw if the token
did not reach the cluster, and only then: the new token is then revoked.

.PARAMETER TimeoutSec
Specifies how many seconds to wait, after the deployment, for the new token of an agent to be used. 0 means no limit.

.PARAMETER PollSec
Specifies the number of seconds between two polls of a new token.

.PARAMETER Resume
Resumes the rotations of an earlier run. For each agent with more than one active token, whatever its age, the newest
token is taken as the new one. When it is in use, the others are revoked. An agent whose newest token is itself older
than -Days is rotated as usual. If the agent used the newest token before this run, it can take two hours until
GitLab's records show that it has not returned to the older one; until then, the status is TimedOut.

.PARAMETER UnusedFor
Specifies the minimum idle time after which a token may be revoked to free a slot.

.PARAMETER ReportPath
Writes the report to this CSV file as well. If no agent is due, the file contains only the header.

.EXAMPLE
./examples/Invoke-TokenRotation.ps1 platform -Recurse -ClusterPath clusters.csv -WhatIf

clusters.csv:
Project,Agent,Context,Namespace,SecretName,Release
platform/infra,cluster-eu,admin@cluster-eu,,,
platform/infra,cluster-us,admin@cluster-us,agents,agent-us-token,agent-us

.EXAMPLE
pwsh -NoProfile -NonInteractive -File examples/Invoke-TokenRotation.ps1 platform -Recurse -ClusterPath clusters.csv

Runs from a scheduler, with GITLAB_HOST and GITLAB_TOKEN in the environment.

.EXAMPLE
./examples/Invoke-TokenRotation.ps1 platform -Recurse -ClusterPath clusters.csv -Resume

Resumes the rotations that an earlier run left waiting, and rotates what else is due.

.EXAMPLE
./examples/Invoke-TokenRotation.ps1 -Project platform/infra -Deploy {
    param($Token, $Agent)
    Set-Secret -Vault Ops -Name "agent-$Agent" -SecureStringSecret $Token.Token
}

Stores the new token in a vault of Microsoft.PowerShell.SecretManagement, from which the cluster gets it.
#>
[CmdletBinding(DefaultParameterSetName = 'Group', SupportsShouldProcess)]
param(
    [Parameter(Mandatory, Position = 0, ParameterSetName = 'Group')]
    [ValidateNotNullOrEmpty()]
    [string[]] $Group,

    [Parameter(ParameterSetName = 'Group')]
    [switch] $Recurse,

    [Parameter(Mandatory, ParameterSetName = 'Project')]
    [ValidateNotNullOrEmpty()]
    [string[]] $Project,

    [ValidateRange(1, 36500)]
    [int] $Days = 90,

    [ValidateNotNullOrEmpty()]
    [string] $ClusterPath,

    [ValidateNotNull()]
    [scriptblock] $Deploy,

    [ValidateRange(0, [int]::MaxValue)]
    [int] $TimeoutSec = 900,

    [ValidateRange(1, 86400)]
    [int] $PollSec = 10,

    [switch] $Resume,

    [timespan] $UnusedFor = '1.00:00:00',

    [ValidateNotNullOrEmpty()]
    [string] $ReportPath
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

# For spreadsheets: text that looks like a formula remains text, and dates do not depend on the culture.
function ConvertTo-Cell ($Value) {
    if ($null -eq $Value) { return '' }
    if ($Value -is [DateTimeOffset]) {
        return $Value.UtcDateTime.ToString('yyyy-MM-ddTHH:mm:ssZ', [cultureinfo]::InvariantCulture)
    }
    "$Value" -replace '^(?=[=+\-@\t\r])', "'"
}

function Format-Count ($Count, $Noun) { "$Count $Noun$(if ($Count -ne 1) { 's' })" }

function Join-Token ($Tokens) { ($Tokens | ForEach-Object { "$_ ($($_.Id))" }) -join '; ' }

# Pipes its input to kubectl and returns the output. If kubectl fails, its output is in the error, from which the
# rotation removes secrets.
function Invoke-Kubectl ([string[]] $Arguments) {
    $PSNativeCommandUseErrorActionPreference = $false
    $ErrorActionPreference = 'Continue' # Windows PowerShell would treat a warning of kubectl as a failure.
    $output = @($input | kubectl @Arguments 2>&1)
    if ($LASTEXITCODE -ne 0) { throw "kubectl returned exit code $($LASTEXITCODE): $output" }
    $output | Where-Object { $_ -isnot [System.Management.Automation.ErrorRecord] }
}

function Publish-KubernetesSecret ($Token, $Agent, $Row) {
    $context = Get-Cell $Row Context
    $names = @{
        Namespace  = Get-Cell -Row $Row -Column Namespace -Default gitlab-agent
        SecretName = Get-Cell -Row $Row -Column SecretName -Default gitlab-agent-token
    }
    $selector = 'app.kubernetes.io/name=gitlab-agent'
    if (Get-Cell $Row Release) {
        $names.ReleaseName = Get-Cell $Row Release
        $selector += ",app.kubernetes.io/instance=$($names.ReleaseName)"
    }
    if ($Agent.IsReceptive) {
        # With it, the secret keeps the labels by which Helm recognizes it.
        $configuration = $Agent | Get-GitLabAgentUrlConfiguration
        if ($configuration) { $names.UrlConfiguration = $configuration }
    }

    # Server-side: otherwise kubectl keeps a copy of the secret in an annotation.
    $Token | ConvertTo-GitLabAgentManifest -Format KubernetesSecret @names |
        Invoke-Kubectl '--context', $context, 'apply', '--server-side', '--force-conflicts', '--filename', '-'

    # The cluster has the new token now. If this threw, the token would be revoked, and the agent could not connect
    # after its next start.
    try {
        # If there is none, kubectl writes a message and returns 0.
        $restart = '--namespace', $names.Namespace, 'rollout', 'restart', 'deployment', '--selector', $selector
        $restarted = Invoke-Kubectl (@('--context', $context) + $restart)
        if (-not $restarted) { throw "there is no deployment with $selector in the namespace $($names.Namespace)" }
    }
    catch {
        $notRestarted[$Agent.Id] = "The token is in the cluster, but the agent was not restarted: $_"
        Write-Warning "Agent ${Agent}: $($notRestarted[$Agent.Id])"
    }
}

if ([bool]$ClusterPath -eq [bool]$Deploy) { throw 'Specify either -ClusterPath, for kubectl, or -Deploy.' }
$clusters = @{}
if ($ClusterPath) {
    $rows = @(Import-Csv -LiteralPath $ClusterPath -Encoding utf8)
    if (-not $rows) { throw "There are no rows in $ClusterPath." }
    foreach ($column in 'Project', 'Agent', 'Context') {
        if (-not $rows[0].PSObject.Properties[$column]) { throw "$ClusterPath has no column $column." }
    }
    foreach ($row in $rows) {
        foreach ($property in $row.PSObject.Properties) { $property.Value = "$($property.Value)".Trim() }
        if (-not $row.Project -or -not $row.Agent) { continue }
        $clusters["$($row.Project) $($row.Agent)"] = @($clusters["$($row.Project) $($row.Agent)"]) + $row
    }
    # If two agents shared a secret, the first would have no token at its next start.
    $shared = @{}
    foreach ($row in $rows) {
        if (-not $row.Project -or -not $row.Agent -or -not $row.Context) { continue }
        $namespace = Get-Cell -Row $row -Column Namespace -Default gitlab-agent
        $secret = Get-Cell -Row $row -Column SecretName -Default gitlab-agent-token
        $location = "$($row.Context), namespace $namespace, secret $secret"
        $name = "$($row.Project) $($row.Agent)"
        if ($shared[$location] -and $shared[$location] -ne $name) {
            $both = "$($shared[$location]) and $name"
            throw "$ClusterPath specifies one secret for two agents, ${both}: context $location."
        }
        $shared[$location] = $name
    }
    if (-not (Get-Command kubectl -ErrorAction Ignore)) {
        throw 'kubectl was not found. Install it, or specify -Deploy.'
    }
}

if (-not (Get-Module GitLabAgents)) {
    $manifest = Join-Path $PSScriptRoot '../GitLabAgents.psd1'
    Import-Module $(if (Test-Path -LiteralPath $manifest) { $manifest } else { 'GitLabAgents' })
}

$connected = -not (Get-GitLabSession)
if ($connected) { Connect-GitLab }
try {
    $read = @{ ErrorAction = 'Continue'; ErrorVariable = '+failures' }
    $found = @(
        if ($PSCmdlet.ParameterSetName -eq 'Group') {
            foreach ($one in $Group) { Get-GitLabClusterAgent -Group $one -Recurse:$Recurse @read }
        }
        else {
            foreach ($one in $Project) { Get-GitLabClusterAgent -Project $one @read }
        }
    )
    $agents = @($found | Sort-Object -Property ProjectPath, Name, Id -Unique)

    # The lists have the age of the tokens. The rotation reads the last use of those that are due.
    $tokens = @($agents | Get-GitLabAgentToken -Summary -ErrorAction Continue -ErrorVariable tokenFailures)
    $unread = @{}
    foreach ($failure in $tokenFailures) { $unread[[long]$failure.TargetObject] = $failure.Exception.Message }
    $byAgent = @{}
    foreach ($token in $tokens) { $byAgent[$token.AgentId] = @($byAgent[$token.AgentId]) + $token }

    $limit = [DateTimeOffset]::UtcNow.AddDays(-$Days)
    $due = 0
    $started = @()
    $fresh = @()
    $locations = @{}
    $results = @(
        foreach ($agent in $agents) {
            $own = @($byAgent[$agent.Id] | Where-Object { $_ } | Sort-Object -Property Id)
            $old = @($own | Where-Object { $null -ne $_.CreatedAt -and $_.CreatedAt -lt $limit })
            $isDue = $old.Count -gt 0 -or ($Resume -and $own.Count -gt 1)
            $ageless = @($own | Where-Object { $null -eq $_.CreatedAt })
            if (-not $isDue -and -not $ageless -and -not $unread[$agent.Id]) { continue }

            $result = [pscustomobject][ordered]@{
                Project     = if ($agent.ProjectPath) { $agent.ProjectPath } else { $agent.ProjectId }
                Agent       = "$agent"
                AgentId     = $agent.Id
                Status      = 'Failed'
                NewToken    = $null
                NewTokenId  = $null
                Revoked     = ''
                Kept        = ''
                StartedAt   = $null
                CompletedAt = $null
                Detail      = ''
            }
            $result
            if ($unread[$agent.Id]) {
                $result.Detail = $unread[$agent.Id]
                continue
            }
            if ($isDue) {
                $due++
                $keys = "$($agent.ProjectPath) $agent", "$($agent.ProjectId) $agent"
                $locations[$agent.Id] = $keys | ForEach-Object { $clusters[$_] } | Where-Object { $_ }
                $number = @($locations[$agent.Id]).Count
                $result.Detail = if ($Deploy) { '' }
                elseif ($number -eq 0) { "$ClusterPath has no row for it." }
                elseif ($number -gt 1) { "$ClusterPath has $number rows for it." }
                elseif (-not (Get-Cell $locations[$agent.Id] Context)) {
                    "Its row in $ClusterPath has no context for kubectl."
                }
            }
            else {
                $result.Detail = "GitLab does not return the age of its token $(Join-Token $ageless)."
            }
            if ($result.Detail) {
                $result.Detail += ' It was not rotated.'
                Write-Error -ErrorAction Continue "Agent $agent of project $($result.Project): $($result.Detail)"
                continue
            }

            $result.Status = 'Skipped' # Unless the rotation has a result: -WhatIf, or somebody declined.
            $isNew = $null -eq $own[-1].CreatedAt -or $own[-1].CreatedAt -ge $limit
            $isStarted = $Resume -and $own.Count -gt 1 -and $isNew
            if ($isStarted) { $started += $agent } else { $fresh += $agent }
        }
    )

    $byId = @{}
    foreach ($agent in $agents) { $byId[$agent.Id] = $agent }
    $notRestarted = @{}
    $rotationFailures = @()
    $parameters = @{
        TimeoutSec    = $TimeoutSec
        PollSec       = $PollSec
        UnusedFor     = $UnusedFor
        Force         = $true
        ErrorAction   = 'Continue'
        ErrorVariable = '+rotationFailures'
        Deploy        = {
            param($Token)
            $agent = $byId[$Token.AgentId]
            if ($Deploy) { & $Deploy $Token $agent }
            else { Publish-KubernetesSecret -Token $Token -Agent $agent -Row $locations[$agent.Id] }
        }
    }
    $rotations = @{}
    foreach ($resumes in $true, $false) {
        $(if ($resumes) { $started } else { $fresh }) |
            Invoke-GitLabAgentTokenRotation @parameters -Resume:$resumes |
            ForEach-Object { $rotations[$_.AgentId] = $_ }
    }
}
finally {
    if ($connected) { Disconnect-GitLab }
}

# A rotation has a result or an error, unless -WhatIf was used or somebody declined.
foreach ($result in $results) {
    $rotation = $rotations[$result.AgentId]
    $failure = $rotationFailures | Where-Object TargetObject -EQ $result.AgentId | Select-Object -First 1
    if ($rotation) {
        $result.Status = "$($rotation.Status)"
        $result.NewToken = "$($rotation.NewToken)"
        $result.NewTokenId = $rotation.NewToken.Id
        $result.Revoked = Join-Token $rotation.RevokedTokens
        $result.Kept = Join-Token $rotation.KeptTokens
        $result.StartedAt = $rotation.StartedAt
        $result.CompletedAt = $rotation.CompletedAt
        $details = @(if ($rotation.Error) { $rotation.Error.Message }) + $notRestarted[$result.AgentId]
        $result.Detail = @($details | Where-Object { $_ }) -join ' '
    }
    elseif ($failure) {
        $result.Status = 'Failed'
        $result.Detail = $failure.Exception.Message
    }
}

# The report is written first, so that it is not lost if the file cannot be written.
$results
if ($ReportPath) {
    $columns = 'Project', 'Agent', 'AgentId', 'Status', 'NewToken', 'NewTokenId', 'Revoked', 'Kept', 'StartedAt',
        'CompletedAt', 'Detail'
    $file = @{ LiteralPath = $ReportPath; Encoding = $utf8; WhatIf = $false; Confirm = $false }
    if ($results) {
        $cells = foreach ($result in $results) {
            $cell = [ordered]@{}
            foreach ($column in $columns) { $cell[$column] = ConvertTo-Cell $result.$column }
            [pscustomobject]$cell
        }
        $cells | Export-Csv -NoTypeInformation @file
    }
    else {
        Set-Content -Value ('"{0}"' -f ($columns -join '","')) @file
    }
}

$completed = @($results | Where-Object Status -EQ Completed).Count
$waiting = @($results | Where-Object Status -In AwaitingUse, TimedOut).Count
$failed = @($results | Where-Object Status -NotIn Completed, AwaitingUse, TimedOut, Skipped).Count
Write-Information -InformationAction Continue (
    "$(Format-Count $agents.Count agent), $due due, $completed completed, $waiting waiting, $failed failed.")
if ($failures) { Write-Warning "$($failures.Count) could not be read: the report is incomplete." }
exit $(if ($failed -or $waiting -or $failures) { 2 } else { 0 })
