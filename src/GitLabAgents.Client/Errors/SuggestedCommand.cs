using System;
using System.Globalization;
using System.Linq;
using System.Text;

namespace GitLabAgents;

/// <summary>The commands that the client's messages suggest: the only place that knows the names of cmdlets.</summary>
internal static class SuggestedCommand
{
    public const string Connect = "Connect-GitLab";
    public const string GetAgent = "Get-GitLabClusterAgent";
    public const string GetToken = "Get-GitLabAgentToken";
    public const string GetUrlConfiguration = "Get-GitLabAgentUrlConfiguration";
    public const string RemoveUrlConfiguration = "Remove-GitLabAgentUrlConfiguration";
    public const string RevokeToken = "Revoke-GitLabAgentToken";

    public const string RemoveAgent = "Remove-GitLabClusterAgent";

    private const string GetActivity = "Get-GitLabAgentActivity";
    private const string GetInventory = "Get-GitLabAgentInventory";
    private const string NewToken = "New-GitLabAgentToken";
    private const string RotateToken = "Invoke-GitLabAgentTokenRotation";

    public static string FindAgent(ProjectReference project, string name)
        => Build(GetAgent, ("Project", project), ("Name", name));

    public static string ReadAgent(ProjectReference project, long agentId)
        => Build(GetAgent, ("Project", project), ("AgentId", agentId));

    public static string FindToken(ProjectReference project, long agentId, string name)
        => Build(GetToken, ("Project", project), ("Agent", agentId), ("Name", name));

    public static string ReadToken(ProjectReference project, long agentId, long tokenId)
        => Build(GetToken, ("Project", project), ("Agent", agentId), ("TokenId", tokenId));

    public static string Revoke(ProjectReference project, long agentId, long tokenId)
        => Build(RevokeToken, ("Project", project), ("Agent", agentId), ("TokenId", tokenId));

    public static string ResumeRotation(long projectId, long agentId)
        => Build(RotateToken, ("Project", projectId), ("Agent", agentId)) + " -Resume";

    public static string ListUrlConfigurations(ProjectReference project, long agentId)
        => Build(GetUrlConfiguration, ("Project", project), ("Agent", agentId));

    public static string DeleteUrlConfiguration(ProjectReference project, long agentId, long urlConfigurationId)
        => Build(
            RemoveUrlConfiguration,
            ("Project", project),
            ("Agent", agentId),
            ("UrlConfigurationId", urlConfigurationId));

    public static string Remove(ProjectReference project, long agentId)
        => Build(RemoveAgent, ("Project", project), ("Agent", agentId));

    public static string Remove(AgentInventoryItem item) => Build(RemoveAgent, item);

    public static string CreateToken(AgentInventoryItem item)
        => Build(NewToken, item) + " -Name " + Quote(item.Agent);

    public static string Rotate(AgentInventoryItem item) => Build(RotateToken, item) + " -Deploy { ... }";

    public static string ListTokens(AgentInventoryItem item) => Build(GetToken, item);

    public static string ListActivity(AgentInventoryItem item) => Build(GetActivity, item) + " -First 10";

    public static string ReadInventory(AgentInventoryItem item)
        => Build(GetInventory, ("Project", item.Project), ("Name", item.Name ?? "*"));

    private static string Build(string cmdlet, AgentInventoryItem item)
        => Build(cmdlet, ("Project", item.Project), ("Agent", item.Agent));

    private static string Build(string cmdlet, params (string Name, object Value)[] parameters)
    {
        var line = new StringBuilder(cmdlet);
        foreach ((string name, object value) in parameters)
        {
            string text = Convert.ToString(value, CultureInfo.InvariantCulture)!;
            line.Append(" -").Append(name).Append(' ').Append(text.All(char.IsDigit) ? text : Quote(text));
        }

        return line.ToString();
    }

    // PowerShell takes typographic quotation marks for single quotes as well.
    private static string Quote(string text)
    {
        var quoted = new StringBuilder("'");
        foreach (char c in text)
        {
            quoted.Append(c, c is '\'' or (>= '\u2018' and <= '\u201B') ? 2 : 1);
        }

        return quoted.Append('\'').ToString();
    }
}
