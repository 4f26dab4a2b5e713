using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;
using AgentConnectionOf = GitLabAgents.FakeGitLab.AgentConnection;
using ServerToken = GitLabAgents.FakeGitLab.AccessToken;

namespace GitLabAgents.Tests;

/// <summary>
/// Checks that GraphQL and REST return the same agents and tokens for any fleet, permissions, version and faults.
/// </summary>
public sealed class InventoryPropertyTests
{
    private const int Fleets = 1000;

    private static readonly string[] Versions = ["16.0.0", "16.9.0", "17.4.0", "17.10.0", "18.9.0"];

    [Fact]
    public async Task Both_paths_return_the_same_for_random_fleets()
    {
        int queries = 0;
        int reads = 0;
        for (int seed = 0; seed < Fleets; seed++)
        {
            var random = new Random(seed);
            var state = new State(secretSeed: seed);
            FakeGitLabOptions options = CreateOptions(random);
            ServerToken token = CreateFleet(state, random);
            int failEvery = random.Next(5) == 0 ? random.Next(2, 4) : 0;
            int status = new[] { 500, 503, 422, 400 }[random.Next(4)];
            bool recurse = random.Next(3) > 0;
            bool archived = random.Next(2) == 0;
            int kind = random.Next(4);
            IAsyncEnumerable<ItemResult<AgentInventoryItem>> Read(GitLabClient client) => kind switch
            {
                0 => client.GetProjectInventoryAsync("g/p0"),
                1 => client.GetInventoryAsync(archived),
                _ => client.GetGroupInventoryAsync("g", recurse, archived),
            };

            bool Fails(HttpRequestMessage request, int number)
                => failEvery > 0 && request.Method == HttpMethod.Post && number % failEvery == 0;

            var graphQL = new FakeGitLabHandler(state, options)
            {
                Fail = (request, number) => Fails(request, number) ? status : null,
            };
            var off = new FakeGitLabHandler(state, options)
            {
                Fail = static (request, _) => request.Method == HttpMethod.Post ? 404 : null,
            };
            string[] actual = await DescribeAsync(graphQL, token, options, Read);
            string[] expected = await DescribeAsync(off, token, options, Read);
            Assert.True(
                expected.SequenceEqual(actual, StringComparer.Ordinal),
                $"Seed {seed}, version {options.Version}, kind {kind}:\n"
                    + $"REST\n{string.Join('\n', expected)}\nGraphQL\n{string.Join('\n', actual)}");
            queries += graphQL.RequestCount;
            reads += off.RequestCount;
        }

        Assert.InRange(queries, Fleets, reads / 2); // Otherwise REST was compared with REST.
    }

    private static FakeGitLabOptions CreateOptions(Random random) => new()
    {
        Version = Versions[random.Next(Versions.Length)],
        IsEnterprise = random.Next(2) == 0,
        GraphQLPageSize = random.Next(4) == 0 ? random.Next(1, 5) : 100,
        KasReachable = random.Next(4) > 0,
        ListsRevokedTokens = random.Next(4) == 0,
        HasProjectPermissions = random.Next(8) > 0,
        UserIdsAsStrings = random.Next(2) == 0,
    };

    private static ServerToken CreateFleet(State state, Random random)
    {
        ServerToken token = state.AddAccessToken(
            TestClients.Token,
            role: Pick(random, Role.Maintainer, Role.Developer, Role.Reporter),
            isAdmin: random.Next(6) == 0);
        int projects = random.Next(1, 6);
        for (int number = 0; number < projects; number++)
        {
            string group = number == 0 ? "g" : Pick(random, "g", "g/a", "g/a/b", "h");
            Project project = state.AddProject(
                $"{group}/p{number}",
                description: Pick(random, null, "text"),
                archived: random.Next(5) == 0,
                membersOnly: random.Next(6) == 0,
                isPublic: random.Next(6) == 0);
            project.InfrastructureEnabled = random.Next(6) > 0;
            if (random.Next(3) == 0)
            {
                state.SetRole(token, project, Pick(random, Role.None, Role.Reporter, Role.Developer, Role.Maintainer));
            }

            AddAgents(state, project, random);
        }

        return token;
    }

    private static void AddAgents(State state, Project project, Random random)
    {
        for (int number = random.Next(5); number > 0; number--)
        {
            Agent agent = state.AddAgent(project, $"a{number}", random.Next(3) == 0 ? null : random.Next(7, 12));
            if (random.Next(2) == 0)
            {
                agent.Connections =
                [
                    new AgentConnectionOf { ConnectedAt = state.Now.AddHours(-1), Version = "18.0.0" },
                ];
            }

            // GitLab has no order among tokens that were used at the same time.
            for (int index = random.Next(60) == 0 ? 23 : random.Next(4); index > 0; index--)
            {
                state.AddToken(
                    agent,
                    $"t{index}",
                    Pick(random, null, "text"),
                    random.Next(3) == 0 ? null : state.Now.AddMinutes(-(25 * random.Next(8)) - index),
                    status: random.Next(4) == 0 ? "revoked" : "active");
            }
        }
    }

    private static T Pick<T>(Random random, params T[] values) => values[random.Next(values.Length)];

    private static async Task<string[]> DescribeAsync(
        FakeGitLabHandler handler,
        ServerToken token,
        FakeGitLabOptions options,
        Func<GitLabClient, IAsyncEnumerable<ItemResult<AgentInventoryItem>>> read)
    {
        GitLabClient client = TestClients.CreateClient(
            handler, transport => transport.MaximumRetryCount = 0, token: token.Value);
        using GitLabSession session = client.Session;
        try
        {
            return [.. (await TestClients.ToListAsync(read(client))).Select(item => Describe(item, options))];
        }
        catch (GitLabApiException e)
        {
            return [$"{e.Kind}: {e.Problem}"];
        }
    }

    // Only GraphQL has connections. Its dates have no fractions of a second. A GraphQL that has no field for archived
    // projects leaves that unknown.
    private static string Describe(ItemResult<AgentInventoryItem> result, FakeGitLabOptions options)
    {
        if (result.Value is not { } item)
        {
            return $"{result.Error!.Kind}: {result.Error.Problem} ({result.Target})";
        }

        Assert.Equal(item.Status == AgentConnectionStatus.Unknown, item.Reason is not null);
        ConfigProject project = item.ConfigProject!;
        string archived = options.HasProjectPermissions ? $"{item.IsArchived}" : string.Empty;
        string tokens = string.Join(", ", item.Tokens!.Select(token =>
            $"{token.Id} {token.Name} {token.Description} {token.AgentId} {token.ProjectId} {token.Status} "
            + $"{token.CreatedAt:s} {token.CreatedByUserId} {token.LastUsedAt:s} {token.IsLastUsedKnown}"));
        return $"{item.Id} {item.Name} {item.ProjectId} {item.ProjectPath} {archived} {item.CreatedAt:s} "
            + $"{item.CreatedByUserId} {item.IsReceptive} {item.LastUsedAt:s} | {project.Id} {project.Name} "
            + $"{project.Path} {project.NameWithNamespace} {project.Description} {project.CreatedAt:s} | {tokens}";
    }
}
