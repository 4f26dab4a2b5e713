using System;
using System.Collections;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents.Completion;

/// <summary>Completes the full paths of subgroups, once the group above them is typed: <c>platform/</c>.</summary>
public sealed class GroupCompleter() : LiveCompleter(ListAsync)
{
    private static async IAsyncEnumerable<Candidate> ListAsync(GitLabClient client, IDictionary bound, string word, [EnumeratorCancellation] CancellationToken stop)
    {
        int slash = word.LastIndexOf('/');
        string above = slash > 0 ? word.Substring(0, slash) : word;
        if (above.Length == 0)
        {
            yield break;
        }

        // The groups that matter here are those with projects in them.
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        await foreach (ProjectInfo project in client.GetGroupProjectsAsync(above, recurse: true, stop).ConfigureAwait(false))
        {
            string path = project.PathWithNamespace ?? string.Empty;
            for (int end = path.LastIndexOf('/'); end > 0 && seen.Add(path.Substring(0, end)); end = path.LastIndexOf('/', end - 1))
            {
                string group = path.Substring(0, end);
                yield return new Candidate(group, group, $"Group {group}");
            }
        }
    }
}
