using System;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GitLabAgents;

/// <summary>
/// Reads dates as GitLab, older servers and proxies write them: with or without a time, a fraction or an offset.
/// Without an offset they are UTC. An invalid date is an error, because a wrong "never used" could disconnect a
/// cluster.
/// </summary>
internal sealed class LenientDateConverter : JsonConverter<DateTimeOffset?>
{
    /// <inheritdoc/>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    public override DateTimeOffset? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType == JsonTokenType.String)
        {
            if (reader.TryGetDateTimeOffset(out DateTimeOffset exact) && HasOffset(ref reader))
            {
                return exact;
            }

            string text = reader.GetString()!.Replace(" UTC", "Z");
            if (BeginsWithDay(text)
                && DateTimeOffset.TryParse(
                    text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset date))
            {
                return date;
            }
        }

        throw new JsonException();
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, DateTimeOffset? value, JsonSerializerOptions options)
        => throw new NotSupportedException();

    // The framework takes a time alone for one of today.
    private static bool BeginsWithDay(string text)
        => text.Length >= 10 && (text[4] is '-' or '/') && (text[7] is '-' or '/');

    // Without an offset the framework would take the time for one of this machine's zone.
    private static bool HasOffset(ref Utf8JsonReader reader)
    {
        ReadOnlySpan<byte> text = reader.ValueSpan;
        return text.Length > 19
            && (text[text.Length - 1] == (byte)'Z' || text.Slice(19).IndexOfAny((byte)'+', (byte)'-') >= 0);
    }
}
