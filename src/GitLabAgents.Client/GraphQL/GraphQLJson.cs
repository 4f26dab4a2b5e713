using System;
using System.Collections.Generic;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GitLabAgents;

/// <summary>How GitLab's GraphQL is read and written; the readers are made by the compiler.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(LenientDateConverter)])]
[JsonSerializable(typeof(GraphQLQuery))]
[JsonSerializable(typeof(GraphQLResponse))]
internal sealed partial class GraphQLJson : JsonSerializerContext;

/// <summary>A query about a project, with its variables.</summary>
internal sealed class GraphQLQuery
{
    /// <summary>
    /// Asks for a page of a project's agents. Tokens are asked for without their status: servers that know revoked ones
    /// show that an agent was connected once.
    /// </summary>
    public const string Connections =
        "query($path: ID!, $after: String) { project(fullPath: $path) { "
        + "clusterAgents(first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes { id name "
        + "connections { nodes { connectedAt metadata { version podName podNamespace } } } tokens { nodes { id lastUsedAt } } } } } }";

    /// <summary>Asks whether the access token may see connections. On its own, for a server that does not know a field refuses all of a query.</summary>
    public const string Role = "query($path: ID!) { project(fullPath: $path) { archived userPermissions { adminProject } } }";

    public string Query { get; set; } = string.Empty;

    public GraphQLVariables Variables { get; set; } = new();
}

/// <summary>The variables of a <see cref="GraphQLQuery"/>.</summary>
internal sealed class GraphQLVariables
{
    public string Path { get; set; } = string.Empty;

    public string? After { get; set; }
}

/// <summary>What GraphQL answers: data, errors, or both. Any part of the data can be null, mostly for an error that names its path.</summary>
internal sealed class GraphQLResponse
{
    public GraphQLData? Data { get; set; }

    public List<GraphQLError?>? Errors { get; set; }
}

/// <summary>An error, and the path of what it spoiled.</summary>
internal sealed class GraphQLError
{
    public string? Message { get; set; }

    public List<JsonElement>? Path { get; set; }
}

/// <summary>The data.</summary>
internal sealed class GraphQLData
{
    public ProjectNode? Project { get; set; }
}

/// <summary>A project, of which either query asks for its part.</summary>
internal sealed class ProjectNode
{
    public bool? Archived { get; set; }

    public Permissions? UserPermissions { get; set; }

    public AgentPage? ClusterAgents { get; set; }
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

/// <summary>Whether and where a list goes on.</summary>
internal sealed class PageInfo
{
    public bool? HasNextPage { get; set; }

    public string? EndCursor { get; set; }
}

/// <summary>An agent.</summary>
internal sealed class AgentNode
{
    /// <summary>Gets or sets the global id, such as <c>gid://gitlab/Clusters::Agent/11</c>.</summary>
    public string? Id { get; set; }

    public string? Name { get; set; }

    public NodeList<ConnectionNode>? Connections { get; set; }

    public NodeList<TokenNode>? Tokens { get; set; }
}

/// <summary>A list of GraphQL's.</summary>
/// <typeparam name="T">The kind of item.</typeparam>
internal sealed class NodeList<T>
    where T : class
{
    public List<T?>? Nodes { get; set; }
}

/// <summary>A connection.</summary>
internal sealed class ConnectionNode
{
    public DateTimeOffset? ConnectedAt { get; set; }

    public ConnectionMetadata? Metadata { get; set; }
}

/// <summary>What an agent's pod tells of itself.</summary>
internal sealed class ConnectionMetadata
{
    public string? Version { get; set; }

    public string? PodName { get; set; }

    public string? PodNamespace { get; set; }
}

/// <summary>A token.</summary>
internal sealed class TokenNode
{
    public DateTimeOffset? LastUsedAt { get; set; }
}
