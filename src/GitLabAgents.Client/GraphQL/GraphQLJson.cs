using System;
using System.Collections.Generic;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GitLabAgents;

/// <summary>The source-generated serializer of GitLab's GraphQL API.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(LenientDateConverter)])]
[JsonSerializable(typeof(GraphQLQuery))]
[JsonSerializable(typeof(GraphQLResponse))]
internal sealed partial class GraphQLJson : JsonSerializerContext
{
    /// <summary>
    /// Creates what deserializes responses. The first time this takes as long as a short request, so it is called while
    /// a request is in flight.
    /// </summary>
    public static void Prepare()
    {
        _ = Default.GraphQLResponse;
        _ = Default.GraphQLData;
        _ = Default.GroupNode;
        _ = Default.ProjectPage;
        _ = Default.ProjectNode;
        _ = Default.Permissions;
        _ = Default.AgentPage;
        _ = Default.AgentNode;
        _ = Default.UserNode;
        _ = Default.PageInfo;
        _ = Default.NodeListTokenNode;
        _ = Default.TokenNode;
        _ = Default.NodeListConnectionNode;
        _ = Default.ConnectionNode;
        _ = Default.ConnectionMetadata;
    }
}

/// <summary>The body of a request.</summary>
internal sealed class GraphQLQuery
{
    public string Query { get; set; } = string.Empty;

    public GraphQLVariables Variables { get; set; } = new();
}

/// <summary>
/// The variables of all queries; those that a query does not have are null or 0, and not sent. Numbers are of the type
/// of IDs, so that the runtime has compiled the serializer of that type before.
/// </summary>
internal sealed class GraphQLVariables
{
    public string? Group { get; set; }

    public bool? Recurse { get; set; }

    public string? Project { get; set; }

    public string? Agent { get; set; }

    public string[]? Ids { get; set; }

    public string[]? Paths { get; set; }

    /// <summary>Gets or sets the number of items on a page; 0 is not sent.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long First { get; set; }

    /// <summary>Gets or sets the number of agents of each project; 0 is not sent.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Agents { get; set; }

    public string? After { get; set; }
}

/// <summary>
/// A response: data, errors, or both. Any part of the data can be null, usually with an error that names its path.
/// </summary>
internal sealed class GraphQLResponse
{
    public GraphQLData? Data { get; set; }

    public List<GraphQLError?>? Errors { get; set; }
}

/// <summary>An error, and the path of what it affects.</summary>
internal sealed class GraphQLError
{
    public string? Message { get; set; }

    public List<JsonElement>? Path { get; set; }

    public GraphQLErrorExtensions? Extensions { get; set; }
}

/// <summary>The machine-readable part of an error.</summary>
internal sealed class GraphQLErrorExtensions
{
    public string? Code { get; set; }

    public string? FieldName { get; set; }

    public string? ArgumentName { get; set; }
}

/// <summary>The data of all queries.</summary>
internal sealed class GraphQLData
{
    public GroupNode? Group { get; set; }

    public ProjectPage? Projects { get; set; }

    public ProjectNode? Project { get; set; }
}

/// <summary>A group.</summary>
internal sealed class GroupNode
{
    public ProjectPage? Projects { get; set; }
}

/// <summary>A page of projects.</summary>
internal sealed class ProjectPage
{
    public int? Count { get; set; }

    public PageInfo? PageInfo { get; set; }

    public List<ProjectNode?>? Nodes { get; set; }
}

/// <summary>A project.</summary>
internal sealed class ProjectNode
{
    /// <summary>Gets or sets the global ID, such as <c>gid://gitlab/Project/101</c>.</summary>
    public string? Id { get; set; }

    public string? Name { get; set; }

    public string? Path { get; set; }

    public string? FullPath { get; set; }

    public string? NameWithNamespace { get; set; }

    public string? Description { get; set; }

    public DateTimeOffset? CreatedAt { get; set; }

    public bool? Archived { get; set; }

    public AccessLevel? MaxAccessLevel { get; set; }

    public Permissions? UserPermissions { get; set; }

    public AgentNode? ClusterAgent { get; set; }

    public AgentPage? ClusterAgents { get; set; }
}

/// <summary>The user's membership in a project.</summary>
internal sealed class AccessLevel
{
    public const int Developer = 30;

    public int? IntegerValue { get; set; }
}

/// <summary>What the access token may do in the project.</summary>
internal sealed class Permissions
{
    public bool? AdminProject { get; set; }
}

/// <summary>A page of agents.</summary>
internal sealed class AgentPage
{
    public PageInfo? PageInfo { get; set; }

    public List<AgentNode?>? Nodes { get; set; }
}

/// <summary>Whether and where a list continues.</summary>
internal sealed class PageInfo
{
    public bool? HasNextPage { get; set; }

    public string? EndCursor { get; set; }
}

/// <summary>An agent.</summary>
internal sealed class AgentNode
{
    /// <summary>Gets or sets the global ID, such as <c>gid://gitlab/Clusters::Agent/11</c>.</summary>
    public string? Id { get; set; }

    public string? Name { get; set; }

    public DateTimeOffset? CreatedAt { get; set; }

    public UserNode? CreatedByUser { get; set; }

    public bool? IsReceptive { get; set; }

    public NodeList<ConnectionNode>? Connections { get; set; }

    public NodeList<TokenNode>? Tokens { get; set; }

    public NodeList<ActivityNode>? ActivityEvents { get; set; }
}

/// <summary>A user.</summary>
internal sealed class UserNode
{
    public string? Id { get; set; }

    public string? Username { get; set; }
}

/// <summary>An activity event of an agent.</summary>
internal sealed class ActivityNode
{
    public DateTimeOffset? RecordedAt { get; set; }

    public string? Kind { get; set; }

    public string? Level { get; set; }

    public UserNode? User { get; set; }

    public TokenNode? AgentToken { get; set; }
}

/// <summary>A list of an agent.</summary>
/// <typeparam name="T">The type of the items.</typeparam>
internal sealed class NodeList<T>
    where T : class
{
    public PageInfo? PageInfo { get; set; }

    public List<T?>? Nodes { get; set; }
}

/// <summary>A connection of an agent's pod.</summary>
internal sealed class ConnectionNode
{
    public DateTimeOffset? ConnectedAt { get; set; }

    public ConnectionMetadata? Metadata { get; set; }

    public List<ConnectionWarning?>? Warnings { get; set; }
}

/// <summary>What a pod reports about itself.</summary>
internal sealed class ConnectionMetadata
{
    public string? Version { get; set; }

    public string? PodName { get; set; }

    public string? PodNamespace { get; set; }
}

/// <summary>A warning of GitLab's about a connection.</summary>
internal sealed class ConnectionWarning
{
    public VersionWarning? Version { get; set; }
}

/// <summary>A warning of GitLab's about the version of a pod.</summary>
internal sealed class VersionWarning
{
    public string? Message { get; set; }
}

/// <summary>A token of an agent.</summary>
internal sealed class TokenNode
{
    public string? Id { get; set; }

    public string? Name { get; set; }

    public string? Description { get; set; }

    public string? Status { get; set; }

    public DateTimeOffset? CreatedAt { get; set; }

    public UserNode? CreatedByUser { get; set; }

    public DateTimeOffset? LastUsedAt { get; set; }
}
