# Runs the fake GitLab as a child process, and has the functions that the Pester files share. Supports Windows
# PowerShell 5.1.

Set-StrictMode -Version 3
$script:Root = (Resolve-Path "$PSScriptRoot/../..").Path

function Start-FakeGitLab {
    <#
    .SYNOPSIS
    Starts a fake GitLab, which ends with this process at the latest.
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType([pscustomobject])]
    param(
        # More arguments; see tests/GitLabAgents.FakeGitLab/README.md.
        [string[]] $Arguments = @()
    )

    $library = Find-FakeGitLabLibrary
    if (-not $PSCmdlet.ShouldProcess($library, 'Start')) { return }
    $start = Get-ProcessStart (@(
        'dotnet', $library, '--urls', 'http://127.0.0.1:0', '--parent-stdin', '--secret-seed', '1'
    ) +
        $Arguments)
    $start.RedirectStandardError = $false
    $process = [System.Diagnostics.Process]::Start($start)
    $line = $process.StandardOutput.ReadLineAsync()
    if (-not $line.Wait([timespan]::FromSeconds(30)) -or $line.Result -notmatch '^Listening on (?<Url>\S+)$') {
        $process.Kill()
        throw "The fake GitLab did not start ($library)."
    }

    [pscustomobject]@{ Url = $Matches.Url; Process = $process }
}

function Stop-FakeGitLab {
    <#
    .SYNOPSIS
    Stops a fake GitLab.
    #>
    [CmdletBinding(SupportsShouldProcess)]
    param([Parameter(Mandatory, Position = 0)] [AllowNull()] [pscustomobject] $Server)

    if ($null -ne $Server -and $PSCmdlet.ShouldProcess($Server.Url, 'Stop')) {
        $Server.Process.StandardInput.Close()
        if (-not $Server.Process.WaitForExit(5000)) { $Server.Process.Kill() }
        $Server.Process.Dispose()
    }
}

function Get-FakeGitLabRequest {
    <#
    .SYNOPSIS
    Gets the requests that the server received.
    #>
    [CmdletBinding()]
    [OutputType([psobject])]
    param(
        [Parameter(Mandatory, Position = 0)] [pscustomobject] $Server,
        # Only requests with one of these methods.
        [string[]] $Method
    )

    $requests = Invoke-Control -Server $Server -Method GET -Path requests
    foreach ($request in $requests) {
        if (-not $Method -or $request.method -in $Method) { $request }
    }
}

function Get-FakeGitLabCall {
    <#
    .SYNOPSIS
    Gets the requests that the server received, in the form 'GET /api/v4/...'.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory, Position = 0)] [pscustomobject] $Server,
        [string[]] $Method
    )

    Get-FakeGitLabRequest $Server -Method $Method | ForEach-Object { "$($_.method) $($_.rawTarget)" }
}

function Get-FakeGitLabChange {
    <#
    .SYNOPSIS
    Gets the requests that the server received and that are to change something, in the form 'POST /api/v4/...'.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory, Position = 0)] [pscustomobject] $Server)

    Get-FakeGitLabCall $Server -Method POST, DELETE | Where-Object { $_ -ne 'POST /api/graphql' }
}

function Clear-FakeGitLabRequest {
    <#
    .SYNOPSIS
    Clears the recorded requests of the server.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory, Position = 0)] [pscustomobject] $Server)

    $null = Invoke-Control -Server $Server -Method DELETE -Path requests
}

function Add-FakeGitLabFault {
    <#
    .SYNOPSIS
    Adds a fault: @{ kind = 'status'; status = 502; method = 'GET' }.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, Position = 0)] [pscustomobject] $Server,
        [Parameter(Mandatory, Position = 1)] [hashtable[]] $Fault
    )

    $null = Invoke-Control -Server $Server -Method POST -Path faults -Body $Fault
}

function Clear-FakeGitLabFault {
    <#
    .SYNOPSIS
    Removes all faults.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory, Position = 0)] [pscustomobject] $Server)

    $null = Invoke-Control -Server $Server -Method DELETE -Path faults
}

function Get-FakeGitLabState {
    <#
    .SYNOPSIS
    Gets the state of the server: groups, projects, agents, tokens with their secrets.
    #>
    [CmdletBinding()]
    [OutputType([psobject])]
    param([Parameter(Mandatory, Position = 0)] [pscustomobject] $Server)

    Invoke-Control -Server $Server -Method GET -Path state
}

function Get-FakeGitLabLoad {
    <#
    .SYNOPSIS
    Gets the load of the server: inFlight, maxInFlight, connections.
    #>
    [CmdletBinding()]
    [OutputType([psobject])]
    param([Parameter(Mandatory, Position = 0)] [pscustomobject] $Server)

    Invoke-Control -Server $Server -Method GET -Path in-flight
}

function Add-FakeGitLabSeed {
    <#
    .SYNOPSIS
    Adds objects to the server: @{ agents = @{ project = 'group/app'; count = 250 } }.
    #>
    [CmdletBinding()]
    [OutputType([psobject])]
    param(
        [Parameter(Mandatory, Position = 0)] [pscustomobject] $Server,
        [Parameter(Mandatory, Position = 1)] [hashtable] $Seed
    )

    Invoke-Control -Server $Server -Method POST -Path seed -Body $Seed
}

function Edit-FakeGitLabOption {
    <#
    .SYNOPSIS
    Changes the options of the server until it is reset.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, Position = 0)] [pscustomobject] $Server,
        [Parameter(Mandatory, Position = 1)] [hashtable] $Option
    )

    $null = Invoke-Control -Server $Server -Method POST -Path options -Body $Option
}

function Reset-FakeGitLab {
    <#
    .SYNOPSIS
    Resets the server to its initial state.
    #>
    [CmdletBinding(SupportsShouldProcess)]
    param([Parameter(Mandatory, Position = 0)] [pscustomobject] $Server)

    if ($PSCmdlet.ShouldProcess($Server.Url, 'Reset')) {
        $null = Invoke-Control -Server $Server -Method POST -Path reset
    }
}

function Connect-FakeGitLab {
    <#
    .SYNOPSIS
    Connects to the server with an access token of its seed, and returns the session.
    #>
    [CmdletBinding()]
    [OutputType([psobject])]
    param(
        [Parameter(Mandatory, Position = 0)] [pscustomobject] $Server,
        [Parameter(Position = 1)] [string] $AccessToken = 'glpat-maintainer',
        # More parameters of Connect-GitLab.
        [hashtable] $Parameter = @{}
    )

    Connect-GitLab -Uri $Server.Url -Token (ConvertTo-Secret $AccessToken) -AllowUnencryptedAuthentication `
        -PassThru @Parameter -WarningAction SilentlyContinue
    Clear-FakeGitLabRequest $Server
}

function ConvertTo-Secret {
    <#
    .SYNOPSIS
    Converts text to a SecureString.
    #>
    [CmdletBinding()]
    [OutputType([securestring])]
    param([Parameter(Mandatory, Position = 0)] [string] $Text)

    [System.Net.NetworkCredential]::new('', $Text).SecurePassword
}

function New-TestCertificate {
    <#
    .SYNOPSIS
    Makes a self-signed certificate, and gives it (without a private key), its text and the text of its key.
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType([pscustomobject])]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $Name,
        # The first and the last day, counted from today.
        [double] $From = -1,
        [double] $To = 30
    )

    if (-not $PSCmdlet.ShouldProcess($Name, 'Create')) { return }
    # Not RSA.Create, and no private key in the certificate: wine has no keys of CNG.
    $key = [System.Security.Cryptography.RSACryptoServiceProvider]::new(2048)
    $padding = [System.Security.Cryptography.RSASignaturePadding]::Pkcs1
    $request = [System.Security.Cryptography.X509Certificates.CertificateRequest]::new(
        "CN=$Name", $key, 'SHA256', $padding)
    $generator = [System.Security.Cryptography.X509Certificates.X509SignatureGenerator]::CreateForRSA($key, $padding)
    $now = [DateTimeOffset]::UtcNow
    $certificate = $request.Create(
        $request.SubjectName, $generator, $now.AddDays($From), $now.AddDays($To), [byte[]](1..8))
    $text = [Convert]::ToBase64String($certificate.RawData, 'InsertLineBreaks') -replace '\r'
    [pscustomobject]@{
        Certificate = $certificate
        Pem         = "-----BEGIN CERTIFICATE-----`n$text`n-----END CERTIFICATE-----"
        KeyPem      = if ($PSVersionTable.PSEdition -eq 'Core') { $key.ExportPkcs8PrivateKeyPem() }
    }
}

function Get-Failure {
    <#
    .SYNOPSIS
    Runs a script and returns its errors, terminating or not, as error records.
    #>
    [CmdletBinding()]
    [OutputType([System.Management.Automation.ErrorRecord])]
    param([Parameter(Mandatory, Position = 0)] [scriptblock] $Script)

    $output = [System.Collections.Generic.List[object]]::new()
    try {
        & $Script 2>&1 3>$null | ForEach-Object { $output.Add($_) }
    }
    catch {
        $output.Add($_)
    }

    $output | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] }
}

function Wait-Until {
    <#
    .SYNOPSIS
    Waits until a condition is true, and throws after a timeout.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, Position = 0)] [scriptblock] $Condition,
        [int] $TimeoutSeconds = 10
    )

    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    while (-not (& $Condition)) {
        if ($watch.Elapsed.TotalSeconds -gt $TimeoutSeconds) {
            throw "After $TimeoutSeconds seconds this does not hold: $Condition"
        }

        [System.Threading.Thread]::Sleep(20)
    }
}

function Hide-GitLabEnvironment {
    <#
    .SYNOPSIS
    Removes GITLAB_*, CI_SERVER_URL and the proxies from the environment, and returns their values.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param()

    $hidden = @{}
    foreach ($variable in Get-ChildItem Env:) {
        if ($variable.Name -match '^(GITLAB_.*|CI_SERVER_URL|(HTTPS?|ALL|NO)_PROXY)$') {
            $hidden[$variable.Name] = $variable.Value
            [Environment]::SetEnvironmentVariable($variable.Name, $null)
        }
    }

    $hidden
}

function Restore-GitLabEnvironment {
    <#
    .SYNOPSIS
    Restores what Hide-GitLabEnvironment removed.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory, Position = 0)] [hashtable] $Hidden)

    $null = Hide-GitLabEnvironment
    foreach ($name in $Hidden.Keys) { [Environment]::SetEnvironmentVariable($name, $Hidden[$name]) }
}

function Get-PowerShellCommand {
    <#
    .SYNOPSIS
    Gets the program that runs this PowerShell, and the arguments that it needs before any other.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param()

    $program = (Get-Process -Id $PID).Path
    $program
    # PowerShell as a .NET tool is a library that dotnet runs.
    if ([System.IO.Path]::GetFileNameWithoutExtension($program) -eq 'dotnet') { Join-Path $PSHOME 'pwsh.dll' }
}

function Start-PowerShell {
    <#
    .SYNOPSIS
    Starts a script file in a new process of this PowerShell, and returns the process with redirected streams.
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType([System.Diagnostics.Process])]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $File,
        # Variables for the script's environment.
        [hashtable] $Environment = @{}
    )

    if (-not $PSCmdlet.ShouldProcess($File, 'Start')) { return }
    $start = Get-ProcessStart (@(Get-PowerShellCommand) + '-NoProfile', '-NonInteractive', '-File', $File)
    $start.EnvironmentVariables['NO_COLOR'] = '1'
    foreach ($name in $Environment.Keys) { $start.EnvironmentVariables[$name] = $Environment[$name] }
    [System.Diagnostics.Process]::Start($start)
}

function Invoke-PowerShell {
    <#
    .SYNOPSIS
    Runs a new process of this PowerShell to its end, like the call operator: its exit code is in $LASTEXITCODE.
    #>
    [CmdletBinding()]
    [OutputType([psobject])]
    param([Parameter(Mandatory, Position = 0)] [string[]] $Arguments)

    $command = @(Get-PowerShellCommand) + '-NoProfile', '-NonInteractive' + $Arguments
    $program, $rest = $command
    & $program @rest 2>&1
}

function Invoke-ChildShell {
    <#
    .SYNOPSIS
    Runs a script in a new process of this PowerShell, and returns its output line by line.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $Script,
        # Variables for the script's environment.
        [hashtable] $Environment = @{}
    )

    $file = Join-Path ([System.IO.Path]::GetTempPath()) "$([guid]::NewGuid()).ps1"
    # Windows PowerShell reads a file without a byte order mark as ANSI.
    [System.IO.File]::WriteAllText($file, $Script, [System.Text.UTF8Encoding]::new($true))
    try {
        $process = Start-PowerShell $file -Environment $Environment
        $process.StandardInput.Close()
        $output = $process.StandardOutput.ReadToEndAsync()
        $errors = $process.StandardError.ReadToEndAsync()
        if (-not $process.WaitForExit(60000)) {
            $process.Kill()
            throw 'The child shell did not end within a minute.'
        }

        "$($output.Result)`n$($errors.Result)" -split '\r?\n' | Where-Object { $_ }
    }
    finally {
        Remove-Item $file
    }
}

# Creates the start information of a program. The arguments are one string, because .NET Framework has no list.
function Get-ProcessStart ([string[]] $Command) {
    $program, $arguments = $Command
    $quoted = $arguments | ForEach-Object { if ($_ -match '[\s"]') { '"' + ($_ -replace '"', '\"') + '"' } else { $_ } }
    $start = [System.Diagnostics.ProcessStartInfo]::new($program, $quoted -join ' ')
    $start.UseShellExecute = $false
    $start.RedirectStandardInput = $start.RedirectStandardOutput = $start.RedirectStandardError = $true
    $start
}

function Find-FakeGitLabLibrary {
    $folder = Join-Path $script:Root 'tests/GitLabAgents.FakeGitLab/bin'
    $configuration = if ($env:GITLABAGENTS_CONFIGURATION) { $env:GITLABAGENTS_CONFIGURATION } else { '*' }
    $library = Get-ChildItem "$folder/$configuration/net10.0/GitLabAgents.FakeGitLab.dll" -ErrorAction Ignore |
        Sort-Object LastWriteTimeUtc | Select-Object -Last 1
    if ($null -eq $library) { throw "The fake GitLab is not built ($folder/$configuration): dotnet build" }
    $library.FullName
}

function Invoke-Control ($Server, $Method, $Path, $Body) {
    $call = @{
        Uri = "$($Server.Url)/-/fake-gitlab/$Path"
        Method = $Method
        UseBasicParsing = $true
        Verbose = $false
        Debug = $false
    }
    if ($PSVersionTable.PSEdition -eq 'Core') { $call.NoProxy = $true }
    if ($null -ne $Body) {
        $call.Body = [System.Text.Encoding]::UTF8.GetBytes((ConvertTo-Json $Body -Depth 10))
        $call.ContentType = 'application/json'
    }

    Invoke-RestMethod @call
}

Export-ModuleMember -Function @(
    'Start-FakeGitLab', 'Stop-FakeGitLab', 'Reset-FakeGitLab', 'Connect-FakeGitLab', 'Edit-FakeGitLabOption',
    'Add-FakeGitLabSeed'
    'Get-FakeGitLabRequest', 'Get-FakeGitLabCall', 'Get-FakeGitLabChange', 'Get-FakeGitLabState'
    'Get-FakeGitLabLoad', 'Clear-FakeGitLabRequest'
    'Add-FakeGitLabFault', 'Clear-FakeGitLabFault'
    'ConvertTo-Secret', 'New-TestCertificate', 'Get-Failure', 'Wait-Until'
    'Get-PowerShellCommand', 'Start-PowerShell', 'Invoke-PowerShell', 'Invoke-ChildShell'
    'Hide-GitLabEnvironment', 'Restore-GitLabEnvironment'
)
