using System.Collections;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents.Completion;

/// <summary>Completes the full paths of projects, once the group is typed: <c>platform/</c>.</summary>
public sealed class ProjectCompleter() : LiveCompleter(ListAsync)
{
    private static async IAsyncEnumerable<Candidate> ListAsync(GitLabClient client, IDictionary bound, string word, [EnumeratorCancellation] CancellationToken stop)
    {
        int slash = word.LastIndexOf('/');
        if (slash <= 0)
        {
            yield break; // GitLab has no list of everything that would come in two seconds.
        }

        await foreach (ProjectInfo project in client.GetGroupProjectsAsync(word.Substring(0, slash), recurse: true, stop).ConfigureAwait(false))
        {
            if (project.PathWithNamespace is { } path)
            {
                yield return new Candidate(path, path, $"Project {project.Id}");
            }
        }
    }
}
