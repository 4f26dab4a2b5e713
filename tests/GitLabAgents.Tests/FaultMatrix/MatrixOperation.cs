using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;

namespace GitLabAgents.FaultMatrix;

/// <summary>One row of the matrix: an operation, which requests are its own, and how to see that the server acted.</summary>
/// <param name="Name">What users call it.</param>
/// <param name="Command">The command that does it.</param>
/// <param name="Method">The method of its requests.</param>
/// <param name="Path">A regular expression for the raw target of its requests.</param>
/// <param name="Act">Does it, and gives the error of a single item where there is one.</param>
/// <param name="Effect">How often the server did it.</param>
internal sealed record MatrixOperation(
    string Name,
    string Command,
    string Method,
    string Path,
    Func<GitLabClient, Task<GitLabApiException?>> Act,
    Func<State, int> Effect)
{
    private const string New = "new";

    /// <summary>The operations; the demo seed has what they work on.</summary>
    public static IReadOnlyList<MatrixOperation> All { get; } =
    [
        Read("list agents", "Get-GitLabClusterAgent", "/cluster_agents\\?", client => DrainAsync(client.GetAgentsAsync(101))),
        Read("read an agent", "Get-GitLabClusterAgent -AgentId", "/cluster_agents/11$", client => client.GetAgentAsync(101, 11)),
        new("register an agent", "New-GitLabClusterAgent", "POST", "/cluster_agents$", Plain(client => client.CreateAgentAsync(101, New)), state => state.Agents.Count(agent => agent.Name == New)),
        new("remove an agent", "Remove-GitLabClusterAgent", "DELETE", "/cluster_agents/11$", Plain(client => client.DeleteAgentAsync(101, 11)), state => state.FindAgent(11) is null ? 1 : 0),
        Read("list tokens", "Get-GitLabAgentToken -Summary", "/tokens\\?", client => DrainAsync(client.GetTokensAsync(101, 11))),
        Read("read a token", "Get-GitLabAgentToken -TokenId", "/tokens/1001$", client => client.GetTokenAsync(101, 11, 1001)),
        new("read one of several tokens", "Get-GitLabAgentToken", "GET", "/tokens/1002$", DetailsAsync, static _ => 0),
        new("make a token", "New-GitLabAgentToken", "POST", "/tokens$", Plain(client => client.CreateTokenAsync(101, 12, New)), state => state.Tokens.Count(token => token.Name == New && !token.IsRevoked)),
        new("revoke a token", "Revoke-GitLabAgentToken", "DELETE", "/tokens/1001$", Plain(client => client.RevokeTokenAsync(101, 11, 1001)), state => state.FindToken(1001)!.IsRevoked ? 1 : 0),
        Read("list URL configurations", "Get-GitLabAgentUrlConfiguration", "/url_configurations$", client => client.GetUrlConfigurationsAsync(101, 12)),
        Read("read a URL configuration", "Get-GitLabAgentUrlConfiguration -UrlConfigurationId", "/url_configurations/501$", client => client.GetUrlConfigurationAsync(101, 12, 501)),
        new("make a URL configuration", "New-GitLabAgentUrlConfiguration", "POST", "/url_configurations$", Plain(MakeUrlConfigurationAsync), state => state.UrlConfigurations.Count(configuration => configuration.Agent.Id == 11)),
        new("remove a URL configuration", "Remove-GitLabAgentUrlConfiguration", "DELETE", "/url_configurations/501$", Plain(client => client.DeleteUrlConfigurationAsync(101, 12, 501)), state => state.UrlConfigurations.Any(configuration => configuration.Id == 501) ? 0 : 1),
    ];

    private static MatrixOperation Read(string name, string command, string path, Func<GitLabClient, Task> act)
        => new(name, command, "GET", path, Plain(act), static _ => 0);

    private static Func<GitLabClient, Task<GitLabApiException?>> Plain(Func<GitLabClient, Task> act) => async client =>
    {
        await act(client);
        return null;
    };

    private static async Task DrainAsync<T>(IAsyncEnumerable<T> items)
    {
        await foreach (T unused in items)
        {
            // Only that it can be read matters.
        }
    }

    private static async Task MakeUrlConfigurationAsync(GitLabClient client)
    {
        // Only the cmdlet makes these, and its way is not for others.
        ConstructorInfo make = typeof(NewUrlConfiguration).GetConstructors(BindingFlags.NonPublic | BindingFlags.Instance).Single();
        using var content = (NewUrlConfiguration)make.Invoke(["grpcs://agent.example.com:4242", null, null, null, null]);
        await client.CreateUrlConfigurationAsync(101, 11, content);
    }

    // The fault strikes the second token of two: the first must come all the same.
    private static async Task<GitLabApiException?> DetailsAsync(GitLabClient client)
    {
        GitLabApiException? error = null;
        int read = 0;
        await foreach (ItemResult<AgentToken> token in client.GetTokenDetailsAsync(101, 11, static _ => true))
        {
            error ??= token.Error;
            read += token.Value is null ? 0 : 1;
        }

        return read == (error is null ? 2 : 1) ? error : throw new InvalidOperationException($"{read} of two tokens were read.");
    }
}
