using System;
using System.Text.Json;

namespace GitLabAgents.FakeGitLab.Control;

/// <summary>Changes the options of a running server.</summary>
internal static class OptionsReader
{
    /// <exception cref="FormatException">There is no such option.</exception>
    public static void Read(JsonElement json, FakeGitLabOptions options)
    {
        foreach (JsonProperty property in json.EnumerateObject())
        {
            Set(options, property.Name, property.Value);
        }
    }

    private static void Set(FakeGitLabOptions options, string name, JsonElement value)
    {
        switch (name)
        {
            case "latencyMs":
                options.Latency = Milliseconds(value);
                break;
            case "latencyPerComplexityPointMs":
                options.LatencyPerComplexityPoint = Milliseconds(value);
                break;
            case "graphQLTimeoutMs":
                options.GraphQLTimeout = Milliseconds(value);
                break;
            case "version":
                options.Version = value.Text();
                break;
            case "isEnterprise":
                options.IsEnterprise = value.GetBoolean();
                break;
            case "kasEnabled":
                options.KasEnabled = value.GetBoolean();
                break;
            case "kasExternalUrl":
                options.KasExternalUrl = value.GetString();
                break;
            case "kasReachable":
                options.KasReachable = value.GetBoolean();
                break;
            case "receptiveAgents":
                options.ReceptiveAgents = Enum.Parse<ReceptiveAgents>(value.Text(), ignoreCase: true);
                break;
            case "graphQL":
                options.GraphQL = Enum.Parse<GraphQLAvailability>(value.Text(), ignoreCase: true);
                break;
            case "graphQLPageSize":
                options.GraphQLPageSize = value.GetInt32();
                break;
            case "certificateEncoding":
                options.CertificateEncoding = Nullable<CertificateEncoding>(value);
                break;
            case "maintenance":
                options.Maintenance = Enum.Parse<MaintenanceMode>(value.Text(), ignoreCase: true);
                break;
            case "requestsPerMinute":
                options.RequestsPerMinute = Integer(value);
                break;
            case "clockSkewMs":
                options.ClockSkew = Milliseconds(value);
                break;
            case "serverUtcOffsetMinutes":
                options.ServerUtcOffset = TimeSpan.FromMinutes(value.GetDouble());
                break;
            default:
                SetDetail(options, name, value);
                break;
        }
    }

    private static void SetDetail(FakeGitLabOptions options, string name, JsonElement value)
    {
        switch (name)
        {
            case "listsRevokedTokens":
                options.ListsRevokedTokens = value.GetBoolean();
                break;
            case "hasProjectPermissions":
                options.HasProjectPermissions = value.GetBoolean();
                break;
            case "sendTotals":
                options.SendTotals = value.GetBoolean();
                break;
            case "totalsLimit":
                options.TotalsLimit = Integer(value);
                break;
            case "externalUrl":
                options.ExternalUrl = value.GetString();
                break;
            case "oldServer":
                options.OldServer = value.GetBoolean();
                break;
            case "racyLimits":
                options.RacyLimits = value.GetBoolean();
                break;
            case "unstableTokenOrder":
                options.UnstableTokenOrder = value.GetBoolean();
                break;
            case "oauthSelfStatus":
                options.OAuthSelfStatus = value.GetInt32();
                break;
            case "userIdsAsStrings":
                options.UserIdsAsStrings = value.GetBoolean();
                break;
            case "recordRequests":
                options.RecordRequests = value.GetBoolean();
                break;
            default:
                throw new FormatException($"There is no option '{name}'.");
        }
    }

    private static TimeSpan Milliseconds(JsonElement value) => TimeSpan.FromMilliseconds(value.GetDouble());

    private static int? Integer(JsonElement value) =>
        value.ValueKind == JsonValueKind.Null ? null : value.GetInt32();

    private static T? Nullable<T>(JsonElement value)
        where T : struct, Enum =>
        value.ValueKind == JsonValueKind.Null ? null : Enum.Parse<T>(value.Text(), ignoreCase: true);
}
