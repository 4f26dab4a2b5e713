using System;
using System.Collections.Generic;
using System.Linq;
using GitLabAgents.Reports;
using GitLabAgents.Transport;
using Microsoft.Extensions.Time.Testing;

namespace GitLabAgents.Tests.Reports;

/// <summary>Agents for reports. They are the same in every run, at a fixed time.</summary>
internal sealed class ReportFleet : IDisposable
{
    public static readonly DateTimeOffset Now = new(2026, 3, 16, 9, 30, 0, TimeSpan.Zero);

    private static readonly string[] Regions = ["eu-west-1", "eu-central-1", "us-east-1", "us-west-2", "ap-south-1"];
    private static readonly string[] Stages = ["prod", "staging", "dev", "edge"];
    private static readonly string[] Teams =
        [
            "platform/infrastructure",
            "payments/checkout",
            "payments/ledger",
            "data/warehouse",
            "web/storefront",
            "mobile/backend",
            "security/vault",
        ];

    private readonly List<AgentInventoryItem> _agents = [];
    private long _lastTokenId = 100;

    public ReportFleet(string host = "gitlab.example.com")
        => Session = TestClients.CreateSession(
            new Uri("https://" + host), static (TransportOptions options) => options.Clock = new FakeTimeProvider(Now));

    public GitLabSession Session { get; }

    public IReadOnlyList<AgentInventoryItem> Agents => _agents;

    /// <summary>Creates a typical fleet, in which most agents are healthy.</summary>
    public static ReportFleet Create(int count)
    {
        var fleet = new ReportFleet();
        fleet.Session.Version = "18.9.2-ee";
        for (int i = 0; i < count; i++)
        {
            fleet.AddTypical(i);
        }

        return fleet;
    }

    public void Dispose() => Session.Dispose();

    public AgentReport Report(string title = "GitLab agents for Kubernetes") => new(title, _agents, Now);

    /// <summary>Adds an agent. Ages are in days.</summary>
    public AgentInventoryItem Add(
        string name = "prod",
        string project = "group/app",
        string? version = null,
        double? lastUsed = null,
        AgentToken[]? tokens = null,
        double created = 200,
        string? unreadable = null,
        bool isArchived = false)
    {
        long id = _agents.Count + 1;
        var agent = new ClusterAgent
        {
            Id = id,
            Name = name,
            ProjectId = Math.Abs(string.GetHashCode(project, StringComparison.Ordinal)),
            ConfigProject = new ConfigProject { PathWithNamespace = project },
            CreatedAt = Now.AddDays(-created),
            Session = Session,
        };
        ConnectionReport connection = unreadable is null
            ? ConnectionReport.Create(new ConnectionEvidence
            {
                Connections = version is null ? [] : [CreateConnection(version, lastUsed ?? 0)],
                LastUsedAt = Ago(lastUsed) ?? tokens?.Max(static token => token.LastUsedAt),
                AreTokensKnown = true,
                HasActiveToken = tokens is not { Length: 0 },
                ServerTime = Now,
            })
            : ConnectionReport.Unknown(unreadable);
        var record = new AgentRecord(
            agent, unreadable is null ? tokens ?? [Token("main", created, lastUsed)] : null, connection, isArchived);
        var item = new AgentInventoryItem(record);
        _agents.Add(item);
        return item;
    }

    /// <summary>Creates a token. Ages are in days; without a last use it was never used.</summary>
    public AgentToken Token(string name, double created, double? lastUsed) => new()
    {
        Id = ++_lastTokenId,
        Name = name,
        AgentId = _agents.Count + 1,
        Status = "active",
        CreatedAt = Now.AddDays(-created),
        LastUsedAt = Ago(lastUsed),
        Session = Session,
    };

    private static DateTimeOffset? Ago(double? days) => days is { } count ? Now.AddDays(-count) : null;

    private static ConnectionNode CreateConnection(string version, double age) => new()
    {
        ConnectedAt = Now.AddDays(-age - 3.2),
        Metadata = new ConnectionMetadata
        {
            Version = version,
            PodName = "gitlab-agent-7d4b9",
            PodNamespace = "gitlab-agent",
        },
    };

    private void AddTypical(int i)
    {
        string project = $"{Teams[i % Teams.Length]}-{(char)('a' + (i / 40))}";
        string name = $"{Stages[i / Teams.Length % Stages.Length]}-{Regions[i % Regions.Length]}";
        double age = 20 + (i * 37 % 420);
        switch (i % 29)
        {
            case 7:
                Add(name, project, lastUsed: 4 + i, created: age);
                break;
            case 13 when i % 2 == 0:
                Add(name, project, created: age);
                break;
            case 17 when i % 3 == 0:
                Add(name, project, tokens: [], created: age);
                break;
            case 19 when i > 100:
                Add(name, project, created: age, unreadable: "GitLab cannot reach its agent server (KAS).");
                break;
            case 23:
                Add(name, project, "18.9.1", 0.01, [Token("main", age, 0.01), Token("spare", age + 30, 140)], age + 40);
                break;
            default:
                string version =
                    (i * 7 % 20) switch { 0 => "18.5.3", 1 => "18.7.0", 2 or 3 => "18.8.4", _ => "18.9.1" };
                Add(name, project, version, i % 11 == 0 ? 2.5 : 0.02 + (i % 9 / 24.0), created: age);
                break;
        }
    }
}
