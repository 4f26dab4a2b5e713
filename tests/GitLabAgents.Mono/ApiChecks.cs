using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.Transport;

namespace GitLabAgents.Mono;

/// <summary>The operations of the client, over HTTP.</summary>
internal sealed class ApiChecks(string url)
{
    public IEnumerable<(string Name, Func<Task> Check)> All() =>
    [
        ("connect", ConnectAsync),
        ("list", ListAsync),
        ("page", PageAsync),
        ("create and revoke", CreateAndRevokeAsync),
        ("errors", ReportErrorsAsync),
        ("Retry-After", RetryAsync),
        ("timeout", TimeOutAsync),
        ("stop", StopAsync),
        ("GraphQL", QueryAsync),
        ("encoded slashes", KeepEncodedSlashesAsync),
        ("no encoded slashes", LookUpIdsAsync),
    ];

    private async Task ConnectAsync()
    {
        GitLabSession session = (await Check.ConnectAsync(url)).Session;
        Check.Equal("maintainer", session.TokenName);
        Check.Equal("18.9.0-ee", session.Version);
        Check.Sequence(["api"], session.Scopes);
        await Check.ThrowsAsync(GitLabErrorKind.ConnectionFailed, () => Check.ConnectAsync(
            "http://127.0.0.1:1", new TransportOptions { MaximumRetryCount = 0 }));
    }

    private async Task ListAsync()
    {
        GitLabClient client = await Check.ConnectAsync(url);
        List<ClusterAgent> agents = await Check.ListAsync(client.GetAgentsAsync("group/app"));
        Check.Sequence(["prod", "staging"], agents.Select(agent => agent.Name));
        agents = await Check.ListAsync(client.GetAgentsAsync("Ünïcode/Pröjekt"));
        Check.Sequence(["unicode"], agents.Select(agent => agent.Name));
        List<ItemResult<AgentToken>> tokens = await Check.ListAsync(
            client.GetTokenDetailsAsync(101, 11, static _ => true));
        Check.Equal(2, tokens.Count(token => token.Value!.IsLastUsedKnown));
    }

    private async Task PageAsync()
    {
        GitLabClient client = await Check.ConnectAsync(url);
        List<ClusterAgent> agents = await Check.ListAsync(client.GetAgentsAsync("many/agents"));
        Check.Equal(250, agents.Select(agent => agent.Id).Distinct().Count());
    }

    private async Task CreateAndRevokeAsync()
    {
        GitLabClient client = await Check.ConnectAsync(url);
        ClusterAgent agent = await client.CreateAgentAsync("group/empty", "mono");
        NewAgentToken token = await client.CreateTokenAsync(agent.ProjectId, agent.Id, "first", "description");
        Check.True(token.RevealToken().StartsWith("glagent-", StringComparison.Ordinal), "the secret of the token.");
        await client.RevokeTokenAsync(agent.ProjectId, agent.Id, token.Id);
        await Check.ThrowsAsync(
            GitLabErrorKind.TokenNotFound, () => client.GetTokenAsync(agent.ProjectId, agent.Id, token.Id));
        await client.DeleteAgentAsync("group/empty", agent.Id);
        Check.Equal(0, (await Check.ListAsync(client.GetAgentsAsync("group/empty"))).Count);
    }

    private async Task ReportErrorsAsync()
    {
        GitLabClient client = await Check.ConnectAsync(url);
        await Check.ThrowsAsync(GitLabErrorKind.AgentNotFound, () => client.GetAgentAsync("group/app", 999));
        await Check.ThrowsAsync(GitLabErrorKind.ProjectNotFound, () => client.CreateAgentAsync("group/none", "mono"));
        await Check.ThrowsAsync(GitLabErrorKind.Conflict, () => client.CreateAgentAsync("group/app", "prod"));
    }

    // The server answers the first request for agent 15 with 429 and Retry-After: 1.
    private async Task RetryAsync()
    {
        var observer = new RetryObserver();
        GitLabClient client = await Check.ConnectAsync(url, observer: observer);
        Check.Equal("web", (await client.GetAgentAsync(104, 15)).Name);
        Check.Equal(1, observer.Delays.Count);
        Check.True(observer.Delays[0] >= TimeSpan.FromSeconds(1), $"a second of delay; it is {observer.Delays[0]}.");
        Check.True(observer.Delays[0] < TimeSpan.FromSeconds(3), $"a second of delay; it is {observer.Delays[0]}.");
    }

    // The server never answers requests for agent 16.
    private async Task TimeOutAsync()
    {
        var options = new TransportOptions { Timeout = TimeSpan.FromMilliseconds(500), MaximumRetryCount = 0 };
        GitLabClient client = await Check.ConnectAsync(url, options, validate: false);
        await Check.ThrowsAsync(GitLabErrorKind.Timeout, () => client.GetAgentAsync(105, 16));
    }

    private async Task StopAsync()
    {
        GitLabClient client = await Check.ConnectAsync(url);
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        try
        {
            await client.GetAgentAsync(105, 16, stop.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        throw new InvalidOperationException("The request was not canceled.");
    }

    private async Task QueryAsync()
    {
        GitLabClient client = await Check.ConnectAsync(url);
        ItemResult<AgentInventoryItem>[] items
            = [.. await Check.ListAsync(client.GetGroupInventoryAsync("platform", recurse: true))];
        Check.Equal(4, items.Length);
        AgentInventoryItem eu = items.Single(item => item.Value?.Name == "cluster-eu").Value!;
        Check.Equal(3, eu.Tokens!.Length);
        AgentConnection connection = await client.GetConnectionAsync("group/app", 11);
        Check.Equal(AgentConnectionStatus.Connected, connection.Status);
    }

    // The test looks at what the server received.
    private async Task KeepEncodedSlashesAsync()
    {
        Check.Equal("http://host/b%2Fc?d=%2F", new Uri("http://host/b%2Fc?d=%2F").AbsoluteUri);
        Check.Equal("http://host/a/b%2Fc", new Uri(new Uri("http://host/a/"), "b%2Fc").AbsoluteUri);
        GitLabClient client = await Check.ConnectAsync(url);
        Check.Equal("cluster-us", (await client.GetAgentAsync("platform/infra", 14)).Name);
    }

    // As in programs for older versions of .NET Framework, where Uri changes %2F to a slash.
    private async Task LookUpIdsAsync()
    {
        GitLabClient client = await Check.ConnectAsync(url);
        PropertyInfo keeps = typeof(GitLabSession).GetProperty(
            "KeepsEncodedSlashes", BindingFlags.Instance | BindingFlags.NonPublic)!;
        keeps.SetValue(client.Session, false);
        Check.Equal("cluster-eu", (await client.GetAgentAsync("platform/infra", 13)).Name);
    }

    private sealed class RetryObserver : IGitLabObserver
    {
        public List<TimeSpan> Delays { get; } = [];

        public void OnVerbose(string message)
        {
        }

        public void OnRetry(TimeSpan delay, string reason) => Delays.Add(delay);

        public void OnProgress(int done, int? total, int found)
        {
        }
    }
}
