using System;
using System.Text.Json.Serialization;

namespace GitLabAgents;

/// <summary>The project that holds an agent and its configuration.</summary>
public sealed class ConfigProject
{
    [JsonConstructor]
    internal ConfigProject()
    {
    }

    /// <summary>Gets the project's id.</summary>
    [JsonInclude]
    public long Id { get; internal set; }

    /// <summary>Gets its description, or <see langword="null"/>.</summary>
    [JsonInclude]
    public string? Description { get; internal set; }

    /// <summary>Gets its name.</summary>
    [JsonInclude]
    public string? Name { get; internal set; }

    /// <summary>Gets its name with the names of the groups above it.</summary>
    [JsonInclude]
    public string? NameWithNamespace { get; internal set; }

    /// <summary>Gets the last part of its path.</summary>
    [JsonInclude]
    public string? Path { get; internal set; }

    /// <summary>Gets its full path.</summary>
    [JsonInclude]
    public string? PathWithNamespace { get; internal set; }

    /// <summary>Gets when it was made, or <see langword="null"/> where the server does not tell.</summary>
    [JsonInclude]
    public DateTimeOffset? CreatedAt { get; internal set; }

    /// <summary>Gives the full path.</summary>
    /// <returns>The full path, or the id where the server does not tell.</returns>
    public override string ToString() => PathWithNamespace ?? Id.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
