using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;

namespace GitLabAgents.FakeGitLab;

/// <summary>Everything the fake GitLab knows. Its methods may be called from any thread while the server runs.</summary>
public sealed partial class State
{
    private readonly int? secretSeed;
    private readonly Dictionary<string, Group> groups = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Project> projectsByPath = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Project> movedProjects = new(StringComparer.OrdinalIgnoreCase);
    private readonly SortedDictionary<long, Project> projectsById = [];
    private readonly Dictionary<long, Agent> agents = [];
    private readonly Dictionary<long, StoredToken> tokens = [];
    private readonly Dictionary<long, UrlConfiguration> urlConfigurations = [];
    private readonly Dictionary<string, AccessToken> accessTokens = new(StringComparer.Ordinal);
    private SecretSource secrets;
    private Counters next = new();

    /// <summary>An empty state.</summary>
    /// <param name="secretSeed">Makes secrets the same in every run; null: random.</param>
    public State(int? secretSeed = null)
    {
        this.secretSeed = secretSeed;
        secrets = new SecretSource(secretSeed);
    }

    /// <summary>Held by whoever reads or changes the state.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>Forgets everything and counts from the beginning again.</summary>
    public void Clear()
    {
        lock (Gate)
        {
            groups.Clear();
            projectsByPath.Clear();
            movedProjects.Clear();
            projectsById.Clear();
            agents.Clear();
            tokens.Clear();
            urlConfigurations.Clear();
            accessTokens.Clear();
            next = new Counters();
            secrets = new SecretSource(secretSeed);
        }
    }

    /// <summary>Adds a group and those above it; returns the one that is there already if so.</summary>
    public Group AddGroup(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        lock (Gate)
        {
            if (path.LastIndexOf('/') is > 0 and int slash)
            {
                AddGroup(path[..slash]);
            }

            if (!groups.TryGetValue(path, out Group? group))
            {
                group = new Group { Id = next.Group++, Path = path };
                groups.Add(path, group);
            }

            return group;
        }
    }

    /// <summary>Adds a project, and its groups as needed.</summary>
    public Project AddProject(string path, long? id = null, string? description = null, bool archived = false, bool membersOnly = false)
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
                CreatedAt = DateTimeOffset.UtcNow,
            };
            projectsById.Add(project.Id, project);
            projectsByPath.Add(path, project);
            movedProjects.Remove(path);
            if (project.Namespace.Length > 0)
            {
                AddGroup(project.Namespace);
            }

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

            project.Path = newPath;
            project.ConfigJson = null;
            projectsByPath.Add(newPath, project);
            movedProjects[oldPath] = project;
            movedProjects.Remove(newPath);
            if (project.Namespace.Length > 0)
            {
                AddGroup(project.Namespace);
            }
        }
    }

    /// <summary>Shares a project with a group, which is made as needed.</summary>
    public void ShareProject(Project project, string groupPath)
    {
        lock (Gate)
        {
            AddGroup(groupPath).SharedProjects.Add(project);
        }
    }

    /// <summary>Adds an agent. The name is not checked.</summary>
    public Agent AddAgent(Project project, string name, long? createdByUserId = 7)
    {
        ArgumentNullException.ThrowIfNull(project);
        lock (Gate)
        {
            int index = FindIndex(project, name);
            if (index >= 0)
            {
                throw new InvalidOperationException($"'{project.Path}' has an agent '{name}' already.");
            }

            Agent agent = CreateAgent(project, name, createdByUserId);
            project.Agents.Insert(~index, agent);
            return agent;
        }
    }

    /// <summary>Adds an agent to the project of that path or number, which is made as needed.</summary>
    public Agent AddAgent(string project, string name)
    {
        lock (Gate)
        {
            return AddAgent(FindProject(project) ?? AddProject(project), name);
        }
    }

    /// <summary>Adds many agents, <c>agent-000001</c> and on, quickly.</summary>
    public IReadOnlyList<Agent> AddAgents(Project project, int count, string prefix = "agent-")
    {
        ArgumentNullException.ThrowIfNull(project);
        lock (Gate)
        {
            var added = new List<Agent>(count);
            agents.EnsureCapacity(agents.Count + count);
            for (int number = 1; added.Count < count; number++)
            {
                string name = string.Create(CultureInfo.InvariantCulture, $"{prefix}{number:D6}");
                if (FindIndex(project, name) < 0)
                {
                    added.Add(CreateAgent(project, name, 7));
                }
            }

            project.Agents.AddRange(added);
            project.Agents.Sort(static (left, right) => string.CompareOrdinal(left.Name, right.Name));
            return added;
        }
    }

    /// <summary>Adds many agents to the project of that path or number, which is made as needed.</summary>
    public IReadOnlyList<Agent> AddAgents(string project, int count, string prefix = "agent-")
    {
        lock (Gate)
        {
            return AddAgents(FindProject(project) ?? AddProject(project), count, prefix);
        }
    }

    /// <summary>Adds a token to an agent, also beyond the two that the API allows.</summary>
    public StoredToken AddToken(
        Agent agent,
        string name,
        string? description = null,
        DateTimeOffset? lastUsedAt = null,
        string status = "active",
        string? secret = null,
        long? createdByUserId = 7)
    {
        ArgumentNullException.ThrowIfNull(agent);
        lock (Gate)
        {
            var token = new StoredToken
            {
                Id = next.Token++,
                Name = name,
                Description = description,
                Agent = agent,
                Status = status,
                CreatedAt = DateTimeOffset.UtcNow,
                CreatedByUserId = createdByUserId,
                LastUsedAt = lastUsedAt,
                Secret = secret ?? "glagent-" + secrets.Text(50),
            };
            tokens.Add(token.Id, token);
            agent.Tokens.Add(token);
            return token;
        }
    }

    /// <summary>Gives an agent a URL configuration; without a certificate it gets a JWT key.</summary>
    public UrlConfiguration AddUrlConfiguration(
        Agent agent,
        string url,
        string? clientCertificate = null,
        string? clientKey = null,
        string? caCertificate = null,
        string? tlsHost = null)
    {
        ArgumentNullException.ThrowIfNull(agent);
        lock (Gate)
        {
            var configuration = new UrlConfiguration
            {
                Id = next.UrlConfiguration++,
                Agent = agent,
                Url = url,
                PublicKey = clientCertificate is null ? secrets.Bytes(32) : null,
                ClientCertificate = clientCertificate,
                ClientKey = clientKey,
                CaCertificate = caCertificate,
                TlsHost = tlsHost,
                CreatedAt = DateTimeOffset.UtcNow,
            };
            if (agent.UrlConfiguration is { } old)
            {
                urlConfigurations.Remove(old.Id);
            }

            agent.UrlConfiguration = configuration;
            urlConfigurations.Add(configuration.Id, configuration);
            return configuration;
        }
    }

    /// <summary>Adds an access token.</summary>
    /// <param name="value">The secret.</param>
    /// <param name="scopes">The scopes, separated by blanks.</param>
    /// <param name="role">The role in every project that has no other by <see cref="SetRole" />.</param>
    /// <param name="type">The kind.</param>
    /// <param name="expiresAt">The day from which it is expired.</param>
    /// <param name="name">The name; null: the value's end.</param>
    public AccessToken AddAccessToken(
        string value,
        string scopes = "api",
        Role role = Role.Maintainer,
        AccessTokenType type = AccessTokenType.Personal,
        DateOnly? expiresAt = null,
        string? name = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(value);
        lock (Gate)
        {
            var token = new AccessToken
            {
                Id = next.AccessToken++,
                Value = value,
                Name = name ?? value[(value.IndexOf('-', StringComparison.Ordinal) + 1)..],
                Type = type,
                Scopes = scopes.Split(' ', StringSplitOptions.RemoveEmptyEntries),
                ExpiresAt = expiresAt,
                UserId = next.User++,
                DefaultRole = role,
                CreatedAt = DateTimeOffset.UtcNow.AddDays(-30),
            };
            accessTokens[value] = token;
            return token;
        }
    }
}
