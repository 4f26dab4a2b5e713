using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Reflection;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Errors that are told apart by another request, never by the server's text; and the categories of error records.</summary>
public sealed class ConflictDetectionTests
{
    private const string Limit = """{"message":"400 Bad request - An agent can have only two active tokens at a time"}""";
    private const string Taken = """{"message":"400 Bad request - [\"Name has already been taken\"]"}""";
    private const string Other = """{"message":"400 Неверный запрос"}""";

    [Theory]
    [InlineData("prod", Limit, "TokenLimitReached")]
    [InlineData("prod", Other, "TokenLimitReached")]
    [InlineData("cluster-eu", Other, "TokenLimitReached")]
    [InlineData("staging", Limit, "InvalidRequest")]
    [InlineData("staging", Other, "InvalidRequest")]
    [InlineData("cluster-us", Limit, "InvalidRequest")]
    public async Task The_token_limit_is_decided_by_counting(string agentName, string words, string kind)
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        server.Faults.Add(Fault.Status(400, words).On("POST").WithHeader("X-Request-Id", "req-1"));
        Agent agent = server.State.Agents.Single(agent => agent.Name == agentName);
        GitLabApiException exception = await TestClients.ThrowsAsync(
            Enum.Parse<GitLabErrorKind>(kind),
            () => TestClients.Client(server).CreateTokenAsync(agent.Project.Id, agent.Id, "ci"));

        Assert.Equal(HttpStatusCode.BadRequest, exception.StatusCode);
        Assert.Equal(("POST", "req-1"), (exception.Method, exception.RequestId));
        Assert.NotNull(exception.ServerMessage);
        if (kind == "TokenLimitReached")
        {
            int active = server.State.TokensOf(agent).Count(token => !token.IsRevoked);
            Assert.Contains($"{active} active tokens", exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_real_limit_is_found_and_nothing_is_made()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        int tokens = server.State.Tokens.Count;
        await TestClients.ThrowsAsync(GitLabErrorKind.TokenLimitReached, () => TestClients.Client(server).CreateTokenAsync(101, 11, "third"));
        Assert.Equal(tokens, server.State.Tokens.Count);
    }

    [Theory]
    [InlineData("prod", Taken, "Conflict")]
    [InlineData("prod", Other, "Conflict")]
    [InlineData("new-one", Taken, "InvalidRequest")]
    [InlineData("new-one", Other, "InvalidRequest")]
    public async Task A_taken_name_is_decided_by_looking(string name, string words, string kind)
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        server.Faults.Add(Fault.Status(400, words).On("POST"));
        GitLabApiException exception = await TestClients.ThrowsAsync(Enum.Parse<GitLabErrorKind>(kind), () => TestClients.Client(server).CreateAgentAsync("group/app", name));
        Assert.Equal(("POST", HttpStatusCode.BadRequest), (exception.Method, exception.StatusCode));
        Assert.Contains($"'{name}'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_taken_name_is_a_conflict_with_the_server_itself()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        await TestClients.ThrowsAsync(GitLabErrorKind.Conflict, () => TestClients.Client(server).CreateAgentAsync("group/app", "prod"));
        await TestClients.ThrowsAsync(GitLabErrorKind.InvalidRequest, () => TestClients.Client(server).CreateAgentAsync("group/app", "Not A Name"));
    }

    [Fact]
    public async Task A_name_that_differs_in_case_from_an_agents_is_not_taken()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        GitLabApiException exception = await TestClients.ThrowsAsync(GitLabErrorKind.InvalidRequest, () => TestClients.Client(server).CreateAgentAsync("group/app", "Prod"));
        Assert.DoesNotContain("already has an agent with that name", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_looking_fails_the_servers_refusal_stands()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        server.Faults.Add(Fault.Status(500).On("GET").Always());
        await TestClients.ThrowsAsync(GitLabErrorKind.InvalidRequest, () => TestClients.Client(server).CreateAgentAsync("group/app", "prod"));
        GitLabApiException exception = await TestClients.ThrowsAsync(GitLabErrorKind.InvalidRequest, () => TestClients.Client(server).CreateTokenAsync(101, 11, "third"));
        Assert.Contains("two active tokens", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lock_is_a_conflict()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        server.Faults.Add(Fault.Status(409).On("DELETE"));
        GitLabApiException exception = await TestClients.ThrowsAsync(GitLabErrorKind.Conflict, () => TestClients.Client(server).DeleteAgentAsync(101, 11));
        Assert.Contains("Resource lock", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("glpat-maintainer", 999, GitLabErrorKind.ProjectNotFound)]
    [InlineData("glpat-reporter", 101, GitLabErrorKind.AgentNotFound)]
    [InlineData("glpat-noscope", 101, GitLabErrorKind.InsufficientScope)]
    [InlineData("glpat-expired", 101, GitLabErrorKind.AuthenticationFailed)]
    [InlineData("glpat-unknown", 101, GitLabErrorKind.AuthenticationFailed)]
    [InlineData("glcbt-job", 101, GitLabErrorKind.AuthenticationFailed)]
    public async Task Reads_fail_with_the_server_itself(string token, long project, GitLabErrorKind kind)
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        GitLabClient client = TestClients.Client(server, token: token);
        await TestClients.ThrowsAsync(kind, () => TestClients.ListAsync(client.GetAgentsAsync(project)));
        await TestClients.ThrowsAsync(kind, () => client.GetAgentAsync(project, 11));
    }

    [Theory]
    [InlineData("glpat-developer", "Forbidden")]
    [InlineData("glpat-readonly", "InsufficientScope")]
    public async Task Changes_fail_with_the_server_itself(string token, string kind)
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        GitLabClient client = TestClients.Client(server, token: token);
        GitLabErrorKind expected = Enum.Parse<GitLabErrorKind>(kind);
        await TestClients.ThrowsAsync(expected, () => client.CreateAgentAsync(101, "new"));
        await TestClients.ThrowsAsync(expected, () => client.DeleteAgentAsync(101, 11));
        await TestClients.ThrowsAsync(expected, () => client.CreateTokenAsync(103, 14, "new"));
        await TestClients.ThrowsAsync(expected, () => client.RevokeTokenAsync(101, 11, 1001));
    }

    [Fact]
    public async Task A_name_is_looked_up_and_digits_are_an_id()
    {
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        GitLabClient client = TestClients.Client(server);
        Assert.Equal(11, (await client.FindAgentAsync("group/app", "PROD")).Id);
        Assert.Equal(12, (await client.FindAgentAsync("group/app", "12")).Id);
        GitLabApiException exception = await TestClients.ThrowsAsync(GitLabErrorKind.AgentNotFound, () => client.FindAgentAsync("group/app", "nobody"));
        Assert.Contains("nobody", exception.Message, StringComparison.Ordinal);
        await TestClients.ThrowsAsync(GitLabErrorKind.AgentNotFound, () => client.FindAgentAsync("group/app", 13));
    }

    [Fact]
    public void Each_kind_has_its_category()
    {
        var expected = new Dictionary<string, string>
        {
            ["NotConnected"] = "ConnectionError",
            ["ProjectNotFound"] = "ObjectNotFound",
            ["AgentNotFound"] = "ObjectNotFound",
            ["TokenNotFound"] = "ObjectNotFound",
            ["UrlConfigurationNotFound"] = "ObjectNotFound",
            ["NotFound"] = "ObjectNotFound",
            ["AuthenticationFailed"] = "AuthenticationError",
            ["InsufficientScope"] = "PermissionDenied",
            ["Forbidden"] = "PermissionDenied",
            ["InvalidRequest"] = "InvalidArgument",
            ["TokenLimitReached"] = "LimitsExceeded",
            ["RateLimited"] = "LimitsExceeded",
            ["Conflict"] = "ResourceExists",
            ["ServerError"] = "InvalidResult",
            ["InvalidResponse"] = "InvalidResult",
            ["ConnectionFailed"] = "ConnectionError",
            ["Timeout"] = "OperationTimeout",
            ["OutcomeUnknown"] = "ResourceUnavailable",
            ["NotSupported"] = "NotImplemented",
            ["FileExists"] = "ResourceExists",
        };
        MethodInfo getCategory = Assembly.Load("GitLabAgents").GetType("GitLabAgents.ErrorRecordFactory", throwOnError: true)!
            .GetMethod("GetCategory", BindingFlags.NonPublic | BindingFlags.Static)!;
        Assert.Equal(
            expected,
            Enum.GetValues<GitLabErrorKind>().ToDictionary(kind => kind.ToString(), kind => getCategory.Invoke(null, [kind])!.ToString()!));
    }
}
