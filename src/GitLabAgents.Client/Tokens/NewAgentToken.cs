using System;
using System.Security;
using System.Text;
using System.Text.Json.Serialization;

namespace GitLabAgents;

/// <summary>A token that was just created, with its secret, which GitLab returns only once.</summary>
public sealed class NewAgentToken : AgentToken
{
    [JsonConstructor]
    internal NewAgentToken()
    {
    }

    /// <summary>
    /// Gets the secret with which the agent signs in. Views, serialization and <c>Select-Object *</c> omit it: a copy
    /// of the object could be written to a file, where a <see cref="SecureString"/> is plain text outside Windows.
    /// </summary>
    [System.Management.Automation.Hidden]
    [JsonInclude]
    [JsonConverter(typeof(SecureStringConverter))]
    public SecureString Token { get; internal set; } = null!;

    /// <summary>Returns the secret in plain text, to store it where the agent reads it.</summary>
    /// <returns>The secret.</returns>
    public string RevealToken() => Secret.Reveal(Token);

    /// <summary>Removes the secret from a text, in plain text and in the base64 of Kubernetes.</summary>
    internal string Redact(string text)
    {
        string secret = RevealToken();
        string base64 = Convert.ToBase64String(Encoding.UTF8.GetBytes(secret));
        return Secret.Redact(Secret.Redact(text, secret), base64);
    }
}
