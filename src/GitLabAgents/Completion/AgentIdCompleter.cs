using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents.Completion;

/// <summary>Completes the ids of a project's agents.</summary>
public sealed class AgentIdCompleter() : LiveCompleter(ListAsync)
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
            string id = agent.Id.ToString(CultureInfo.InvariantCulture);
            string age = ViewFormatter.Age(agent.CreatedAt, agent.Session);
            yield return new Candidate(id, $"{id} {agent}", $"Agent {agent} of {agent.ProjectPath}, registered {age}");
        }
    }
}
