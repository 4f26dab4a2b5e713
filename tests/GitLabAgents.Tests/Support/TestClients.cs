using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Security;
using System.Text;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using GitLabAgents.Transport;
using RichardSzalay.MockHttp;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Creates the clients, sessions and servers of most tests.</summary>
internal static class TestClients
{
    public const string Token = "glpat-maintainer";

    public static readonly Uri Unreachable = new("https://gitlab.example.com");

    public static Task<FakeGitLabServer> StartServerAsync(Action<FakeGitLabOptions>? set = null)
    {
        var options = new FakeGitLabOptions { Populate = Seed.Demo };
        set?.Invoke(options);
        return FakeGitLabServer.StartAsync(options);
    }

    public static SecureString ToSecureString(string text)
    {
        var secret = new SecureString();
        foreach (char c in text)
        {
            secret.AppendChar(c);
        }

        return secret;
    }

    public static GitLabSession CreateSession(
        Uri uri, Action<TransportOptions>? set = null, string token = Token, TokenType type = TokenType.PrivateToken)
    {
        var options = new TransportOptions { Clock = new ImmediateClock(), NoProxy = true };
        set?.Invoke(options);
        return new GitLabSession(uri, ToSecureString(token), type, options);
    }

    public static GitLabClient CreateClient(
        FakeGitLabServer server,
        Action<TransportOptions>? set = null,
        IGitLabObserver? observer = null,
        string token = Token)
        => new(CreateSession(server.Url, set, token), observer);

    public static GitLabClient CreateClient(
        HttpMessageHandler handler,
        Action<TransportOptions>? set = null,
        IGitLabObserver? observer = null,
        string token = Token)
        => new(
            CreateSession(
                Unreachable,
                options =>
                {
                    options.PrimaryHandler = handler;
                    set?.Invoke(options);
                },
                token),
            observer);

    /// <summary>Creates a handler that returns the same response to every request.</summary>
    public static MockHttpMessageHandler CreateHandler(Func<HttpResponseMessage> respond)
    {
        var handler = new MockHttpMessageHandler();
        handler.When("*").Respond(_ => respond());
        return handler;
    }

    public static async Task<List<T>> ToListAsync<T>(IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (T item in items)
        {
            list.Add(item);
        }

        return list;
    }

    public static async Task<GitLabApiException> ThrowsAsync(GitLabErrorKind kind, Func<Task> action)
    {
        GitLabApiException exception = await Assert.ThrowsAsync<GitLabApiException>(action);
        Assert.True(kind == exception.Kind, $"{kind} was expected, but it is {exception.Kind}: {exception.Message}");
        return exception;
    }

    /// <summary>Waits until a condition is true, and fails with its description after ten seconds.</summary>
    public static async Task WaitUntilAsync(Func<bool> condition, string what)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), "Timed out while waiting for: " + what);
            await Task.Delay(2);
        }
    }

    public static HttpResponseMessage Json(string body, int status = 200, params (string Name, string Value)[] headers)
        => Response(Encoding.UTF8.GetBytes(body), status, "application/json", headers);

    public static HttpResponseMessage Text(
        string body, int status, string contentType = "text/plain", params (string Name, string Value)[] headers)
        => Response(Encoding.UTF8.GetBytes(body), status, contentType, headers);

    public static HttpResponseMessage Response(
        byte[] body, int status, string? contentType, params (string Name, string Value)[] headers)
    {
        var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new ByteArrayContent(body) };
        if (contentType is not null)
        {
            response.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        }

        foreach ((string name, string value) in headers)
        {
            Assert.True(response.Headers.TryAddWithoutValidation(name, value));
        }

        return response;
    }

    public static string Agents(int from, int count)
        => "[" + string.Join(",", Enumerable.Range(from, count).Select(id => Agent(id))) + "]";

    public static string Agent(long id, string name = "a")
        => $$$"""{"id":{{{id}}},"name":"{{{name}}}{{{id}}}","config_project":{"id":101"""
            + ""","path_with_namespace":"group/app"}}""";
}

/// <summary>Records the messages, retries and progress that a client reports.</summary>
internal sealed class RecordingObserver : IGitLabObserver
{
    public ConcurrentQueue<string> Messages { get; } = new();

    public ConcurrentQueue<(TimeSpan Delay, string Reason)> Waits { get; } = new();

    public void OnVerbose(string message) => Messages.Enqueue(message);

    public void OnRetry(TimeSpan delay, string reason) => Waits.Enqueue((delay, reason));

    public void OnProgress(int done, int? total, int found) => Messages.Enqueue($"progress {done}/{total} {found}");

    public override string ToString() => string.Join('\n', Messages.Concat(Waits.Select(wait => wait.Reason)));
}
