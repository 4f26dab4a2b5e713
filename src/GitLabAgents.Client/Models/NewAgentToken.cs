using System.Security;
using System.Text.Json.Serialization;

namespace GitLabAgents;

/// <summary>A token that was just made, with its secret, which GitLab shows this once and never again.</summary>
public sealed class NewAgentToken : AgentToken
{
    [JsonConstructor]
    internal NewAgentToken()
    {
    }

    /// <summary>Gets the secret that the agent signs in with. Views and serialisation leave it out.</summary>
    [JsonInclude]
    [JsonConverter(typeof(Json.SecureStringConverter))]
    public SecureString Token { get; internal set; } = null!;

    /// <summary>Gives the secret in the clear, for the one place that needs it so.</summary>
    /// <returns>The secret.</returns>
    public string RevealToken() => Secret.Reveal(Token);
}
