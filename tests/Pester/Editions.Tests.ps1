#Requires -PSEdition Core
[Diagnostics.CodeAnalysis.SuppressMessage(
    'PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'The blocks of Pester share their variables.')]
param()

# On PowerShell 7, a test file that uses a feature that Windows PowerShell lacks does not fail.

BeforeDiscovery {
    $all = (Get-ChildItem "$PSScriptRoot/*.ps1", "$PSScriptRoot/*.psm1").Name
    $scripts = Get-ChildItem "$PSScriptRoot/*.ps1", "$PSScriptRoot/*.psm1" |
        Where-Object { -not (Select-String '^#Requires -PSEdition Core' $_.FullName -Quiet) } | ForEach-Object Name
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../GitLabAgents.psd1"

    # Returns what Windows PowerShell cannot parse, or parses differently, with its line.
    function Get-CoreSyntax ([string] $Text) {
        $tokens = $null
        $ast = [System.Management.Automation.Language.Parser]::ParseInput($Text, [ref] $tokens, [ref] $null)
        $found = @($ast.FindAll({
                    param($node)
                    $node.Operator -in 'QuestionQuestion', 'QuestionQuestionEquals' -or $node.NullConditional -or
                    $node.Background -or $node.CleanBlock -or
                    $node.GetType().Name -in 'TernaryExpressionAst', 'PipelineChainAst'
                }, $true))
        $found += $tokens | Where-Object { $_.Kind -like '*Expandable' -and $_.Text -match '(?<!`)(``)*`[eu]' }
        for ($i = 1; $i -lt $tokens.Count; $i++) {
            if ($tokens[$i].Kind -eq 'Pipe' -and $tokens[$i - 1].Kind -in 'NewLine', 'Comment') {
                $found += $tokens[$i]
            }
        }

        foreach ($item in $found) { "$($item.Extent.StartLineNumber): $($item.Extent.Text)" }
    }

    # Returns the commands that ask for confirmation because of -Debug, with their lines.
    function Get-DebugPrompt ([string] $Text) {
        $ast = [System.Management.Automation.Language.Parser]::ParseInput($Text, [ref] $null, [ref] $null)
        $commands = $ast.FindAll({ param($node) $node.GetType().Name -eq 'CommandAst' }, $true)
        foreach ($command in $commands) {
            $given = $command.CommandElements.ParameterName
            if ($given -contains 'Debug' -and $given -notcontains 'Confirm' -and
                (Get-Command $command.GetCommandName()).Parameters.ContainsKey('Confirm')) {
                "$($command.Extent.StartLineNumber): $($command.Extent.Text)"
            }
        }
    }

    # Returns the parameters, variables and methods that Windows PowerShell lacks, with their lines.
    function Get-CoreFeature ([string] $Text) {
        $names = @{
            CommandParameterAst    = 'Parallel', 'AsHashtable', 'SkipHttpErrorCheck', 'ResponseHeadersVariable',
                'AsByteStream'
            VariableExpressionAst  = 'PSStyle', 'IsWindows', 'IsLinux', 'IsMacOS', 'IsCoreCLR'
            StringConstantExpressionAst = 'GetRelativePath', 'ToHexString', 'CreateFromPem', 'ReplaceLineEndings',
                'Join-String', 'Test-Json'
        }
        $ast = [System.Management.Automation.Language.Parser]::ParseInput($Text, [ref] $null, [ref] $null)
        foreach ($node in $ast.FindAll({ param($node) $names.ContainsKey($node.GetType().Name) }, $true)) {
            $name = "$($node.ParameterName)$($node.VariablePath)$($node.Value)"
            if ($name -in $names[$node.GetType().Name]) { "$($node.Extent.StartLineNumber): $($node.Extent.Text)" }
        }
    }
}

Describe 'The test files that Windows PowerShell runs' {
    It 'exist' -ForEach @{ Scripts = $scripts } {
        $Scripts.Count | Should -BeGreaterThan 10
        $Scripts | Should -Contain 'FakeGitLab.psm1'
        $Scripts | Should -Contain 'Invoke-File.ps1'
    }

    It 'use no syntax of PowerShell 7: <_>' -ForEach $scripts {
        Get-CoreSyntax (Get-Content "$PSScriptRoot/$_" -Raw) | Should -BeNullOrEmpty
    }

    It 'use no feature that only PowerShell 7 has: <_>' -ForEach $scripts {
        Get-CoreFeature (Get-Content "$PSScriptRoot/$_" -Raw) | Should -BeNullOrEmpty
    }

    It 'have a byte order mark if they are not ASCII: <_>' -ForEach $scripts {
        $bytes = [System.IO.File]::ReadAllBytes("$PSScriptRoot/$_")
        if ($bytes -gt 127) { $bytes[0..2] | Should -Be 0xEF, 0xBB, 0xBF }
    }

    It 'compile C# 5: <_>' -ForEach (Get-ChildItem "$PSScriptRoot/*.cs").Name {
        $path = "$PSScriptRoot/$_"
        { Add-Type -Path $path -CompilerOptions '-langversion:5' } | Should -Not -Throw
    }

    It 'would not pass with <_>' -ForEach @(
        '$a ?? 1', '$a ??= 1', '$a ? 1 : 2', 'a && b', 'a || b', '${a}?.b', '${a}?[0]', 'a &', '"`e[0m"', '"`u{41}"'
        "a`n    | b", "a # c`n    | b", 'function f { clean { } }'
    ) {
        Get-CoreSyntax $_ | Should -Not -BeNullOrEmpty
    }

    It 'would not pass with <_>' -ForEach '1 | ForEach-Object -Parallel { }', '$IsWindows',
        '[System.IO.Path]::GetRelativePath(1, 2)' {
        Get-CoreFeature $_ | Should -Not -BeNullOrEmpty
    }

    It 'pass with <_>' -ForEach "a |`n    b", 'a; b', '"``e"', "'``e'", '{ $_ } | a', 'if ($a) { 1 } else { 2 }' {
        Get-CoreSyntax $_ | Should -BeNullOrEmpty
        Get-CoreFeature $_ | Should -BeNullOrEmpty
    }
}

Describe 'The test files before PowerShell 7.6, where a command with -Debug asks as with -Confirm' {
    It 'ask nothing: <_>' -ForEach $all {
        Get-DebugPrompt (Get-Content "$PSScriptRoot/$_" -Raw) | Should -BeNullOrEmpty
    }

    It 'would not pass with <_>' -ForEach 'New-GitLabAgentToken 1 2 a -Verbose -Debug', '{ Remove-Item a -Debug }' {
        Get-DebugPrompt $_ | Should -Not -BeNullOrEmpty
    }

    It 'pass with <_>' -ForEach 'New-GitLabAgentToken 1 2 a -Confirm:$false -Debug', 'Get-GitLabClusterAgent -Debug',
        'New-GitLabAgentToken 1 2 a' {
        Get-DebugPrompt $_ | Should -BeNullOrEmpty
    }
}
