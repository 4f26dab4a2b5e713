using System;
using System.Collections.Generic;
using System.Threading;

namespace GitLabAgents.FakeGitLab;

/// <summary>
/// Everything the fake GitLab holds. Its methods may be called from any thread while the server runs.
/// </summary>
public sealed partial class State
{
    private readonly int? secretSeed;
    private readonly TimeProvider clock;
    private readonly Dictionary<string, Group> groups = new(StringComparer.OrdinalIgnoreCase);
    private readonly SortedDictionary<long, Group> groupsById = [];
    private readonly Dictionary<string, Project> projectsByPath = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Project> movedProjects = new(StringComparer.OrdinalIgnoreCase);
    private readonly SortedDictionary<long, Project> projectsById = [];
    private readonly Dictionary<long, Agent> agents = [];
    private readonly Dictionary<long, StoredToken> tokens = [];
    private readonly Dictionary<string, StoredToken> tokensBySecret = new(StringComparer.Ordinal);
    private readonly Dictionary<long, UrlConfiguration> urlConfigurations = [];
    private readonly Dictionary<string, AccessToken> accessTokens = new(StringComparer.Ordinal);
    private readonly Dictionary<long, string> usernames = [];
    private SecretGenerator secrets;
    private IdCounters next = new();
    private long indexVersion;

    /// <summary>Creates an empty state.</summary>
    /// <param name="secretSeed">Makes secrets the same in every run; null: random.</param>
    /// <param name="clock">The server's clock; null: the system's.</param>
    public State(int? secretSeed = null, TimeProvider? clock = null)
    {
        this.secretSeed = secretSeed;
        this.clock = clock ?? TimeProvider.System;
        secrets = new SecretGenerator(secretSeed);
    }

    /// <summary>The time by the server's clock.</summary>
    public DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>Held by everyone who reads or changes the state.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>Counts the tokens and URL configurations that were ever created.</summary>
    internal long Creations { get; private set; }

    /// <summary>Removes everything and starts all IDs from the beginning.</summary>
    public void Clear()
    {
        lock (Gate)
        {
            groups.Clear();
            groupsById.Clear();
            projectsByPath.Clear();
            movedProjects.Clear();
            projectsById.Clear();
            agents.Clear();
            tokens.Clear();
            tokensBySecret.Clear();
            urlConfigurations.Clear();
            accessTokens.Clear();
            usernames.Clear();
            next = new IdCounters();
            secrets = new SecretGenerator(secretSeed);
            indexVersion++;
        }
    }

    /// <summary>Adds a group and those above it; returns the existing one if there is one.</summary>
    public Group AddGroup(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        lock (Gate)
        {
            Group? parent = path.LastIndexOf('/') is > 0 and int slash ? AddGroup(path[..slash]) : null;
            if (!groups.TryGetValue(path, out Group? group))
            {
                group = new Group { Id = next.Group++, Path = path, Parent = parent };
                groups.Add(path, group);
                groupsById.Add(group.Id, group);
                parent?.Subgroups.Add(group);
                indexVersion++;
            }

            return group;
        }
    }

    /// <summary>Adds a project, and its groups as needed.</summary>
    public Project AddProject(
        string path,
        long? id = null,
        string? description = null,
        bool archived = false,
        bool membersOnly = false,
        bool isPublic = false)
    {
        lock (Gate)
        {
            var project = new Project
            {
                Id = id ?? next.FreeProject(projectsById),
                Path = path,
                Description = description,
                Archived = archived,
                MembersOnly = membersOnly,
                IsPublic = isPublic,
                CreatedAt = Now,
                LastActivityAt = Now,
            };
            projectsById.Add(project.Id, project);
            projectsByPath.Add(path, project);
            movedProjects.Remove(path);
            AddToGroup(project);
            return project;
        }
    }

    /// <summary>Moves a project; its old path then redirects.</summary>
    public void MoveProject(string oldPath, string newPath)
    {
        lock (Gate)
        {
            if (!projectsByPath.Remove(oldPath, out Project? project))
            {
                throw new KeyNotFoundException($"There is no project '{oldPath}'.");
            }

            project.Group?.Projects.Remove(project);
            project.Path = newPath;
            projectsByPath.Add(newPath, project);
            movedProjects[oldPath] = project;
            movedProjects.Remove(newPath);
            AddToGroup(project);
        }
    }

    /// <summary>Shares a project with a group, which is created as needed.</summary>
    public void ShareProject(Project project, string groupPath)
    {
        lock (Gate)
        {
            AddGroup(groupPath).SharedProjects.Add(project);
        }
    }

    /// <summary>Adds an environment to a project.</summary>
    public DeploymentEnvironment AddEnvironment(
        Project project,
        string name,
        Agent? agent = null,
        string? kubernetesNamespace = null,
        string state = "available")
    {
        ArgumentNullException.ThrowIfNull(project);
        lock (Gate)
        {
            var environment = new DeploymentEnvironment
            {
                Id = next.Environment++,
                Name = name,
                Agent = agent,
                KubernetesNamespace = kubernetesNamespace,
                State = state,
            };
            project.Environments.Add(environment);
            return environment;
        }
    }

    /// <summary>Adds an access token, with a user of its own.</summary>
    /// <param name="value">The secret.</param>
    /// <param name="scopes">The scopes, separated by spaces.</param>
    /// <param name="role">The role in every project and group that has no other.</param>
    /// <param name="type">The kind.</param>
    /// <param name="expiresAt">The day from which it is expired.</param>
    /// <param name="name">The name; null: the end of the value.</param>
    /// <param name="isAdmin">Whether its user is an administrator.</param>
    public AccessToken AddAccessToken(
        string value,
        string scopes = "api",
        Role role = Role.Maintainer,
        AccessTokenType type = AccessTokenType.Personal,
        DateOnly? expiresAt = null,
        string? name = null,
        bool isAdmin = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(value);
        lock (Gate)
        {
            string ending = value[(value.IndexOf('-', StringComparison.Ordinal) + 1)..];
            var token = new AccessToken
            {
                Id = next.AccessToken++,
                Value = value,
                Name = name ?? ending,
                Username = name ?? ending,
                Type = type,
                Scopes = scopes.Split(' ', StringSplitOptions.RemoveEmptyEntries),
                ExpiresAt = expiresAt,
                UserId = next.User++,
                DefaultRole = role,
                IsAdmin = isAdmin,
                CreatedAt = Now.AddDays(-30),
            };
            accessTokens[value] = token;
            usernames[token.UserId] = token.Username;
            return token;
        }
    }

    /// <summary>Gives an access token a role in one project.</summary>
    public void SetRole(AccessToken token, Project project, Role role)
    {
        lock (Gate)
        {
            token.ProjectRoles[project.Id] = role;
        }
    }

    /// <summary>Gives an access token a role in a group, its subgroups and their projects.</summary>
    public void SetGroupRole(AccessToken token, Group group, Role role)
    {
        lock (Gate)
        {
            token.GroupRoles[group.Id] = role;
        }
    }

    private void AddToGroup(Project project)
    {
        project.Group = project.Namespace.Length > 0 ? AddGroup(project.Namespace) : null;
        project.Group?.Projects.Add(project);
        indexVersion++;
    }
}
