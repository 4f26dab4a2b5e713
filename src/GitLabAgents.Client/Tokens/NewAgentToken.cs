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

    /// <summary>
    /// Gets the secret that the agent signs in with. Views, serialisation and <c>Select-Object *</c> leave it out: a copy
    /// of the object could be written to a file, where a <see cref="SecureString"/> is plain text outside Windows.
    /// </summary>
    [System.Management.Automation.Hidden]
    [JsonInclude]
    [JsonConverter(typeof(SecureStringConverter))]
    public SecureString Token { get; internal set; } = null!;

    /// <summary>Gives the secret in the clear, for the one place that needs it so.</summary>
    /// <returns>The secret.</returns>
    public string RevealToken() => Secret.Reveal(Token);

    /// <summary>Takes the secret out of a text, as it is and as Kubernetes writes it.</summary>
    internal string Redact(string text)
    {
        string secret = RevealToken();
        return Secret.Redact(Secret.Redact(text, secret), System.Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(secret)));
    }
}
