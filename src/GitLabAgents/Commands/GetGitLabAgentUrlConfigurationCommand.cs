using System.Management.Automation;

namespace GitLabAgents.Commands;

/// <summary>Gets where GitLab reaches a receptive agent: its URL configuration, if it has one.</summary>
[Cmdlet(VerbsCommon.Get, "GitLabAgentUrlConfiguration")]
[OutputType(typeof(AgentUrlConfiguration))]
public sealed class GetGitLabAgentUrlConfigurationCommand : AgentCmdlet
{
    /// <summary>Gets or sets the configuration's ID. The default is the agent's only one.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateRange(1, long.MaxValue)]
    public long? UrlConfigurationId { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(UrlConfigurationId ?? Agent.Value, () =>
    {
        GitLabClient client = GetClient();
        (long projectId, long agentId) = Wait(ResolveAgentAsync(client, ResolveProject(client, Project), Agent));
        if (UrlConfigurationId is { } id)
        {
            WriteObject(Wait(client.GetUrlConfigurationAsync(projectId, agentId, id, PipelineStopToken)));
        }
        else
        {
            WriteObject(
                Wait(client.GetUrlConfigurationsAsync(projectId, agentId, PipelineStopToken)),
                enumerateCollection: true);
        }
    });
}
