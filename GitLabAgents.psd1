@{
    RootModule           = 'module/bin/GitLabAgents.dll'
    ModuleVersion        = '0.1.0'
    GUID                 = '5f0c7a4e-2f5b-4c0e-9d43-8f6c1b7a2e91'
    Author               = 'The GitLabAgents contributors'
    Copyright            = '(c) The GitLabAgents contributors. MIT License.'
    Description          = 'Manages GitLab agents for Kubernetes: registers and removes agents, creates, rotates and revokes their tokens, and reports their connections and when each token was last used.'
    PowerShellVersion    = '5.1'
    CompatiblePSEditions = @('Core', 'Desktop')
    DotNetFrameworkVersion = '4.7.2'
    FormatsToProcess     = @('module/GitLabAgents.Format.ps1xml')
    TypesToProcess       = @('module/GitLabAgents.Types.ps1xml')
    CmdletsToExport      = @(
        'Connect-GitLab'
        'ConvertTo-GitLabAgentManifest'
        'Disconnect-GitLab'
        'Export-GitLabAgentReport'
        'Get-GitLabAgentActivity'
        'Get-GitLabAgentConnection'
        'Get-GitLabAgentInventory'
        'Get-GitLabAgentToken'
        'Get-GitLabAgentUrlConfiguration'
        'Get-GitLabClusterAgent'
        'Get-GitLabSession'
        'Invoke-GitLabAgentTokenRotation'
        'New-GitLabAgentToken'
        'New-GitLabAgentUrlConfiguration'
        'New-GitLabClusterAgent'
        'Remove-GitLabAgentUrlConfiguration'
        'Remove-GitLabClusterAgent'
        'Revoke-GitLabAgentToken'
        'Test-GitLabAgent'
        'Wait-GitLabAgentConnection'
    )
    FunctionsToExport    = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
    PrivateData          = @{
        PSData = @{
            Tags         = @('GitLab', 'Kubernetes', 'agent', 'agentk', 'KAS', 'GitOps', 'token', 'DevOps', 'PSEdition_Core', 'PSEdition_Desktop', 'Windows', 'Linux', 'MacOS')
            LicenseUri   = 'https://opensource.org/license/mit'
            ProjectUri   = 'https://www.powershellgallery.com/packages/GitLabAgents'
            ReleaseNotes = 'See CHANGELOG.md.' # The package has the notes of its version from CHANGELOG.md.
        }
    }
}
