namespace GitLabAgents.FakeGitLab;

/// <summary>What a user may do in a project or group: GitLab's access levels.</summary>
public enum Role
{
    /// <summary>No member: a private project is invisible.</summary>
    None = 0,

    /// <summary>Guest.</summary>
    Guest = 10,

    /// <summary>Planner.</summary>
    Planner = 15,

    /// <summary>Reporter.</summary>
    Reporter = 20,

    /// <summary>Developer: reads agents and tokens.</summary>
    Developer = 30,

    /// <summary>Maintainer: does everything with agents.</summary>
    Maintainer = 40,

    /// <summary>Owner.</summary>
    Owner = 50,
}
