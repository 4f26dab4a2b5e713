using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks polls, deadlines and versions while waiting for a connection.</summary>
public sealed class WaitForConnectionTests
{
    [Theory]
    [InlineData("18.9", "v18.9.0", true)]
    [InlineData("18", "18.0.1-rc2", true)]
    [InlineData("18.10", "v18.9.3", false)]
    [InlineData("18.9", null, false)]
    [InlineData("18.9", "unknown", false)]
    public void Versions_are_compared_as_numbers(string minimum, string? version, bool isAtLeast)
        => Assert.Equal(isAtLeast, AgentVersion.AreAtLeast([version], AgentVersion.Parse(minimum)));

    [Fact]
    public void Every_pod_must_have_the_minimum_version()
    {
        Assert.False(AgentVersion.AreAtLeast(["v18.9.0", "v18.8.0"], new Version(18, 9)));
        Assert.True(AgentVersion.AreAtLeast([null], minimum: null));
    }

    [Fact]
    public async Task The_wait_polls_until_the_agent_is_connected()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        GitLabClient client = TestClients.CreateClient(server);
        int polls = 0;
        AgentConnection connection = await client.PollConnectionAsync(
            "The agent",
            stop => ++polls == 3
                ? client.GetConnectionAsync("group/app", "prod", stop)
                : client.GetConnectionAsync("group/app", "staging", stop),
            minimumVersion: null,
            TimeSpan.Zero,
            TimeSpan.FromSeconds(5),
            CancellationToken.None);
        Assert.Equal((3, AgentConnectionStatus.Connected), (polls, connection.Status));
    }

    [Fact]
    public async Task The_timeout_error_has_the_last_known_connection()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        GitLabClient client = TestClients.CreateClient(server);
        GitLabApiException error = await Assert.ThrowsAsync<GitLabApiException>(() => client.WaitForConnectionAsync(
            "group/app", "prod", new Version(19, 0), TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(5)));
        Assert.Equal(GitLabErrorKind.Timeout, error.Kind);
        Assert.Contains("with version 19.0 or later", error.Message, StringComparison.Ordinal);
        Assert.Contains("It is connected with version 18.9.0.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_permanent_failure_ends_the_wait()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        GitLabApiException error = await Assert.ThrowsAsync<GitLabApiException>(
            () => TestClients.CreateClient(server).WaitForConnectionAsync(
                "group/app", "nobody", minimumVersion: null, TimeSpan.Zero, TimeSpan.FromSeconds(5)));
        Assert.Equal(GitLabErrorKind.AgentNotFound, error.Kind);
        Assert.Single(server.Requests.ToList());
    }
}
