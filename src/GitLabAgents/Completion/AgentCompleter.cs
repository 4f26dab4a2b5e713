using System.Collections;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents.Completion;

/// <summary>Completes the names of a project's agents.</summary>
public sealed class AgentCompleter() : LiveCompleter(ListAsync)
{
    private static async IAsyncEnumerable<Candidate> ListAsync(
        GitLabClient client, IDictionary bound, string word, [EnumeratorCancellation] CancellationToken stop)
    {
        if (GetProject(bound) is not { } project)
        {
            yield break;
        }

        await foreach (ClusterAgent agent in client.GetAgentsAsync(project, stop).ConfigureAwait(false))
        {
            string age = ViewFormatter.Age(agent.CreatedAt, agent.Session);
            yield return new Candidate(
                agent.ToString(), agent.ToString(), $"Agent {agent.Id} of {agent.ProjectPath}, registered {age}");
        }
    }
}
