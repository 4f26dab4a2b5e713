using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;

namespace GitLabAgents.FakeGitLab;

/// <summary>What the server says to a request.</summary>
internal sealed class Answer
{
    public const string JsonType = "application/json";

    public required int Status { get; init; }

    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Null goes with an empty body.</summary>
    public string? ContentType { get; init; }

    public List<KeyValuePair<string, string>> Headers { get; } = [];

    public static Answer NoContent { get; } = new() { Status = 204 };

    /// <summary><c>{"error":"404 Not Found"}</c></summary>
    public static Answer NoRoute => Error(404, "404 Not Found");

    public static Answer Json(int status, Action<Utf8JsonWriter> write, int sizeHint = 512) =>
        new() { Status = status, ContentType = JsonType, Body = FakeGitLab.Json.Write(write, sizeHint) };

    public static Answer Text(int status, string text, string contentType) =>
        new() { Status = status, ContentType = contentType, Body = Encoding.UTF8.GetBytes(text) };

    /// <summary><c>{"error":"…"}</c>, as of parameters and routes.</summary>
    public static Answer Error(int status, string text) => Object(status, ("error", text));

    /// <summary><c>{"message":"…"}</c>, as of everything else.</summary>
    public static Answer Message(int status, string text) => Object(status, ("message", text));

    /// <summary>A broken business rule.</summary>
    public static Answer BadRequest(string reason) => Message(400, "400 Bad request - " + reason);

    /// <summary>Model errors: the printed array of a Ruby program.</summary>
    public static Answer Invalid(IReadOnlyList<string> errors) => BadRequest("[\"" + string.Join("\", \"", errors) + "\"]");

    public static Answer Object(int status, params ReadOnlySpan<(string Name, string Value)> properties)
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

    public Answer With(string header, string value)
    {
        Headers.Add(new(header, value));
        return this;
    }
}

/// <summary>Ends a request early with an answer.</summary>
internal sealed class RefusedException(Answer answer) : Exception
{
    public Answer Answer { get; } = answer;
}
