using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Management.Automation;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents.Completion;

/// <summary>Completes what an agent's active tokens are known by.</summary>
public abstract class TokenCompleter : LiveCompleter
{
    /// <summary>Gives what stands on the command line for a token, and what the list shows.</summary>
    private protected abstract (string Text, string Label) Name(AgentToken token);

    /// <inheritdoc/>
    private protected override async IAsyncEnumerable<Candidate> ListAsync(GitLabClient client, IDictionary bound, string word, [EnumeratorCancellation] CancellationToken stop)
    {
        if (GetProject(bound) is not { } project || GetAgent(bound) is not { } agent)
        {
            yield break;
        }

        (long projectId, long agentId) = await new AgentIdResolver().ResolveAsync(client, project, agent, stop).ConfigureAwait(false);
        await foreach (AgentToken token in client.GetTokensAsync(projectId, agentId, stop).ConfigureAwait(false))
        {
            (string text, string label) = Name(token);
            yield return new Candidate(text, label, $"Token {token.Id} '{token}', {token.Status}, made {ViewFormatter.Age(token.CreatedAt)}");
        }
    }
}

/// <summary>Completes the names of an agent's tokens.</summary>
public sealed class TokenNameCompleter : TokenCompleter
{
    /// <inheritdoc/>
    private protected override (string Text, string Label) Name(AgentToken token)
        => (WildcardPattern.Escape(token.ToString()), token.ToString());
}

/// <summary>Completes the ids of an agent's tokens.</summary>
public sealed class TokenIdCompleter : TokenCompleter
{
    /// <inheritdoc/>
    private protected override (string Text, string Label) Name(AgentToken token)
    {
        string id = token.Id.ToString(CultureInfo.InvariantCulture);
        return (id, $"{id} {token}");
    }
}
