<#
.SYNOPSIS
Rotates every token of GitLab agents that is older than 90 days, without an outage, and reports what became of each.

.DESCRIPTION
Reads the agents of groups or projects. Due is an agent with an active token that was made more than -Days days ago.
Each of them gets a new token, which is handed over to its cluster; once GitLab has seen it in use, the older ones are
revoked. The deploys run one after the other, and the waits overlap. Invoke-GitLabAgentTokenRotation does it and decides
what may be revoked: at no moment is the token that an agent signs in with revoked before another is seen in use.

By default the new token becomes the agent's Kubernetes secret, through the standard input of kubectl, and the agent's
deployment is restarted. The context of kubectl is the one that -ClusterPath names for the agent, and never the current
one. An agent for which it names none is not touched.

Nobody is asked, unless -Confirm is given. Where both places that GitLab has for an agent's tokens are taken, a token
that was never used, or not for -UnusedFor while the other was used later, is given up.

What failed does not stop the others. The secrets are in no output, file, error or command line.

Without a session, it connects as Connect-GitLab does: with GITLAB_HOST and GITLAB_TOKEN of the environment. Rotating
needs the scope api and the role Maintainer.

Exit codes: 0, all that was due is completed, or nothing was due; 1, the run failed; 2, something was not completed, or
could not be read.

.PARAMETER Group
Ids or full paths of groups. Projects of a group that the access token may not read are passed over; -Verbose names them.

.PARAMETER Recurse
Takes the projects of subgroups too.

.PARAMETER Project
Ids or full paths of projects.

.PARAMETER Days
How many days after it was made a token is due.

.PARAMETER ClusterPath
A CSV file, UTF-8, with the columns Project, Agent and Context, and optionally Namespace, SecretName and Release: in
which context of kubectl an agent lives, and under which names. Namespace is gitlab-agent where it is empty, SecretName
is gitlab-agent-token. Without Release all agents of the namespace are restarted. The file of Add-AgentFromCsv.ps1 does.

.PARAMETER Deploy
What hands the new token over, instead of kubectl. It is called with the new token, whose Token is a SecureString and
whose RevealToken() gives the secret in the clear, and with the agent. It has to see to it that the agent takes the new
token, by a restart for example. What it puts out is thrown away. It throws where the token did not arrive, and only
there: the new token is then revoked again.

.PARAMETER TimeoutSec
How many seconds to wait for the new token of an agent to be used, from its deploy on. 0 means no limit.

.PARAMETER PollSec
How many seconds lie between two looks at a new token.

.PARAMETER Resume
Goes on with the rotations of an earlier run: of an agent with more than one active token, be one of them old or not,
the newest is taken for the new one and waited for, and once it is in use the others are revoked. An agent whose newest
token is older than -Days itself is rotated as ever.

.PARAMETER UnusedFor
How long a token must not have been used to be given up where both places are taken.

.PARAMETER ReportPath
Writes the report as CSV to this file too. It then exists even if nothing was due, with the headings alone.

.EXAMPLE
./examples/Invoke-TokenRotation.ps1 platform -Recurse -ClusterPath clusters.csv -WhatIf

clusters.csv:
Project,Agent,Context,Namespace,SecretName,Release
platform/infra,cluster-eu,admin@cluster-eu,,,
platform/infra,cluster-us,admin@cluster-us,agents,agent-us-token,agent-us

.EXAMPLE
pwsh -NoProfile -NonInteractive -File examples/Invoke-TokenRotation.ps1 -Group platform -Recurse -ClusterPath clusters.csv -ReportPath rotated.csv

As a scheduler runs it, with GITLAB_HOST and GITLAB_TOKEN in the environment.

.EXAMPLE
./examples/Invoke-TokenRotation.ps1 platform -Recurse -ClusterPath clusters.csv -Resume

Goes on with what an earlier run left waiting, and rotates what else is due.

.EXAMPLE
./examples/Invoke-TokenRotation.ps1 -Project platform/infra -Deploy { param($Token, $Agent) Set-Secret -Vault Ops -Name "agent-$Agent" -SecureStringSecret $Token.Token }

Into a vault of Microsoft.PowerShell.SecretManagement, from which the cluster fetches it.
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
$utf8 = if ($PSVersionTable.PSVersion.Major -ge 6) { 'utf8BOM' } else { 'utf8' } # With a mark: spreadsheets look for it.
$PSNativeCommandUseErrorActionPreference = $true # A native command of -Deploy that fails, fails the deploy (PowerShell 7.4 and later).

function Get-Cell ($Row, $Column, $Default = '') {
    $property = $Row.PSObject.Properties[$Column]
    if ($property -and $property.Value) { $property.Value } else { $Default }
}

# For spreadsheets: text that begins like a formula is kept text, and dates are the same everywhere.
function ConvertTo-Cell ($Value) {
    if ($null -eq $Value) { return '' }
    if ($Value -is [DateTimeOffset]) { return $Value.UtcDateTime.ToString('yyyy-MM-ddTHH:mm:ssZ', [cultureinfo]::InvariantCulture) }
    "$Value" -replace '^(?=[=+\-@\t\r])', "'"
}

function Join-Token ($Tokens) { ($Tokens | ForEach-Object { "$_ ($($_.Id))" }) -join '; ' }

# Hands what is piped to it to kubectl, and gives its output. The words of one that fails go into an error, from which the
# rotation takes secrets out.
function Invoke-Kubectl ([string[]] $Arguments) {
    $PSNativeCommandUseErrorActionPreference = $false
    $ErrorActionPreference = 'Continue' # Windows PowerShell would take a warning of kubectl for a failure.
    $output = @($input | kubectl @Arguments 2>&1)
    if ($LASTEXITCODE -ne 0) { throw "kubectl ended with $($LASTEXITCODE): $output" }
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
        # With it the secret keeps the marks by which Helm knows it for its own.
        $configuration = $Agent | Get-GitLabAgentUrlConfiguration
        if ($configuration) { $names.UrlConfiguration = $configuration }
    }

    # Server-side: else kubectl keeps a copy of the secret in an annotation.
    $Token | ConvertTo-GitLabAgentManifest -Format KubernetesSecret @names |
        Invoke-Kubectl '--context', $context, 'apply', '--server-side', '--force-conflicts', '--filename', '-'

    # The cluster has the new token now. To throw would get it revoked, and the agent shut out at its next start.
    try {
        # Where it finds none, kubectl says so and ends with 0.
        $restarted = Invoke-Kubectl '--context', $context, '--namespace', $names.Namespace, 'rollout', 'restart', 'deployment', '--selector', $selector
        if (-not $restarted) { throw "there is no deployment with $selector in the namespace $($names.Namespace)" }
    }
    catch {
        $notRestarted[$Agent.Id] = "The token is in the cluster, but the agent was not restarted: $_"
        Write-Warning "Agent ${Agent}: $($notRestarted[$Agent.Id])"
    }
}

if ([bool]$ClusterPath -eq [bool]$Deploy) { throw 'Give either -ClusterPath, for kubectl, or -Deploy.' }
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
    # Two agents in one secret: the first would be without a token at its next start.
    $shared = @{}
    foreach ($row in $rows) {
        if (-not $row.Project -or -not $row.Agent -or -not $row.Context) { continue }
        $place = '{0}, namespace {1}, secret {2}' -f $row.Context, (Get-Cell -Row $row -Column Namespace -Default gitlab-agent), (Get-Cell -Row $row -Column SecretName -Default gitlab-agent-token)
        $name = "$($row.Project) $($row.Agent)"
        if ($shared[$place] -and $shared[$place] -ne $name) { throw "$ClusterPath has one secret for two agents, $($shared[$place]) and ${name}: context $place." }
        $shared[$place] = $name
    }
    if (-not (Get-Command kubectl -ErrorAction Ignore)) { throw 'There is no kubectl. Install it, or give -Deploy.' }
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
    $agents = @($found | Sort-Object -Property ProjectPath, Name, Id -Unique)

    # The lists tell when a token was made. When it was used the rotation reads, of the agents that are due.
    $tokens = @($agents | Get-GitLabAgentToken -Summary -ErrorAction Continue -ErrorVariable tokenFailures)
    $unread = @{}
    foreach ($failure in $tokenFailures) { $unread[[long]$failure.TargetObject] = $failure.Exception.Message }
    $byAgent = @{}
    foreach ($token in $tokens) { $byAgent[$token.AgentId] = @($byAgent[$token.AgentId]) + $token }

    $limit = [DateTimeOffset]::UtcNow.AddDays(-$Days)
    $due = 0
    $begun = @()
    $fresh = @()
    $places = @{}
    $results = @(
        foreach ($agent in $agents) {
            $own = @($byAgent[$agent.Id] | Where-Object { $_ } | Sort-Object -Property Id)
            $isDue = [bool]($own | Where-Object { $null -ne $_.CreatedAt -and $_.CreatedAt -lt $limit }) -or ($Resume -and $own.Count -gt 1)
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
                $places[$agent.Id] = @($clusters["$($agent.ProjectPath) $agent"]) + $clusters["$($agent.ProjectId) $agent"] | Where-Object { $_ }
                $number = @($places[$agent.Id]).Count
                $result.Detail = if ($Deploy) { '' }
                elseif ($number -eq 0) { "$ClusterPath has no row for it." }
                elseif ($number -gt 1) { "$ClusterPath has $number rows for it." }
                elseif (-not (Get-Cell $places[$agent.Id] Context)) { "Its row in $ClusterPath has no context for kubectl." }
            }
            else {
                $result.Detail = "GitLab does not tell when its token $(Join-Token $ageless) was made."
            }
            if ($result.Detail) {
                $result.Detail += ' It was not rotated.'
                Write-Error -ErrorAction Continue "Agent $agent of project $($result.Project): $($result.Detail)"
                continue
            }

            $result.Status = 'Skipped' # Unless the rotation says otherwise: -WhatIf, or someone said no.
            $isBegun = $Resume -and $own.Count -gt 1 -and ($null -eq $own[-1].CreatedAt -or $own[-1].CreatedAt -ge $limit)
            if ($isBegun) { $begun += $agent } else { $fresh += $agent }
        }
    )

    $byId = @{}
    foreach ($agent in $agents) { $byId[$agent.Id] = $agent }
    $notRestarted = @{}
    $rotationFailures = @()
    $rotation = @{
        TimeoutSec = $TimeoutSec
        PollSec    = $PollSec
        UnusedFor  = $UnusedFor
        Force      = $true
        Deploy     = {
            param($Token)
            $agent = $byId[$Token.AgentId]
            if ($Deploy) { & $Deploy $Token $agent } else { Publish-KubernetesSecret -Token $Token -Agent $agent -Row $places[$agent.Id] }
        }
    }
    $outcomes = @{}
    foreach ($resumes in $true, $false) {
        $(if ($resumes) { $begun } else { $fresh }) |
            Invoke-GitLabAgentTokenRotation @rotation -Resume:$resumes -ErrorAction Continue -ErrorVariable +rotationFailures |
            ForEach-Object { $outcomes[$_.AgentId] = $_ }
    }
}
finally {
    if ($connected) { Disconnect-GitLab }
}

# What was reached is the outcome. Without one there is an error, unless -WhatIf, or someone said no.
foreach ($result in $results) {
    $outcome = $outcomes[$result.AgentId]
    $failure = $rotationFailures | Where-Object TargetObject -EQ $result.AgentId | Select-Object -First 1
    if ($outcome) {
        $result.Status = "$($outcome.Status)"
        $result.NewToken = "$($outcome.NewToken)"
        $result.NewTokenId = $outcome.NewToken.Id
        $result.Revoked = Join-Token $outcome.RevokedTokens
        $result.Kept = Join-Token $outcome.KeptTokens
        $result.StartedAt = $outcome.StartedAt
        $result.CompletedAt = $outcome.CompletedAt
        $result.Detail = @($(if ($outcome.Error) { $outcome.Error.Message }), $notRestarted[$result.AgentId] | Where-Object { $_ }) -join ' '
    }
    elseif ($failure) {
        $result.Status = 'Failed'
        $result.Detail = $failure.Exception.Message
    }
}

# The report comes out first: a file that cannot be written does not cost it.
$results
if ($ReportPath) {
    $columns = 'Project', 'Agent', 'AgentId', 'Status', 'NewToken', 'NewTokenId', 'Revoked', 'Kept', 'StartedAt', 'CompletedAt', 'Detail'
    if ($results) {
        $cells = foreach ($result in $results) {
            $cell = [ordered]@{}
            foreach ($column in $columns) { $cell[$column] = ConvertTo-Cell $result.$column }
            [pscustomobject]$cell
        }
        $cells | Export-Csv -LiteralPath $ReportPath -NoTypeInformation -Encoding $utf8 -WhatIf:$false -Confirm:$false
    }
    else {
        Set-Content -LiteralPath $ReportPath -Value ('"{0}"' -f ($columns -join '","')) -Encoding $utf8 -WhatIf:$false -Confirm:$false
    }
}

$completed = @($results | Where-Object Status -EQ Completed).Count
$waiting = @($results | Where-Object Status -In AwaitingUse, TimedOut).Count
$failed = @($results | Where-Object Status -NotIn Completed, AwaitingUse, TimedOut, Skipped).Count
Write-Information -InformationAction Continue "$($agents.Count) agents, $due due, $completed completed, $waiting waiting, $failed failed."
if ($failures) { Write-Warning "$($failures.Count) could not be read: the report is incomplete." }
exit $(if ($failed -or $waiting -or $failures) { 2 } else { 0 })
