using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace GitLabAgents.Benchmark;

/// <summary>What the panels measure with: the server, what they have put on it, and PowerShell where there is one.</summary>
internal sealed class Bench(FakeGitLab server, PowerShell? shell, WorkFolder work)
{
    /// <summary>The requests of a session under way at once, by default; whatever else works in parallel gets as many.</summary>
    public const int Limit = 8;

    private const int PageSize = 100;

    // Many tokens are spread over agents, since the server sorts all of an agent's for each page.
    private const int TokensOfAgent = 1000;

    private readonly HashSet<string> _made = [];

    public PowerShell? Shell => shell;

    public WorkFolder Work => work;

    public string Url => server.Url;

    public string Api => server.Api;

    /// <summary>Gets what makes a session as people do: two requests have been answered.</summary>
    public string Connect => $"Import-Module '{shell?.Module}'; Connect-GitLab '{server.Url}' -AllowUnencryptedAuthentication";

    /// <summary>Gets what makes a session, but sends nothing: the first request is in what is measured.</summary>
    public string ConnectCold => Connect + " -SkipValidation";

    /// <summary>Gives the time that so many requests take at least, so many at once.</summary>
    public static double Ideal(int requests, int latency) => (double)requests / Limit * latency;

    /// <summary>Gives the requests that the details of an agent's tokens need: the pages of the list, then each token.</summary>
    public static int DetailRequests(int tokens) => tokens + ((tokens + PageSize - 1) / PageSize);

    /// <summary>Gives the id of a project of so many agents.</summary>
    public long ListProject(int agents)
    {
        string path = Text($"bench/list-{agents}");
        if (_made.Add(path))
        {
            server.Seed(new { agents = new { project = path, count = agents } });
        }

        return ProjectId(path);
    }

    /// <summary>Gives the id of a project of so many tokens, a thousand an agent.</summary>
    public long TokenProject(int tokens)
    {
        string path = Text($"bench/tokens-{tokens}");
        if (_made.Add(path))
        {
            string[] names = [.. Enumerable.Range(1, Math.Min(tokens, TokensOfAgent)).Select(static number => Text($"token-{number:D4}"))];
            for (int agent = 0; agent * TokensOfAgent < tokens; agent++)
            {
                server.Seed(new { agents = new { project = path, name = Text($"agent-{agent:D4}"), tokens = names } });
            }
        }

        return ProjectId(path);
    }

    /// <summary>Gives the id of the first agent of a project.</summary>
    public long FirstAgent(long project) => Ids(Text($"projects/{project}/cluster_agents?per_page=1"))[0];

    /// <summary>Gives the ids of the tokens of an agent.</summary>
    public IReadOnlyList<long> Tokens(long project, long agent, int count)
        => [.. Enumerable.Range(1, (count + PageSize - 1) / PageSize)
            .SelectMany(page => Ids(Text($"projects/{project}/cluster_agents/{agent}/tokens?per_page={PageSize}&page={page}")))];

    /// <summary>Makes a group with so many projects and agents, evenly spread, each with one token.</summary>
    public string Group(int projects, int agents)
    {
        const string Group = "fleet";
        if (_made.Add(Group))
        {
            server.Seed(new
            {
                agents = Enumerable.Range(0, agents).Select(number => new
                {
                    project = Text($"{Group}/project-{number % projects:D3}"),
                    name = Text($"agent-{number:D4}"),
                    tokens = new[] { "main" },
                }),
            });
        }

        return Group;
    }

    /// <summary>Lets the server's code become warm, so that the first panel is not worse off than the rest.</summary>
    public void WarmUp()
    {
        long list = ListProject(PageSize);
        long tokens = TokenProject(PageSize);
        long agent = FirstAgent(tokens);
        server.WarmUp(Text($"projects/{list}/cluster_agents?per_page={PageSize}"), 1000);
        server.WarmUp(Text($"projects/{tokens}/cluster_agents/{agent}/tokens/{Tokens(tokens, agent, PageSize)[0]}"), 3000);
    }

    /// <summary>Writes numbers as machines do.</summary>
    public static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private long ProjectId(string path) => server.Read("projects/" + Uri.EscapeDataString(path)).GetProperty("id").GetInt64();

    private List<long> Ids(string path) => [.. server.Read(path).EnumerateArray().Select(static row => row.GetProperty("id").GetInt64())];
}
