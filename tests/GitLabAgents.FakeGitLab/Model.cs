using System;
using System.Collections.Generic;

namespace GitLabAgents.FakeGitLab;

/// <summary>What a token's owner may do in a project.</summary>
public enum Role
{
    /// <summary>No member: the project is invisible.</summary>
    None = 0,

    /// <summary>Guest.</summary>
    Guest = 10,

    /// <summary>Reporter.</summary>
    Reporter = 20,

    /// <summary>Developer: reads agents and tokens.</summary>
    Developer = 30,

    /// <summary>Maintainer: does everything with agents.</summary>
    Maintainer = 40,

    /// <summary>Owner.</summary>
    Owner = 50,
}

/// <summary>The kind of an access token.</summary>
public enum AccessTokenType
{
    /// <summary>A personal, project or group access token: PRIVATE-TOKEN or Bearer.</summary>
    Personal,

    /// <summary>An OAuth token: Bearer only.</summary>
    OAuth,

    /// <summary>A CI job token: accepted nowhere.</summary>
    CiJob,
}

/// <summary>A token that authenticates with the API.</summary>
public sealed class AccessToken
{
    /// <summary>Its number, from 9001.</summary>
    public long Id { get; init; }

    /// <summary>The secret itself.</summary>
    public required string Value { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; set; }

    /// <summary>Its kind.</summary>
    public AccessTokenType Type { get; set; }

    /// <summary>Its scopes.</summary>
    public IReadOnlyList<string> Scopes { get; set; } = [];

    /// <summary>The day from which it is expired; null: never.</summary>
    public DateOnly? ExpiresAt { get; set; }

    /// <summary>False once revoked.</summary>
    public bool Active { get; set; } = true;

    /// <summary>The user it belongs to, from 7.</summary>
    public long UserId { get; set; }

    /// <summary>The role in projects that <see cref="Roles" /> does not name.</summary>
    public Role DefaultRole { get; set; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    internal Dictionary<long, Role> Roles { get; } = [];

    internal bool HasExpired => ExpiresAt is { } day && day <= DateOnly.FromDateTime(DateTime.UtcNow);

    internal Role RoleIn(Project project) =>
        Roles.TryGetValue(project.Id, out Role role) ? role : project.MembersOnly ? Role.None : DefaultRole;
}

/// <summary>A group; its projects are those whose path begins with its own.</summary>
public sealed class Group
{
    /// <summary>Its number, from 51.</summary>
    public long Id { get; init; }

    /// <summary>Its full path.</summary>
    public required string Path { get; init; }

    internal List<Project> SharedProjects { get; } = [];
}

/// <summary>A project.</summary>
public sealed class Project
{
    /// <summary>Its number, from 101.</summary>
    public long Id { get; init; }

    /// <summary>Its full path.</summary>
    public required string Path { get; set; }

    /// <summary>Its description.</summary>
    public string? Description { get; init; }

    /// <summary>Whether it is archived.</summary>
    public bool Archived { get; set; }

    /// <summary>Whether only tokens that have an explicit role in it see it.</summary>
    public bool MembersOnly { get; set; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The last part of the path.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>The path without its last part.</summary>
    public string Namespace => Path[..Math.Max(0, Path.LastIndexOf('/'))];

    /// <summary>By name, ascending.</summary>
    internal List<Agent> Agents { get; } = [];

    /// <summary>The config_project of its agents, as JSON, made when first needed.</summary>
    internal byte[]? ConfigJson { get; set; }
}

/// <summary>A cluster agent.</summary>
public sealed class Agent
{
    /// <summary>Its number, from 11.</summary>
    public long Id { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The project it is registered in.</summary>
    public required Project Project { get; init; }

    /// <summary>When it was made; <c>If-Unmodified-Since</c> looks at it.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>Who made it.</summary>
    public long? CreatedByUserId { get; set; }

    /// <summary>Its connections, which only GraphQL shows.</summary>
    public IReadOnlyList<AgentConnection> Connections { get; set; } = [];

    internal List<StoredToken> Tokens { get; } = [];

    internal UrlConfiguration? UrlConfiguration { get; set; }
}

/// <summary>A connection of an agent's pod.</summary>
public sealed class AgentConnection
{
    /// <summary>Since when.</summary>
    public DateTimeOffset ConnectedAt { get; init; }

    /// <summary>The agent's version.</summary>
    public string Version { get; init; } = "18.5.0";

    /// <summary>The pod.</summary>
    public string PodName { get; init; } = "agent-0";

    /// <summary>The pod's namespace.</summary>
    public string PodNamespace { get; init; } = "gitlab-agent";
}

/// <summary>An agent's token.</summary>
public sealed class StoredToken
{
    /// <summary>Its number, from 1001.</summary>
    public long Id { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its description.</summary>
    public string? Description { get; init; }

    /// <summary>Whose token it is.</summary>
    public required Agent Agent { get; init; }

    /// <summary><c>active</c>, <c>revoked</c> or anything a test wants to see; what is not <c>revoked</c> is listed.</summary>
    public string Status { get; set; } = "active";

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>Who made it.</summary>
    public long? CreatedByUserId { get; set; }

    /// <summary>When it was last used; null: never.</summary>
    public DateTimeOffset? LastUsedAt { get; set; }

    /// <summary>The secret, which the API shows once.</summary>
    public required string Secret { get; init; }

    /// <summary>Whether it is revoked.</summary>
    public bool IsRevoked => Status == "revoked";
}

/// <summary>An agent's URL configuration.</summary>
public sealed class UrlConfiguration
{
    /// <summary>Its number, from 501.</summary>
    public long Id { get; init; }

    /// <summary>Whose configuration it is.</summary>
    public required Agent Agent { get; init; }

    /// <summary>The agent's address.</summary>
    public required string Url { get; init; }

    /// <summary>The JWT public key, 32 bytes; null with a client certificate.</summary>
    public byte[]? PublicKey { get; init; }

    /// <summary>The client certificate, as PEM.</summary>
    public string? ClientCertificate { get; init; }

    /// <summary>The client's private key, as PEM, which the API never shows.</summary>
    public string? ClientKey { get; init; }

    /// <summary>The CA certificate, as PEM.</summary>
    public string? CaCertificate { get; init; }

    /// <summary>The host name that TLS checks.</summary>
    public string? TlsHost { get; init; }

    /// <summary>When it was made; <c>If-Unmodified-Since</c> looks at it.</summary>
    public DateTimeOffset CreatedAt { get; set; }
}
