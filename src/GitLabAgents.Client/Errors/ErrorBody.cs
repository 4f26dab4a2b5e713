using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;

namespace GitLabAgents;

/// <summary>
/// What the server says in an error's body, in whichever of GitLab's forms. The words are for people: nothing is
/// decided by them, since they can be translated. The form and the error codes are for the client.
/// </summary>
internal sealed class ErrorBody
{
    private const int MaxLength = 500;

    private ErrorBody(string? message, string? code)
    {
        Message = message;
        Code = code;
    }

    /// <summary>Gets the words, on one line, or <see langword="null"/>.</summary>
    public string? Message { get; }

    /// <summary>Gets the value of <c>error</c>: an OAuth error code, or the text of a parameter check; else <see langword="null"/>.</summary>
    public string? Code { get; }

    /// <summary>Reads an error's body, whatever it is.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="redact">Takes secrets out of a text, before any of it is cut off.</param>
    public static ErrorBody Parse(ApiResponse answer, Func<string, string> redact)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(answer.Body.AsMemory());
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return new ErrorBody(null, null);
            }

            string? code = root.TryGetProperty("error", out JsonElement error) ? Flatten(error) : null;
            string? message = root.TryGetProperty("message", out JsonElement m) ? Flatten(m) : null;
            string? description = root.TryGetProperty("error_description", out JsonElement d) ? Flatten(d) : null;
            string? graphQL = root.TryGetProperty("errors", out JsonElement errors) ? JoinMessages(errors) : null;
            return new ErrorBody(SanitizeForDisplay(message ?? description ?? code ?? graphQL, redact), code);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No JSON (or text in it that is no text): plain text is shown, a proxy's HTML is not.
            return new ErrorBody(answer.IsHtml ? null : SanitizeForDisplay(answer.ReadAsText(), redact), null);
        }
    }

    /// <summary>Makes a text from outside fit to be shown: without secrets, line breaks and escape sequences, and not too long.</summary>
    public static string? SanitizeForDisplay(string? text, Func<string, string> redact)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        text = redact(text!.Trim());
        var line = new StringBuilder(Math.Min(text.Length, MaxLength));
        foreach (char c in text)
        {
            if (line.Length == MaxLength)
            {
                return line.Append('…').ToString();
            }

            line.Append(char.IsControl(c) ? ' ' : c);
        }

        return line.ToString();
    }

    // GraphQL speaks in a list of objects, of which only the messages are for people.
    private static string? JoinMessages(JsonElement errors)
    {
        if (errors.ValueKind != JsonValueKind.Array)
        {
            return Flatten(errors);
        }

        var messages = new List<string>();
        foreach (JsonElement error in errors.EnumerateArray())
        {
            bool isObject = error.ValueKind == JsonValueKind.Object;
            if (Flatten(isObject && error.TryGetProperty("message", out JsonElement message) ? message : error) is { } text)
            {
                messages.Add(text);
            }
        }

        return string.Join("; ", messages);
    }

    // "message" may be a string, an array, or an object of arrays.
    private static string? Flatten(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                return element.GetString();
            case JsonValueKind.Array:
                var items = new List<string>();
                foreach (JsonElement item in element.EnumerateArray())
                {
                    if (Flatten(item) is { } text)
                    {
                        items.Add(text);
                    }
                }

                return string.Join(", ", items);
            case JsonValueKind.Object:
                var members = new List<string>();
                foreach (JsonProperty member in element.EnumerateObject())
                {
                    if (Flatten(member.Value) is { } text)
                    {
                        members.Add(member.NameEquals("error") || member.NameEquals("base") ? text : member.Name + " " + text);
                    }
                }

                return string.Join("; ", members);
            case JsonValueKind.Null:
            case JsonValueKind.Undefined:
                return null;
            default:
                return element.GetRawText();
        }
    }
}
