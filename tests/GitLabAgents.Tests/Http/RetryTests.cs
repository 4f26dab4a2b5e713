using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using GitLabAgents.Transport;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks what is retried, after which delay, and how often.</summary>
public sealed class RetryTests
{
    private static readonly Dictionary<string, Func<GitLabClient, Task>> Operations = new()
    {
        ["GET"] = client => client.GetAgentAsync(101, 11),
        ["POST"] = client => client.CreateAgentAsync(101, "prod"),
        ["DELETE"] = client => client.DeleteAgentAsync(101, 11),
    };

    [Theory]
    [InlineData("GET", 429, 3)]
    [InlineData("GET", 502, 3)]
    [InlineData("GET", 503, 3)]
    [InlineData("GET", 504, 3)]
    [InlineData("GET", 500, 1)]
    [InlineData("GET", 501, 1)]
    [InlineData("GET", 400, 1)]
    [InlineData("GET", 401, 1)]
    [InlineData("GET", 403, 1)]
    [InlineData("GET", 404, 1)]
    [InlineData("GET", 408, 1)]
    [InlineData("GET", 409, 1)]
    [InlineData("DELETE", 429, 3)]
    [InlineData("DELETE", 502, 3)]
    [InlineData("DELETE", 503, 3)]
    [InlineData("DELETE", 504, 3)]
    [InlineData("DELETE", 500, 1)]
    [InlineData("DELETE", 404, 1)]
    [InlineData("DELETE", 409, 1)]
    [InlineData("DELETE", 412, 1)]
    [InlineData("POST", 429, 3)]
    [InlineData("POST", 500, 1)]
    [InlineData("POST", 502, 1)]
    [InlineData("POST", 503, 1)]
    [InlineData("POST", 504, 1)]
    [InlineData("POST", 409, 1)]
    public async Task A_status_is_retried_only_if_it_is_safe(string method, int status, int attempts)
    {
        var handler = new FakeHandler(_ => TestClients.Json("{}", status));
        await Assert.ThrowsAsync<GitLabApiException>(
            () => Operations[method](TestClients.CreateClient(handler, options => options.MaximumRetryCount = 2)));
        Assert.Equal(attempts, handler.Requests.Count);
    }

    [Theory]
    [InlineData("refused", "GET", 3, "ConnectionFailed")]
    [InlineData("refused", "DELETE", 3, "ConnectionFailed")]
    [InlineData("refused", "POST", 3, "ConnectionFailed")]
    [InlineData("broken", "GET", 3, "ConnectionFailed")]
    [InlineData("broken", "DELETE", 3, "ConnectionFailed")]
    [InlineData("broken", "POST", 1, "OutcomeUnknown")]
    [InlineData("body broken", "GET", 3, "ConnectionFailed")]
    [InlineData("body broken", "POST", 1, "OutcomeUnknown")]
    [InlineData("tls", "GET", 1, "ConnectionFailed")]
    [InlineData("tls", "DELETE", 1, "ConnectionFailed")]
    [InlineData("tls", "POST", 1, "ConnectionFailed")]
    [InlineData("time-out", "GET", 1, "Timeout")]
    [InlineData("time-out", "DELETE", 1, "Timeout")]
    [InlineData("time-out", "POST", 1, "OutcomeUnknown")]
    public async Task A_failed_connection_is_retried_only_if_it_is_safe(
        string failure, string method, int attempts, string kind)
    {
        var handler = new FakeHandler(async (_, stop) =>
        {
            if (failure == "time-out")
            {
                await Task.Delay(System.Threading.Timeout.InfiniteTimeSpan, stop);
            }

            throw failure switch
            {
                "refused" => new HttpRequestException("no", new SocketException((int)SocketError.ConnectionRefused)),
                "tls" => new HttpRequestException("no", new AuthenticationException("untrusted")),
                "body broken" => new IOException("broke", new SocketException((int)SocketError.ConnectionReset)),
                _ =>
                    new HttpRequestException(
                        "broke", new IOException("broke", new SocketException((int)SocketError.ConnectionReset))),
            };
        });
        GitLabClient client = TestClients.CreateClient(handler, options =>
        {
            options.MaximumRetryCount = 2;
            options.Timeout = failure == "time-out" ? TimeSpan.FromMilliseconds(50) : TimeSpan.FromSeconds(30);
        });
        await TestClients.ThrowsAsync(Enum.Parse<GitLabErrorKind>(kind), () => Operations[method](client));
        Assert.Equal(attempts, handler.Requests.Count);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(4, 5)]
    [InlineData(9, 10)]
    public async Task A_request_is_retried_as_often_as_the_session_allows(int retries, int attempts)
    {
        var handler = new FakeHandler(_ => TestClients.Json("{}", 503));
        await TestClients.ThrowsAsync(
            GitLabErrorKind.ServerError,
            () => TestClients.CreateClient(handler, options => options.MaximumRetryCount = retries)
                .GetAgentAsync(101, 11));
        Assert.Equal(attempts, handler.Requests.Count);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("DELETE")]
    public async Task Identical_requests_are_sent_until_one_succeeds(string method)
    {
        var handler = new FakeHandler(
            request => request.Number <= 3 ? TestClients.Text("Retry later", 429) : Success(request));
        await Operations[method](TestClients.CreateClient(handler));
        Assert.Equal(4, handler.Requests.Count);
        Assert.Single(
            handler.Requests.Select(
                request => (request.Method, request.Uri, request.Headers, Convert.ToHexString(request.Body)))
                .Distinct());
        Assert.Equal(method == "POST", handler.Requests.Last().Body.Length > 0);
    }

    [Fact]
    public async Task Retry_delays_grow_exponentially_with_jitter()
    {
        const int Runs = 300;
        var waits = new List<TimeSpan[]>();
        for (int run = 0; run < Runs; run++)
        {
            var clock = new ImmediateClock();
            var handler = new FakeHandler(_ => TestClients.Json("{}", 503));
            await Assert.ThrowsAsync<GitLabApiException>(
                () => TestClients.CreateClient(handler, options => options.Clock = clock).GetAgentAsync(101, 11));
            waits.Add(clock.Waits);
        }

        Assert.All(waits, run => Assert.Equal(4, run.Length));
        Assert.All(waits.SelectMany(run => run), wait => Assert.InRange(wait, TimeSpan.Zero, TimeSpan.FromSeconds(30)));
        double[] means = [.. Enumerable.Range(0, 4).Select(nth => waits.Average(run => run[nth].TotalSeconds))];
        Assert.InRange(means[0], 0.2, 0.8);
        Assert.All(means.Zip(means.Skip(1)), pair => Assert.InRange(pair.Second / pair.First, 1.05, 3));
        Assert.InRange(waits.Max(run => run.Sum(wait => wait.TotalSeconds)), means.Sum(), 12);
        Assert.True(waits.Select(run => run[0]).Distinct().Count() > Runs / 2, "There is no jitter.");
    }

    [Theory]
    [InlineData(429, "GET")]
    [InlineData(429, "POST")]
    [InlineData(503, "DELETE")]
    [InlineData(502, "GET")]
    public async Task Retry_After_in_seconds_is_honored_exactly(int status, string method)
    {
        var clock = new ImmediateClock();
        var handler = new FakeHandler(
            request => request.Number < 3
                ? TestClients.Text(
                    "Retry later",
                    status,
                    "text/plain",
                    ("Retry-After", (request.Number * 37).ToString(System.Globalization.CultureInfo.InvariantCulture)))
                : Success(request));
        await Operations[method](TestClients.CreateClient(handler, options => options.Clock = clock));
        Assert.Equal([TimeSpan.FromSeconds(37), TimeSpan.FromSeconds(74)], clock.Waits);
    }

    [Theory]
    [InlineData("Thu, 01 Jan 2026 00:00:13 GMT", 13)]
    [InlineData("Thu, 01 Jan 2026 00:02:00 GMT", 120)]
    public async Task Retry_After_as_a_date_is_honored_exactly(string value, int seconds)
    {
        var clock = new ImmediateClock();
        var handler = new FakeHandler(
            request => request.Number == 1
                ? TestClients.Text("Retry later", 429, "text/plain", ("Retry-After", value))
                : TestClients.Json(TestClients.Agent(1)));
        await TestClients.CreateClient(handler, options => options.Clock = clock).GetAgentAsync(101, 1);
        Assert.Equal(seconds, clock.Waits.Sum(wait => wait.TotalSeconds));
        Assert.Equal(2, handler.Requests.Count);
    }

    [Fact]
    public async Task A_Retry_After_date_is_compared_with_the_Date_of_the_response()
    {
        var clock = new ImmediateClock();
        var handler = new FakeHandler(request => request.Number == 1
            ? TestClients.Text(
                "Retry later",
                429,
                "text/plain",
                ("Date", "Thu, 01 Jan 2026 12:00:00 GMT"),
                ("Retry-After", "Thu, 01 Jan 2026 12:00:20 GMT"))
            : TestClients.Json(TestClients.Agent(1)));
        await TestClients.CreateClient(handler, options => options.Clock = clock).GetAgentAsync(101, 1);
        Assert.Equal(TimeSpan.FromSeconds(20), Assert.Single(clock.Waits));
    }

    [Theory]
    [InlineData("1767225642", null, 42)]
    [InlineData("1767225642", "Thu, 01 Jan 2026 00:00:12 GMT", 30)]
    [InlineData("25", null, 25)]
    public async Task RateLimit_Reset_is_honored_if_a_429_has_no_Retry_After(string reset, string? date, int seconds)
    {
        (string, string)[] headers = date is null
            ? [("RateLimit-Reset", reset)]
            : [("RateLimit-Reset", reset), ("Date", date)];
        var clock = new ImmediateClock();
        var handler = new FakeHandler(
            request => request.Number == 1
                ? TestClients.Text("Retry later", 429, "text/plain", headers)
                : TestClients.Json(TestClients.Agent(1)));
        await TestClients.CreateClient(handler, options => options.Clock = clock).GetAgentAsync(101, 1);
        Assert.Equal(TimeSpan.FromSeconds(seconds), Assert.Single(clock.Waits));
    }

    [Theory]
    [InlineData(429, "Retry-After", "7")]
    [InlineData(503, "X-Other", "1")]
    public async Task RateLimit_Reset_is_ignored_otherwise(int status, string name, string value)
    {
        var clock = new ImmediateClock();
        var handler = new FakeHandler(request => request.Number == 1
            ? TestClients.Text("Retry later", status, "text/plain", (name, value), ("RateLimit-Reset", "1767225642"))
            : TestClients.Json(TestClients.Agent(1)));
        await TestClients.CreateClient(handler, options => options.Clock = clock).GetAgentAsync(101, 1);
        Assert.InRange(Assert.Single(clock.Waits).TotalSeconds, 0, 7);
    }

    [Theory]
    [InlineData(1, null)]
    [InlineData(2, null)]
    [InlineData(4, null)]
    [InlineData(4, "soon")]
    [InlineData(4, "-5")]
    [InlineData(4, "99999999999999")]
    public async Task A_429_without_a_valid_delay_is_retried_for_more_than_a_minute(int retries, string? retryAfter)
    {
        (string, string)[] headers = retryAfter is null ? [] : [("Retry-After", retryAfter)];
        var clock = new ImmediateClock();
        var handler = new FakeHandler(_ => TestClients.Text("Retry later", 429, "text/plain", headers));
        await TestClients.ThrowsAsync(
            GitLabErrorKind.RateLimited,
            () => TestClients.CreateClient(
                handler, options => (options.Clock, options.MaximumRetryCount) = (clock, retries))
                .GetAgentAsync(101, 1));
        Assert.Equal(retries, clock.Waits.Length);
        Assert.InRange(clock.Waits.Sum(wait => wait.TotalSeconds), 60, 75);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("Wed, 31 Dec 2025 23:00:00 GMT")]
    public async Task A_delay_of_zero_does_not_replace_the_backoff(string retryAfter)
    {
        var clock = new ImmediateClock();
        var handler = new FakeHandler(
            _ => TestClients.Text("Retry later", 429, "text/plain", ("Retry-After", retryAfter)));
        await TestClients.ThrowsAsync(
            GitLabErrorKind.RateLimited,
            () => TestClients.CreateClient(handler, options => options.Clock = clock).GetAgentAsync(101, 1));
        Assert.Equal(4, clock.Waits.Length);
        Assert.InRange(clock.Waits[0], TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(750));
        Assert.InRange(clock.Waits.Sum(wait => wait.TotalSeconds), 3, 12);
    }

    [Theory]
    [InlineData("301", 1)]
    [InlineData("300", 2)]
    [InlineData("200", 2)]
    [InlineData("100", 4)]
    public async Task The_retry_budget_limits_the_total_delay(string seconds, int attempts)
    {
        var clock = new ImmediateClock();
        var handler = new FakeHandler(
            _ => TestClients.Text("Retry later", 429, "text/plain", ("Retry-After", seconds)));
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.RateLimited,
            () => TestClients.CreateClient(
                handler,
                options => (options.Clock,
                    options.MaximumRetryCount,
                    options.RetryBudget) = (clock, 9, TimeSpan.FromMinutes(5)))
                .GetAgentAsync(101, 1));
        Assert.Equal(attempts, handler.Requests.Count);
        Assert.InRange(clock.Waits.Sum(wait => wait.TotalSeconds), 0, 300);
        Assert.Equal(
            seconds,
            exception.RetryAfter!.Value.TotalSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task A_retry_is_reported_before_its_delay()
    {
        var observer = new RecordingObserver();
        var handler = new FakeHandler(request => request.Number switch
        {
            1 => TestClients.Text("Retry later", 429, "text/plain", ("Retry-After", "7")),
            2 => throw new HttpRequestException("broke", new IOException("broke")),
            _ => TestClients.Json(TestClients.Agent(1)),
        });
        await TestClients.CreateClient(handler, observer: observer).GetAgentAsync(101, 1);
        (TimeSpan Delay, string Reason)[] waits = [.. observer.Waits];
        Assert.Equal(2, waits.Length);
        Assert.Equal(TimeSpan.FromSeconds(7), waits[0].Delay);
        Assert.Contains("429", waits[0].Reason, StringComparison.Ordinal);
        Assert.Contains("connection", waits[1].Reason, StringComparison.Ordinal);
        Assert.All(waits, wait => Assert.Contains("gitlab.example.com", wait.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Connections_are_replaced_so_that_DNS_changes_take_effect()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        GitLabClient client = TestClients.CreateClient(
            server, options => options.HandlerLifetime = TimeSpan.FromSeconds(1));
        await client.GetAgentAsync(101, 11);
        await client.GetAgentAsync(101, 11);
        Assert.Equal(1, server.ConnectionCount);

        var watch = Stopwatch.StartNew();
        while (server.ConnectionCount == 1)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), "The connection was not replaced.");
            await client.GetAgentAsync(101, 11);
        }
    }

    [Fact]
    public void The_defaults_are_as_documented()
    {
        var options = new TransportOptions();
        Assert.Equal((100d, 4, 8), (options.Timeout.TotalSeconds, options.MaximumRetryCount, options.ThrottleLimit));
    }

    private static HttpResponseMessage Success(SentRequest request)
        => request.Method == "DELETE"
            ? new HttpResponseMessage(HttpStatusCode.NoContent)
            : TestClients.Json(TestClients.Agent(11));
}
