using System;
using System.Globalization;
using System.Text.Json;

namespace GitLabAgents.FakeGitLab.Control;

/// <summary>Reads JSON leniently: what is missing or null is null, and a single value is a list of one.</summary>
internal static class Elements
{
    public static JsonElement? Get(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object
        && element.TryGetProperty(name, out JsonElement value)
        && value.ValueKind != JsonValueKind.Null
            ? value
            : null;

    public static string? Text(this JsonElement element, string name) => element.Get(name)?.Text();

    public static string Text(this JsonElement element) =>
        element.ValueKind == JsonValueKind.String ? element.GetString()! : element.GetRawText();

    public static string RequiredText(this JsonElement element, string name) =>
        element.Text(name) ?? throw new FormatException($"'{name}' is missing in {element.GetRawText()}");

    public static int? Integer(this JsonElement element, string name) => element.Get(name)?.GetInt32();

    public static long? Long(this JsonElement element, string name) => element.Get(name)?.GetInt64();

    public static bool Flag(this JsonElement element, string name) => element.Get(name)?.GetBoolean() ?? false;

    public static TimeSpan? Milliseconds(this JsonElement element, string name) =>
        element.Get(name) is { } value ? TimeSpan.FromMilliseconds(value.GetDouble()) : null;

    public static T? EnumValue<T>(this JsonElement element, string name)
        where T : struct, Enum => element.Text(name) is { } text ? Enum.Parse<T>(text, ignoreCase: true) : null;

    public static DateTimeOffset? Time(this JsonElement element, string name) => element.Text(name) is { } text
        ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)
        : null;

    public static void ForEach(this JsonElement? element, Action<JsonElement> action) => element?.ForEach(action);

    public static void ForEach(this JsonElement element, Action<JsonElement> action)
    {
        if (element.ValueKind != JsonValueKind.Array)
        {
            action(element);
            return;
        }

        foreach (JsonElement item in element.EnumerateArray())
        {
            action(item);
        }
    }
}
