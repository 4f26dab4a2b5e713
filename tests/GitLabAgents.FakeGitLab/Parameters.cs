using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace GitLabAgents.FakeGitLab;

/// <summary>
/// The parameters of path, body and query. Whoever reads them collects complaints, which <see cref="Check" /> turns into a 400.
/// </summary>
internal sealed class Parameters
{
    private static readonly string[] TrueWords = ["true", "1", "t", "on"];
    private static readonly string[] FalseWords = ["false", "0", "f", "off"];

    private readonly Dictionary<string, string> path = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string?> values = new(StringComparer.Ordinal);
    private readonly HashSet<string> malformed = [];
    private readonly List<string> complaints = [];

    public Parameters(Route route, string[] segments, IncomingRequest request)
    {
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

        if (!request.Body.IsEmpty)
        {
            ReadBody(request);
        }
    }

    public string FromPath(string name) => path[name];

    /// <summary>A number of the path.</summary>
    public long Id(string name)
    {
        string text = path[name];
        if (State.TryId(text.StartsWith('-') ? text[1..] : text, out long id))
        {
            return text.StartsWith('-') ? -1 : id;
        }

        complaints.Add(name + " is invalid");
        return -1;
    }

    public string? Text(string name)
    {
        if (malformed.Contains(name))
        {
            complaints.Add(name + " is invalid");
        }

        return values.GetValueOrDefault(name);
    }

    public string RequiredText(string name)
    {
        if (!values.ContainsKey(name) && !malformed.Contains(name))
        {
            complaints.Add(name + " is missing");
        }

        return Text(name) ?? string.Empty;
    }

    public int Integer(string name, int otherwise)
    {
        if (Text(name) is not { Length: > 0 } text)
        {
            return otherwise;
        }

        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value))
        {
            return value;
        }

        complaints.Add(name + " is invalid");
        return otherwise;
    }

    public bool? Flag(string name)
    {
        if (Text(name) is not { Length: > 0 } text)
        {
            return null;
        }

        if (Array.IndexOf(TrueWords, text) >= 0)
        {
            return true;
        }

        if (Array.IndexOf(FalseWords, text) < 0)
        {
            complaints.Add(name + " is invalid");
        }

        return false;
    }

    public string OneOf(string name, string otherwise, params ReadOnlySpan<string> allowed)
    {
        string text = Text(name) ?? otherwise;
        if (!allowed.Contains(text))
        {
            complaints.Add(name + " does not have a valid value");
        }

        return text;
    }

    public void Complain(string complaint) => complaints.Add(complaint);

    public void Check()
    {
        if (complaints.Count > 0)
        {
            throw new RefusedException(Answer.Error(400, string.Join(", ", complaints)));
        }
    }

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
                throw new RefusedException(Answer.Error(415, $"The provided content-type '{type}' is not supported."));
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
            throw new RefusedException(Answer.Error(400, "message body does not match declared format"));
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
