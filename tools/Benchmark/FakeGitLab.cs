using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Net.Http;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;

namespace GitLabAgents.Benchmark;

/// <summary>The fake GitLab in a process of its own, so that its work is not measured as the client's.</summary>
internal sealed class FakeGitLab : IDisposable
{
    public const string AccessToken = "glpat-benchmark";

    private const string Greeting = "Listening on ";

    private readonly Process _process;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromMinutes(5) };

    private FakeGitLab(Process process, string url)
    {
        _process = process;
        Url = url;
        _http.DefaultRequestHeaders.Add("PRIVATE-TOKEN", AccessToken);
    }

    public string Url { get; }

    public string Api => Url + "/api/v4";

    /// <summary>Gets the address of the recorded requests; DELETE removes them.</summary>
    public string RequestsUrl => Url + "/-/fake-gitlab/requests";

    public static FakeGitLab Start()
    {
        const string Name = "GitLabAgents.FakeGitLab";
        string program = BuildOutput.FindAssembly($"tests/{Name}", "net10.0", Name);
        string[] arguments =
        [
            "exec", program,
            "--empty", "--token", AccessToken, "--no-recording", "--parent-stdin", "--secret-seed", "1",
        ];
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        Process process = Process.Start(start)!;
        string line = process.StandardOutput.ReadLine() ?? string.Empty;
        if (!line.StartsWith(Greeting, StringComparison.Ordinal))
        {
            throw new InvalidOperationException("The fake GitLab did not start: " + line);
        }

        _ = process.StandardOutput.ReadToEndAsync(); // Otherwise the server would block when the pipe is full.
        return new FakeGitLab(process, line[Greeting.Length..].Trim());
    }

    public void Seed(object seed) => PostControl("seed", seed);

    /// <summary>Changes how the server responds.</summary>
    /// <param name="latency">How long it waits before each response, in milliseconds.</param>
    /// <param name="graphQL">Whether it has GraphQL.</param>
    /// <param name="recordRequests">Whether <see cref="GetRequests"/> is to return something.</param>
    public void SetOptions(int latency, bool graphQL, bool recordRequests)
        => PostControl(
            "options", new { latencyMs = latency, graphQL = graphQL ? "on" : "off", recordRequests });

    /// <summary>Gets the requests that the server recorded.</summary>
    public IReadOnlyList<JsonElement> GetRequests() => [.. GetJson(RequestsUrl).EnumerateArray()];

    /// <summary>Gets a resource of the API.</summary>
    public JsonElement Get(string path) => GetJson($"{Api}/{path}");

    /// <summary>Sends requests until the server's code is compiled, so that the first row is not slower.</summary>
    public void WarmUp(string path, int requests)
        => Parallel.For(0, requests, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ => Get(path));

    /// <summary>Sends a query until the server's code is compiled.</summary>
    public void WarmUpGraphQL(string query, int requests)
    {
        for (int i = 0; i < requests; i++)
        {
            Post("/api/graphql", query);
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _process.StandardInput.Close();
        if (!_process.WaitForExit(5000))
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private JsonElement GetJson(string url)
    {
        byte[] body = _http.GetByteArrayAsync(new Uri(url)).GetAwaiter().GetResult();
        using JsonDocument document = JsonDocument.Parse(body);
        return document.RootElement.Clone();
    }

    private void PostControl(string name, object body)
        => Post($"/-/fake-gitlab/{name}", JsonSerializer.Serialize(body));

    private void Post(string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = _http.PostAsync(new Uri(Url + path), content).GetAwaiter().GetResult();
        response.EnsureSuccessStatusCode();
    }
}
