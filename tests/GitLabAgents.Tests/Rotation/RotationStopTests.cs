using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;
using static GitLabAgents.Tests.Rotation.RotationRequests;

namespace GitLabAgents.Tests.Rotation;

/// <summary>Checks what a rotation that is stopped says about its tokens.</summary>
public sealed class RotationStopTests
{
    private const string Staging = "of agent staging of project group/app on";

    [Fact]
    public async Task A_stop_before_the_first_change_reports_nothing()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: true);
        using var stop = new CancellationTokenSource();
        var request = new RotationRequest { Confirm = _ => throw new OperationCanceledException() };
        await Assert.ThrowsAsync<OperationCanceledException>(() => RotateAsync(server, request, stop));
        server.Faults.Add(StopAt("GET", $"/tokens/{cluster.Spare!.Id}", stop));
        await Assert.ThrowsAsync<TaskCanceledException>(() => RotateAsync(server, new RotationRequest(), stop));
        Assert.DoesNotContain(server.Requests, sent => sent.Method != "GET");
    }

    [Fact]
    public async Task A_stop_during_an_eviction_names_the_token_that_may_be_revoked()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: true);
        using var stop = new CancellationTokenSource();
        server.Faults.Add(StopAt("DELETE", $"/tokens/{cluster.Spare!.Id}", stop));
        OperationInterruptedException exception = await Assert.ThrowsAsync<OperationInterruptedException>(
            () => RotateAsync(server, new RotationRequest(), stop));
        string host = server.Url.Authority;
        Assert.Equal(
            $"Stopped. To free a slot, token 'spare' ({cluster.Spare.Id}) {Staging} {host} may have been revoked. "
                + $"Stopped during the request to revoke token {cluster.Spare.Id} of agent 12 of project 101 on "
                + $"{host}: GitLab may have processed it. Look for it with: "
                + SuggestedCommand.ReadToken(101, 12, cluster.Spare.Id),
            exception.Message);
        Assert.Equal(stop.Token, exception.CancellationToken);
    }

    [Fact]
    public async Task A_stop_before_an_eviction_is_repeated_says_that_there_is_no_new_token()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: true);
        server.Faults.Add(Fault.Status(500).On("DELETE"));
        using var stop = new CancellationTokenSource();
        using var handler = new InterruptingHandler(at: 8, afterActing: false, stop); // The first after the DELETE.
        GitLabClient client = TestClients.CreateClient(server, options => options.PrimaryHandler = handler);
        OperationInterruptedException exception = await Assert.ThrowsAsync<OperationInterruptedException>(
            () => TokenRotator.RotateAsync(client, 101, 12, new RotationRequest(), stop.Token));
        Assert.Equal(
            $"Stopped. To free a slot, token 'spare' ({cluster.Spare!.Id}) {Staging} {server.Url.Authority} may have "
                + "been revoked. No new token was created.",
            exception.Message);
        Assert.Single(server.Requests, sent => sent.Method == "DELETE");
    }

    [Fact]
    public async Task A_stop_before_the_deployment_deploys_nothing()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        using var stop = new CancellationTokenSource();
        bool isDeployed = false;
        var request = new RotationRequest
        {
            OnProgress = progress =>
            {
                if (progress.Phase == RotationPhase.Deploying)
                {
                    stop.Cancel();
                }
            },
            Deploy = _ =>
            {
                isDeployed = true;
                return Task.CompletedTask;
            },
        };
        await Assert.ThrowsAsync<OperationInterruptedException>(() => RotateAsync(server, request, stop));
        Assert.False(isDeployed);
        Assert.Equal([1004], cluster.Active.Select(token => token.Id));
    }

    [Fact]
    public async Task A_stop_during_the_creation_names_the_revoked_token_and_the_new_one()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: true);
        using var stop = new CancellationTokenSource();
        server.Faults.Add(StopAt("POST", Tokens, stop));
        OperationInterruptedException exception = await Assert.ThrowsAsync<OperationInterruptedException>(
            () => RotateAsync(server, new RotationRequest { Name = "new" }, stop));
        string host = server.Url.Authority;
        Assert.StartsWith(
            $"Stopped. To free a slot, token 'spare' ({cluster.Spare!.Id}) {Staging} {host} was revoked. Stopped "
                + $"during the request to create token 'new' for agent 12 of project 101 on {host}: ",
            exception.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_during_the_deployment_rolls_the_new_token_back()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        using var stop = new CancellationTokenSource();
        string name = string.Empty;
        var request = new RotationRequest
        {
            Deploy = async token =>
            {
                name = token.Name!;
                await stop.CancelAsync();
                throw new OperationCanceledException(stop.Token);
            },
        };
        OperationInterruptedException exception = await Assert.ThrowsAsync<OperationInterruptedException>(
            () => RotateAsync(server, request, stop));
        Assert.Equal(
            $"Stopped. Token '{name}' (1012) {Staging} {server.Url.Authority} was not deployed: the rotation was "
                + "stopped. It was revoked. Kept: token 'staging-1' (1004).",
            exception.Message);
        Assert.Equal([1004], cluster.Active.Select(token => token.Id));
    }

    [Theory]
    [InlineData("GET", "/tokens/1012", "has not been seen in use yet")]
    [InlineData("DELETE", "/tokens/1004", "is in use")]
    public async Task A_stop_after_the_deployment_keeps_the_tokens(string method, string path, string state)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        var cluster = new Cluster(server, spare: false);
        using var stop = new CancellationTokenSource();
        server.Faults.Add(StopAt(method, path, stop));
        string name = string.Empty;
        var request = new RotationRequest
        {
            Deploy = token =>
            {
                name = token.Name!;
                cluster.Deploy(token, polls: 0);
                return Task.CompletedTask;
            },
        };
        OperationInterruptedException exception = await Assert.ThrowsAsync<OperationInterruptedException>(
            () => RotateAsync(server, request, stop));
        Assert.EndsWith(
            $" Token '{name}' (1012) {Staging} {server.Url.Authority} was created and {state}. "
                + $"Kept: token 'staging-1' (1004). {ResumeCommand}",
            exception.Message,
            StringComparison.Ordinal);
        Assert.Equal(2, cluster.Active.Count());
    }

    private static Task RotateAsync(FakeGitLabServer server, RotationRequest request, CancellationTokenSource stop)
        => TokenRotator.RotateAsync(TestClients.CreateClient(server), 101, 12, request, stop.Token);

    private static Fault StopAt(string method, string path, CancellationTokenSource stop)
        => Fault.Hang().On(method, path).Where(_ =>
        {
            stop.Cancel();
            return true;
        });
}
