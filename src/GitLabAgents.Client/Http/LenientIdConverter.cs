using System;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GitLabAgents;

/// <summary>
/// Reads the ID of a user, which GitLab sends as a number although its documentation says string. The ID is only
/// displayed, so a value that is not a number becomes <see langword="null"/> instead of failing the object.
/// </summary>
internal sealed class LenientIdConverter : JsonConverter<long?>
{
    /// <inheritdoc/>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    public override long? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number:
                return reader.TryGetInt64(out long number) ? number : null;
            case JsonTokenType.String:
                string? text = reader.GetString();
                return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long parsed)
                    ? parsed
                    : null;
            default:
                reader.Skip();
                return null;
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, long? value, JsonSerializerOptions options)
        => throw new NotSupportedException();
}
