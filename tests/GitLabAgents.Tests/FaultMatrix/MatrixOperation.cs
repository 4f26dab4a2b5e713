using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;

namespace GitLabAgents.Tests.FaultMatrix;

/// <summary>An operation of the client, with how to recognize its requests and its effect on the server.</summary>
/// <param name="Name">The name that the document shows.</param>
/// <param name="Command">The command that performs it.</param>
/// <param name="Method">The HTTP method of its requests.</param>
/// <param name="Path">A regular expression for the raw target of its requests.</param>
/// <param name="Invoke">Performs the operation, and returns the error of a single item if there is one.</param>
/// <param name="CountEffects">Counts how often the server performed the operation.</param>
internal sealed record MatrixOperation(
    string Name,
    string Command,
    string Method,
    string Path,
    Func<GitLabClient, Task<GitLabApiException?>> Invoke,
    Func<State, int> CountEffects)
{
    private const string NewName = "new";

    /// <summary>Gets the operations. They work on the objects of the demo seed.</summary>
    public static IReadOnlyList<MatrixOperation> All { get; } =
    [
        Read(
            "list agents",
            "Get-GitLabClusterAgent",
            "/cluster_agents\\?",
            client => DrainAsync(client.GetAgentsAsync(101))),
        Read(
            "get an agent",
            "Get-GitLabClusterAgent -AgentId",
            "/cluster_agents/11$",
            client => client.GetAgentAsync(101, 11)),
        new(
            "register an agent",
            "New-GitLabClusterAgent",
            "POST",
            "/cluster_agents$",
            WithoutItemErrors(client => client.CreateAgentAsync(101, NewName)),
            state => state.Agents.Count(agent => agent.Name == NewName)),
        new(
            "remove an agent",
            "Remove-GitLabClusterAgent",
            "DELETE",
            "/cluster_agents/11$",
            WithoutItemErrors(client => client.DeleteAgentAsync(101, 11)),
            state => state.FindAgent(11) is null ? 1 : 0),
        Read(
            "list tokens",
            "Get-GitLabAgentToken -Summary",
            "/tokens\\?",
            client => DrainAsync(client.GetTokensAsync(101, 11))),
        Read(
            "get a token",
            "Get-GitLabAgentToken -TokenId",
            "/tokens/1001$",
            client => client.GetTokenAsync(101, 11, 1001)),
        new(
            "get one of several tokens",
            "Get-GitLabAgentToken",
            "GET",
            "/tokens/1002$",
            GetTokenDetailsAsync,
            static _ => 0),
        new(
            "create a token",
            "New-GitLabAgentToken",
            "POST",
            "/tokens$",
            WithoutItemErrors(client => client.CreateTokenAsync(101, 12, NewName)),
            state => state.Tokens.Count(token => token.Name == NewName && !token.IsRevoked)),
        new(
            "revoke a token",
            "Revoke-GitLabAgentToken",
            "DELETE",
            "/tokens/1001$",
            WithoutItemErrors(client => client.RevokeTokenAsync(101, 11, 1001)),
            state => state.FindToken(1001)!.IsRevoked ? 1 : 0),
        Read(
            "list URL configurations",
            "Get-GitLabAgentUrlConfiguration",
            "/url_configurations$",
            client => client.GetUrlConfigurationsAsync(101, 12)),
        Read(
            "get a URL configuration",
            "Get-GitLabAgentUrlConfiguration -UrlConfigurationId",
            "/url_configurations/501$",
            client => client.GetUrlConfigurationAsync(101, 12, 501)),
        new(
            "create a URL configuration",
            "New-GitLabAgentUrlConfiguration",
            "POST",
            "/url_configurations$",
            WithoutItemErrors(CreateUrlConfigurationAsync),
            state => state.UrlConfigurations.Count(configuration => configuration.Agent.Id == 11)),
        new(
            "remove a URL configuration",
            "Remove-GitLabAgentUrlConfiguration",
            "DELETE",
            "/url_configurations/501$",
            WithoutItemErrors(client => client.DeleteUrlConfigurationAsync(101, 12, 501)),
            state => state.UrlConfigurations.Any(configuration => configuration.Id == 501) ? 0 : 1),
    ];

    private static MatrixOperation Read(string name, string command, string path, Func<GitLabClient, Task> invoke)
        => new(name, command, "GET", path, WithoutItemErrors(invoke), static _ => 0);

    private static Func<GitLabClient, Task<GitLabApiException?>> WithoutItemErrors(Func<GitLabClient, Task> invoke)
        => async client =>
        {
            await invoke(client);
            return null;
        };

    private static async Task DrainAsync<T>(IAsyncEnumerable<T> items)
    {
        await foreach (T unused in items)
        {
            // Only whether the whole list can be read matters.
        }
    }

    private static async Task CreateUrlConfigurationAsync(GitLabClient client)
    {
        using var content = new NewUrlConfiguration("grpcs://agent.example.com:4242", null, null, null, null);
        await client.CreateUrlConfigurationAsync(101, 11, content);
    }

    // The fault affects the second of two tokens. The first must be returned nevertheless.
    private static async Task<GitLabApiException?> GetTokenDetailsAsync(GitLabClient client)
    {
        GitLabApiException? error = null;
        int read = 0;
        await foreach (ItemResult<AgentToken> token in client.GetTokenDetailsAsync(101, 11, static _ => true))
        {
            error ??= token.Error;
            read += token.Value is null ? 0 : 1;
        }

        return read == (error is null ? 2 : 1)
            ? error
            : throw new InvalidOperationException($"{read} of two tokens were returned.");
    }
}
