using System.Collections;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;

namespace GitLabAgents.Completion;

/// <summary>
/// Completes the full paths of the user's projects from any part of them; the most recent come first.
/// </summary>
public sealed class ProjectCompleter() : LiveCompleter(ListAsync, completesAnyPart: true)
{
    private static async IAsyncEnumerable<Candidate> ListAsync(
        GitLabClient client, IDictionary bound, string word, [EnumeratorCancellation] CancellationToken stop)
    {
        foreach (ProjectInfo project in await client.SearchProjectsAsync(word, stop).ConfigureAwait(false))
        {
            string path = project.ToString();
            yield return new Candidate(path, path, $"Project {project.Id}");
        }
    }
}
