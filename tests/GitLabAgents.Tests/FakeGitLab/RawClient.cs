using System;
using System.Net.Http;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;

namespace GitLabAgents.Tests.FakeServer;

/// <summary>Sends requests to the fake GitLab without the client library.</summary>
internal sealed class RawClient(FakeGitLabServer server, string? token = "glpat-maintainer") : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });

    public async Task<RawResponse> SendAsync(
        string method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), server.Url.AbsoluteUri.TrimEnd('/') + path);
        if (token is not null)
        {
            request.Headers.Add("PRIVATE-TOKEN", token);
        }

        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        using HttpResponseMessage response = await _http.SendAsync(request);
        return new RawResponse(response, await response.Content.ReadAsStringAsync());
    }

    public Task<RawResponse> GetAsync(string path) => SendAsync("GET", "/api/v4" + path);

    public Task<RawResponse> PostAsync(string path, object body)
        => SendAsync("POST", "/api/v4" + path, JsonSerializer.Serialize(body));

    public Task<RawResponse> DeleteAsync(string path) => SendAsync("DELETE", "/api/v4" + path);

    public Task<RawResponse> QueryAsync(string query, object? variables = null)
        => SendAsync("POST", "/api/graphql", JsonSerializer.Serialize(new { query, variables }));

    public void Dispose() => _http.Dispose();
}

/// <summary>A response with its body.</summary>
internal sealed class RawResponse(HttpResponseMessage response, string body)
{
    public int Status { get; } = (int)response.StatusCode;

    public string Body => body;

    public string? ContentType { get; } = response.Content.Headers.ContentType?.MediaType;

    public JsonNode Json => JsonNode.Parse(body)!;

    public JsonNode? Data => Json["data"];

    public JsonNode Error => Json["errors"]![0]!;

    public string? Header(string name)
        => response.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;
}
