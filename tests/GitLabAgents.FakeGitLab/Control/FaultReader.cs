using System;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace GitLabAgents.FakeGitLab.Control;

/// <summary>Reads a fault from JSON.</summary>
internal static class FaultReader
{
    public static Fault Read(JsonElement json)
    {
        Fault fault = Create(json);
        fault.Method = json.Text("method");
        fault.PathContains = json.Text("pathContains");
        fault.PathMatches = json.Text("pathMatches");
        fault.SkipFirst = json.Integer("skipFirst") ?? 0;
        fault.Times = json.Text("times") switch
        {
            null => 1,
            "always" => int.MaxValue,
            { } times => int.Parse(times, CultureInfo.InvariantCulture),
        };
        fault.When = json.Flag("afterActing") ? FaultMoment.AfterAction : FaultMoment.BeforeAction;
        fault.Wait = json.Milliseconds("delayMs") ?? fault.Wait;
        if (json.Get("headers") is { } headers)
        {
            foreach (JsonProperty header in headers.EnumerateObject())
            {
                fault.Headers[header.Name] = header.Value.ValueKind == JsonValueKind.Null ? null : header.Value.Text();
            }
        }

        return fault;
    }

    private static Fault Create(JsonElement json)
    {
        string kind = json.RequiredText("kind");
        return kind.ToLowerInvariant() switch
        {
            "status" => Fault.Status(
                json.Integer("status") ?? 500,
                json.Text("body"),
                json.Text("contentType") ?? ApiResponse.JsonType),
            "foreign" => Fault.Foreign(
                json.EnumValue<ForeignResponse>("response") ?? ForeignResponse.SignInPage,
                json.Integer("status")),
            "ratelimited" => RateLimited(json),
            "ratelimitedjson" => Fault.RateLimitedJson(),
            "graphqltimeout" => Fault.GraphQLTimeout(),
            "html" => Fault.Html(json.Integer("status") ?? 502),
            "delay" => Fault.Delay(json.Milliseconds("delayMs") ?? TimeSpan.FromSeconds(1)),
            "hang" => Fault.Hang(),
            "reset" => Fault.Reset(),
            "closewithoutresponse" => Fault.CloseWithoutResponse(),
            "truncate" => Fault.Truncate(),
            "slowbody" => Fault.SlowBody(
                json.Milliseconds("totalMs") ?? json.Milliseconds("delayMs") ?? TimeSpan.FromSeconds(1)),
            "resetmidbody" => Fault.ResetMidBody(),
            "body" => Fault.Body(
                Content(json),
                json.Text("contentType") ?? ApiResponse.JsonType,
                json.Integer("status") ?? 200),
            "garbage" => Fault.Garbage(
                json.Long("length") ?? 1024 * 1024,
                json.Text("contentType") ?? ApiResponse.JsonType),
            "redirect" => Fault.Redirect(json.Integer("status") ?? 302, json.RequiredText("location")),
            "dropheaders" => Drop(json.Get("names")),
            "changeheaders" => Fault.DropHeaders(),
            _ => throw new FormatException($"There is no fault of kind '{kind}'."),
        };
    }

    private static Fault RateLimited(JsonElement json)
    {
        if (json.Time("resetAt") is { } reset)
        {
            return Fault.RateLimitedUntil(reset);
        }

        return json.Time("retryAt") is { } time
            ? Fault.RateLimited(time)
            : Fault.RateLimited(json.Integer("retryAfter"));
    }

    private static byte[] Content(JsonElement json) => json.Text("bodyBase64") is { } encoded
        ? Convert.FromBase64String(encoded)
        : Encoding.UTF8.GetBytes(json.Text("body") ?? string.Empty);

    private static Fault Drop(JsonElement? names)
    {
        Fault fault = Fault.DropHeaders();
        names.ForEach(name => fault.Headers[name.Text()] = null);
        return fault;
    }
}
