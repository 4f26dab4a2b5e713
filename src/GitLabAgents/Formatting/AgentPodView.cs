namespace GitLabAgents;

/// <summary>The display text of a pod.</summary>
/// <param name="pod">The pod.</param>
public sealed class AgentPodView(AgentPod pod)
{
    /// <summary>Gets the namespace.</summary>
    public string PodNamespace => ViewFormatter.Text(pod.PodNamespace);

    /// <summary>Gets the name.</summary>
    public string PodName => ViewFormatter.Text(pod.PodName);

    /// <summary>Gets the version of the agent.</summary>
    public string Version => ViewFormatter.Text(pod.Version);

    /// <summary>Gets how long ago the pod connected.</summary>
    public string Connected => ViewFormatter.Age(pod.ConnectedAt, pod.Session);
}
