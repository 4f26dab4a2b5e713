using System;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GitLabAgents;

/// <summary>
/// Reads a certificate as PEM, which current releases of GitLab send, or as base64 of PEM, with or without line breaks,
/// which older releases send.
/// </summary>
internal sealed class PemConverter : JsonConverter<string>
{
    /// <inheritdoc/>
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        string text = reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new JsonException();
        if (string.IsNullOrWhiteSpace(text) || Pem.IsPem(text))
        {
            return string.IsNullOrWhiteSpace(text) ? null : text;
        }

        try
        {
            string decoded = Encoding.UTF8.GetString(Convert.FromBase64String(text));
            return Pem.IsPem(decoded) ? decoded : throw new JsonException();
        }
        catch (FormatException)
        {
            throw new JsonException();
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options)
        => throw new NotSupportedException();
}
