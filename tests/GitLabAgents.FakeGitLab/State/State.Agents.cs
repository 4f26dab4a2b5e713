using System;
using System.Collections.Generic;
using System.Globalization;

namespace GitLabAgents.FakeGitLab;

/// <content>Agents, their tokens, URL configurations and activity.</content>
public sealed partial class State
{
    /// <summary>Adds an agent. The name is not validated.</summary>
    public Agent AddAgent(Project project, string name, long? createdByUserId = 7)
    {
        ArgumentNullException.ThrowIfNull(project);
        lock (Gate)
        {
            int index = FindIndex(project, name);
            if (index >= 0)
            {
                throw new InvalidOperationException($"'{project.Path}' already has an agent '{name}'.");
            }

            Agent agent = CreateAgent(project, name, createdByUserId);
            project.Agents.Insert(~index, agent);
            return agent;
        }
    }

    /// <summary>Adds an agent to the project with that path or ID, which is created as needed.</summary>
    public Agent AddAgent(string project, string name)
    {
        lock (Gate)
        {
            return AddAgent(FindProject(project) ?? AddProject(project), name);
        }
    }

    /// <summary>Adds many agents, <c>agent-000001</c> and up, quickly.</summary>
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

    /// <summary>Adds many agents to the project with that path or ID, which is created as needed.</summary>
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
        long? createdByUserId = 7,
        DateTimeOffset? createdAt = null)
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
                CreatedAt = createdAt ?? Now,
                CreatedByUserId = createdByUserId,
                LastUsedAt = lastUsedAt,
                Secret = secret ?? CreateSecret(isRoutable: true),
                CreatedIn = ++Creations,
            };
            tokens.Add(token.Id, token);
            tokensBySecret[token.Secret] = token;
            agent.Tokens.Add(token);
            RecordActivity(agent, AgentActivityKind.TokenCreated, token.CreatedAt, createdByUserId, token);
            return token;
        }
    }

    /// <summary>Adds a URL configuration to an agent; without a certificate it gets a JWT key.</summary>
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
                CreatedAt = Now,
                CreatedIn = ++Creations,
            };
            agent.UrlConfigurations.Add(configuration);
            agent.UpdatedAt = Now;
            urlConfigurations.Add(configuration.Id, configuration);
            return configuration;
        }
    }

    /// <summary>Records that an agent used its token.</summary>
    public void MarkUsed(long tokenId, DateTimeOffset? when = null)
    {
        lock (Gate)
        {
            tokens[tokenId].LastUsedAt = when ?? Now;
        }
    }

    /// <summary>Revokes an agent's token. A token that is revoked already stays as it is.</summary>
    public void RevokeToken(long tokenId, long? userId = null)
    {
        lock (Gate)
        {
            StoredToken token = tokens[tokenId];
            if (!token.IsRevoked)
            {
                token.Status = "revoked";
                RecordActivity(token.Agent, AgentActivityKind.TokenRevoked, userId: userId, token: token);
            }
        }
    }

    /// <summary>Removes an agent with its tokens and its URL configurations.</summary>
    public void RemoveAgent(Agent agent)
    {
        ArgumentNullException.ThrowIfNull(agent);
        lock (Gate)
        {
            agents.Remove(agent.Id);
            agent.Project.Agents.RemoveAt(FindIndex(agent.Project, agent.Name));
            foreach (StoredToken token in agent.Tokens)
            {
                tokens.Remove(token.Id);
                tokensBySecret.Remove(token.Secret);
            }

            agent.UrlConfigurations.ForEach(configuration => urlConfigurations.Remove(configuration.Id));
            agent.UrlConfigurations.Clear();
            agent.Project.Environments.ForEach(environment =>
                environment.Agent = environment.Agent == agent ? null : environment.Agent);
            indexVersion++;
        }
    }

    /// <summary>Removes the URL configuration that an agent shows; the next one then shows, if there is one.</summary>
    public void RemoveUrlConfiguration(Agent agent)
    {
        ArgumentNullException.ThrowIfNull(agent);
        lock (Gate)
        {
            if (agent.UrlConfiguration is { } configuration)
            {
                RemoveUrlConfiguration(configuration);
            }
        }
    }

    /// <summary>Removes a URL configuration.</summary>
    public void RemoveUrlConfiguration(UrlConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        lock (Gate)
        {
            urlConfigurations.Remove(configuration.Id);
            configuration.Agent.UrlConfigurations.Remove(configuration);
            configuration.Agent.UpdatedAt = Now;
        }
    }

    /// <summary>Records an activity event, which GraphQL shows.</summary>
    public AgentActivityEvent RecordActivity(
        Agent agent,
        string kind,
        DateTimeOffset? recordedAt = null,
        long? userId = null,
        StoredToken? token = null)
    {
        ArgumentNullException.ThrowIfNull(agent);
        lock (Gate)
        {
            var activity = new AgentActivityEvent
            {
                Id = next.ActivityEvent++,
                RecordedAt = recordedAt ?? Now,
                Kind = kind,
                UserId = userId,
                Token = token,
            };
            agent.Activity.Add(activity);
            return activity;
        }
    }

    internal string CreateSecret(bool isRoutable) => secrets.AgentToken(isRoutable);

    private Agent CreateAgent(Project project, string name, long? createdByUserId)
    {
        var agent = new Agent
        {
            Id = next.Agent++,
            Name = name,
            Project = project,
            CreatedAt = Now,
            CreatedByUserId = createdByUserId,
            State = this,
        };
        agents.Add(agent.Id, agent);
        indexVersion++;
        return agent;
    }
}
