namespace GitLabAgents;

/// <summary>Specifies the output of <c>ConvertTo-GitLabAgentManifest</c>.</summary>
public enum AgentManifestFormat
{
    /// <summary>The command that installs the agent with the chart gitlab-agent. Does not contain the token.</summary>
    HelmCommand,

    /// <summary>The values for that chart, for <c>helm --values -</c>. Do not contain the token.</summary>
    HelmValues,

    /// <summary>The Kubernetes secret that the other two refer to, for <c>kubectl</c>. Contains the token.</summary>
    KubernetesSecret,
}
