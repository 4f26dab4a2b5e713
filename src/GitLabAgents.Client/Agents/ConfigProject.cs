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

    /// <summary>Gets the project's ID.</summary>
    [JsonInclude]
    public long Id { get; internal set; }

    /// <summary>Gets the project's description, or <see langword="null"/>.</summary>
    [JsonInclude]
    public string? Description { get; internal set; }

    /// <summary>Gets the project's name.</summary>
    [JsonInclude]
    public string? Name { get; internal set; }

    /// <summary>Gets the project's name with the names of its groups.</summary>
    [JsonInclude]
    public string? NameWithNamespace { get; internal set; }

    /// <summary>Gets the last segment of the project's path.</summary>
    [JsonInclude]
    public string? Path { get; internal set; }

    /// <summary>Gets the project's full path.</summary>
    [JsonInclude]
    public string? PathWithNamespace { get; internal set; }

    /// <summary>
    /// Gets when the project was created, or <see langword="null"/> if the server does not report it.
    /// </summary>
    [JsonInclude]
    public DateTimeOffset? CreatedAt { get; internal set; }

    /// <summary>Returns the full path.</summary>
    /// <returns>The full path, or the ID if the server does not report it.</returns>
    public override string ToString()
        => PathWithNamespace ?? Id.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
