using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net.Http;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GitLabAgents.Benchmark.Baseline;

/// <summary>Reads a list page by page and does nothing else: no retries, no throttling, no error handling.</summary>
public static class BareLoop
{
    /// <summary>Reads the server's version, as a sign-in does. The first request of a process is the slowest.</summary>
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
            string number = page.ToString(CultureInfo.InvariantCulture);
            var uri = new Uri($"{project}/cluster_agents?per_page=100&page={number}");
            using HttpResponseMessage response = client.GetAsync(uri).GetAwaiter().GetResult();
            response.EnsureSuccessStatusCode();
            byte[] body = response.Content.ReadAsByteArrayAsync().GetAwaiter().GetResult();
            foreach (BareAgent agent in JsonSerializer.Deserialize(body, BareJson.Default.ListBareAgent)!)
            {
                yield return agent;
            }

            string next = response.Headers.GetValues("X-Next-Page").First();
            _ = int.TryParse(next, NumberStyles.None, CultureInfo.InvariantCulture, out page);
        }
    }
}

/// <summary>An agent, with the properties of the module's.</summary>
public sealed class BareAgent
{
    /// <summary>Gets or sets the ID.</summary>
    public long Id { get; set; }

    /// <summary>Gets or sets the name.</summary>
    public string? Name { get; set; }

    /// <summary>Gets or sets the project.</summary>
    public BareProject? ConfigProject { get; set; }

    /// <summary>Gets or sets when it was registered.</summary>
    public DateTimeOffset? CreatedAt { get; set; }

    /// <summary>Gets or sets the ID of the user who registered it.</summary>
    public long? CreatedByUserId { get; set; }

    /// <summary>Gets or sets whether GitLab connects to it.</summary>
    public bool? IsReceptive { get; set; }
}

/// <summary>An agent's project, with the properties of the module's.</summary>
public sealed class BareProject
{
    /// <summary>Gets or sets the ID.</summary>
    public long Id { get; set; }

    /// <summary>Gets or sets the description.</summary>
    public string? Description { get; set; }

    /// <summary>Gets or sets the name.</summary>
    public string? Name { get; set; }

    /// <summary>Gets or sets the name with the names of its groups.</summary>
    public string? NameWithNamespace { get; set; }

    /// <summary>Gets or sets the path.</summary>
    public string? Path { get; set; }

    /// <summary>Gets or sets the path with the paths of its groups.</summary>
    public string? PathWithNamespace { get; set; }

    /// <summary>Gets or sets when it was created.</summary>
    public DateTimeOffset? CreatedAt { get; set; }
}

/// <summary>A GitLab server.</summary>
public sealed class BareServer
{
    /// <summary>Gets or sets its version.</summary>
    public string? Version { get; set; }
}

/// <summary>Generated deserializers, like the module's. They are faster in a new process.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(List<BareAgent>))]
[JsonSerializable(typeof(BareServer))]
internal sealed partial class BareJson : JsonSerializerContext;
