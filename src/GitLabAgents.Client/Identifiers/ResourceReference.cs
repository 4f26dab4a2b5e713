using System;
using System.Globalization;
using System.Linq;

namespace GitLabAgents;

/// <summary>
/// Identifies a resource by its numeric ID or by its name or full path. As in GitLab itself, a string of digits is
/// always an ID.
/// </summary>
/// <typeparam name="TSelf">The derived type.</typeparam>
public abstract class ResourceReference<TSelf> : IEquatable<TSelf>
    where TSelf : ResourceReference<TSelf>
{
    private protected ResourceReference(long id, string kind)
        => Id = id > 0
            ? id
            : throw new ArgumentException($"A {kind} ID must be greater than zero; got {id}.", nameof(id));

    private protected ResourceReference(string? text, string kind, Func<string, string, string> validate)
    {
        string trimmed = text?.Trim() ?? string.Empty;
        if (trimmed.Length == 0)
        {
            throw new ArgumentException($"The {kind} is empty.", nameof(text));
        }

        if (trimmed.Any(static c => c is < '0' or > '9'))
        {
            Text = validate(trimmed, kind);
            return;
        }

        Id = long.TryParse(trimmed, NumberStyles.None, CultureInfo.InvariantCulture, out long id)
            ? id
            : throw new ArgumentException($"{trimmed} is too large for a {kind} ID.", nameof(text));
        if (Id == 0)
        {
            throw new ArgumentException($"A {kind} ID must be greater than zero; got 0.", nameof(text));
        }
    }

    /// <summary>Gets the numeric ID, or <see langword="null"/> if the resource was given by its name or path.</summary>
    public long? Id { get; }

    /// <summary>
    /// Gets the value that was given, for error records: a <see cref="long"/> or a <see cref="string"/>.
    /// </summary>
    internal object Value => Id is { } id ? id : Text!;

    /// <summary>Gets the name or path, or <see langword="null"/> if the resource was given by its ID.</summary>
    private protected string? Text { get; }

    /// <inheritdoc/>
    public bool Equals(TSelf? other)
        => other is not null && Id == other.Id && string.Equals(Text, other.Text, StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as TSelf);

    /// <inheritdoc/>
    public override int GetHashCode()
        => Id?.GetHashCode() ?? StringComparer.OrdinalIgnoreCase.GetHashCode(Text ?? string.Empty);

    /// <summary>Returns the ID, name or path as it was given.</summary>
    /// <returns>The ID, name or path.</returns>
    public override string ToString() => Id?.ToString(CultureInfo.InvariantCulture) ?? Text!;

    /// <summary>Returns the ID or path as one segment of a URL's path: <c>/</c> becomes <c>%2F</c>.</summary>
    private protected string EscapeSegment() => Uri.EscapeDataString(ToString());

    private protected static string ValidateName(string name, string kind) => name;

    private protected static string ValidatePath(string path, string kind)
    {
        if (path.Contains("://"))
        {
            throw new ArgumentException(
                $"'{path}' is a URL. Specify the {kind}'s ID or its full path, such as group/{kind}.", nameof(path));
        }

        string trimmed = path.Trim('/');
        if (trimmed is "" or "." or "..")
        {
            // As a segment of a URL these would name another resource.
            throw new ArgumentException(
                $"'{path}' is not a valid {kind}. Specify the {kind}'s ID or its full path, such as group/{kind}.",
                nameof(path));
        }

        return trimmed;
    }
}
