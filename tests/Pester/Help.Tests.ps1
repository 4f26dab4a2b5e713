[Diagnostics.CodeAnalysis.SuppressMessage(
    'PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'The blocks of Pester share their variables.')]
param()

BeforeDiscovery {
    $root = Resolve-Path "$PSScriptRoot/../.."
    $commands = (Import-PowerShellDataFile "$root/GitLabAgents.psd1").CmdletsToExport
    $topics = (Get-ChildItem "$root/docs/en-US/about_*.md").BaseName
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../GitLabAgents.psd1"
}

Describe 'Help of <_>' -ForEach $commands {
    BeforeAll {
        $name = $_
        $help = Get-Help $name
        $common = [System.Management.Automation.PSCmdlet]::CommonParameters
        $parameters = (Get-Command $name).Parameters.Values | Where-Object Name -NotIn $common
    }

    It 'has a synopsis and a description' {
        $help.Name | Should -Be $name
        $help.Synopsis | Should -Not -BeNullOrEmpty
        $help.Synopsis | Should -Not -Match '<CommonParameters>'
        ($help.description | Out-String).Trim() | Should -Not -BeNullOrEmpty
    }

    It 'has examples with explanations' {
        $examples = @($help.examples.example)
        $examples.Count | Should -BeGreaterOrEqual 2
        foreach ($example in $examples) {
            $example.title | Should -Match 'Example \d'
            $example.code | Should -Not -BeNullOrEmpty
        }

        if ($parameters) {
            @($examples | Where-Object code -Match '\|').Count | Should -BeGreaterOrEqual 1
        }
    }

    It 'describes each parameter as it is implemented' {
        @($help.parameters.parameter.name | Sort-Object) | Should -Be @($parameters.Name | Sort-Object)
        foreach ($parameter in $parameters) {
            $described = Get-Help $name -Parameter $parameter.Name
            ($described.description | Out-String).Trim() | Should -Not -BeNullOrEmpty -Because $parameter.Name
            $described.aliases |
                Should -Be $(if ($parameter.Aliases) {
                    $parameter.Aliases -join ', '
                } else { 'none' }) -Because $parameter.Name
            $sets = @($parameter.ParameterSets.Values)
            $described.required | Should -Be "$($sets[0].IsMandatory)" -Because $parameter.Name
            $described.pipelineInput | Should -Be $(switch ($sets[0]) {
                    {
                        $_.ValueFromPipeline -and $_.ValueFromPipelineByPropertyName
                    } { 'True (ByPropertyName, ByValue)'; break }
                    { $_.ValueFromPipeline } { 'True (ByValue)'; break }
                    { $_.ValueFromPipelineByPropertyName } { 'True (ByPropertyName)'; break }
                    default { 'False' }
                }) -Because $parameter.Name
        }
    }

    It 'shows each parameter set' {
        @($help.syntax.syntaxItem).Count | Should -Be (Get-Command $name).ParameterSets.Count
        foreach ($item in $help.syntax.syntaxItem) { $item.name | Should -Be $name }
    }

    It 'describes inputs and outputs' {
        $help.inputTypes.inputType.type.name | Should -Not -BeNullOrEmpty
        $help.returnValues.returnValue.type.name | Should -Not -BeNullOrEmpty
    }

    It 'has notes on role and scope' {
        $notes = $help.alertSet | Out-String -Width 1000
        $notes | Should -Match '\brole\b'
        $notes | Should -Match '\bscope\b'
    }

    It 'opens the online page with -Online' {
        $links = @($help.relatedLinks.navigationLink)
        $links.Count | Should -BeGreaterThan 1
        $links[0].linkText | Should -Be 'Online Version:'
        $links[0].uri | Should -Match '^https://docs\.gitlab\.com/'
    }

    It 'is consistent in -Full, -Detailed and -Examples' {
        foreach ($view in 'Full', 'Detailed', 'Examples') {
            $switch = @{ $view = $true }
            $text = Get-Help $name @switch | Out-String -Width 500
            $text | Should -Match 'Example 2' -Because $view
            $text | Should -Not -Match '```|&lt;|\]\(' -Because $view
        }
    }
}

Describe 'Help on <_>' -ForEach $topics {
    It 'is found' {
        $help = Get-Help $_ -ErrorAction Stop
        "$help" | Should -Match "(?m)^TOPIC\s+$_\b"
        (Get-Help "$_*" | Where-Object Name -EQ $_).Synopsis | Should -Match '\w+'
    }

    It 'fits a terminal of 80 columns, except for code' {
        $lines = "$(Get-Help $_)" -split '\r?\n' | Where-Object { $_ -notmatch '^ {8}' }
        ($lines | Measure-Object -Property Length -Maximum).Maximum | Should -BeLessOrEqual 80
    }

    It 'names only topics and commands that exist' {
        $names = [regex]::Matches(
            "$(Get-Help $_)",
            '\b(about_GitLab\w+|(Connect|ConvertTo|Disconnect|Get|Invoke|New|Remove|Revoke)-GitLab\w+)').Value |
            Sort-Object -Unique
        foreach ($name in $names) { Get-Help $name -ErrorAction Stop | Should -Not -BeNullOrEmpty -Because $name }
    }
}
