using System;
using System.Collections.Generic;

namespace GitLabAgents.FakeGitLab;

/// <summary>A group; its projects are those whose path begins with its own.</summary>
public sealed class Group
{
    /// <summary>Its ID, from 51.</summary>
    public long Id { get; init; }

    /// <summary>Its full path.</summary>
    public required string Path { get; init; }

    /// <summary>Whether everyone sees it.</summary>
    public bool IsPublic { get; set; }

    /// <summary>The last part of the path.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    internal Group? Parent { get; init; }

    internal List<Group> Subgroups { get; } = [];

    internal List<Project> Projects { get; } = [];

    internal List<Project> SharedProjects { get; } = [];

    /// <summary>What was gathered from the subgroups, and for which version of the state.</summary>
    internal GroupIndex? Index { get; set; }
}

/// <summary>The projects below a group, by ID, and their agents, by name and ID.</summary>
internal sealed record GroupIndex(long Version, Project[] Projects, Agent[] Agents);

/// <summary>A project.</summary>
public sealed class Project
{
    private string path = string.Empty;

    /// <summary>Its ID, from 101.</summary>
    public long Id { get; init; }

    /// <summary>Its full path.</summary>
    public required string Path
    {
        get => path;
        set
        {
            path = value;
            ConfigJson = null;
        }
    }

    /// <summary>Its description.</summary>
    public string? Description { get; init; }

    /// <summary>Whether it is archived.</summary>
    public bool Archived { get; set; }

    /// <summary>Whether everyone sees it, with or without a role.</summary>
    public bool IsPublic { get; set; }

    /// <summary>Whether the project's feature <em>Infrastructure</em> is on.</summary>
    public bool InfrastructureEnabled { get; set; } = true;

    /// <summary>Whether the project's feature <em>Repository</em> is on.</summary>
    public bool RepositoryEnabled { get; set; } = true;

    /// <summary>Whether only access tokens that have an explicit role in it are members.</summary>
    public bool MembersOnly { get; set; }

    /// <summary>When it was created.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last active.</summary>
    public DateTimeOffset LastActivityAt { get; set; }

    /// <summary>The last part of the path.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>The path without its last part.</summary>
    public string Namespace => Path[..Math.Max(0, Path.LastIndexOf('/'))];

    /// <summary>
    /// Whether agents and tokens may be changed: not in archived projects, or with Infrastructure off.
    /// </summary>
    internal bool AllowsChanges => InfrastructureEnabled && !Archived;

    internal Group? Group { get; set; }

    /// <summary>By name, ascending.</summary>
    internal List<Agent> Agents { get; } = [];

    internal List<DeploymentEnvironment> Environments { get; } = [];

    /// <summary>The config_project of its agents, as JSON, written when first needed.</summary>
    internal byte[]? ConfigJson { get; set; }
}

/// <summary>An environment of a project, which may deploy through an agent.</summary>
public sealed class DeploymentEnvironment
{
    /// <summary>Its ID, from 701.</summary>
    public long Id { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary><c>available</c>, <c>stopping</c> or <c>stopped</c>.</summary>
    public string State { get; set; } = "available";

    /// <summary>The agent that it deploys through, or null.</summary>
    public Agent? Agent { get; set; }

    /// <summary>The Kubernetes namespace, or null.</summary>
    public string? KubernetesNamespace { get; set; }
}
