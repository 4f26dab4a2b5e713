using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <content>The agents of projects, with what belongs to them.</content>
public sealed partial class GitLabClient
{
    /// <summary>
    /// Reads the agents of a set of projects, several projects at once, in the order of the projects.
    /// </summary>
    private IAsyncEnumerable<ItemResult<AgentRecord>> ReadAgentsAsync(
        ProjectScope scope, AgentQuery query, CancellationToken cancellationToken)
    {
        var progress = new FleetProgress(_observer);
        return OrderedConcurrency.SelectManyOrdered(
            ReadProjectsAsync(scope, query, progress, cancellationToken),
            _session.MaxConcurrentReads,
            (project, stop) => CountAsync(ReadAgentsAsync(project, query, stop), progress, stop),
            cancellationToken);
    }

    private static async IAsyncEnumerable<ItemResult<AgentRecord>> CountAsync(
        IAsyncEnumerable<ItemResult<AgentRecord>> records,
        FleetProgress progress,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (ItemResult<AgentRecord> record in records
            .WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (record.Error is null)
            {
                progress.CountAgent();
            }

            yield return record;
        }

        progress.CountProject();
    }

    /// <summary>
    /// Reads the agents of a project: those that came with it, the following pages, and by REST what GraphQL cannot
    /// show.
    /// </summary>
    private async IAsyncEnumerable<ItemResult<AgentRecord>> ReadAgentsAsync(
        ProjectEntry project, AgentQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (project.IsHidden && !project.IsNamed)
        {
            ReportVerbose(
                $"Skipped {project}: this access token may not read its agents. That takes the role Developer.");
            yield break;
        }

        var seen = new HashSet<long>();
        ProjectEntry? page = project.IsHidden ? null : project;
        while (page is { NeedsRest: false })
        {
            foreach (AgentRecord record in page.Agents)
            {
                if (!seen.Add(record.Agent.Id) || !query.IsMatch(record.Agent))
                {
                    continue;
                }

                if (!query.NeedsTokens || record.Tokens is not null)
                {
                    yield return new ItemResult<AgentRecord>(record);
                    continue;
                }

                foreach (ItemResult<AgentRecord> result
                    in await ReadTokensAsync(record, cancellationToken).ConfigureAwait(false))
                {
                    yield return result;
                }
            }

            if (page.Cursor is not { } cursor)
            {
                yield break;
            }

            page = await TryReadAgentPageAsync(project, cursor, query, cancellationToken).ConfigureAwait(false);
        }

        IAsyncEnumerable<ItemResult<AgentRecord>> rest = ReadAgentsByRestAsync(project, query, seen, cancellationToken);
        await foreach (ItemResult<AgentRecord> result in rest.ConfigureAwait(false))
        {
            yield return result;
        }
    }

    /// <summary>Reads the agents of a project that were not seen before, by REST.</summary>
    private async IAsyncEnumerable<ItemResult<AgentRecord>> ReadAgentsByRestAsync(
        ProjectEntry project,
        AgentQuery query,
        HashSet<long> seen,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IAsyncEnumerable<ItemResult<AgentRecord>> records =
            GetRestRecordsAsync(project, query, seen, cancellationToken);
        if (query.NeedsTokens)
        {
            records = records.SelectManyOrdered(
                _session.MaxConcurrentReads,
                (record, stop) => record.Value is { } value ? ReadTokensStreamAsync(value, stop) : YieldAsync(record),
                cancellationToken);
        }

        IAsyncEnumerator<ItemResult<AgentRecord>> items = records.GetAsyncEnumerator(cancellationToken);
        await using (items.ConfigureAwait(false))
        {
            // A project whose agents were listed in part, by GraphQL or here, is incomplete, and not skipped.
            bool isReadable = seen.Count > 0;
            while (true)
            {
                ItemResult<AgentRecord> item;
                try
                {
                    if (!await items.MoveNextAsync().ConfigureAwait(false))
                    {
                        yield break;
                    }

                    item = items.Current;
                }
                catch (GitLabApiException e)
                    when (!project.IsNamed && !isReadable && !e.HasErrorCode
                        && e.Kind is GitLabErrorKind.ProjectNotFound or GitLabErrorKind.Forbidden)
                {
                    ReportVerbose(
                        $"Skipped {project}: this access token may not read its agents ({(int?)e.StatusCode}).");
                    yield break;
                }
                catch (GitLabApiException e) when (!project.IsNamed)
                {
                    item = new ItemResult<AgentRecord>(e, project.ToString());
                }

                isReadable = true;
                yield return item;
            }
        }
    }

    private async IAsyncEnumerable<ItemResult<AgentRecord>> GetRestRecordsAsync(
        ProjectEntry project,
        AgentQuery query,
        HashSet<long> seen,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // An earlier read of the session may have found out that GraphQL is off; then this one did not ask.
        string reason = project.ConnectionsReason
            ?? query.FailureReason
            ?? _session.GraphQL.UnavailableReason
            ?? ConnectionReport.NotShown;
        IAsyncEnumerable<ClusterAgent> agents =
            GetAgentsAsync(project.Id, resolvesNotFound: project.IsNamed, cancellationToken);
        await foreach (ClusterAgent agent in agents.ConfigureAwait(false))
        {
            if (seen.Add(agent.Id) && query.IsMatch(agent))
            {
                yield return new ItemResult<AgentRecord>(
                    new AgentRecord(agent, null, ConnectionReport.Unknown(reason), project.IsArchived));
            }
        }
    }

    private async IAsyncEnumerable<ItemResult<AgentRecord>> ReadTokensStreamAsync(
        AgentRecord record, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<ItemResult<AgentRecord>> results = await ReadTokensAsync(record, cancellationToken).ConfigureAwait(false);
        foreach (ItemResult<AgentRecord> result in results)
        {
            yield return result;
        }
    }

    private static async IAsyncEnumerable<T> YieldAsync<T>(T item)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        yield return item;
    }

    /// <summary>Reads the tokens of an agent by REST. What cannot be read is an error behind the agent.</summary>
    private async Task<List<ItemResult<AgentRecord>>> ReadTokensAsync(
        AgentRecord record, CancellationToken cancellationToken)
    {
        var tokens = new List<AgentToken>();
        var errors = new List<ItemResult<AgentRecord>>();
        try
        {
            IAsyncEnumerable<ItemResult<AgentToken>> details =
                GetTokenDetailsAsync(record.Agent.ProjectId, record.Agent.Id, static _ => true, cancellationToken);
            await foreach (ItemResult<AgentToken> token in details.ConfigureAwait(false))
            {
                if (token.Value is { } value)
                {
                    tokens.Add(value);
                }
                else
                {
                    errors.Add(new ItemResult<AgentRecord>(token.Error!, token.Target));
                }
            }
        }
        catch (GitLabApiException e)
        {
            errors.Add(new ItemResult<AgentRecord>(e, record.Agent));
        }

        AgentRecord complete = errors.Count == 0
            ? record.WithTokens(tokens)
            : record.WithoutTokens($"The tokens are not known. {errors[0].Error!.Problem}");
        return [new ItemResult<AgentRecord>(complete), .. errors];
    }

    /// <summary>Finds the project that the user named, with its first agents.</summary>
    private async Task<ProjectEntry> FindProjectAsync(
        ProjectReference project, AgentQuery query, CancellationToken cancellationToken)
    {
        ProjectEntry? found = await TryFindProjectAsync(project, query, cancellationToken).ConfigureAwait(false);
        if (found is null)
        {
            // It was moved, or only the REST API can tell what is wrong.
            var request = new ApiRequest(
                HttpMethod.Get,
                $"projects/{project.ToPathSegment()}",
                $"list the agents of project {project}",
                GitLabErrorKind.ProjectNotFound);
            ProjectInfo info = await ReadAsync(
                request, GitLabJson.Default.ProjectInfo, static p => p.Id, cancellationToken).ConfigureAwait(false);
            found = project.Id is null && _session.GraphQL.UnavailableReason is null
                ? await TryFindProjectAsync(info.Id, query, cancellationToken).ConfigureAwait(false)
                : null;
            found ??= new ProjectEntry(info.Id, info.PathWithNamespace)
            {
                NeedsRest = true,
                IsArchived = info.Archived,
            };
        }

        found.IsNamed = true;
        return found;
    }

    private async Task<ProjectEntry?> TryFindProjectAsync(
        ProjectReference project, AgentQuery query, CancellationToken cancellationToken)
    {
        GraphQLResult? result = await TryQueryAsync(
            project.Id is null ? QueryDocument.ProjectAgents : QueryDocument.ProjectsById,
            query,
            () => new GraphQLVariables
            {
                Project = project.Path,
                Ids = project.Id is { } id ? [$"gid://gitlab/Project/{id}"] : null,
                First = project.Id is null ? 0 : 1,
                Agents = query.Agents,
            },
            $"list the agents of project {project}",
            cancellationToken).ConfigureAwait(false);
        if (result is null)
        {
            return null;
        }

        var reader = new ProjectNodeReader(this, query, result.ServerTime);
        if (project.Id is null)
        {
            return reader.Read(result.Data!.Project, result.Errors.Enter("project"));
        }

        GraphQLErrorScope errors = result.Errors.Enter("projects").Enter("nodes").Enter(0);
        return reader.Read(result.Data!.Projects?.Nodes?.FirstOrDefault(), errors);
    }
}
