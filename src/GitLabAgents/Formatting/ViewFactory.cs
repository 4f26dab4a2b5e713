using System.Management.Automation;

namespace GitLabAgents;

/// <summary>
/// Supplies the views of Format.ps1xml with display text. Types.ps1xml makes it the hidden property View of each
/// object, because constrained language mode allows reading properties but not calling methods.
/// </summary>
public static class ViewFactory
{
    /// <summary>Gets the display text of an object.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The view, or <see langword="null"/> if the type has none.</returns>
    public static object? GetView(PSObject instance) => instance?.BaseObject switch
    {
        ClusterAgent agent => new ClusterAgentView(agent),
        AgentToken token => new AgentTokenView(token),
        GitLabSession session => new GitLabSessionView(session),
        AgentUrlConfiguration configuration => new AgentUrlConfigurationView(configuration),
        AgentConnection connection => new AgentConnectionView(connection),
        AgentInventoryItem item => new AgentInventoryItemView(item),
        AgentFinding finding => new AgentFindingView(finding),
        AgentActivity activity => new AgentActivityView(activity),
        AgentPod pod => new AgentPodView(pod),
        AgentTokenRotation rotation => new AgentTokenRotationView(rotation),
        _ => null,
    };
}
