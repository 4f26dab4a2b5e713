using System;
using System.Collections.Generic;

namespace GitLabAgents.FakeGitLab;

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

/// <summary>A token that authenticates with the API. Each has a user of its own.</summary>
public sealed class AccessToken
{
    /// <summary>Its ID, from 9001.</summary>
    public long Id { get; init; }

    /// <summary>The secret itself.</summary>
    public required string Value { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; set; }

    /// <summary>Its kind.</summary>
    public AccessTokenType Type { get; set; }

    /// <summary>Its scopes.</summary>
    public IReadOnlyList<string> Scopes { get; set; } = [];

    /// <summary>
    /// The permissions of a fine-grained token (scope <c>granular</c>), such as <c>read_cluster_agent</c>.
    /// </summary>
    public IReadOnlyList<string> Permissions { get; set; } = [];

    /// <summary>The day from which it is expired; null: never.</summary>
    public DateOnly? ExpiresAt { get; set; }

    /// <summary>False once revoked.</summary>
    public bool Active { get; set; } = true;

    /// <summary>The ID of its user, from 7.</summary>
    public long UserId { get; set; }

    /// <summary>The username of its user.</summary>
    public string Username { get; set; } = string.Empty;

    /// <summary>Whether its user is an administrator: sees and does everything, without being a member.</summary>
    public bool IsAdmin { get; set; }

    /// <summary>Whether its user is blocked. Then every request is rejected.</summary>
    public bool IsBlocked { get; set; }

    /// <summary>
    /// The role wherever <see cref="State.SetRole" /> and <see cref="State.SetGroupRole" /> gave no other.
    /// </summary>
    public Role DefaultRole { get; set; }

    /// <summary>When it was created.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    internal Dictionary<long, Role> ProjectRoles { get; } = [];

    internal Dictionary<long, Role> GroupRoles { get; } = [];

    /// <summary>The membership, as <c>minAccessLevel</c> counts it: an administrator's too.</summary>
    internal Role MembershipIn(Project project)
    {
        if (ProjectRoles.TryGetValue(project.Id, out Role role))
        {
            return role;
        }

        return project.MembersOnly ? Role.None : MembershipIn(project.Group);
    }

    /// <summary>The membership in a group, its own or inherited.</summary>
    internal Role MembershipIn(Group? group)
    {
        for (Group? ancestor = GroupRoles.Count > 0 ? group : null; ancestor is not null; ancestor = ancestor.Parent)
        {
            if (GroupRoles.TryGetValue(ancestor.Id, out Role role))
            {
                return role;
            }
        }

        return DefaultRole;
    }

    /// <summary>What the user may do in the project.</summary>
    internal Role RoleIn(Project project) => IsAdmin ? Role.Owner : MembershipIn(project);

    /// <summary>What the user may do in the group.</summary>
    internal Role RoleIn(Group group) => IsAdmin ? Role.Owner : MembershipIn(group);

    internal bool CanSee(Project project) => project.IsPublic || RoleIn(project) > Role.None;

    /// <summary>Whether the project's connections and activity are shown.</summary>
    internal bool CanSeeActivity(Project project) =>
        RoleIn(project) >= Role.Maintainer
        && project is { Archived: false, InfrastructureEnabled: true, RepositoryEnabled: true };
}
