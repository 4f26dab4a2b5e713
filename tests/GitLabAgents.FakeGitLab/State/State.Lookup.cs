using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace GitLabAgents.FakeGitLab;

/// <content>Finding things.</content>
public sealed partial class State
{
    /// <summary>All projects, by ID.</summary>
    public IReadOnlyList<Project> Projects => Locked(() => projectsById.Values.ToArray());

    /// <summary>All groups, by ID.</summary>
    public IReadOnlyList<Group> Groups => Locked(() => groupsById.Values.ToArray());

    /// <summary>All agents, by ID.</summary>
    public IReadOnlyList<Agent> Agents => Locked(() => agents.Values.OrderBy(static agent => agent.Id).ToArray());

    /// <summary>All agents' tokens, revoked ones too, by ID.</summary>
    public IReadOnlyList<StoredToken> Tokens => Locked(() => tokens.Values.OrderBy(static token => token.Id).ToArray());

    /// <summary>All URL configurations, by ID.</summary>
    public IReadOnlyList<UrlConfiguration> UrlConfigurations =>
        Locked(() => urlConfigurations.Values.OrderBy(static configuration => configuration.Id).ToArray());

    /// <summary>All access tokens, by ID.</summary>
    public IReadOnlyList<AccessToken> AccessTokens =>
        Locked(() => accessTokens.Values.OrderBy(static token => token.Id).ToArray());

    /// <summary>The old paths of moved projects and their new ones.</summary>
    public IReadOnlyDictionary<string, string> MovedProjects =>
        Locked(() => movedProjects.ToDictionary(static moved => moved.Key, static moved => moved.Value.Path));

    /// <summary>The projects by ID, without a copy; only while <see cref="Gate" /> is held.</summary>
    internal IReadOnlyDictionary<long, Project> ProjectsById => projectsById;

    /// <summary>The groups by ID, without a copy; only while <see cref="Gate" /> is held.</summary>
    internal IReadOnlyDictionary<long, Group> GroupsById => groupsById;

    /// <summary>The project with that ID (digits only) or path, or null.</summary>
    public Project? FindProject(string idOrPath) => Locked(() => FindProject(idOrPath, out _));

    /// <summary>The group with that ID (digits only) or path, or null.</summary>
    public Group? FindGroup(string idOrPath) => Locked(() => TryParseId(idOrPath, out long id)
        ? groupsById.GetValueOrDefault(id)
        : groups.GetValueOrDefault(idOrPath));

    /// <summary>The agent with that ID, or null.</summary>
    public Agent? FindAgent(long id) => Locked(() => agents.GetValueOrDefault(id));

    /// <summary>The agent with that name, or null.</summary>
    public Agent? FindAgent(string project, string name) => Locked(() =>
        FindProject(project) is { } found && FindIndex(found, name) is >= 0 and int index ? found.Agents[index] : null);

    /// <summary>A group's own projects, or also those of its subgroups, by ID.</summary>
    public IReadOnlyList<Project> ProjectsOf(Group group, bool includeSubgroups)
    {
        ArgumentNullException.ThrowIfNull(group);
        return Locked(() => includeSubgroups
            ? IndexOf(group).Projects
            : group.Projects.OrderBy(static project => project.Id).ToArray());
    }

    /// <summary>A project's agents, by name.</summary>
    public IReadOnlyList<Agent> AgentsOf(Project project) => Locked(() => project.Agents.ToArray());

    /// <summary>The agent's token with that ID, revoked or not, or null.</summary>
    public StoredToken? FindToken(long id) => Locked(() => tokens.GetValueOrDefault(id));

    /// <summary>The agent's token with that secret, revoked or not, or null.</summary>
    public StoredToken? FindToken(string secret) => Locked(() => tokensBySecret.GetValueOrDefault(secret));

    /// <summary>An agent's tokens, revoked ones too, oldest first.</summary>
    public IReadOnlyList<StoredToken> TokensOf(Agent agent) => Locked(() => agent.Tokens.ToArray());

    /// <summary>The URL configuration that an agent shows, or null.</summary>
    public UrlConfiguration? UrlConfigurationOf(Agent agent) => Locked(() => agent.UrlConfiguration);

    /// <summary>What happened to an agent, newest first.</summary>
    public IReadOnlyList<AgentActivityEvent> ActivityOf(Agent agent) => Locked(() => agent.Activity
        .OrderByDescending(static activity => activity.RecordedAt)
        .ThenByDescending(static activity => activity.Id)
        .ToArray());

    /// <summary>The access token with that secret, or null.</summary>
    public AccessToken? FindAccessToken(string value) => Locked(() => accessTokens.GetValueOrDefault(value));

    /// <summary>The username of a user.</summary>
    public string FindUsername(long userId) => Locked(() => usernames.GetValueOrDefault(userId)
        ?? string.Create(CultureInfo.InvariantCulture, $"user-{userId}"));

    /// <summary>A string of digits is always an ID, never a path.</summary>
    internal static bool TryParseId(string text, out long id)
    {
        id = -1;
        if (text.Length == 0 || text.AsSpan().ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id))
        {
            id = -1;
        }

        return true;
    }

    /// <summary>As <see cref="FindProject(string)" />, also through the old path of a moved project.</summary>
    internal Project? FindProject(string idOrPath, out bool moved)
    {
        moved = false;
        if (TryParseId(idOrPath, out long id))
        {
            return projectsById.GetValueOrDefault(id);
        }

        if (projectsByPath.TryGetValue(idOrPath, out Project? project))
        {
            return project;
        }

        moved = movedProjects.TryGetValue(idOrPath, out project);
        return project;
    }

    /// <summary>The project with that current path; a string of digits is a path here.</summary>
    internal Project? FindProjectByPath(string path) => projectsByPath.GetValueOrDefault(path);

    /// <summary>The group with that path; a string of digits is a path here.</summary>
    internal Group? FindGroupByPath(string path) => groups.GetValueOrDefault(path);

    /// <summary>The index of the agent in its project's list, or the complement of where it would be.</summary>
    internal static int FindIndex(Project project, string name)
    {
        int low = 0;
        int high = project.Agents.Count - 1;
        while (low <= high)
        {
            int middle = low + ((high - low) / 2);
            int order = string.CompareOrdinal(project.Agents[middle].Name, name);
            if (order == 0)
            {
                return middle;
            }

            if (order < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return ~low;
    }

    /// <summary>A group is visible to its members, and to members of a project or subgroup of it.</summary>
    internal bool CanSee(AccessToken? token, Group group) =>
        group.IsPublic
        || (token is not null && token.RoleIn(group) > Role.None)
        || IndexOf(group).Projects.Any(project => project.IsPublic || token?.CanSee(project) == true);

    /// <summary>Everything below a group, gathered once for each version of the state.</summary>
    internal GroupIndex IndexOf(Group group)
    {
        if (group.Index is { } index && index.Version == indexVersion)
        {
            return index;
        }

        Project[] projects = [.. Below(group).OrderBy(static project => project.Id)];
        Agent[] sorted = [.. projects
            .SelectMany(static project => project.Agents)
            .OrderBy(static agent => agent.Name, StringComparer.Ordinal)
            .ThenBy(static agent => agent.Id)];
        return group.Index = new GroupIndex(indexVersion, projects, sorted);
    }

    private static IEnumerable<Project> Below(Group group) => group.Projects.Concat(group.Subgroups.SelectMany(Below));

    private T Locked<T>(Func<T> action)
    {
        lock (Gate)
        {
            return action();
        }
    }
}
