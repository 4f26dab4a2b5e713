using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http;
using System.Security;
using System.Threading.Tasks;
using GitLabAgents.Benchmark.Baselines;
using GitLabAgents.Transport;

namespace GitLabAgents.Benchmark;

/// <summary>What is measured without PowerShell: this program started afresh, with the verb <c>measure</c>.</summary>
internal static class ConsoleCases
{
    /// <summary>Prepares a measurement.</summary>
    public static Func<Sample> Prepare(string what, string url, params long[] ids)
        => () => Sample.Read(Child.Run(
            Environment.ProcessPath!,
            ["measure", what, url, .. Array.ConvertAll(ids, static id => id.ToString(CultureInfo.InvariantCulture))]));

    /// <summary>Is the measured process.</summary>
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
                RunClientAsync(url, client => client.GetTokenDetailsAsync(ids[0], ids[1], static _ => true)).GetAwaiter().GetResult();
                return 0;
            default:
                throw new ArgumentException("Unknown case: " + arguments[0], nameof(arguments));
        }
    }

    private static void RunBareList(string project)
    {
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Add("PRIVATE-TOKEN", FakeGitLab.AccessToken);
        var watch = Stopwatch.StartNew();
        List<BareAgent> agents = [.. BareLoop.ReadAgents(client, project)];
        watch.Stop();
        Sample.Write(watch.Elapsed, agents.Count);
    }

    private static async Task RunClientAsync<T>(string url, Func<GitLabClient, IAsyncEnumerable<T>> open)
    {
        using var token = new SecureString();
        foreach (char character in FakeGitLab.AccessToken)
        {
            token.AppendChar(character);
        }

        using GitLabSession session = await GitLabClient.ConnectAsync(
            new Uri(url), token, TokenType.PrivateToken, new TransportOptions { ThrottleLimit = Bench.Limit }, validate: false);
        var client = new GitLabClient(session);
        var watch = Stopwatch.StartNew();
        var items = new List<T>();
        await foreach (T item in open(client))
        {
            items.Add(item);
        }

        watch.Stop();
        Sample.Write(watch.Elapsed, items.Count);
    }
}
