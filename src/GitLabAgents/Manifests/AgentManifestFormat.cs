namespace GitLabAgents;

/// <summary>What <c>ConvertTo-GitLabAgentManifest</c> makes of a token.</summary>
public enum AgentManifestFormat
{
    /// <summary>The command that installs the agent with the chart gitlab-agent, in one line. The token is not in it.</summary>
    HelmCommand,

    /// <summary>The values for that chart, as <c>helm --values -</c> takes them. The token is not in them.</summary>
    HelmValues,

    /// <summary>The Kubernetes secret that the other two refer to, as <c>kubectl</c> takes it. It holds the token.</summary>
    KubernetesSecret,
}
