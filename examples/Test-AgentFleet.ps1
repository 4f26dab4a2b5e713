<#
.SYNOPSIS
Tests a fleet of GitLab agents and writes reports. The exit code depends on the severity of the findings.

.DESCRIPTION
Reads the inventory once, applies the rules of Test-GitLabAgent, and returns the findings. It can write the findings as
JUnit XML and as a Markdown summary, and the inventory with its findings as an HTML report. It changes nothing in
GitLab. If something cannot be read, the reports are written all the same, and say so.

Without a session, the script connects as Connect-GitLab does, with GITLAB_HOST and GITLAB_TOKEN of the environment. The
access token needs the scope read_api and the role Maintainer.

Exit codes: 0, no finding has the severity -FailOn or a higher one; 1, the script failed; 2, something could not be
read; 3, there are such findings.

.PARAMETER Project
Specifies projects by their IDs or full paths.

.PARAMETER Group
Specifies groups by their IDs or full paths. Projects that the access token may not read are skipped; -Verbose lists
them.

.PARAMETER Recurse
Includes the projects of subgroups.

.PARAMETER All
Tests all projects in which the user is at least Developer; for administrators, all projects.

.PARAMETER FailOn
Specifies the lowest severity of a finding that makes the script return exit code 3.

.PARAMETER Rule
Specifies the names of the rules to apply. The script adds NotReadable, because without it, what could not be read would
look healthy.

.PARAMETER ExcludeRule
Specifies the names of rules not to apply. NotReadable cannot be excluded.

.PARAMETER UnusedFor
Specifies how long a token may be idle. The default is 90 days.

.PARAMETER TokenMaxAge
Specifies how old a token may be. The default is 365 days.

.PARAMETER ReportPath
Specifies the HTML file for the report of Export-GitLabAgentReport. An existing file is replaced.

.PARAMETER JUnitPath
Specifies the file for the findings as JUnit XML. An existing file is replaced.

.PARAMETER MarkdownPath
Specifies the file for the summary in Markdown. An existing file is replaced.

.EXAMPLE
./examples/Test-AgentFleet.ps1 -Group platform -Recurse -FailOn Warning -JUnitPath agents.xml -MarkdownPath agents.md

.EXAMPLE
./examples/Test-AgentFleet.ps1 -All -ReportPath agents.html

.EXAMPLE
./examples/Test-AgentFleet.ps1 -Group platform -Recurse -Rule TokenUnused -UnusedFor 60.00:00:00 -FailOn Warning

Fails if an agent has a token that was not used for 60 days.
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

    [Parameter(Mandatory, ParameterSetName = 'All')]
    [switch] $All,

    [ValidateSet('Error', 'Warning', 'Information')]
    [string] $FailOn = 'Error',

    [ValidateNotNullOrEmpty()]
    [string[]] $Rule,

    [ValidateNotNullOrEmpty()]
    [string[]] $ExcludeRule,

    [timespan] $UnusedFor,

    [timespan] $TokenMaxAge,

    [ValidateNotNullOrEmpty()]
    [string] $ReportPath,

    [ValidateNotNullOrEmpty()]
    [string] $JUnitPath,

    [ValidateNotNullOrEmpty()]
    [string] $MarkdownPath
)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$severities = 'Information', 'Warning', 'Error'

# Paths relative to the current location of PowerShell, which .NET does not know.
function Resolve-FilePath ($Path) { $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Path) }

# Anyone who can name objects in GitLab controls this text, so every character that could be markup is escaped.
function ConvertTo-MarkdownCell ($Text) {
    $plain = "$Text" -replace '[\x00-\x1F\x7F]', ' '
    $plain.Replace('&', '&amp;').Replace('<', '&lt;').Replace('>', '&gt;') -replace '([\\`*_{}\[\]()#+!|~@-])', '\$1'
}

# XML 1.0 cannot contain control characters.
function ConvertTo-XmlText ($Text) { "$Text" -replace '[^\x09\x0A\x0D\x20-\uD7FF\uE000-\uFFFD]', '?' }

function Format-Count ($Count, $Noun) { "$Count $Noun$(if ($Count -ne 1) { 's' })" }

function Get-Rank ($Finding) { $severities.IndexOf("$($Finding.Severity)") }
function Test-Failure ($Finding) { (Get-Rank $Finding) -ge $severities.IndexOf($FailOn) }

function Export-JUnit ($Findings, $Path) {
    $settings = [System.Xml.XmlWriterSettings]@{ Indent = $true; Encoding = [System.Text.UTF8Encoding]::new($false) }
    $writer = [System.Xml.XmlWriter]::Create((Resolve-FilePath $Path), $settings)
    try {
        $writer.WriteStartElement('testsuites')
        foreach ($suite in $Findings | Group-Object -Property RuleName) {
            $writer.WriteStartElement('testsuite')
            $writer.WriteAttributeString('name', $suite.Name)
            $writer.WriteAttributeString('tests', "$($suite.Count)")
            $writer.WriteAttributeString('failures', "$(@($suite.Group | Where-Object { Test-Failure $_ }).Count)")
            foreach ($finding in $suite.Group) {
                $writer.WriteStartElement('testcase')
                $writer.WriteAttributeString('classname', $finding.RuleName)
                $writer.WriteAttributeString('name', (ConvertTo-XmlText "$($finding.Project) $($finding.Agent)".Trim()))
                $text = ConvertTo-XmlText "$($finding.Message) $($finding.RecommendedAction)"
                if (Test-Failure $finding) {
                    $writer.WriteStartElement('failure')
                    $writer.WriteAttributeString('type', "$($finding.Severity)")
                    $writer.WriteAttributeString('message', (ConvertTo-XmlText $finding.Message))
                    $writer.WriteString($text)
                    $writer.WriteEndElement()
                }
                else {
                    $writer.WriteElementString('system-out', $text)
                }

                $writer.WriteEndElement()
            }

            $writer.WriteEndElement()
        }

        $writer.WriteEndElement()
    }
    finally { $writer.Dispose() }
}

function Export-Markdown ($Findings, $Path) {
    $lines = @('# GitLab agents', '')
    if ($Findings) {
        $lines += '| Severity | Rule | Project | Agent | Message |', '|---|---|---|---|---|'
        $lines += foreach ($finding in $Findings) {
            $cells = $finding.Severity, $finding.RuleName, $finding.Project, $finding.Agent, $finding.Message
            '| {0} |' -f (@($cells | ForEach-Object { ConvertTo-MarkdownCell $_ }) -join ' | ')
        }
    }
    else {
        $lines += 'No findings.'
    }

    [System.IO.File]::WriteAllLines((Resolve-FilePath $Path), [string[]]$lines)
}

$rules = @{}
if ($Rule) { $rules.Rule = @($Rule) + 'NotReadable' }
if ($ExcludeRule) { $rules.ExcludeRule = $ExcludeRule }
if ($ExcludeRule | Where-Object { 'NotReadable' -like $_ }) {
    throw 'The rule NotReadable cannot be excluded: what could not be read would look healthy.'
}
foreach ($name in 'UnusedFor', 'TokenMaxAge') {
    if ($PSBoundParameters.ContainsKey($name)) { $rules[$name] = $PSBoundParameters[$name] }
}

if (-not (Get-Module GitLabAgents)) {
    $manifest = Join-Path $PSScriptRoot '../GitLabAgents.psd1'
    Import-Module $(if (Test-Path -LiteralPath $manifest) { $manifest } else { 'GitLabAgents' })
}

$connected = -not (Get-GitLabSession)
if ($connected) { Connect-GitLab }
try {
    $null = @() | Test-GitLabAgent @rules # Reports a wrong rule before anything is read.
    $failures = @()
    $read = @{ ErrorAction = 'Continue'; ErrorVariable = '+failures' }
    $found = @(
        switch ($PSCmdlet.ParameterSetName) {
            'Group' { foreach ($one in $Group) { Get-GitLabAgentInventory -Group $one -Recurse:$Recurse @read } }
            'All' { Get-GitLabAgentInventory -All:$All @read }
            default { foreach ($one in $Project) { Get-GitLabAgentInventory -Project $one @read } }
        }
    )
    $agents = @($found | Sort-Object -Property Project, Agent, AgentId -Unique)
    $findings = @($agents | Test-GitLabAgent @rules -ErrorAction Continue -ErrorVariable +failures)
}
finally {
    if ($connected) { Disconnect-GitLab }
}

# A project or group that could not be read has no agent to test, so its finding comes from the error.
$findings += foreach ($failure in $failures) {
    [pscustomobject]@{
        RuleName          = 'NotReadable'
        Severity          = 'Warning'
        Project           = "$($failure.TargetObject)"
        Agent             = $null
        Token             = $null
        Message           = "$failure"
        RecommendedAction = if ($failure.ErrorDetails) { $failure.ErrorDetails.RecommendedAction }
    }
}
$findings = @($findings | Sort-Object -Property @{ Expression = { Get-Rank $_ }; Descending = $true }, Project, Agent)
$incomplete = [bool]($findings | Where-Object RuleName -EQ NotReadable)

# The findings are returned first, so that they are not lost if a file cannot be written.
$findings
if ($ReportPath) {
    $title = if ($failures) { 'GitLab agents (incomplete)' } else { 'GitLab agents' }
    $agents | Export-GitLabAgentReport -Path $ReportPath -Title $title -Force
}
if ($JUnitPath) { Export-JUnit -Findings $findings -Path $JUnitPath }
if ($MarkdownPath) { Export-Markdown -Findings $findings -Path $MarkdownPath }

$failing = @($findings | Where-Object { Test-Failure $_ })
Write-Information -InformationAction Continue (
    "$(Format-Count $agents.Count agent), $(Format-Count $findings.Count finding), " +
    "$($failing.Count) of severity $FailOn or higher.")
if ($incomplete) {
    Write-Warning 'Something could not be read: there may be more findings.'
    exit 2
}
exit $(if ($failing) { 3 } else { 0 })
