using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net.Http;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GitLabAgents.Benchmark.Baselines;

/// <summary>A list read page by page, with nothing around it: no retries, no throttle, no limits, no errors of its own.</summary>
public static class BareLoop
{
    /// <summary>Asks the server for its version, as something that signs in does: the first request of a process is the dearest.</summary>
    /// <param name="client">The client, with the access token.</param>
    /// <param name="api">The address of the API.</param>
    /// <returns>The version.</returns>
    public static string? ReadVersion(HttpClient client, string api)
    {
        byte[] body = client.GetByteArrayAsync(new Uri($"{api}/metadata")).GetAwaiter().GetResult();
        return JsonSerializer.Deserialize(body, BareJson.Default.BareServer)?.Version;
    }

    /// <summary>Reads the agents of a project.</summary>
    /// <param name="client">The client, with the access token.</param>
    /// <param name="project">The address of the project in the API.</param>
    /// <returns>The agents.</returns>
    public static IEnumerable<BareAgent> ReadAgents(HttpClient client, string project)
    {
        for (int page = 1; page > 0;)
        {
            using HttpResponseMessage response = client.GetAsync(new Uri($"{project}/cluster_agents?per_page=100&page={page.ToString(CultureInfo.InvariantCulture)}")).GetAwaiter().GetResult();
            response.EnsureSuccessStatusCode();
            byte[] body = response.Content.ReadAsByteArrayAsync().GetAwaiter().GetResult();
            foreach (BareAgent agent in JsonSerializer.Deserialize(body, BareJson.Default.ListBareAgent)!)
            {
                yield return agent;
            }

            _ = int.TryParse(response.Headers.GetValues("X-Next-Page").First(), NumberStyles.None, CultureInfo.InvariantCulture, out page);
        }
    }
}

/// <summary>An agent, with what the module's has.</summary>
public sealed class BareAgent
{
    /// <summary>Gets or sets the id.</summary>
    public long Id { get; set; }

    /// <summary>Gets or sets the name.</summary>
    public string? Name { get; set; }

    /// <summary>Gets or sets the project.</summary>
    public BareProject? ConfigProject { get; set; }

    /// <summary>Gets or sets when it was registered.</summary>
    public DateTimeOffset? CreatedAt { get; set; }

    /// <summary>Gets or sets who registered it.</summary>
    public long? CreatedByUserId { get; set; }

    /// <summary>Gets or sets whether GitLab connects to it.</summary>
    public bool? IsReceptive { get; set; }
}

/// <summary>An agent's project, with what the module's has.</summary>
public sealed class BareProject
{
    /// <summary>Gets or sets the id.</summary>
    public long Id { get; set; }

    /// <summary>Gets or sets the description.</summary>
    public string? Description { get; set; }

    /// <summary>Gets or sets the name.</summary>
    public string? Name { get; set; }

    /// <summary>Gets or sets the name with its groups' names.</summary>
    public string? NameWithNamespace { get; set; }

    /// <summary>Gets or sets the path.</summary>
    public string? Path { get; set; }

    /// <summary>Gets or sets the path with its groups' paths.</summary>
    public string? PathWithNamespace { get; set; }

    /// <summary>Gets or sets when it was made.</summary>
    public DateTimeOffset? CreatedAt { get; set; }
}

/// <summary>A server.</summary>
public sealed class BareServer
{
    /// <summary>Gets or sets its version.</summary>
    public string? Version { get; set; }
}

/// <summary>Readers made by the compiler, as the module's are: the faster way in a fresh process.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(List<BareAgent>))]
[JsonSerializable(typeof(BareServer))]
internal sealed partial class BareJson : JsonSerializerContext;
