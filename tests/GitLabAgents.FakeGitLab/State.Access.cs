using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace GitLabAgents.FakeGitLab;

/// <content>Looking things up and changing them.</content>
public sealed partial class State
{
    /// <summary>All projects, by number.</summary>
    public IReadOnlyList<Project> Projects => Locked(() => projectsById.Values.ToArray());

    /// <summary>All groups, by number.</summary>
    public IReadOnlyList<Group> Groups => Locked(() => groups.Values.OrderBy(static group => group.Id).ToArray());

    /// <summary>All agents, by number.</summary>
    public IReadOnlyList<Agent> Agents => Locked(() => agents.Values.OrderBy(static agent => agent.Id).ToArray());

    /// <summary>All agents' tokens, revoked ones too, by number.</summary>
    public IReadOnlyList<StoredToken> Tokens => Locked(() => tokens.Values.OrderBy(static token => token.Id).ToArray());

    /// <summary>All URL configurations, by number.</summary>
    public IReadOnlyList<UrlConfiguration> UrlConfigurations =>
        Locked(() => urlConfigurations.Values.OrderBy(static configuration => configuration.Id).ToArray());

    /// <summary>All access tokens, by number.</summary>
    public IReadOnlyList<AccessToken> AccessTokens => Locked(() => accessTokens.Values.OrderBy(static token => token.Id).ToArray());

    /// <summary>The old paths of moved projects and their new ones.</summary>
    public IReadOnlyDictionary<string, string> MovedProjects =>
        Locked(() => movedProjects.ToDictionary(static moved => moved.Key, static moved => moved.Value.Path));

    /// <summary>The project with that number (digits only) or path, or null.</summary>
    public Project? FindProject(string idOrPath) => Locked(() => FindProject(idOrPath, out _));

    /// <summary>The group with that number (digits only) or path, or null.</summary>
    public Group? FindGroup(string idOrPath) => Locked(() => TryId(idOrPath, out long id)
        ? groups.Values.FirstOrDefault(group => group.Id == id)
        : groups.GetValueOrDefault(idOrPath));

    /// <summary>The agent with that number, or null.</summary>
    public Agent? FindAgent(long id) => Locked(() => agents.GetValueOrDefault(id));

    /// <summary>The agent with that name, or null.</summary>
    public Agent? FindAgent(string project, string name) => Locked(() =>
        FindProject(project) is { } found && FindIndex(found, name) is >= 0 and int index ? found.Agents[index] : null);

    /// <summary>A group's own projects, and those of its subgroups, by number.</summary>
    public IReadOnlyList<Project> ProjectsOf(Group group, bool includeSubgroups) => Locked(() => projectsById.Values
        .Where(project => project.Namespace.Equals(group.Path, StringComparison.OrdinalIgnoreCase)
            || (includeSubgroups && project.Path.StartsWith(group.Path + "/", StringComparison.OrdinalIgnoreCase)))
        .ToArray());

    /// <summary>A project's agents, by name.</summary>
    public IReadOnlyList<Agent> AgentsOf(Project project) => Locked(() => project.Agents.ToArray());

    /// <summary>The agent's token with that number, revoked or not, or null.</summary>
    public StoredToken? FindToken(long id) => Locked(() => tokens.GetValueOrDefault(id));

    /// <summary>An agent's tokens, revoked ones too, oldest first.</summary>
    public IReadOnlyList<StoredToken> TokensOf(Agent agent) => Locked(() => agent.Tokens.ToArray());

    /// <summary>An agent's URL configuration, or null.</summary>
    public UrlConfiguration? UrlConfigurationOf(Agent agent) => Locked(() => agent.UrlConfiguration);

    /// <summary>The access token with that secret, or null.</summary>
    public AccessToken? FindAccessToken(string value) => Locked(() => accessTokens.GetValueOrDefault(value));

    /// <summary>Gives an access token a role in one project.</summary>
    public void SetRole(AccessToken token, Project project, Role role) => Locked(() => token.Roles[project.Id] = role);

    /// <summary>Notes that an agent used its token.</summary>
    public void MarkUsed(long tokenId, DateTimeOffset? when = null) =>
        Locked(() => tokens[tokenId].LastUsedAt = when ?? DateTimeOffset.UtcNow);

    /// <summary>Revokes an agent's token.</summary>
    public void RevokeToken(long tokenId) => Locked(() => tokens[tokenId].Status = "revoked");

    /// <summary>Removes an agent with its tokens and its URL configuration.</summary>
    public void RemoveAgent(Agent agent)
    {
        ArgumentNullException.ThrowIfNull(agent);
        lock (Gate)
        {
            agents.Remove(agent.Id);
            agent.Project.Agents.RemoveAt(FindIndex(agent.Project, agent.Name));
            agent.Tokens.ForEach(token => tokens.Remove(token.Id));
            RemoveUrlConfiguration(agent);
        }
    }

    /// <summary>Removes an agent's URL configuration.</summary>
    public void RemoveUrlConfiguration(Agent agent)
    {
        ArgumentNullException.ThrowIfNull(agent);
        lock (Gate)
        {
            if (agent.UrlConfiguration is { } configuration)
            {
                urlConfigurations.Remove(configuration.Id);
                agent.UrlConfiguration = null;
            }
        }
    }

    /// <summary>A numeric string is always a number, never a path.</summary>
    internal static bool TryId(string text, out long id)
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

    /// <summary>As <see cref="FindProject(string)" />, and through the old path of a moved project too.</summary>
    internal Project? FindProject(string idOrPath, out bool moved)
    {
        moved = false;
        if (TryId(idOrPath, out long id))
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

    /// <summary>Where the agent is in its project's list, or the complement of where it would be.</summary>
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

    private Agent CreateAgent(Project project, string name, long? createdByUserId)
    {
        var agent = new Agent
        {
            Id = next.Agent++,
            Name = name,
            Project = project,
            CreatedAt = DateTimeOffset.UtcNow,
            CreatedByUserId = createdByUserId,
        };
        agents.Add(agent.Id, agent);
        return agent;
    }

    private T Locked<T>(Func<T> action)
    {
        lock (Gate)
        {
            return action();
        }
    }
}
