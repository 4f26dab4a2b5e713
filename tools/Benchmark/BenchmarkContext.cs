using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json;

namespace GitLabAgents.Benchmark;

/// <summary>The server with its seeded projects, and PowerShell.</summary>
internal sealed class BenchmarkContext(FakeGitLab server, PowerShell shell, TemporaryFolder folder)
{
    /// <summary>The default throttle limit of a session. Parallel alternatives use the same.</summary>
    public const int ThrottleLimit = 8;

    private const int PageSize = 100;

    // Many tokens are spread over several agents, because the server sorts all tokens of an agent for each page.
    private const int TokensPerAgent = 1000;

    private readonly HashSet<string> _seeded = [];

    public PowerShell Shell => shell;

    public TemporaryFolder Folder => folder;

    public string Url => server.Url;

    public string Api => server.Api;

    /// <summary>Gets the statement that connects as users do, with two requests.</summary>
    public string Connect
        => $"Import-Module '{shell.ModuleManifest}'; Connect-GitLab '{server.Url}' -AllowUnencryptedAuthentication";

    /// <summary>Gets the statement that connects without a request, so that the first request is measured.</summary>
    public string ConnectWithoutRequest => Connect + " -SkipValidation";

    /// <summary>Gets the statement that makes the server forget the requests before it.</summary>
    public string ForgetRequests => $"$null = Invoke-RestMethod '{server.RequestsUrl}' -Method Delete";

    /// <summary>Computes the minimum time for a number of requests at the throttle limit.</summary>
    public static double GetIdealTime(int requests, int latency) => (double)requests / ThrottleLimit * latency;

    /// <summary>Gets the number of requests for token details: the pages of the list, then each token.</summary>
    public static int GetDetailRequests(int tokens) => tokens + ((tokens + PageSize - 1) / PageSize);

    /// <summary>Gets the ID of a project with a number of agents.</summary>
    public long GetAgentProject(int agents)
    {
        string path = Format($"bench/list-{agents}");
        if (_seeded.Add(path))
        {
            server.Seed(new { agents = new { project = path, count = agents } });
        }

        return GetProjectId(path);
    }

    /// <summary>Gets the ID of a project with a number of tokens, 1,000 per agent.</summary>
    public long GetTokenProject(int tokens)
    {
        string path = Format($"bench/tokens-{tokens}");
        if (_seeded.Add(path))
        {
            IEnumerable<int> numbers = Enumerable.Range(1, Math.Min(tokens, TokensPerAgent));
            string[] names = [.. numbers.Select(static number => Format($"token-{number:D4}"))];
            for (int agent = 0; agent * TokensPerAgent < tokens; agent++)
            {
                string name = Format($"agent-{agent:D4}");
                server.Seed(new { agents = new { project = path, name, tokens = names } });
            }
        }

        return GetProjectId(path);
    }

    /// <summary>Gets the ID of the first agent of a project.</summary>
    public long GetFirstAgent(long project) => GetIds(Format($"projects/{project}/cluster_agents?per_page=1"))[0];

    /// <summary>Gets the IDs of the tokens of an agent.</summary>
    public IReadOnlyList<long> GetTokens(long project, long agent, int count)
    {
        FormattableString list = $"projects/{project}/cluster_agents/{agent}/tokens?per_page={PageSize}";
        return
        [
            .. Enumerable.Range(1, (count + PageSize - 1) / PageSize)
                .SelectMany(page => GetIds(Format(list) + Format($"&page={page}"))),
        ];
    }

    /// <summary>
    /// Gets a group with projects in subgroups and agents in them, evenly distributed. Every second agent is connected.
    /// </summary>
    public string GetGroup(int projects, int agents, int tokensPerAgent)
    {
        string group = Format($"fleet-{agents}");
        if (_seeded.Add(group))
        {
            server.Seed(new { fleet = new { group, projects, agents, tokensPerAgent, connectedEvery = 2 } });
        }

        return group;
    }

    /// <summary>Gets the body of the first GraphQL request that a statement sends, and warms up the server.</summary>
    /// <param name="setUp">Statements that run before.</param>
    /// <param name="statement">The statement.</param>
    public string GetQuery(string setUp, string statement)
    {
        server.SetOptions(latency: 0, graphQL: true, recordRequests: true);
        shell.Prepare($"{setUp}\n{ForgetRequests}", statement)();
        string query = server.GetRequests()
            .First(static request => request.GetProperty("rawTarget").GetString() == "/api/graphql")
            .GetProperty("body").GetString()!;
        server.WarmUpGraphQL(query, 200);
        return query;
    }

    /// <summary>Warms up the server, so that the first panel has no disadvantage.</summary>
    public void WarmUpServer()
    {
        long list = GetAgentProject(PageSize);
        long tokens = GetTokenProject(PageSize);
        long agent = GetFirstAgent(tokens);
        server.WarmUp(Format($"projects/{list}/cluster_agents?per_page={PageSize}"), 1000);
        long token = GetTokens(tokens, agent, PageSize)[0];
        server.WarmUp(Format($"projects/{tokens}/cluster_agents/{agent}/tokens/{token}"), 3000);
    }

    /// <summary>Formats text with the invariant culture.</summary>
    public static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static long GetId(JsonElement element) => element.GetProperty("id").GetInt64();

    private long GetProjectId(string path) => GetId(server.Get("projects/" + Uri.EscapeDataString(path)));

    private List<long> GetIds(string path) => [.. server.Get(path).EnumerateArray().Select(GetId)];
}
