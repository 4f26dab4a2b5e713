using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Security;
using System.Threading.Tasks;
using GitLabAgents.Benchmark.Baseline;
using GitLabAgents.Transport;

namespace GitLabAgents.Benchmark;

/// <summary>Measures without PowerShell: a new process of this program, with the verb <c>measure</c>.</summary>
internal static class ConsoleMeasurement
{
    /// <summary>Prepares a measurement.</summary>
    public static Func<Sample> Prepare(string workload, string url, params long[] ids)
    {
        string[] arguments =
        [
            "exec", typeof(ConsoleMeasurement).Assembly.Location,
            "measure", workload, url, .. ids.Select(static id => id.ToString(CultureInfo.InvariantCulture)),
        ];
        return () => Sample.Parse(ChildProcess.Run("dotnet", arguments));
    }

    /// <summary>Runs a workload in the measured process.</summary>
    public static int Run(string[] arguments)
    {
        string url = arguments[1];
        long[] ids = Array.ConvertAll(arguments[2..], static id => long.Parse(id, CultureInfo.InvariantCulture));
        switch (arguments[0])
        {
            case "bare-list":
                RunBareList($"{url}/api/v4/projects/{arguments[2]}");
                return 0;
            case "client-list":
                RunClientAsync(url, client => client.GetAgentsAsync(ids[0])).GetAwaiter().GetResult();
                return 0;
            case "client-details":
                RunClientAsync(url, client => client.GetTokenDetailsAsync(ids[0], ids[1], static _ => true))
                    .GetAwaiter().GetResult();
                return 0;
            default:
                throw new ArgumentException($"Unknown workload '{arguments[0]}'.", nameof(arguments));
        }
    }

    private static void RunBareList(string project)
    {
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Add("PRIVATE-TOKEN", FakeGitLab.AccessToken);
        var stopwatch = Stopwatch.StartNew();
        List<BareAgent> agents = [.. BareLoop.ReadAgents(client, project)];
        stopwatch.Stop();
        Sample.Write(stopwatch.Elapsed, agents.Count);
    }

    private static async Task RunClientAsync<T>(string url, Func<GitLabClient, IAsyncEnumerable<T>> read)
    {
        using SecureString token = new NetworkCredential(string.Empty, FakeGitLab.AccessToken).SecurePassword;
        var options = new TransportOptions { ThrottleLimit = BenchmarkContext.ThrottleLimit };
        using GitLabSession session =
            await GitLabClient.ConnectAsync(new Uri(url), token, TokenType.PrivateToken, options, validate: false);
        var client = new GitLabClient(session);
        var stopwatch = Stopwatch.StartNew();
        var items = new List<T>();
        await foreach (T item in read(client))
        {
            items.Add(item);
        }

        stopwatch.Stop();
        Sample.Write(stopwatch.Elapsed, items.Count);
    }
}
