using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <content>Activity, which only GraphQL shows.</content>
public sealed partial class GitLabClient
{
    private const int ActivityPageSize = 100;

    /// <summary>
    /// Lists the activity of an agent, newest first.
    /// See <see href="https://docs.gitlab.com/api/graphql/reference/#clusteragentactivityevents"/>.
    /// </summary>
    /// <param name="project">The agent's project.</param>
    /// <param name="agent">The agent's ID or name.</param>
    /// <param name="maxCount">The number of events to return at most; null for all.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    /// <returns>The activity.</returns>
    /// <exception cref="GitLabApiException">
    /// GitLab hides the activity from this access token, or cannot report it.
    /// </exception>
    public async IAsyncEnumerable<AgentActivity> GetActivityAsync(
        ProjectReference project,
        AgentReference agent,
        int? maxCount = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (maxCount < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(maxCount), maxCount, "At least one event must be requested.");
        }

        ClusterAgent found = await FindAgentAsync(project, agent, cancellationToken).ConfigureAwait(false);
        int remaining = maxCount ?? int.MaxValue;
        string? after = null;
        do
        {
            int size = Math.Min(ActivityPageSize, remaining);
            NodeList<ActivityNode> page = await ReadActivityPageAsync(found, size, after, cancellationToken)
                .ConfigureAwait(false);
            foreach (ActivityNode node in page.Nodes!.OfType<ActivityNode>().Take(remaining))
            {
                yield return new AgentActivity(found)
                {
                    RecordedAt = node.RecordedAt,
                    Kind = node.Kind,
                    Level = node.Level,
                    User = node.User?.Username,
                    Token = node.AgentToken?.Name,
                };
                remaining--;
            }

            string? next = page.PageInfo is { HasNextPage: true } info ? info.EndCursor : null;
            bool isLast = page.PageInfo is { HasNextPage: false };
            if (remaining > 0 && !isLast && (string.IsNullOrEmpty(next) || next == after))
            {
                throw ActivityIncomplete(found);
            }

            after = next;
        }
        while (after is not null && remaining > 0);
    }

    private async Task<NodeList<ActivityNode>> ReadActivityPageAsync(
        ClusterAgent agent, int first, string? after, CancellationToken cancellationToken)
    {
        string action = DescribeActivityRead(agent);
        if (agent.ProjectPath is not { } path || agent.Name is not { Length: > 0 } name)
        {
            throw ActivityUnsupported(
                action, "GitLab does not report the agent's name and project, by which GraphQL finds it.");
        }

        var variables = new GraphQLVariables { Project = path, Agent = name, First = first, After = after };
        GraphQLResult result = await QueryAsync(QueryDocument.AgentActivity, [], variables, action, cancellationToken)
            .ConfigureAwait(false);
        if (result.Data is null)
        {
            throw HiddenActivity(action, result.Reason!);
        }

        if (_session.GraphQL.GetRefusal("activityEvents") is not null)
        {
            throw ActivityUnsupported(action, "its GraphQL API does not have activity events.");
        }

        if (QuoteMessages(result.Errors.Enter("project").Enter("clusterAgent").ToList()) is { } failure)
        {
            throw new GitLabApiException(
                GitLabErrorKind.ServerError, $"Cannot {action} on {_session}: {failure}", "Try again later.");
        }

        if (result.Data.Project is not { ClusterAgent.ActivityEvents: { Nodes: { } nodes } events } node)
        {
            throw HiddenActivity(action, "GraphQL does not show the agent to this access token.");
        }

        // GitLab returns an empty list to those who may not see the events, so an empty list alone proves nothing.
        string? hidden = nodes.Count == 0 && after is null ? GetActivityHiddenReason(node) : null;
        return hidden is null ? events : throw HiddenActivity(action, hidden);
    }

    // A server that does not have the fields is taken at its word, as for connections.
    private string? GetActivityHiddenReason(ProjectNode project)
    {
        GraphQLSupport support = _session.GraphQL;
        bool isRightUnknown = project.UserPermissions?.AdminProject is null
            && (support.GetRefusal("userPermissions") ?? support.GetRefusal("adminProject")) is null;
        bool isArchivedUnknown = project.Archived is null && support.GetRefusal("archived") is null;
        return project switch
        {
            { UserPermissions.AdminProject: false } => "GitLab shows activity only to users with the role Maintainer.",
            { Archived: true } => "GitLab does not show the activity of archived projects.",
            _ when isRightUnknown || isArchivedUnknown =>
                "GitLab returned no events, and does not report whether it hides them.",
            _ => null,
        };
    }

    private static string DescribeActivityRead(ClusterAgent agent)
        => $"read the activity of agent {agent} of project {agent.ProjectText}";

    // What was written so far looks complete otherwise.
    private GitLabApiException ActivityIncomplete(ClusterAgent agent)
        => new(
            GitLabErrorKind.InvalidResponse,
            $"Cannot {DescribeActivityRead(agent)} on {_session} completely: GitLab has more events, but does not "
                + "return where they begin.",
            "Try again, or list the latest events with -First.");

    private GitLabApiException HiddenActivity(string action, string reason)
        => new(
            GitLabErrorKind.Forbidden,
            $"Cannot {action} on {_session}: {reason}",
            "Use an access token with the role Maintainer in the project and the scope api or read_api. "
                + "Activity requires GraphQL.");

    private GitLabApiException ActivityUnsupported(string action, string reason)
        => new(
            GitLabErrorKind.NotSupported,
            $"Cannot {action} on {_session}: {reason}",
            "Activity requires GitLab 14.6 or later.");
}
