using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks the rules, each for one inventory item.</summary>
public sealed class AgentRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly GitLabSession Session = new(
        TestClients.Unreachable,
        TestClients.ToSecureString(TestClients.Token),
        TokenType.PrivateToken,
        new() { NoProxy = true })
    {
        Version = "18.9.0-ee",
    };

    [Fact]
    public void A_healthy_agent_has_no_findings()
        => Assert.Empty(Evaluate(Item(AgentConnectionStatus.Connected, [Token(1, createdDays: 364, usedDays: 89)])));

    [Theory]
    [InlineData(0.9, false)]
    [InlineData(1.0, true)]
    [InlineData(null, true)]
    public void An_agent_may_take_a_day_to_connect(double? days, bool isFound)
        => Assert.Equal(
            isFound ? ["NeverConnected"] : [],
            Evaluate(Item(AgentConnectionStatus.Never, [Token(1, createdDays: 0.5)], createdDays: days)));

    [Theory]
    [InlineData(0.9, 0.9, "")]
    [InlineData(1.0, null, "TokenNeverUsed")]
    [InlineData(null, null, "TokenNeverUsed")]
    [InlineData(100.0, 89.9, "")]
    [InlineData(100.0, 90.0, "TokenUnused")]
    [InlineData(364.9, 1.0, "")]
    [InlineData(365.0, 1.0, "TokenTooOld")]
    [InlineData(400.0, 90.0, "TokenUnused,TokenTooOld")]
    [InlineData(400.0, null, "TokenNeverUsed,TokenTooOld")]
    [InlineData(null, 1.0, "")]
    public void A_token_is_evaluated_by_its_age_and_last_use(double? createdDays, double? usedDays, string rules)
        => Assert.Equal(
            rules,
            string.Join(",", Evaluate(Item(AgentConnectionStatus.Connected, [Token(1, createdDays, usedDays)]))));

    [Fact]
    public void A_new_token_beside_one_in_use_is_not_spare()
        => Assert.Empty(Evaluate(Item(AgentConnectionStatus.Connected, [Token(1, 100, 1), Token(2, 0.5)])));

    [Fact]
    public void Two_idle_tokens_are_not_spare()
        => Assert.Equal(
            ["Disconnected", "TokenUnused", "TokenUnused"],
            Evaluate(Item(AgentConnectionStatus.Stale, [Token(1, 200, 100), Token(2, 200, 150)])));

    [Fact]
    public void The_spare_token_is_the_idle_one()
    {
        AgentFinding finding = Assert.Single(
            AgentRules.Evaluate(
                Item(AgentConnectionStatus.Connected, [Token(1, 200, 1), Token(2, 200, 100)]),
                new AgentRuleOptions { Rules = [AgentRules.SpareTokenUnused] },
                Now));
        Assert.Equal(2, finding.Token!.Id);
        Assert.Equal(
            "Revoke the idle one: Revoke-GitLabAgentToken -Project 'group/app' -Agent 11 -TokenId 2",
            finding.RecommendedAction);
    }

    [Fact]
    public void A_receptive_agent_needs_no_token()
    {
        Assert.Equal(["NoToken"], Evaluate(Item(AgentConnectionStatus.Unknown, [])));
        Assert.Empty(Evaluate(Item(AgentConnectionStatus.Connected, [], isReceptive: true)));
    }

    [Fact]
    public void Unknown_information_is_a_finding()
    {
        Assert.Equal(["NotReadable"], Evaluate(Item(AgentConnectionStatus.Unknown, [Token(1, 10, 1)])));
        Assert.Equal(["NotReadable"], Evaluate(Item(AgentConnectionStatus.Connected, null)));
        Assert.Equal(
            ["ProjectArchived"], Evaluate(Item(AgentConnectionStatus.Unknown, [Token(1, 10, 1)], isArchived: true)));
    }

    [Fact]
    public void A_command_quotes_its_arguments()
    {
        AgentInventoryItem item = Item(AgentConnectionStatus.Stale, [Token(1, 10, 1)], name: "it's; rm -rf\u001b[2J");
        AgentFinding finding = Assert.Single(AgentRules.Evaluate(item, new AgentRuleOptions(), Now));
        Assert.EndsWith(
            "Get-GitLabAgentActivity -Project 'group/app' -Agent 'it''s; rm -rf [2J' -First 10",
            finding.RecommendedAction,
            StringComparison.Ordinal);
    }

    private static IEnumerable<string> Evaluate(AgentInventoryItem item)
        => AgentRules.Evaluate(item, new AgentRuleOptions(), Now).Select(static finding => finding.RuleName);

    private static AgentToken Token(long id, double? createdDays, double? usedDays = null) => new()
    {
        Id = id,
        Name = $"token-{id}",
        AgentId = 11,
        ProjectId = 101,
        Status = "active",
        CreatedAt = Ago(createdDays),
        LastUsedAt = Ago(usedDays),
        Session = Session,
    };

    private static DateTimeOffset? Ago(double? days) => days is { } count ? Now.AddDays(-count) : null;

    private static AgentInventoryItem Item(
        AgentConnectionStatus status,
        AgentToken[]? tokens,
        double? createdDays = 500,
        bool isArchived = false,
        bool? isReceptive = null,
        string name = "prod")
    {
        var agent = new ClusterAgent
        {
            Id = 11,
            Name = name,
            ProjectId = 101,
            ConfigProject = new ConfigProject { Id = 101, PathWithNamespace = "group/app" },
            CreatedAt = Ago(createdDays),
            IsReceptive = isReceptive,
            Session = Session,
        };
        var evidence = new ConnectionEvidence
        {
            Connections = status == AgentConnectionStatus.Connected
                ? [new ConnectionNode { Metadata = new ConnectionMetadata { Version = "v18.9.0" } }]
                : [],
            UnknownReason = "It is not known.",
            HiddenReason = status == AgentConnectionStatus.Unknown ? "It is hidden." : null,
            LastUsedAt = status == AgentConnectionStatus.Stale ? Now.AddDays(-1) : null,
            AreTokensKnown = true,
            HasActiveToken = true,
            ServerTime = Now,
        };
        ConnectionReport report = ConnectionReport.Create(evidence);
        Assert.Equal(status, report.Status);
        return new AgentInventoryItem(new AgentRecord(agent, tokens, report, isArchived));
    }
}
