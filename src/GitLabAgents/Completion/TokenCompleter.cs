using System;
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
    /// <summary>Initializes a new instance of the <see cref="TokenCompleter"/> class.</summary>
    /// <param name="name">Returns the text to insert for a token, and the text that the list shows.</param>
    private protected TokenCompleter(Func<AgentToken, (string Text, string Label)> name)
        : base((client, bound, _, stop) => ListAsync(client, bound, name, stop))
    {
    }

    private static async IAsyncEnumerable<Candidate> ListAsync(
        GitLabClient client,
        IDictionary bound,
        Func<AgentToken, (string Text, string Label)> name,
        [EnumeratorCancellation] CancellationToken stop)
    {
        if (GetProject(bound) is not { } project || GetAgent(bound) is not { } agent)
        {
            yield break;
        }

        (long projectId, long agentId) = await new AgentIdResolver()
            .ResolveAsync(client, project, agent, stop).ConfigureAwait(false);
        await foreach (AgentToken token in client.GetTokensAsync(projectId, agentId, stop).ConfigureAwait(false))
        {
            (string text, string label) = name(token);
            string age = ViewFormatter.Age(token.CreatedAt, token.Session);
            yield return new Candidate(text, label, $"Token {token.Id} '{token}', {token.Status}, created {age}");
        }
    }
}

/// <summary>Completes the names of an agent's tokens.</summary>
public sealed class TokenNameCompleter() : TokenCompleter(Name)
{
    private static (string Text, string Label) Name(AgentToken token)
        => (WildcardPattern.Escape(token.ToString()), token.ToString());
}

/// <summary>Completes the ids of an agent's tokens.</summary>
public sealed class TokenIdCompleter() : TokenCompleter(Name)
{
    private static (string Text, string Label) Name(AgentToken token)
    {
        string id = token.Id.ToString(CultureInfo.InvariantCulture);
        return (id, $"{id} {token}");
    }
}
