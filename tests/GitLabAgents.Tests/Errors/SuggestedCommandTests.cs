using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks that the commands in messages can be pasted into PowerShell.</summary>
public sealed class SuggestedCommandTests
{
    [Theory]
    [InlineData("prod", "'prod'")]
    [InlineData("it's", "'it''s'")]
    [InlineData("$x `n \"y\"", "'$x `n \"y\"'")]
    [InlineData("a\u2018b\u2019c\u201Ad\u201Be", "'a\u2018\u2018b\u2019\u2019c\u201A\u201Ad\u201B\u201Be'")]
    public void Text_is_quoted_as_PowerShell_reads_it(string name, string quoted)
        => Assert.Equal(
            $"Get-GitLabClusterAgent -Project 'group/app' -Name {quoted}",
            SuggestedCommand.FindAgent("group/app", name));

    [Fact]
    public void Each_command_names_its_resource()
    {
        Assert.Equal("Get-GitLabClusterAgent -Project 101 -AgentId 11", SuggestedCommand.ReadAgent(101, 11));
        Assert.Equal(
            "Get-GitLabAgentToken -Project 'a/b' -Agent 11 -Name 'ci'", SuggestedCommand.FindToken("a/b", 11, "ci"));
        Assert.Equal(
            "Get-GitLabAgentToken -Project 'a/b' -Agent 11 -TokenId 7", SuggestedCommand.ReadToken("a/b", 11, 7));
        Assert.Equal(
            "Revoke-GitLabAgentToken -Project 'a/b' -Agent 11 -TokenId 7", SuggestedCommand.Revoke("a/b", 11, 7));
        Assert.Equal(
            "Invoke-GitLabAgentTokenRotation -Project 101 -Agent 11 -Resume", SuggestedCommand.ResumeRotation(101, 11));
        Assert.Equal(
            "Get-GitLabAgentUrlConfiguration -Project 'a/b' -Agent 11",
            SuggestedCommand.ListUrlConfigurations("a/b", 11));
        Assert.Equal(
            "Remove-GitLabAgentUrlConfiguration -Project 'a/b' -Agent 11 -UrlConfigurationId 5",
            SuggestedCommand.DeleteUrlConfiguration("a/b", 11, 5));
        Assert.Equal("Remove-GitLabClusterAgent -Project 'a/b' -Agent 11", SuggestedCommand.Remove("a/b", 11));
    }

    [Theory]
    [InlineData("it's", "'it''s'", "'it''s'")]
    [InlineData("4711", "11", "4711")]
    [InlineData(null, "11", "'*'")]
    public void Commands_for_an_item_of_the_inventory_name_its_agent(string? name, string agent, string filter)
    {
        AgentInventoryItem item = new(new AgentRecord(
            new ClusterAgent { Id = 11, Name = name, ProjectId = 101 }, [], ConnectionReport.Unknown("Off."), null));
        Assert.Equal(
            $"New-GitLabAgentToken -Project 101 -Agent {agent} -Name '{agent.Trim('\'')}'",
            SuggestedCommand.CreateToken(item));
        Assert.Equal(
            $"Invoke-GitLabAgentTokenRotation -Project 101 -Agent {agent} -Deploy {{ ... }}",
            SuggestedCommand.Rotate(item));
        Assert.Equal(
            $"Get-GitLabAgentInventory -Project 101 -Name {filter}", SuggestedCommand.ReadInventory(item));
    }
}
