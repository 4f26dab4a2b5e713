using System.Collections;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;

namespace GitLabAgents.Completion;

/// <summary>Completes the full paths of the user's groups from any part of them.</summary>
public sealed class GroupCompleter() : LiveCompleter(ListAsync, completesAnyPart: true)
{
    private static async IAsyncEnumerable<Candidate> ListAsync(
        GitLabClient client, IDictionary bound, string word, [EnumeratorCancellation] CancellationToken stop)
    {
        foreach (GroupInfo group in await client.SearchGroupsAsync(word, stop).ConfigureAwait(false))
        {
            yield return new Candidate(group.FullPath!, group.FullPath!, $"Group {group.Id}");
        }
    }
}
