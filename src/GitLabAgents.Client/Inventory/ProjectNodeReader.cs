using System;
using System.Collections.Generic;
using System.Linq;

namespace GitLabAgents;

/// <summary>
/// Reads the projects and agents of GraphQL responses. What a response does not show, or may hide, is left to the REST
/// API.
/// </summary>
internal sealed class ProjectNodeReader(GitLabClient client, AgentQuery query, DateTimeOffset serverTime)
{
    private const string MaintainerNeeded =
        "Connections take at least the role Maintainer in the project. GitLab shows none to others.";

    private const string ProjectArchived = "The project is archived. GitLab shows no connections of archived projects.";

    private const string PermissionsUnknown =
        "GitLab reports no connections, and does not say whether the access token may see them.";

    private GraphQLSupport Support => client.Session.GraphQL;

    /// <summary>Reads a project with its page of agents.</summary>
    /// <returns>The project, or null if it has no ID.</returns>
    public ProjectEntry? Read(ProjectNode? node, GraphQLErrorScope errors)
    {
        if (node is null || GitLabClient.ParseGlobalId(node.Id) is not { } id)
        {
            return null;
        }

        var entry = new ProjectEntry(id, node.FullPath)
        {
            IsArchived = node.Archived,
            ConnectionsReason = query.ConnectionsReason,
        };
        if (node.ClusterAgents is not { Nodes: { } nodes, PageInfo: { } pageInfo }
            || pageInfo.HasNextPage is not { } hasMore
            || (hasMore && string.IsNullOrEmpty(pageInfo.EndCursor)))
        {
            entry.NeedsRest = true;
            return entry;
        }

        GraphQLErrorScope nodeErrors = errors.Enter("clusterAgents").Enter("nodes");
        AgentRecord?[] agents =
            [.. nodes.Select((agent, index) => ReadAgent(node, id, errors, agent, nodeErrors.Enter(index)))];
        entry.Agents = [.. agents.OfType<AgentRecord>()];
        entry.Cursor = hasMore ? pageInfo.EndCursor : null;
        if (agents.Contains(null))
        {
            entry.NeedsRest = true;
            entry.ConnectionsReason ??= client.QuoteMessages(nodeErrors.ToList());
        }

        if (nodes.Count == 0 && !CanSeeAgents(node))
        {
            entry.IsHidden = IsBelowDeveloper(node);
            entry.NeedsRest = !entry.IsHidden;
        }

        return entry;
    }

    /// <summary>Reads an agent of a project.</summary>
    /// <returns>The agent, or null if it has no ID.</returns>
    public AgentRecord? ReadAgent(
        ProjectNode project, long projectId, GraphQLErrorScope projectErrors, AgentNode? node, GraphQLErrorScope errors)
    {
        if (node is null || GitLabClient.ParseGlobalId(node.Id) is not { } id)
        {
            return null;
        }

        var agent = new ClusterAgent
        {
            Id = id,
            Name = node.Name,
            ProjectId = projectId,
            ConfigProject = new ConfigProject
            {
                Id = projectId,
                Description = project.Description,
                Name = project.Name,
                NameWithNamespace = project.NameWithNamespace,
                Path = project.Path,
                PathWithNamespace = project.FullPath,
                CreatedAt = project.CreatedAt,
            },
            CreatedAt = node.CreatedAt,
            CreatedByUserId = GitLabClient.ParseGlobalId(node.CreatedByUser?.Id),
            IsReceptive = node.IsReceptive,
            Session = client.Session,
        };
        IReadOnlyList<GraphQLError> tokenErrors = errors.Enter("tokens").ToList();
        ConnectionReport connection = ReadConnection(project, projectErrors, node, errors, tokenErrors);
        return new AgentRecord(agent, ReadTokens(agent, node, tokenErrors), connection, project.Archived);
    }

    /// <summary>Returns whether an empty list of agents can be trusted: the role suffices to see some.</summary>
    private static bool CanSeeAgents(ProjectNode node)
        => node.UserPermissions?.AdminProject is true || node.MaxAccessLevel?.IntegerValue >= AccessLevel.Developer;

    private static bool IsBelowDeveloper(ProjectNode node)
        => node.UserPermissions?.AdminProject is false && node.MaxAccessLevel?.IntegerValue < AccessLevel.Developer;

    // In GitLab's order, last used first. It has none among tokens that were never used.
    private AgentToken[]? ReadTokens(ClusterAgent agent, AgentNode node, IReadOnlyList<GraphQLError> errors)
    {
        if (node.Tokens is not { Nodes: { } nodes, PageInfo.HasNextPage: false } || errors.Count > 0)
        {
            return null;
        }

        var used = new List<AgentToken>(nodes.Count);
        var neverUsed = new List<AgentToken>();
        foreach (TokenNode? token in nodes)
        {
            if (GitLabClient.ParseGlobalId(token?.Id) is not { } id || token!.Status is null)
            {
                return null;
            }

            if (IsActive(token))
            {
                List<AgentToken> tokens = token.LastUsedAt is null ? neverUsed : used;
                tokens.Add(new AgentToken
                {
                    Id = id,
                    Name = token.Name,
                    Description = token.Description,
                    AgentId = agent.Id,
                    ProjectId = agent.ProjectId,
                    Status = "active",
                    CreatedAt = token.CreatedAt,
                    CreatedByUserId = GitLabClient.ParseGlobalId(token.CreatedByUser?.Id),
                    LastUsedAt = token.LastUsedAt,
                    Session = agent.Session,
                });
            }
        }

        neverUsed.Sort(static (left, right) => left.Id.CompareTo(right.Id));
        return [.. used, .. neverUsed];
    }

    private ConnectionReport ReadConnection(
        ProjectNode project,
        GraphQLErrorScope projectErrors,
        AgentNode node,
        GraphQLErrorScope errors,
        IReadOnlyList<GraphQLError> tokenErrors)
    {
        IReadOnlyList<GraphQLError> connectionErrors = errors.Enter("connections").ToList();
        List<TokenNode?>? tokens = tokenErrors.Count > 0 ? null : node.Tokens?.Nodes;
        return ConnectionReport.Create(new ConnectionEvidence
        {
            Connections = node.Connections?.Nodes,
            UnknownReason = query.ConnectionsReason
                ?? QuoteRefusal("connections")
                ?? client.QuoteMessages(connectionErrors),
            HasError = connectionErrors.Count > 0,
            HiddenReason = GetHiddenReason(project, projectErrors),
            LastUsedAt = node.Tokens?.Nodes?.Max(static token => token?.LastUsedAt),
            AreTokensKnown = tokens?.Contains(null) == false,
            TokensReason = client.QuoteMessages(tokenErrors),
            HasActiveToken = tokens?.Any(static token => token is not null && IsActive(token)) == true,
            Session = client.Session,
            ServerTime = serverTime,
        });
    }

    // GitLab shows no connections to those who may not see them. A server that has no such fields is taken at its word.
    private string? GetHiddenReason(ProjectNode node, GraphQLErrorScope errors)
    {
        if (node.UserPermissions?.AdminProject is false)
        {
            return MaintainerNeeded;
        }

        if (node.Archived is true)
        {
            return ProjectArchived;
        }

        bool isKnown = (node.UserPermissions?.AdminProject ?? IsRefused("userPermissions", "adminProject"))
            && (node.Archived is false || IsRefused("archived"));
        return isKnown ? null : client.QuoteMessages(errors.Enter("userPermissions").ToList()) ?? PermissionsUnknown;
    }

    private bool IsRefused(params string[] names) => names.Any(name => Support.GetRefusal(name) is not null);

    private string? QuoteRefusal(string name)
        => Support.GetRefusal(name) is { } message
            ? client.QuoteMessages([new GraphQLError { Message = message }])
            : null;

    private static bool IsActive(TokenNode token)
        => token.Status is null || string.Equals(token.Status, "ACTIVE", StringComparison.OrdinalIgnoreCase);
}
