using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks which resource a 404 refers to.</summary>
public sealed class NotFoundTests
{
    private static readonly Dictionary<string, Func<GitLabClient, long, long, Task>> Operations = new()
    {
        ["list agents"] = (client, project, _) => TestClients.ToListAsync(client.GetAgentsAsync(project)),
        ["read agent"] = (client, project, agent) => client.GetAgentAsync(project, agent),
        ["create agent"] = (client, project, _) => client.CreateAgentAsync(project, "new"),
        ["remove agent"] = (client, project, agent) => client.DeleteAgentAsync(project, agent),
        ["list tokens"] = (client, project, agent) => TestClients.ToListAsync(client.GetTokensAsync(project, agent)),
        ["read token"] = (client, project, agent) => client.GetTokenAsync(project, agent, 4711),
        ["create token"] = (client, project, agent) => client.CreateTokenAsync(project, agent, "ci"),
        ["revoke token"] = (client, project, agent) => client.RevokeTokenAsync(project, agent, 4711),
        ["list URL configurations"] = (client, project, agent) => client.GetUrlConfigurationsAsync(project, agent),
        ["read URL configuration"] = (client, project, agent) => client.GetUrlConfigurationAsync(project, agent, 4711),
        ["remove URL configuration"] = (
            client, project, agent) => client.DeleteUrlConfigurationAsync(project, agent, 4711),
    };

    public static TheoryData<string> Names() => new(Operations.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_missing_project_is_ProjectNotFound(string operation)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.ProjectNotFound, () => Operations[operation](TestClients.CreateClient(server), 999, 11));
        Assert.Contains("Project 999 does not exist", exception.Message, StringComparison.Ordinal);
        Assert.Contains("A missing role looks the same", exception.Message, StringComparison.Ordinal);
        Assert.Equal(404, (int)exception.StatusCode!);
        Assert.EndsWith("/projects/999", server.Requests[^1].RawTarget, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("read agent")]
    [InlineData("remove agent")]
    [InlineData("list tokens")]
    [InlineData("read token")]
    [InlineData("create token")]
    [InlineData("revoke token")]
    [InlineData("list URL configurations")]
    [InlineData("read URL configuration")]
    [InlineData("remove URL configuration")]
    public async Task A_missing_agent_is_AgentNotFound(string operation)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.AgentNotFound, () => Operations[operation](TestClients.CreateClient(server), 101, 999));
        Assert.Contains("role", exception.Message, StringComparison.Ordinal);
        Assert.StartsWith("Project 101 does not have the agent. Cannot", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("read token", "TokenNotFound")]
    [InlineData("revoke token", "TokenNotFound")]
    [InlineData("read URL configuration", "UrlConfigurationNotFound")]
    [InlineData("remove URL configuration", "UrlConfigurationNotFound")]
    public async Task A_missing_token_or_URL_configuration_is_not_found(string operation, string kind)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        await TestClients.ThrowsAsync(
            Enum.Parse<GitLabErrorKind>(kind), () => Operations[operation](TestClients.CreateClient(server), 101, 11));
        Assert.EndsWith("/cluster_agents/11", server.Requests[1].RawTarget, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_project_whose_agents_are_hidden_exists()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        GitLabClient client = TestClients.CreateClient(server, token: "glpat-reporter");
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.AgentNotFound, () => TestClients.ToListAsync(client.GetAgentsAsync("group/app")));
        Assert.Contains("Project group/app exists", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Developer", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("read agent", "AgentNotFound")]
    [InlineData("read token", "TokenNotFound")]
    [InlineData("list agents", "ProjectNotFound")]
    public async Task The_404_keeps_its_kind_if_the_lookup_fails(string operation, string kind)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Status(404).Matching("cluster_agents"));
        server.Faults.Add(Fault.Html(404).Always());
        GitLabApiException exception = await TestClients.ThrowsAsync(
            Enum.Parse<GitLabErrorKind>(kind), () => Operations[operation](TestClients.CreateClient(server), 101, 11));
        string start = operation == "read agent" ? "Project 101 does not have the agent. Cannot " : "Cannot ";
        Assert.StartsWith(start, exception.Message, StringComparison.Ordinal);
        Assert.Equal(2, server.Requests.Count);
    }

    [Theory]
    [InlineData("list agents")]
    [InlineData("read token")]
    [InlineData("create token")]
    public async Task An_endpoint_that_GitLab_does_not_have_is_NotSupported(string operation)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Status(404, """{"error":"404 Not Found"}""").Always());
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.NotSupported, () => Operations[operation](TestClients.CreateClient(server), 101, 11));
        Assert.Contains("14.10", exception.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_retried_removal_needs_no_lookup()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Reset().On("DELETE").AfterActing());
        await TestClients.CreateClient(server).DeleteAgentAsync(101, 11);
        Assert.Equal(["DELETE", "DELETE"], server.Requests.Select(request => request.Method));
    }
}
