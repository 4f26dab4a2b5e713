using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Reflection;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>
/// Checks errors that another request distinguishes, never the text of the server; and the categories of error records.
/// </summary>
public sealed class ConflictDetectionTests
{
    private const string TokenLimit =
        """{"message":"400 Bad request - An agent can have only two active tokens at a time"}""";
    private const string NameTaken = """{"message":"400 Bad request - [\"Name has already been taken\"]"}""";
    private const string Other = """{"message":"400 Неверный запрос"}""";

    [Theory]
    [InlineData("prod", TokenLimit, "TokenLimitReached")]
    [InlineData("prod", Other, "TokenLimitReached")]
    [InlineData("cluster-eu", Other, "TokenLimitReached")]
    [InlineData("staging", TokenLimit, "InvalidRequest")]
    [InlineData("staging", Other, "InvalidRequest")]
    [InlineData("cluster-us", TokenLimit, "InvalidRequest")]
    public async Task The_token_limit_is_detected_by_counting(string agentName, string body, string kind)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Status(400, body).On("POST").WithHeader("X-Request-Id", "req-1"));
        Agent agent = server.State.Agents.Single(agent => agent.Name == agentName);
        GitLabApiException exception = await TestClients.ThrowsAsync(
            Enum.Parse<GitLabErrorKind>(kind),
            () => TestClients.CreateClient(server).CreateTokenAsync(agent.Project.Id, agent.Id, "ci"));

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
    public async Task The_fake_GitLab_reports_the_token_limit_and_creates_nothing()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        int tokens = server.State.Tokens.Count;
        await TestClients.ThrowsAsync(
            GitLabErrorKind.TokenLimitReached,
            () => TestClients.CreateClient(server).CreateTokenAsync(101, 11, "third"));
        Assert.Equal(tokens, server.State.Tokens.Count);
    }

    [Theory]
    [InlineData("prod", NameTaken, "Conflict")]
    [InlineData("prod", Other, "Conflict")]
    [InlineData("new-one", NameTaken, "InvalidRequest")]
    [InlineData("new-one", Other, "InvalidRequest")]
    public async Task A_name_conflict_is_detected_by_a_lookup(string name, string body, string kind)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Status(400, body).On("POST"));
        GitLabApiException exception = await TestClients.ThrowsAsync(
            Enum.Parse<GitLabErrorKind>(kind),
            () => TestClients.CreateClient(server).CreateAgentAsync("group/app", name));
        Assert.Equal(("POST", HttpStatusCode.BadRequest), (exception.Method, exception.StatusCode));
        Assert.Contains($"'{name}'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_fake_GitLab_reports_a_name_conflict()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        await TestClients.ThrowsAsync(
            GitLabErrorKind.Conflict, () => TestClients.CreateClient(server).CreateAgentAsync("group/app", "prod"));
        await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidRequest,
            () => TestClients.CreateClient(server).CreateAgentAsync("group/app", "Not A Name"));
    }

    [Fact]
    public async Task A_name_that_differs_in_case_from_an_agents_is_not_taken()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidRequest,
            () => TestClients.CreateClient(server).CreateAgentAsync("group/app", "Prod"));
        Assert.DoesNotContain("already has an agent with that name", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_error_of_the_server_is_kept_if_the_lookup_fails()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Status(500).On("GET").Always());
        await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidRequest,
            () => TestClients.CreateClient(server).CreateAgentAsync("group/app", "prod"));
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidRequest, () => TestClients.CreateClient(server).CreateTokenAsync(101, 11, "third"));
        Assert.Contains("two active tokens", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lock_is_a_conflict()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Status(409).On("DELETE"));
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.Conflict, () => TestClients.CreateClient(server).DeleteAgentAsync(101, 11));
        Assert.Contains("Resource lock", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("glpat-maintainer", 999, GitLabErrorKind.ProjectNotFound)]
    [InlineData("glpat-reporter", 101, GitLabErrorKind.AgentNotFound)]
    [InlineData("glpat-noscope", 101, GitLabErrorKind.InsufficientScope)]
    [InlineData("glpat-expired", 101, GitLabErrorKind.AuthenticationFailed)]
    [InlineData("glpat-unknown", 101, GitLabErrorKind.AuthenticationFailed)]
    [InlineData("glcbt-job", 101, GitLabErrorKind.AuthenticationFailed)]
    public async Task The_fake_GitLab_rejects_reads_without_permission(string token, long project, GitLabErrorKind kind)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        GitLabClient client = TestClients.CreateClient(server, token: token);
        await TestClients.ThrowsAsync(kind, () => TestClients.ToListAsync(client.GetAgentsAsync(project)));
        await TestClients.ThrowsAsync(kind, () => client.GetAgentAsync(project, 11));
    }

    [Theory]
    [InlineData("glpat-developer", "Forbidden")]
    [InlineData("glpat-readonly", "InsufficientScope")]
    public async Task The_fake_GitLab_rejects_changes_without_permission(string token, string kind)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        GitLabClient client = TestClients.CreateClient(server, token: token);
        GitLabErrorKind expected = Enum.Parse<GitLabErrorKind>(kind);
        await TestClients.ThrowsAsync(expected, () => client.CreateAgentAsync(101, "new"));
        await TestClients.ThrowsAsync(expected, () => client.DeleteAgentAsync(101, 11));
        await TestClients.ThrowsAsync(expected, () => client.CreateTokenAsync(103, 14, "new"));
        await TestClients.ThrowsAsync(expected, () => client.RevokeTokenAsync(101, 11, 1001));
    }

    [Fact]
    public async Task A_name_is_looked_up_and_digits_are_an_ID()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        GitLabClient client = TestClients.CreateClient(server);
        Assert.Equal(11, (await client.FindAgentAsync("group/app", "PROD")).Id);
        Assert.Equal(12, (await client.FindAgentAsync("group/app", "12")).Id);
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.AgentNotFound, () => client.FindAgentAsync("group/app", "nobody"));
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
        MethodInfo getCategory =
            Assembly.Load("GitLabAgents").GetType("GitLabAgents.ErrorRecordFactory", throwOnError: true)!
                .GetMethod("GetCategory", BindingFlags.NonPublic | BindingFlags.Static)!;
        Assert.Equal(
            expected,
            Enum.GetValues<GitLabErrorKind>()
                .ToDictionary(kind => kind.ToString(), kind => getCategory.Invoke(null, [kind])!.ToString()!));
    }
}
