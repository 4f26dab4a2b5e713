[Diagnostics.CodeAnalysis.SuppressMessage('PSUseShouldProcessForStateChangingFunctions', '',
    Justification = 'The functions change the state of the tests only.')]
param()

# What the tests of the runbooks share. Dot-source it in BeforeAll: it starts the fake GitLab in $server.

Import-Module "$PSScriptRoot/../../GitLabAgents.psd1"
Import-Module "$PSScriptRoot/FakeGitLab.psm1"
$hidden = Hide-GitLabEnvironment
$server = Start-FakeGitLab
$examples = (Resolve-Path "$PSScriptRoot/../../examples").Path

# For AfterAll.
function Stop-Runbook {
    Stop-FakeGitLab $server
    Restore-GitLabEnvironment $hidden
}

# For BeforeEach: the fake GitLab as it was at its start, and an empty $TestDrive. Returns the session.
function Reset-Runbook {
    Reset-FakeGitLab $server
    Get-ChildItem $TestDrive | Remove-Item -Recurse
    Connect-FakeGitLab $server
}

# Runs a runbook with every stream open, and returns its objects, its errors, all text and the exit code.
function Invoke-Runbook ([string] $Name, [hashtable] $Parameter) {
    $output = @(& "$examples/$Name.ps1" @Parameter -Verbose *>&1)
    $code = $LASTEXITCODE
    $all = foreach ($secret in (Get-FakeGitLabState $server).tokens.secret) {
        $secret
        [convert]::ToBase64String([System.Text.Encoding]::UTF8.GetBytes($secret))
    }
    $errors, $rest = $output.Where({ $_ -is [System.Management.Automation.ErrorRecord] }, 'Split')
    $text = @(
        $output | Out-String -Width 1000
        $errors | Format-List * -Force | Out-String -Width 1000
        Get-ChildItem $TestDrive -File | Where-Object Name -NE kubectl.log |
            ForEach-Object { [System.IO.File]::ReadAllText($_.FullName) }
    ) -join "`n"
    [pscustomobject]@{
        ExitCode = $code
        Objects  = @($rest | Where-Object {
                $_ -isnot [System.Management.Automation.InformationalRecord] -and
                $_ -isnot [System.Management.Automation.InformationRecord]
            })
        Errors   = @($errors)
        Text     = $text
        # Secrets of tokens, and the access token, on any stream or in any file.
        Leaks    = @(@('glpat-maintainer') + $all | Where-Object { $text.Contains($_) })
    }
}

function Get-Ago ([double] $Days) { [DateTimeOffset]::UtcNow.AddDays(-$Days).ToString('o') }

function Get-Token ([string] $Name) { (Get-FakeGitLabState $server).tokens | Where-Object name -CEQ $Name }

# Puts a fake kubectl before all others in the path, and returns its folder. It records its arguments, stores the secret
# that it gets in <context>.yaml, fails with a message that contains it where KUBECTL_FAILS has <command>@<context>, and
# at a restart signs in to GitLab with it, unless KUBECTL_OFF has the context. There is no agent where KUBECTL_NONE has
# it.
function Initialize-Kubectl ($Server) {
    $bin = (New-Item -ItemType Directory "$TestDrive/bin").FullName
    Set-Content "$bin/kubectl" @'
#!/bin/sh
given=$(cat)
printf '%s\n' "$*" >> "$KUBECTL_BIN/calls"
case "$*" in *' apply '*) command=apply ;; *) command=restart ;; esac
case " $KUBECTL_FAILS " in
*" $command@$2 "*)
    secret=$(printf '%s' "$given" | sed -n 's/^  token: "\(.*\)"$/\1/p')
    printf 'error: invalid: %s\nas %s\n' "$given" "$(printf '%s' "$secret" | base64 | tr -d '\n')" >&2
    exit 1 ;;
esac
if [ $command = apply ]; then printf '%s\n' "$given" > "$KUBECTL_BIN/$2.yaml"; exit; fi
case " $KUBECTL_NONE " in *" $2 "*) echo "No resources found in $4 namespace." >&2; exit ;; esac
echo 'deployment.apps/gitlab-agent restarted'
case " $KUBECTL_OFF " in *" $2 "*) exit ;; esac
exec "$KUBECTL_BIN/sign-in" "$KUBECTL_BIN/$2.yaml"
'@
    Set-Content "$bin/sign-in.ps1" @"
Import-Module '$PSScriptRoot/FakeGitLab.psm1'
`$server = [pscustomobject]@{ Url = '$($Server.Url)' }
`$secret = [regex]::Match((Get-Content `$args[0] -Raw), '(?m)^  token: "(.*)"').Groups[1].Value
`$token = (Get-FakeGitLabState `$server).tokens | Where-Object secret -CEQ `$secret
`$null = Add-FakeGitLabSeed `$server @{ markUsed = `$token.id }
"@
    $command = @(Get-PowerShellCommand) + '-NoProfile', '-NonInteractive', '-File', "$bin/sign-in.ps1" |
        ForEach-Object { "'$_'" }
    Set-Content "$bin/sign-in" '#!/bin/sh', "exec $command `"`$@`""
    chmod +x "$bin/kubectl" "$bin/sign-in"
    $env:PATH = "$bin$([System.IO.Path]::PathSeparator)$env:PATH"
    $env:KUBECTL_BIN = $bin
    $bin
}
