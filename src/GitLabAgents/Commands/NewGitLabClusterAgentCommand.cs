using System.Management.Automation;
using GitLabAgents.Completion;

namespace GitLabAgents.Commands;

/// <summary>Registers agents in a project.</summary>
[Cmdlet(VerbsCommon.New, "GitLabClusterAgent", SupportsShouldProcess = true)]
[OutputType(typeof(ClusterAgent))]
public sealed class NewGitLabClusterAgentCommand : GitLabCmdlet
{
    /// <summary>Gets or sets the project in which to register the agents, by its ID or full path.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("ProjectId")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(ProjectCompleter))]
    public ProjectReference Project { get; set; } = null!;

    /// <summary>Gets or sets the names of the agents.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string name in Name)
        {
            Attempt(name, () =>
            {
                GitLabClient client = GetClient();
                ProjectReference project = ResolveProject(client, Project);
                if (ShouldProcess($"project {project} on {client.Session}", $"Register agent '{name}'"))
                {
                    WriteCreated(client.CreateAgentAsync(project, name, PipelineStopToken), client.RollBackAsync);
                }
            });
        }
    }
}
