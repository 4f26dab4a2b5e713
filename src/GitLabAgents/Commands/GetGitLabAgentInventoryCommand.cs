using System.Management.Automation;
using GitLabAgents.Completion;

namespace GitLabAgents.Commands;

/// <summary>
/// Gets everything that is known about the agents of a project, of a group or of all projects: status, version, tokens
/// and their last use.
/// </summary>
[Cmdlet(VerbsCommon.Get, "GitLabAgentInventory")]
[OutputType(typeof(AgentInventoryItem))]
public sealed class GetGitLabAgentInventoryCommand : InventoryCmdlet
{
    /// <summary>Gets or sets the names of agents; wildcards are allowed. The default is all agents.</summary>
    [Parameter(ParameterSetName = ProjectSet)]
    [Parameter(ParameterSetName = GroupSet)]
    [Parameter(ParameterSetName = AllSet)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(AgentCompleter))]
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Target, () =>
    {
        if (!IsScopeSelected)
        {
            return;
        }

        GitLabClient client = GetClient();
        var filter = new NameFilter(Name);
        bool IsMatch(ClusterAgent agent)
        {
            // Several projects are read at once.
            lock (filter)
            {
                return filter.IsMatch(agent.Name);
            }
        }

        foreach (ItemResult<AgentInventoryItem> item in ReadInventory(client, IsMatch))
        {
            WriteResult(item);
        }

        foreach (string name in filter.Unmatched)
        {
            WriteError(ErrorRecordFactory.Create(
                new GitLabApiException(
                    GitLabErrorKind.AgentNotFound,
                    $"{Place} on {client.Session} has no agent named '{name}'.",
                    "Check the name, or list the agents without -Name."),
                name));
        }
    });

    private string Place => ParameterSetName switch
    {
        GroupSet => $"Group {Group}",
        AllSet => "GitLab",
        _ => $"Project {Project}",
    };
}
