using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>
/// Checks that randomly corrupted bodies (the same in every run) return valid objects or one kind of error.
/// </summary>
public sealed class JsonReaderFuzzTests
{
    private const string Agent =
        """{"id":1,"name":"prod-ü","config_project":{"id":20,"description":null"""
            + ""","name":"t","path_with_namespace":"root/t","created_at":"2022-03-20T20:42:40.221Z"}"""
            + ""","created_at":"2022-04-20T20:42:40.221Z","created_by_user_id":42,"is_receptive":false}""";
    private const string Token =
        """{"id":7,"name":"ci","description":"x \"y\" \u00e4","agent_id":11"""
            + ""","status":"active","created_at":"2022-03-25T14:12:11.497Z","created_by_user_id":1"""
            + ""","last_used_at":"2022-03-25 14:12:11 UTC","token":"glagent-abcdefghijk"}""";

    private static readonly string[] Fragments =
    [
        "null", "{}", "[]", "0", "-1", "1e999", "\"\"", "\"\\ud800\"", "\\u0000", "true", ",", ":", "\"", "{", "}", "[",
        "]", "\\", "99999999999999999999",
        "\"id\":", "\"last_used_at\":\"", "\"token\":null", "\uFEFF", "\u001b[31m", "//", "NaN", "2022-02-30T00:00:00Z",
        "+99:99", "  ",
    ];

    [Theory]
    [InlineData("list agents", "[" + Agent + "," + Agent + "]", 1)]
    [InlineData("get agent", Agent, 2)]
    [InlineData("create agent", Agent, 3)]
    [InlineData("list tokens", "[" + Token + "]", 4)]
    [InlineData("get token", Token, 5)]
    [InlineData("create token", Token, 6)]
    public async Task A_corrupted_body_returns_valid_objects_or_InvalidResponse(
        string operation, string valid, int seed)
    {
        var random = new Random(seed);
        byte[] body = [];
        var handler = new FakeHandler(request => request.Method == "DELETE"
            ? TestClients.Response([], 204, null)
            : TestClients.Response(
                body, request.Method == "POST" ? 201 : 200, "application/json", ("X-Next-Page", string.Empty)));
        using GitLabSession session = TestClients.CreateSession(
            TestClients.Unreachable, options => options.PrimaryHandler = handler);
        var client = new GitLabClient(session);
        int read = 0;
        int rejected = 0;
        for (int round = 0; round < 800; round++)
        {
            byte[] mutant = Mutate(random, Encoding.UTF8.GetBytes(valid));
            body = mutant;
            try
            {
                AssertValid(await RunAsync(client, operation));
                read++;
            }
            catch (GitLabApiException e) when (e.Kind == GitLabErrorKind.InvalidResponse)
            {
                Assert.DoesNotContain(e.ToString(), static c => char.IsControl(c) && c is not ('\n' or '\r'));
                Assert.DoesNotContain("glagent-abc", e.ToString(), StringComparison.Ordinal);
                rejected++;
            }
            catch (Exception e)
            {
                Assert.Fail(
                    $"{operation}, round {round}: {e.GetType().Name}: {e.Message} of {Convert.ToBase64String(mutant)}");
            }
        }

        Assert.InRange(read, 50, 750);
        Assert.InRange(rejected, 50, 750);
    }

    private static async Task<IEnumerable<object>> RunAsync(GitLabClient client, string operation) => operation switch
    {
        "list agents" => await TestClients.ToListAsync(client.GetAgentsAsync(101)),
        "get agent" => [await client.GetAgentAsync(101, 1)],
        "create agent" => [await client.CreateAgentAsync(101, "prod")],
        "list tokens" => await TestClients.ToListAsync(client.GetTokensAsync(101, 11)),
        "get token" => [await client.GetTokenAsync(101, 11, 7)],
        _ => [await client.CreateTokenAsync(101, 11, "ci")],
    };

    private static void AssertValid(IEnumerable<object> items)
    {
        foreach (object item in items)
        {
            (long id, GitLabSession session) = item switch
            {
                ClusterAgent agent => (agent.Id, agent.Session),
                AgentToken token => (token.Id, token.Session),
                _ => default,
            };
            Assert.True(id > 0, "An object has no id.");
            Assert.NotNull(session);
            if (item is NewAgentToken created)
            {
                Assert.NotEmpty(created.RevealToken());
            }
        }
    }

    private static byte[] Mutate(Random random, byte[] valid)
    {
        List<byte> bytes = [.. valid];
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            int at = random.Next(bytes.Count + 1);
            int count = Math.Min(random.Next(1, 9), bytes.Count - at);
            switch (random.Next(6))
            {
                case 0:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 1:
                    bytes.RemoveRange(at, count);
                    break;
                case 2 when at < bytes.Count:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.Take(random.Next(bytes.Count + 1)).ToArray());
                    break;
                case 4:
                    bytes.RemoveRange(at, count);
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(Fragments[random.Next(Fragments.Length)]));
                    break;
                default:
                    bytes = [.. ReplaceValue(random, Encoding.UTF8.GetString([.. bytes]))];
                    break;
            }
        }

        return [.. bytes];
    }

    // Replaces a value, so that the JSON stays valid and its meaning changes.
    private static byte[] ReplaceValue(Random random, string json)
    {
        int[] colons =
        [
            .. json.Select((c, index) => (c, index)).Where(pair => pair.c == ':').Select(pair => pair.index),
        ];
        if (colons.Length == 0)
        {
            return Encoding.UTF8.GetBytes(json);
        }

        int start = colons[random.Next(colons.Length)] + 1;
        int end = json.IndexOfAny([',', '}'], start);
        return Encoding.UTF8.GetBytes(
            end < 0 ? json : json[..start] + Fragments[random.Next(Fragments.Length)] + json[end..]);
    }
}
