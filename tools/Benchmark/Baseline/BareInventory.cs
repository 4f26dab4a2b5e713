using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace GitLabAgents.Benchmark.Baseline;

/// <summary>Sends a query of the projects of a group, page by page, and does nothing else.</summary>
internal static class BareInventory
{
    /// <summary>Reads the agents of a group.</summary>
    /// <param name="client">The client, with the access token.</param>
    /// <param name="endpoint">The address of GraphQL.</param>
    /// <param name="query">The body of the first request.</param>
    /// <returns>The agents.</returns>
    public static IEnumerable<BareInventoryAgent> ReadAgents(HttpClient client, string endpoint, byte[] query)
    {
        JsonNode body = JsonNode.Parse(query)!;
        for (string? cursor = null; ;)
        {
            if (cursor is not null)
            {
                body["variables"]!["after"] = cursor;
            }

            byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(body, BareGraphQL.Default.JsonNode);
            using var content = new ByteArrayContent(bytes);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using HttpResponseMessage response
                = client.PostAsync(new Uri(endpoint), content).GetAwaiter().GetResult();
            response.EnsureSuccessStatusCode();
            byte[] json = response.Content.ReadAsByteArrayAsync().GetAwaiter().GetResult();
            BareConnection<BareInventoryProject> projects
                = JsonSerializer.Deserialize(json, BareGraphQL.Default.BareResponse)!.Data!.Group!.Projects!;
            foreach (BareInventoryProject project in projects.Nodes!)
            {
                foreach (BareInventoryAgent agent in project.ClusterAgents!.Nodes!)
                {
                    agent.Project = project;
                    yield return agent;
                }
            }

            if (!projects.PageInfo!.HasNextPage)
            {
                yield break;
            }

            cursor = projects.PageInfo.EndCursor;
        }
    }
}

/// <summary>A response.</summary>
internal sealed record BareResponse(BareData? Data);

/// <summary>The data of a response.</summary>
internal sealed record BareData(BareGroup? Group);

/// <summary>A group.</summary>
internal sealed record BareGroup(BareConnection<BareInventoryProject>? Projects);

/// <summary>A page of a list.</summary>
internal sealed record BareConnection<T>(BarePageInfo? PageInfo, List<T>? Nodes);

/// <summary>Where the next page begins.</summary>
internal sealed record BarePageInfo(bool HasNextPage, string? EndCursor);

/// <summary>A project.</summary>
internal sealed record BareInventoryProject(
    string? Id,
    string? Name,
    string? Path,
    string? FullPath,
    string? NameWithNamespace,
    string? Description,
    DateTimeOffset? CreatedAt,
    bool? Archived,
    BareConnection<BareInventoryAgent>? ClusterAgents);

/// <summary>An agent.</summary>
internal sealed record BareInventoryAgent(
    string? Id,
    string? Name,
    DateTimeOffset? CreatedAt,
    BareUser? CreatedByUser,
    bool? IsReceptive,
    BareConnection<BareInventoryToken>? Tokens,
    BareConnection<BarePod>? Connections)
{
    /// <summary>Gets or sets the agent's project.</summary>
    [JsonIgnore]
    public BareInventoryProject? Project { get; set; }
}

/// <summary>A token.</summary>
internal sealed record BareInventoryToken(
    string? Id,
    string? Name,
    string? Description,
    string? Status,
    DateTimeOffset? CreatedAt,
    BareUser? CreatedByUser,
    DateTimeOffset? LastUsedAt);

/// <summary>A user.</summary>
internal sealed record BareUser(string? Id);

/// <summary>A connected pod.</summary>
internal sealed record BarePod(DateTimeOffset? ConnectedAt, BarePodMetadata? Metadata);

/// <summary>What a connected pod reports of itself.</summary>
internal sealed record BarePodMetadata(string? Version, string? PodName, string? PodNamespace);

/// <summary>Generated deserializers, like the module's.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BareResponse))]
[JsonSerializable(typeof(JsonNode))]
internal sealed partial class BareGraphQL : JsonSerializerContext;
