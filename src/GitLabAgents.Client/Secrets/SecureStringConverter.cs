using System;
using System.Security;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GitLabAgents;

/// <summary>Reads a secret without creating a string.</summary>
internal sealed class SecureStringConverter : JsonConverter<SecureString>
{
    /// <inheritdoc/>
    public override SecureString? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw new JsonException();
        }

        char[] characters = new char[reader.ValueSpan.Length];
        try
        {
            int length = reader.CopyString(characters);
            return Secret.Protect(characters.AsSpan(0, length));
        }
        finally
        {
            Array.Clear(characters, 0, characters.Length);
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, SecureString value, JsonSerializerOptions options)
        => throw new NotSupportedException();
}
