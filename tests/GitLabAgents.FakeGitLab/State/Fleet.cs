using System;
using System.Collections.Generic;
using System.Globalization;

namespace GitLabAgents.FakeGitLab;

/// <summary>
/// A large number of projects with agents and tokens. The same description creates the same fleet, except for secrets.
/// </summary>
public sealed record Fleet
{
    /// <summary>The group of the whole fleet.</summary>
    public string Group { get; init; } = "fleet";

    /// <summary>How many projects.</summary>
    public int Projects { get; init; } = 5_000;

    /// <summary>How many agents, spread evenly over the projects.</summary>
    public int Agents { get; init; } = 10_000;

    /// <summary>How many tokens each agent has.</summary>
    public int TokensPerAgent { get; init; } = 2;

    /// <summary>How many projects a subgroup has; 0: no subgroups.</summary>
    public int ProjectsPerSubgroup { get; init; } = 100;

    /// <summary>One agent in so many is connected; 0: none.</summary>
    public int ConnectedEvery { get; init; } = 2;

    /// <summary>One project in so many is archived; 0: none.</summary>
    public int ArchivedEvery { get; init; }
}

/// <content>Fleets.</content>
public sealed partial class State
{
    private const int MaxIdleDays = 120;
    private const int MaxAgeDays = 400;

    /// <summary>Adds a fleet.</summary>
    /// <returns>Its group.</returns>
    public Group AddFleet(Fleet fleet)
    {
        ArgumentNullException.ThrowIfNull(fleet);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(fleet.Projects, nameof(fleet));
        lock (Gate)
        {
            agents.EnsureCapacity(agents.Count + fleet.Agents);
            tokens.EnsureCapacity(tokens.Count + (fleet.Agents * fleet.TokensPerAgent));
            var projects = new List<Project>(fleet.Projects);
            for (int number = 0; number < fleet.Projects; number++)
            {
                Project project = AddProject(ProjectPath(fleet, number));
                project.Archived = IsNth(number, fleet.ArchivedEvery);
                projects.Add(project);
            }

            DateTimeOffset now = Now;
            for (int number = 0; number < fleet.Agents; number++)
            {
                AddFleetAgent(fleet, projects[number % projects.Count], number, now);
            }

            return AddGroup(fleet.Group);
        }
    }

    private static string ProjectPath(Fleet fleet, int number)
    {
        string subgroup = fleet.ProjectsPerSubgroup > 0
            ? string.Create(CultureInfo.InvariantCulture, $"/team-{number / fleet.ProjectsPerSubgroup:D3}")
            : string.Empty;
        return string.Create(CultureInfo.InvariantCulture, $"{fleet.Group}{subgroup}/app-{number:D5}");
    }

    private static bool IsNth(int number, int every) => every > 0 && number % every == 0;

    private void AddFleetAgent(Fleet fleet, Project project, int number, DateTimeOffset now)
    {
        Agent agent = AddAgent(project, string.Create(CultureInfo.InvariantCulture, $"agent-{number:D6}"));
        agent.CreatedAt = now.AddDays(-(number % MaxAgeDays) - 1);
        bool isConnected = IsNth(number, fleet.ConnectedEvery);
        for (int index = 0; index < fleet.TokensPerAgent; index++)
        {
            // The first token of a connected agent is in use, the others of every agent rest for different times.
            DateTimeOffset? lastUsedAt = (isConnected, index) switch
            {
                (true, 0) => now.AddMinutes(-(number % 60)),
                (false, 0) => now.AddDays(-(number % MaxIdleDays) - 1),
                _ => null,
            };
            AddToken(agent, $"token-{index + 1}", lastUsedAt: lastUsedAt, createdAt: agent.CreatedAt);
        }

        if (isConnected)
        {
            agent.Connections = [new AgentConnection { ConnectedAt = now.AddHours(-1), ConnectionId = agent.Id }];
        }
    }
}
