<#
.SYNOPSIS
Tests a fleet of GitLab agents in a CI job: the exit code depends on the severity of the findings.

.DESCRIPTION
Applies the rules of Test-GitLabAgent, returns the findings, and writes them as JUnit XML and as a Markdown summary.

Without a session, it connects as Connect-GitLab does: with GITLAB_HOST and GITLAB_TOKEN of the environment. It needs the
scope read_api and the role Maintainer.

Exit codes: 0, no finding is as severe as -FailOn; 1, the run failed; 2, something could not be read; 3, there are
findings as severe as -FailOn, or worse.

.PARAMETER Project
The projects to test, by their IDs or full paths.

.PARAMETER Group
The groups to test, by their IDs or full paths.

.PARAMETER Recurse
Includes the subgroups.

.PARAMETER All
Tests all projects in which the user is at least Developer; for administrators, all projects.

.PARAMETER FailOn
The severity from which findings fail the job.

.PARAMETER ExcludeRule
The names of rules not to apply.

.PARAMETER JUnitPath
The file for the findings as JUnit XML.

.PARAMETER MarkdownPath
The file for the summary in Markdown.

.EXAMPLE
./examples/Test-AgentFleet.ps1 -Group platform -Recurse -FailOn Warning -JUnitPath agents.xml -MarkdownPath agents.md
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
    [string[]] $ExcludeRule,

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

# Names come from whoever may name things in GitLab: no character of theirs is markup.
function ConvertTo-MarkdownCell ($Text) {
    $plain = "$Text" -replace '[\x00-\x1F\x7F]', ' '
    $plain.Replace('&', '&amp;').Replace('<', '&lt;').Replace('>', '&gt;') -replace '([\\`*_{}\[\]()#+!|~@-])', '\$1'
}

# XML 1.0 has no way to write control characters.
function ConvertTo-XmlText ($Text) { "$Text" -replace '[^\x09\x0A\x0D\x20-\uD7FF\uE000-\uFFFD]', '?' }

function Test-Failure ($Finding) { $severities.IndexOf("$($Finding.Severity)") -ge $severities.IndexOf($FailOn) }

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

if (-not (Get-Module GitLabAgents)) {
    $manifest = Join-Path $PSScriptRoot '../GitLabAgents.psd1'
    Import-Module $(if (Test-Path -LiteralPath $manifest) { $manifest } else { 'GitLabAgents' })
}

$connected = -not (Get-GitLabSession)
if ($connected) { Connect-GitLab }
try {
    $rules = @{ ErrorAction = 'Continue'; ErrorVariable = '+failures' }
    if ($ExcludeRule) { $rules.ExcludeRule = $ExcludeRule }
    $failures = @()
    $findings = @(
        switch ($PSCmdlet.ParameterSetName) {
            'Group' { foreach ($one in $Group) { Test-GitLabAgent -Group $one -Recurse:$Recurse @rules } }
            'All' { Test-GitLabAgent -All:$All @rules }
            default { foreach ($one in $Project) { Test-GitLabAgent -Project $one @rules } }
        }
    )
}
finally {
    if ($connected) { Disconnect-GitLab }
}

$findings = @($findings | Sort-Object -Property @{ Expression = 'Severity'; Descending = $true }, Project, Agent)
if ($JUnitPath) { Export-JUnit -Findings $findings -Path $JUnitPath }
if ($MarkdownPath) { Export-Markdown -Findings $findings -Path $MarkdownPath }

$findings
$failing = @($findings | Where-Object { Test-Failure $_ })
Write-Information -InformationAction Continue "$($findings.Count) findings, $($failing.Count) of severity $FailOn or worse."
if ($failures -or ($findings | Where-Object RuleName -EQ NotReadable)) {
    Write-Warning 'Something could not be read: there may be more findings.'
    exit 2
}
exit $(if ($failing) { 3 } else { 0 })
