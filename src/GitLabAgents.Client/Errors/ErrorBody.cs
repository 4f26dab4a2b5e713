using System;
using System.Collections.Generic;
using System.Text.Json;

namespace GitLabAgents;

/// <summary>
/// The body of an error response, in whichever form it has. Its text is for people: no decision depends on it, since it
/// can be translated. Its form and its error code are for the client.
/// </summary>
internal sealed class ErrorBody
{
    /// <summary>The error code for an access token that lacks a scope.</summary>
    public const string InsufficientScope = "insufficient_scope";

    /// <summary>The error code for a fine-grained access token that lacks a permission.</summary>
    public const string InsufficientPermission = "insufficient_granular_scope";

    private ErrorBody(string? message, string? code)
    {
        Message = message;
        Code = code;
    }

    /// <summary>Gets the text, on one line, or <see langword="null"/>.</summary>
    public string? Message { get; }

    /// <summary>
    /// Gets the value of <c>error</c>: an OAuth error code, or the text of a parameter check; else
    /// <see langword="null"/>.
    /// </summary>
    public string? Code { get; }

    /// <summary>Parses the body of an error response, whatever it is.</summary>
    /// <param name="response">The response.</param>
    /// <param name="redact">Removes secrets from a text.</param>
    public static ErrorBody Parse(ApiResponse response, Func<string, string> redact)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(response.Body.AsMemory());
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return new ErrorBody(null, null);
            }

            string? code = root.TryGetProperty("error", out JsonElement error) ? Flatten(error) : null;
            string? message = root.TryGetProperty("message", out JsonElement m) ? Flatten(m) : null;
            string? description = root.TryGetProperty("error_description", out JsonElement d) ? Flatten(d) : null;
            string? graphQL = root.TryGetProperty("errors", out JsonElement errors) ? JoinMessages(errors) : null;
            return new ErrorBody(DisplayText.SanitizeMessage(message ?? description ?? code ?? graphQL, redact), code);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or strings in it that are not valid text. Plain text is shown, a page of HTML is not.
            string? text = response.IsHtml ? null : response.ReadAsText();
            return new ErrorBody(DisplayText.SanitizeMessage(text, redact), null);
        }
    }

    // GraphQL sends a list of objects, of which only the messages are for people.
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
            JsonElement message = default;
            bool hasMessage = isObject && error.TryGetProperty("message", out message);
            if (Flatten(hasMessage ? message : error) is { } text)
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
                        bool isUnnamed = member.NameEquals("error") || member.NameEquals("base");
                        members.Add(isUnnamed ? text : member.Name + " " + text);
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
