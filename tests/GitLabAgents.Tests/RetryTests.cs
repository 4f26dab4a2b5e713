using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Threading.Tasks;
using GitLabAgents.Transport;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Promise 3: what is tried again, when, and how often.</summary>
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
    public async Task A_status_is_tried_again_only_where_it_does_no_harm(string method, int status, int tries)
    {
        var wire = new FakeWire(_ => Kit.Json("{}", status));
        await Assert.ThrowsAsync<GitLabApiException>(() => Operations[method](Kit.Client(wire, options => options.MaximumRetryCount = 2)));
        Assert.Equal(tries, wire.Requests.Count);
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
    public async Task A_failed_connection_is_tried_again_only_where_it_does_no_harm(string failure, string method, int tries, string kind)
    {
        var wire = new FakeWire(async (_, stop) =>
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
                _ => new HttpRequestException("broke", new IOException("broke", new SocketException((int)SocketError.ConnectionReset))),
            };
        });
        GitLabClient client = Kit.Client(wire, options =>
        {
            options.MaximumRetryCount = 2;
            options.Timeout = failure == "time-out" ? TimeSpan.FromMilliseconds(50) : TimeSpan.FromSeconds(30);
        });
        await Kit.FailsAsync(Enum.Parse<GitLabErrorKind>(kind), () => Operations[method](client));
        Assert.Equal(tries, wire.Requests.Count);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(4, 5)]
    [InlineData(9, 10)]
    public async Task It_is_tried_again_as_often_as_the_session_allows(int retries, int tries)
    {
        var wire = new FakeWire(_ => Kit.Json("{}", 503));
        await Kit.FailsAsync(GitLabErrorKind.ServerError, () => Kit.Client(wire, options => options.MaximumRetryCount = retries).GetAgentAsync(101, 11));
        Assert.Equal(tries, wire.Requests.Count);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("DELETE")]
    public async Task The_try_that_succeeds_is_the_last_and_the_request_is_the_same(string method)
    {
        var wire = new FakeWire(request => request.Number <= 3 ? Kit.Text("Retry later", 429) : Kit.Json(Kit.Agent(11)));
        await Operations[method](Kit.Client(wire));
        Assert.Equal(4, wire.Requests.Count);
        Assert.Single(wire.Requests.Select(request => (request.Method, request.Uri, request.Headers, Convert.ToHexString(request.Body))).Distinct());
        Assert.Equal(method == "POST", wire.Requests.Last().Body.Length > 0);
    }

    [Fact]
    public async Task Waits_grow_exponentially_and_differ()
    {
        const int Runs = 300;
        var waits = new List<TimeSpan[]>();
        for (int run = 0; run < Runs; run++)
        {
            var clock = new ImmediateClock();
            var wire = new FakeWire(_ => Kit.Json("{}", 503));
            await Assert.ThrowsAsync<GitLabApiException>(() => Kit.Client(wire, options => options.Clock = clock).GetAgentAsync(101, 11));
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
    public async Task Retry_After_in_seconds_is_honoured_exactly(int status, string method)
    {
        var clock = new ImmediateClock();
        var wire = new FakeWire(request => request.Number < 3 ? Kit.Text("Retry later", status, "text/plain", ("Retry-After", (request.Number * 37).ToString(System.Globalization.CultureInfo.InvariantCulture))) : Kit.Json(Kit.Agent(1)));
        await Operations[method](Kit.Client(wire, options => options.Clock = clock));
        Assert.Equal([TimeSpan.FromSeconds(37), TimeSpan.FromSeconds(74)], clock.Waits);
    }

    [Theory]
    [InlineData("Thu, 01 Jan 2026 00:00:13 GMT", 13)]
    [InlineData("Thu, 01 Jan 2026 00:02:00 GMT", 120)]
    [InlineData("Wed, 31 Dec 2025 23:00:00 GMT", 0)]
    [InlineData("0", 0)]
    public async Task Retry_After_as_a_date_is_honoured_exactly(string value, int seconds)
    {
        var clock = new ImmediateClock();
        var wire = new FakeWire(request => request.Number == 1 ? Kit.Text("Retry later", 429, "text/plain", ("Retry-After", value)) : Kit.Json(Kit.Agent(1)));
        await Kit.Client(wire, options => options.Clock = clock).GetAgentAsync(101, 1);
        Assert.Equal(seconds, clock.Waits.Sum(wait => wait.TotalSeconds));
        Assert.Equal(2, wire.Requests.Count);
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("-5")]
    [InlineData("99999999999999")]
    public async Task A_Retry_After_that_is_none_is_passed_over(string value)
    {
        var clock = new ImmediateClock();
        var wire = new FakeWire(request => request.Number == 1 ? Kit.Text("Retry later", 429, "text/plain", ("Retry-After", value)) : Kit.Json(Kit.Agent(1)));
        await Kit.Client(wire, options => options.Clock = clock).GetAgentAsync(101, 1);
        Assert.InRange(Assert.Single(clock.Waits), TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    [Theory]
    [InlineData("301", 1)]
    [InlineData("300", 2)]
    [InlineData("200", 2)]
    [InlineData("100", 4)]
    public async Task The_budget_ends_the_waiting(string seconds, int tries)
    {
        var clock = new ImmediateClock();
        var wire = new FakeWire(_ => Kit.Text("Retry later", 429, "text/plain", ("Retry-After", seconds)));
        GitLabApiException exception = await Kit.FailsAsync(
            GitLabErrorKind.RateLimited,
            () => Kit.Client(wire, options => (options.Clock, options.MaximumRetryCount, options.RetryBudget) = (clock, 9, TimeSpan.FromMinutes(5))).GetAgentAsync(101, 1));
        Assert.Equal(tries, wire.Requests.Count);
        Assert.InRange(clock.Waits.Sum(wait => wait.TotalSeconds), 0, 300);
        Assert.Equal(seconds, exception.RetryAfter!.Value.TotalSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Waiting_is_told_before_it_begins()
    {
        var observer = new RecordingObserver();
        var wire = new FakeWire(request => request.Number switch
        {
            1 => Kit.Text("Retry later", 429, "text/plain", ("Retry-After", "7")),
            2 => throw new HttpRequestException("broke", new IOException("broke")),
            _ => Kit.Json(Kit.Agent(1)),
        });
        await Kit.Client(wire, observer: observer).GetAgentAsync(101, 1);
        (TimeSpan Delay, string Reason)[] waits = [.. observer.Waits];
        Assert.Equal(2, waits.Length);
        Assert.Equal(TimeSpan.FromSeconds(7), waits[0].Delay);
        Assert.Contains("429", waits[0].Reason, StringComparison.Ordinal);
        Assert.Contains("connection", waits[1].Reason, StringComparison.Ordinal);
        Assert.All(waits, wait => Assert.Contains("gitlab.example.com", wait.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public void Defaults_are_those_of_the_contract()
    {
        var options = new TransportOptions();
        Assert.Equal((100d, 4, 8), (options.Timeout.TotalSeconds, options.MaximumRetryCount, options.ThrottleLimit));
    }
}
