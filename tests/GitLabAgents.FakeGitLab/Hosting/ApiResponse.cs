using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;

namespace GitLabAgents.FakeGitLab;

/// <summary>The response to a request.</summary>
internal sealed class ApiResponse
{
    public const string JsonType = "application/json";

    public required int Status { get; init; }

    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Null: no such header.</summary>
    public string? ContentType { get; init; }

    public List<KeyValuePair<string, string>> Headers { get; } = [];

    /// <summary>How long the server takes to create it.</summary>
    public TimeSpan Latency { get; init; }

    public static ApiResponse NoContent => new() { Status = 204 };

    /// <summary><c>{"error":"404 Not Found"}</c></summary>
    public static ApiResponse NoRoute => Error(404, "404 Not Found");

    public static ApiResponse InternalServerError => Message(500, "500 Internal Server Error");

    public static ApiResponse Json(int status, Action<Utf8JsonWriter> write, int sizeHint = 512) => new()
    {
        Status = status,
        ContentType = JsonType,
        Body = FakeGitLab.Json.Write(write, sizeHint),
    };

    public static ApiResponse Text(int status, string text, string? contentType) =>
        new() { Status = status, ContentType = contentType, Body = Encoding.UTF8.GetBytes(text) };

    /// <summary><c>{"error":"…"}</c>, for parameters and routes.</summary>
    public static ApiResponse Error(int status, string text) => Object(status, ("error", text));

    /// <summary><c>{"message":"…"}</c>, for everything else.</summary>
    public static ApiResponse Message(int status, string text) => Object(status, ("message", text));

    /// <summary>A violated business rule.</summary>
    public static ApiResponse BadRequest(string reason) => Message(400, "400 Bad request - " + reason);

    /// <summary>Model errors: a Ruby array as Ruby prints it.</summary>
    public static ApiResponse Invalid(IReadOnlyList<string> errors) =>
        BadRequest("[\"" + string.Join("\", \"", errors) + "\"]");

    public static ApiResponse Object(int status, params ReadOnlySpan<(string Name, string Value)> properties)
    {
        (string Name, string Value)[] copy = properties.ToArray();
        return Json(status, writer =>
        {
            writer.WriteStartObject();
            foreach ((string name, string value) in copy)
            {
                writer.WriteString(name, value);
            }

            writer.WriteEndObject();
        });
    }

    public ApiResponse With(string header, string value)
    {
        Headers.Add(new(header, value));
        return this;
    }
}

/// <summary>Ends a request early with a response.</summary>
internal sealed class RequestRejectedException(ApiResponse response) : Exception
{
    public ApiResponse Response { get; } = response;
}
