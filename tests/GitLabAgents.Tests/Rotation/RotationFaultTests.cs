using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;

namespace GitLabAgents.Tests.Rotation;

/// <summary>
/// The promise of a rotation, tried by ending it at every request under every fault, by a stop, and by the death of its
/// process: the cluster is never cut off, no token is left that nobody was told of, and to run it again ends well.
/// </summary>
public sealed class RotationFaultTests
{
    private const int MostRequests = 16;

    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(150);

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
        ["reset amid the answer"] = () => Fault.ResetMidBody(),
        ["answer cut short"] = () => Fault.Truncate(),
        ["broken JSON after acting"] = () => Fault.Body("""[{"id":1,""").AfterActing(),
        ["an empty object"] = () => Fault.Body("{}"),
        ["HTML"] = () => Fault.Html(200),
        ["hang"] = () => Fault.Hang(),
        ["hang after acting"] = () => Fault.Hang().AfterActing(),
    };

    /// <summary>What the rotation begins with, and what comes of the deploy.</summary>
    public enum Scene
    {
        /// <summary>One token.</summary>
        OneToken,

        /// <summary>Two, of which one is given up.</summary>
        Spare,

        /// <summary>One, and the deploy fails.</summary>
        DeployFails,

        /// <summary>One, and the deploy fails although it handed the new token over.</summary>
        DeployFailsLate,

        /// <summary>One, and no deploy: nobody has the new secret but the caller.</summary>
        NoDeploy,
    }

    public static TheoryData<string, Scene, bool> Rows()
    {
        var rows = new TheoryData<string, Scene, bool>();
        foreach (string fault in Faults.Keys)
        {
            foreach (Scene scene in Enum.GetValues<Scene>())
            {
                rows.Add(fault, scene, false);
                rows.Add(fault, scene, true);
            }
        }

        return rows;
    }

    public static TheoryData<Scene, bool> Ends()
    {
        var rows = new TheoryData<Scene, bool>();
        foreach (Scene scene in Enum.GetValues<Scene>())
        {
            rows.Add(scene, false);
            rows.Add(scene, true);
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public Task Under_a_fault_at_any_request(string fault, Scene scene, bool stays) => AtEveryRequestAsync(async at =>
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cluster = new Cluster(server, scene == Scene.Spare);
        Fault made = Faults[fault]().Skip(at);
        server.Faults.Add(stays ? made.Always() : made.Once());
        GitLabClient client = TestClients.Client(server, options => options.Timeout = fault.StartsWith("hang", StringComparison.Ordinal) ? Soon : options.Timeout);
        RotationRun run = await RotationRun.RunAsync(client, Request(), Deploy(scene, cluster));
        bool struck = made.Hits > 0;
        CheckTold(cluster, run);
        await EndsWellAsync(server, cluster, resume: at % 2 == 0);
        return struck;
    });

    [Theory]
    [MemberData(nameof(Ends))]
    public Task Stopped_at_any_request(Scene scene, bool afterActing) => AtEveryRequestAsync(async at =>
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cluster = new Cluster(server, scene == Scene.Spare);
        using var stop = new CancellationTokenSource();
        using var wire = new InterruptingHandler(at, afterActing, stop);
        RotationRun run = await RotationRun.RunAsync(TestClients.Client(server, options => options.PrimaryHandler = wire), Request(), Deploy(scene, cluster), stop.Token);
        CheckTold(cluster, run);
        if (run.Outcome is null && scene == Scene.NoDeploy)
        {
            Assert.Equal([1004], cluster.Active.Select(token => token.Id)); // Nobody has the secret: not left behind.
        }

        await EndsWellAsync(server, cluster, resume: at % 2 == 0);
        return wire.Reached.IsCompleted;
    });

    [Theory]
    [MemberData(nameof(Ends))]
    public Task Dead_at_any_request(Scene scene, bool afterActing) => AtEveryRequestAsync(async at =>
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        var cluster = new Cluster(server, scene == Scene.Spare);
        using var wire = new InterruptingHandler(at, afterActing, stop: null);
        Task run = RotationRun.RunAsync(TestClients.Client(server, options => options.PrimaryHandler = wire), Request(), Deploy(scene, cluster));
        await Task.WhenAny(run, wire.Reached);
        await EndsWellAsync(server, cluster, resume: at % 2 == 0);
        return !run.IsCompleted;
    });

    // Side by side, since most of it is waiting; those behind the last request just succeed.
    private static async Task AtEveryRequestAsync(Func<int, Task<bool>> runAsync)
    {
        bool[] struck = await Task.WhenAll(Enumerable.Range(0, MostRequests).Select(at => Task.Run(() => runAsync(at))));
        Assert.True(struck.Count(static it => it) >= 5, $"Only {struck.Count(static it => it)} requests were struck.");
    }

    private static RotationRequest Request(bool resume = false) => new() { Timeout = TimeSpan.FromSeconds(50), Resume = resume };

    private static Action<NewAgentToken>? Deploy(Scene scene, Cluster cluster) => scene switch
    {
        Scene.NoDeploy => null,
        Scene.DeployFails => static _ => throw new InvalidOperationException("kubectl failed"),
        Scene.DeployFailsLate => token =>
        {
            cluster.Deploy(token, looks: 0);
            throw new InvalidOperationException("kubectl failed");
        },
        _ => token => cluster.Deploy(token),
    };

    private static void CheckTold(Cluster cluster, RotationRun run)
    {
        Assert.Empty(cluster.Outages);
        foreach (StoredToken token in cluster.Active.Where(token => token != cluster.Old && token != cluster.Spare))
        {
            Assert.True(run.Messages.Contains($"{token.Id}", StringComparison.Ordinal) || run.Messages.Contains(token.Name, StringComparison.Ordinal), $"Nobody was told of {token.Name} ({token.Id}): {run.Messages}");
            Assert.DoesNotContain(token.Secret, run.Messages, StringComparison.Ordinal);
        }

        bool said = run.Outcome?.RevokedTokens.Any(token => token.Id == cluster.Spare?.Id) == true || run.Messages.Contains("'spare'", StringComparison.Ordinal) || run.Messages.Contains($"tokens/{cluster.Spare?.Id}", StringComparison.Ordinal) || run.Messages.Contains($"token {cluster.Spare?.Id}", StringComparison.Ordinal);
        Assert.True(cluster.Spare is null or { IsRevoked: false } || said, $"Nobody was told that the spare token is gone: {run.Messages}");
        Assert.True(run.Outcome is not null || run.Error is not null);
    }

    // The server is well again. Run again, in either way; what one way cannot do, the other can.
    private static async Task EndsWellAsync(FakeGitLabServer server, Cluster cluster, bool resume)
    {
        server.Faults.Clear();
        cluster.WatchAgain();
        RotationRun again = await RotationRun.RunAsync(TestClients.Client(server), Request(resume), token => cluster.Deploy(token));
        if (again.Outcome?.Status != TokenRotationStatus.Completed)
        {
            Exception error = again.Outcome?.Error ?? Assert.IsType<GitLabApiException>(again.Error);
            Assert.Contains("Resume", resume ? "Resume" : error.Message, StringComparison.Ordinal);
            again = await RotationRun.RunAsync(TestClients.Client(server), Request(!resume), token => cluster.Deploy(token));
        }

        Assert.Equal(TokenRotationStatus.Completed, again.Outcome?.Status);
        Assert.Empty(cluster.Outages);
        StoredToken last = Assert.Single(cluster.Active);
        Assert.Equal(cluster.Current, last.Id);
        Assert.NotNull(last.LastUsedAt);
        Assert.Equal(last.Id, again.Outcome!.NewToken!.Id);
    }
}
