using System.Collections.Generic;
using System.Globalization;
using System.Text.Json.Serialization;

namespace GitLabAgents;

/// <summary>The source-generated serializer of projects, groups and users.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(List<ProjectInfo>))]
[JsonSerializable(typeof(ProjectInfo))]
[JsonSerializable(typeof(List<GroupInfo>))]
[JsonSerializable(typeof(GroupInfo))]
[JsonSerializable(typeof(UserInfo))]
internal sealed partial class ProjectJson : JsonSerializerContext;

/// <summary>A project.</summary>
internal sealed class ProjectInfo
{
    public long Id { get; set; }

    public string? PathWithNamespace { get; set; }

    /// <summary>Gets or sets whether the project is archived; the simple form of GitLab's lists does not say.</summary>
    public bool? Archived { get; set; }

    public override string ToString() => PathWithNamespace ?? Id.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A group.</summary>
internal sealed class GroupInfo
{
    public long Id { get; set; }

    public string? FullPath { get; set; }
}

/// <summary>The user of the access token.</summary>
internal sealed class UserInfo
{
    public long Id { get; set; }

    /// <summary>Gets or sets whether the user is an administrator; GitLab says so to administrators only.</summary>
    public bool? IsAdmin { get; set; }
}
