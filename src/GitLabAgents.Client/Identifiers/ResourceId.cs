using System;
using System.Globalization;

namespace GitLabAgents;

/// <summary>What the three references share: an id greater than zero, or a text that is none.</summary>
internal readonly struct ResourceId : IEquatable<ResourceId>
{
    private ResourceId(long? id, string? text)
    {
        Id = id;
        Text = text;
    }

    public long? Id { get; }

    public string? Text { get; }

    public static ResourceId FromId(long id, string kind)
        => id > 0 ? new ResourceId(id, null) : throw new ArgumentException($"A {kind} id is greater than zero; {id} is none.", nameof(id));

    public static ResourceId Parse(string? text, string kind)
    {
        text = text?.Trim();
        if (string.IsNullOrEmpty(text))
        {
            throw new ArgumentException($"The {kind} is empty.", nameof(text));
        }

        foreach (char c in text!)
        {
            if (c is < '0' or > '9')
            {
                return new ResourceId(null, text);
            }
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long id)
            ? FromId(id, kind)
            : throw new ArgumentException($"{text} is too large to be a {kind} id.", nameof(text));
    }

    public static ResourceId ParsePath(string? text, string kind)
    {
        ResourceId reference = Parse(text, kind);
        if (reference.Text is not { } path)
        {
            return reference;
        }

        if (path.Contains("://"))
        {
            throw new ArgumentException($"'{path}' is a URL. Give the {kind}'s id or its full path, such as group/{kind}.", nameof(text));
        }

        if (path == "." && kind == "project")
        {
            return reference; // The project of the clone; ProjectReference knows.
        }

        path = path.Trim('/');
        if (path is "" or "." or "..")
        {
            // As a segment of a URL these would name another resource.
            throw new ArgumentException($"'{text}' is no {kind}. Give the {kind}'s id or its full path, such as group/{kind}.", nameof(text));
        }

        return new ResourceId(null, path);
    }

    public bool Equals(ResourceId other) => Id == other.Id && string.Equals(Text, other.Text, StringComparison.OrdinalIgnoreCase);

    public override bool Equals(object? obj) => obj is ResourceId other && Equals(other);

    public override int GetHashCode() => Id?.GetHashCode() ?? StringComparer.OrdinalIgnoreCase.GetHashCode(Text ?? string.Empty);

    public override string ToString() => Id?.ToString(CultureInfo.InvariantCulture) ?? Text ?? string.Empty;
}
