using System;
using System.Diagnostics;
using System.Net.Http;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;

namespace GitLabAgents.Benchmark;

/// <summary>The fake GitLab, in a process of its own, so that its work is not counted as the client's.</summary>
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

    public static FakeGitLab Start()
    {
        string program = Repository.FindBuilt("tests/GitLabAgents.FakeGitLab", "net10.0", "GitLabAgents.FakeGitLab");
        var start = new ProcessStartInfo("dotnet", ["exec", program, "--empty", "--token", AccessToken, "--no-recording", "--parent-stdin", "--secret-seed", "1"])
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

        _ = process.StandardOutput.ReadToEndAsync(); // So that it never waits for a reader.
        return new FakeGitLab(process, line[Greeting.Length..].Trim());
    }

    public void Seed(object seed) => Steer("seed", seed);

    public void SetLatency(int milliseconds) => Steer("options", new { latencyMs = milliseconds });

    /// <summary>Reads from the API.</summary>
    public JsonElement Read(string path)
    {
        using JsonDocument document = JsonDocument.Parse(_http.GetByteArrayAsync(new Uri($"{Api}/{path}")).GetAwaiter().GetResult());
        return document.RootElement.Clone();
    }

    /// <summary>Lets the server's code become warm, so that the first row of a run is not worse off than the rest.</summary>
    public void WarmUp(string path, int requests)
        => Parallel.For(0, requests, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ => Read(path));

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

    private void Steer(string what, object body)
    {
        using var content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        using HttpResponseMessage response = _http.PostAsync(new Uri($"{Url}/-/fake-gitlab/{what}"), content).GetAwaiter().GetResult();
        response.EnsureSuccessStatusCode();
    }
}
