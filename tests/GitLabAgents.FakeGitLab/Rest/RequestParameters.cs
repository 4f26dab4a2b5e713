using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace GitLabAgents.FakeGitLab.Rest;

/// <summary>
/// The parameters of path, body and query. Reading them collects errors, which <see cref="Check" /> turns into a 400.
/// </summary>
internal sealed class RequestParameters
{
    private static readonly string[] TrueValues = ["true", "1", "t", "on"];
    private static readonly string[] FalseValues = ["false", "0", "f", "off"];

    private readonly Dictionary<string, string> path = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string?> values = new(StringComparer.Ordinal);
    private readonly HashSet<string> malformed = [];
    private readonly List<string> errors = [];

    public RequestParameters(Route route, string[] segments, IncomingRequest request)
    {
        if (HasNul(request))
        {
            throw new RequestRejectedException(Malformed);
        }

        for (int index = 0; index < segments.Length; index++)
        {
            if (route.Segments[index] is [':', .. string name])
            {
                path[name] = Uri.UnescapeDataString(segments[index]);
            }
        }

        if (request.Query.Length > 1)
        {
            ReadQuery(request.Query);
        }

        if (!request.Body.IsEmpty && route.Access != Access.GraphQL)
        {
            ReadBody(request);
        }
    }

    public string FromPath(string name) => path[name];

    /// <summary>An ID in the path.</summary>
    public long Id(string name)
    {
        string text = path[name];
        if (State.TryParseId(text.StartsWith('-') ? text[1..] : text, out long id))
        {
            return text.StartsWith('-') ? -1 : id;
        }

        errors.Add(name + " is invalid");
        return -1;
    }

    public string? Text(string name)
    {
        if (malformed.Contains(name))
        {
            errors.Add(name + " is invalid");
        }

        return values.GetValueOrDefault(name);
    }

    public string RequiredText(string name)
    {
        if (!values.ContainsKey(name) && !malformed.Contains(name))
        {
            errors.Add(name + " is missing");
        }

        return Text(name) ?? string.Empty;
    }

    public int Integer(string name, int defaultValue)
    {
        if (Text(name) is not { Length: > 0 } text)
        {
            return defaultValue;
        }

        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value))
        {
            return value;
        }

        errors.Add(name + " is invalid");
        return defaultValue;
    }

    public bool? Flag(string name)
    {
        if (Text(name) is not { Length: > 0 } text)
        {
            return null;
        }

        if (Array.IndexOf(TrueValues, text) >= 0)
        {
            return true;
        }

        if (Array.IndexOf(FalseValues, text) < 0)
        {
            errors.Add(name + " is invalid");
        }

        return false;
    }

    public string OneOf(string name, string defaultValue, params ReadOnlySpan<string> allowed)
    {
        string text = Text(name) ?? defaultValue;
        if (!allowed.Contains(text))
        {
            errors.Add(name + " does not have a valid value");
        }

        return text;
    }

    public void AddError(string error) => errors.Add(error);

    public void Check()
    {
        if (errors.Count > 0)
        {
            throw new RequestRejectedException(ApiResponse.Error(400, string.Join(", ", errors)));
        }
    }

    /// <summary>Broken JSON, or a NUL: the web server's own 400.</summary>
    private static ApiResponse Malformed => ApiResponse.Text(400, "Bad Request", "text/plain");

    private static bool HasNul(IncomingRequest request) =>
        request.Path.Contains("%00", StringComparison.Ordinal)
        || request.Query.Contains("%00", StringComparison.Ordinal)
        || request.Body.Span.Contains((byte)0)
        || request.Body.Span.IndexOf("\\u0000"u8) >= 0;

    private void ReadQuery(string query)
    {
        foreach ((string name, StringValues value) in QueryHelpers.ParseQuery(query))
        {
            values[name] = value[^1];
        }
    }

    private void ReadBody(IncomingRequest request)
    {
        string type = request.Headers.GetValueOrDefault("Content-Type", string.Empty).Split(';')[0].Trim();
        switch (type.ToLowerInvariant())
        {
            case "application/json":
                ReadJson(request.Body);
                break;
            case "application/x-www-form-urlencoded":
                ReadQuery(Encoding.UTF8.GetString(request.Body.Span));
                break;
            default:
                throw new RequestRejectedException(
                    ApiResponse.Error(415, $"The provided content-type '{type}' is not supported."));
        }
    }

    private void ReadJson(ReadOnlyMemory<byte> body)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            throw new RequestRejectedException(Malformed);
        }

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return;
            }

            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                switch (property.Value.ValueKind)
                {
                    case JsonValueKind.Object or JsonValueKind.Array:
                        malformed.Add(property.Name);
                        break;
                    case JsonValueKind.Null:
                        values[property.Name] = null;
                        break;
                    case JsonValueKind.String:
                        values[property.Name] = property.Value.GetString();
                        break;
                    default:
                        values[property.Name] = property.Value.GetRawText();
                        break;
                }
            }
        }
    }
}
