using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;

namespace GitLabAgents.Tests.Rotation;

/// <summary>
/// Interrupts a rotation at every request: by every fault, by a stop, and by the end of its process. The cluster always
/// has a valid token, every token that is left is reported, and a second run completes the rotation.
/// </summary>
public sealed class RotationFaultTests
{
    private const int MaxRequests = 16;

    private static readonly TimeSpan ShortTimeout = TimeSpan.FromMilliseconds(500);

    private static readonly Dictionary<string, Func<Fault>> Faults = new()
    {
        ["401"] = () => Fault.Status(401),
        ["403"] = () => Fault.Status(403),
        ["404"] = () => Fault.Status(404),
        ["409"] = () => Fault.Status(409),
        ["429"] = () => Fault.RateLimited(2),
        ["500"] = () => Fault.Status(500),
        ["500 after acting"] = () => Fault.Status(500).AfterActing(),
        ["502"] = () => Fault.Html(),
        ["502 after acting"] = () => Fault.Html().AfterActing(),
        ["503"] = () => Fault.Status(503),
        ["504 after acting"] = () => Fault.Status(504).AfterActing(),
        ["redirect"] = () => Fault.Redirect(302, "http://127.0.0.2:9/"),
        ["reset"] = () => Fault.Reset(),
        ["reset after acting"] = () => Fault.Reset().AfterActing(),
        ["reset within the response"] = () => Fault.ResetMidBody(),
        ["truncated response"] = () => Fault.Truncate(),
        ["broken JSON after acting"] = () => Fault.Body("""[{"id":1,""").AfterActing(),
        ["empty object"] = () => Fault.Body("{}"),
        ["page with 200"] = () => Fault.Html(200),
        ["page with 200 after acting"] = () => Fault.Html(200).AfterActing(),
        ["page with 403"] = () => Fault.Html(403),
        ["page with 404"] = () => Fault.Html(404),
        ["page with 404 after acting"] = () => Fault.Html(404).AfterActing(),
        ["text with 404"] = () => Fault.Body("default backend - 404", "text/plain", 404),
        ["JSON of another server"] = () => Fault.Body("""{"status":"ok"}"""),
        ["JSON of another server with 404"] = () => Fault.Body("""{"status":"not found"}""", status: 404),
        ["hang"] = () => Fault.Hang(),
        ["hang after acting"] = () => Fault.Hang().AfterActing(),
    };

    /// <summary>The tokens at the start, and the outcome of the deployment.</summary>
    public enum Scenario
    {
        /// <summary>One token.</summary>
        OneToken,

        /// <summary>Two tokens. One was never used and is revoked to free a slot.</summary>
        Spare,

        /// <summary>One token, and the deployment fails.</summary>
        DeployFails,

        /// <summary>One token, and the deployment fails although the cluster got the new token.</summary>
        DeployFailsLate,

        /// <summary>One token, and no deployment: only the caller has the new secret.</summary>
        NoDeploy,
    }

    public static TheoryData<string, Scenario, bool> FaultRows()
    {
        var rows = new TheoryData<string, Scenario, bool>();
        foreach (string fault in Faults.Keys)
        {
            foreach (Scenario scenario in Enum.GetValues<Scenario>())
            {
                rows.Add(fault, scenario, false);
                rows.Add(fault, scenario, true);
            }
        }

        return rows;
    }

    public static TheoryData<string, bool> FaultNames()
    {
        var rows = new TheoryData<string, bool>();
        foreach (string fault in Faults.Keys)
        {
            rows.Add(fault, false);
            rows.Add(fault, true);
        }

        return rows;
    }

    public static TheoryData<Scenario, bool> EndRows()
    {
        var rows = new TheoryData<Scenario, bool>();
        foreach (Scenario scenario in Enum.GetValues<Scenario>())
        {
            rows.Add(scenario, false);
            rows.Add(scenario, true);
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(FaultRows))]
    public Task Fault_at_any_request(string name, Scenario scenario, bool persists) => AtEveryRequestAsync(async at =>
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, scenario == Scenario.Spare);
        Fault fault = Add(server, name, at, persists);
        Outcome outcome = await RotateAsync(Client(server, name), CreateRequest(scenario, cluster));
        bool isStruck = fault.Hits > 0;
        AssertReported(cluster, outcome);
        AssertTrue(server, cluster, outcome.Result);
        await AssertCompletesAsync(server, cluster, resume: at % 2 == 0);
        return isStruck;
    });

    // The agent tried the new token, and returned to the old one: -Resume must not revoke that.
    [Theory]
    [MemberData(nameof(FaultNames))]
    public async Task Fault_at_any_request_after_the_agent_returned(string name, bool persists)
    {
        await Task.WhenAll(Enumerable.Range(0, MaxRequests).Select(at => Task.Run(async () =>
        {
            await using FakeGitLabServer server = await TestClients.StartServerAsync();
            var cluster = new Cluster(server, spare: true);
            server.State.MarkUsed(cluster.Spare!.Id);
            cluster.Return();
            Add(server, name, at, persists);
            var request = new RotationRequest { Resume = true, Timeout = TimeSpan.FromSeconds(50) };
            Outcome outcome = await RotateAsync(Client(server, name), request);
            Assert.Empty(cluster.Outages);
            Assert.NotEqual(TokenRotationStatus.Completed, outcome.Result?.Status);
            Assert.Equal(2, cluster.Active.Count());
        })));
    }

    [Theory]
    [MemberData(nameof(EndRows))]
    public Task Stop_at_any_request(Scenario scenario, bool afterActing) => AtEveryRequestAsync(async at =>
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, scenario == Scenario.Spare);
        using var stop = new CancellationTokenSource();
        using var handler = new InterruptingHandler(at, afterActing, stop);
        GitLabClient client = TestClients.CreateClient(server, options => options.PrimaryHandler = handler);
        Outcome outcome = await RotateAsync(client, CreateRequest(scenario, cluster), stop.Token);
        AssertReported(cluster, outcome);
        if (outcome.Result is null && scenario == Scenario.NoDeploy)
        {
            Assert.Equal([1004], cluster.Active.Select(token => token.Id)); // Nobody has the secret: it is rolled back.
        }

        await AssertCompletesAsync(server, cluster, resume: at % 2 == 0);
        return handler.Reached.IsCompleted;
    });

    [Theory]
    [MemberData(nameof(EndRows))]
    public Task Process_end_at_any_request(Scenario scenario, bool afterActing) => AtEveryRequestAsync(async at =>
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, scenario == Scenario.Spare);
        using var handler = new InterruptingHandler(at, afterActing, stop: null);
        GitLabClient client = TestClients.CreateClient(server, options => options.PrimaryHandler = handler);
        Task rotation = RotateAsync(client, CreateRequest(scenario, cluster));
        await Task.WhenAny(rotation, handler.Reached);
        await AssertCompletesAsync(server, cluster, resume: at % 2 == 0);
        return !rotation.IsCompleted;
    });

    // In parallel, since most of it is waiting. The runs after the last request just succeed.
    private static async Task AtEveryRequestAsync(Func<int, Task<bool>> runAsync)
    {
        bool[] struck = await Task.WhenAll(Enumerable.Range(0, MaxRequests).Select(at => Task.Run(() => runAsync(at))));
        int count = struck.Count(static isStruck => isStruck);
        Assert.True(count >= 5, $"Only {count} requests were struck.");
    }

    private static Fault Add(FakeGitLabServer server, string name, int at, bool persists)
    {
        Fault fault = Faults[name]().Skip(at);
        server.Faults.Add(persists ? fault.Always() : fault.Once());
        return fault;
    }

    private static GitLabClient Client(FakeGitLabServer server, string fault)
        => TestClients.CreateClient(server, options =>
        {
            if (fault.StartsWith("hang", StringComparison.Ordinal))
            {
                options.Timeout = ShortTimeout;
                options.MaximumRetryCount = 0;
            }
        });

    private static RotationRequest CreateRequest(Scenario scenario, Cluster cluster) => new()
    {
        Timeout = TimeSpan.FromSeconds(50),
        Deploy = scenario == Scenario.NoDeploy ? null : token => DeployAsync(scenario, cluster, token),
    };

    private static Task DeployAsync(Scenario scenario, Cluster cluster, NewAgentToken token)
    {
        if (scenario != Scenario.DeployFails)
        {
            cluster.Deploy(token, scenario == Scenario.DeployFailsLate ? 0 : 1);
        }

        return scenario is Scenario.DeployFails or Scenario.DeployFailsLate
            ? throw new InvalidOperationException("kubectl failed")
            : Task.CompletedTask;
    }

    private static async Task<Outcome> RotateAsync(
        GitLabClient client, RotationRequest request, CancellationToken stop = default)
    {
        try
        {
            return new Outcome(await TokenRotator.RotateAsync(client, 101, 12, request, stop), null);
        }
        catch (Exception e) when (e is GitLabApiException or OperationCanceledException)
        {
            return new Outcome(null, e);
        }
    }

    private static void AssertReported(Cluster cluster, Outcome outcome)
    {
        Assert.Empty(cluster.Outages);
        foreach (StoredToken token in cluster.Active.Where(token => token != cluster.Old && token != cluster.Spare))
        {
            bool isReported = outcome.Text.Contains($"{token.Id}", StringComparison.Ordinal)
                || outcome.Text.Contains(token.Name, StringComparison.Ordinal);
            Assert.True(isReported, $"Nobody was told of {token.Name} ({token.Id}): {outcome.Text}");
            Assert.DoesNotContain(token.Secret, outcome.Text, StringComparison.Ordinal);
        }

        if (cluster.Spare is { IsRevoked: true } spare)
        {
            string[] ways = ["'spare'", $"tokens/{spare.Id}", $"token {spare.Id}"];
            bool isReported = outcome.Result?.RevokedTokens.Any(token => token.Id == spare.Id) == true
                || ways.Any(way => outcome.Text.Contains(way, StringComparison.Ordinal));
            Assert.True(isReported, $"Nobody was told that the spare token is revoked: {outcome.Text}");
        }
    }

    // The result matches the state of the server.
    private static void AssertTrue(FakeGitLabServer server, Cluster cluster, AgentTokenRotation? result)
    {
        if (result is null)
        {
            return;
        }

        Assert.All(result.RevokedTokens, token => Assert.True(server.State.FindToken(token.Id)!.IsRevoked));
        Assert.All(result.RevokedTokens, token => Assert.Equal("revoked", token.Status));
        if (result.Status == TokenRotationStatus.Completed)
        {
            Assert.Equal([cluster.Current], cluster.Active.Select(token => token.Id));
            Assert.Equal(cluster.Current, result.NewToken!.Id);
        }
    }

    // The server works again. A second run completes the rotation: in one way or the other, or, if the agent has
    // switched
    // tokens just now, in time.
    private static async Task AssertCompletesAsync(FakeGitLabServer server, Cluster cluster, bool resume)
    {
        server.Faults.Clear();
        cluster.WatchAgain();
        Outcome again = await RotateAgainAsync(server, cluster, resume);
        foreach (bool isResumed in new[] { !resume, true })
        {
            if (again.Result?.Status != TokenRotationStatus.Completed)
            {
                Assert.Contains("-Resume", resume ? "-Resume" : again.Text, StringComparison.Ordinal);
                again = await RotateAgainAsync(server, cluster, isResumed);
            }
        }

        Assert.True(again.Result?.Status == TokenRotationStatus.Completed, again.Text);
        Assert.Empty(cluster.Outages);
        StoredToken last = Assert.Single(cluster.Active);
        Assert.Equal(cluster.Current, last.Id);
        Assert.NotNull(last.LastUsedAt);
        Assert.Equal(last.Id, again.Result!.NewToken!.Id);
    }

    private static Task<Outcome> RotateAgainAsync(FakeGitLabServer server, Cluster cluster, bool resume)
    {
        cluster.PassTime();
        RotationRequest request = CreateRequest(Scenario.OneToken, cluster);
        request.Resume = resume;
        return RotateAsync(TestClients.CreateClient(server), request);
    }

    private sealed record Outcome(AgentTokenRotation? Result, Exception? Error)
    {
        /// <summary>Gets the text of everything that is reported to the user.</summary>
        public string Text => $"{Result?.NewToken?.Id} {Result?.Error} {Error}";
    }
}
